"""A person at a terminal is listened to; nobody else is."""

from __future__ import annotations

import os
import pty
from collections.abc import Iterator
from io import StringIO
from typing import TextIO

import anyio
import pytest

from esa_flows.cli.asking import listener


@pytest.fixture
def terminal() -> Iterator[tuple[int, TextIO]]:
    """Give both ends of a terminal: where a person types, where we read."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, encoding="utf-8") as stream:
        yield ours, stream

    os.close(ours)


@pytest.mark.real_time
@pytest.mark.may_block
async def test_a_line_is_heard(terminal: tuple[int, TextIO]) -> None:
    """Without its end."""
    person, stream = terminal
    listen = listener(stream)
    assert listen is not None
    os.write(person, b"checkout-edge\n")

    with anyio.fail_after(5):
        assert "checkout-edge" == await listen()


@pytest.mark.real_time
async def test_waiting_for_a_person_can_be_cancelled(
    terminal: tuple[int, TextIO],
) -> None:
    """Ctrl-C does not wait for the Enter key."""
    listen = listener(terminal[1])
    assert listen is not None

    with anyio.move_on_after(0.05) as waited:
        await listen()

    assert waited.cancelled_caught


def test_a_pipe_is_nobody() -> None:
    """Nor is a process without standard input."""
    assert listener(StringIO("yes\n")) is None
    assert listener(None) is None
