"""Lines to files and pipes."""

from __future__ import annotations

import os
from pathlib import Path

import anyio
import pytest

from esa_flows.errors import InvalidInput
from esa_flows.files import open_lines, opened_lines

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]


async def test_a_file_is_made_and_appended_to(tmp_path: Path) -> None:
    """For its owner only; what is there stays."""
    path = tmp_path / "events.jsonl"
    for content in (b"one\n", b"two\nthree\n"):
        lines = await open_lines(path)
        await lines.write(content)
        lines.close()

    assert b"one\ntwo\nthree\n" == path.read_bytes()
    assert 0o600 == path.stat().st_mode & 0o777


@pytest.mark.parametrize("name", ["none/events.jsonl", "", "pipe"])
async def test_what_cannot_be_written_is_refused(name: str, tmp_path: Path) -> None:
    """No folder, a folder, or a pipe that nobody reads."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidInput) as caught:
        await open_lines(tmp_path / name)

    assert f"{tmp_path / name} cannot be written: " in str(caught.value)


async def test_a_pipe_gets_more_than_it_takes_at_once() -> None:
    """The rest waits, in the loop, until somebody reads."""
    read, write = os.pipe()
    content, got = b"x" * 300_000, bytearray()
    lines = opened_lines(write, is_own=True)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lines.write, content)
        while len(got) < len(content):
            await anyio.wait_readable(read)
            got += os.read(read, 65_536)

    lines.close()
    os.close(read)
    assert content == bytes(got)


async def test_a_reader_who_reads_no_more_holds_up_nobody() -> None:
    """Who waits for a full pipe can be cancelled."""
    read, write = os.pipe()
    lines = opened_lines(write)
    with anyio.move_on_after(0.2) as waited:
        await lines.write(b"x" * 1_000_000)

    lines.close()
    assert waited.cancelled_caught
    os.close(write)  # it was not the lines' own
    os.close(read)


async def test_a_reader_who_left_is_an_error() -> None:
    """Only the caller knows what that means."""
    read, write = os.pipe()
    os.close(read)
    lines = opened_lines(write, is_own=True)
    with pytest.raises(BrokenPipeError):
        await lines.write(b"x\n")

    lines.close()


async def test_a_device_is_written_like_a_file() -> None:
    """It cannot be waited for."""
    lines = await open_lines(os.devnull)
    await lines.write(b"x\n")
    lines.close()
