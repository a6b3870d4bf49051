"""Ctrl-C and SIGTERM."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Self

import anyio
import pytest
from attrs import define
from tests.cli.office import Office, bundle, text_on
from tests.cli.rollouts.test_hand import Fingers

from esa_flows.cli.app import attend
from esa_flows.cli.signals import heed, interruption

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


@define
class _Signals:
    """Signals, a second apart."""

    numbers: list[signal.Signals]

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> signal.Signals:
        await anyio.sleep(1)
        if not self.numbers:
            raise StopAsyncIteration

        return self.numbers.pop(0)


def _signals(*numbers: signal.Signals) -> _Signals:
    return _Signals(list(numbers))


async def test_the_first_signal_cancels_the_command() -> None:
    """One signal stops the command and is remembered."""
    desk, command, left = Office().desk(), anyio.CancelScope(), list[int]()

    await heed(_signals(signal.SIGTERM), desk, command, left.append)

    assert command.cancel_called
    assert (signal.SIGTERM, []) == (desk.interrupted, left)
    assert (143, "") == interruption(desk)


async def test_the_second_signal_leaves_at_once() -> None:
    """Whoever does not want to wait for the call under way need not."""
    desk, command, left = Office().desk(), anyio.CancelScope(), list[int]()
    desk.run = "mine0001"

    await heed(_signals(signal.SIGINT, signal.SIGINT), desk, command, left.append)

    assert [130] == left
    first, second = text_on(desk.err).splitlines()
    assert first.startswith("Pausing: ")
    assert (
        "Left run mine0001 where it was. Go on with: esa-flows resume mine0001"
        == second
    )


async def test_the_second_signal_before_there_is_a_run() -> None:
    """There is nothing to go on with, so nothing is said."""
    desk, command, left = Office().desk(), anyio.CancelScope(), list[int]()

    await heed(_signals(signal.SIGTERM, signal.SIGINT), desk, command, left.append)

    assert ([130], "") == (left, text_on(desk.err))


async def test_an_interrupted_release_is_paused(tmp_path: Path) -> None:
    """The journal keeps everything, and the way on is printed."""
    office = Office()
    old = office.live()
    desk, file = office.desk(), bundle(tmp_path)
    codes = []

    async def release() -> None:
        """Release, beside the test."""
        argv = ("release", "shop", file, "--canary", "10:5m,100")
        codes.append(await attend((*argv, "--run-id", "mine0001"), desk))

    async def interrupt(scope: anyio.CancelScope) -> None:
        """Send Ctrl-C."""
        await heed(_signals(signal.SIGINT), desk, scope)

    async with anyio.create_task_group() as group:
        group.start_soon(release)
        await anyio.sleep(60)
        assert desk.beside is not None
        assert desk.scope is not None
        group.start_soon(interrupt, desk.scope)

    assert [130] == codes
    assert "esa-flows resume mine0001" in text_on(desk.err)
    assert 90 == office.serves()[old]
    assert "paused" in (await office.run("status", "mine0001")).out


async def test_a_command_that_ends_by_signals() -> None:
    """A server that is stopped has done its work: code 0."""
    desk = Office().desk()
    desk.ends_by_signal, desk.interrupted = True, signal.SIGINT

    assert (0, "") == interruption(desk)


async def test_who_leaves_at_once_gives_the_terminal_back() -> None:
    """Lines, echo and the cursor, which a picture had taken away."""
    desk, command, left = (
        Office().desk(is_terminal=True),
        anyio.CancelScope(),
        list[int](),
    )
    fingers = desk.keyboard = Fingers([])
    async with anyio.create_task_group() as desk.beside:
        await heed(_signals(signal.SIGINT, signal.SIGINT), desk, command, left.append)

    assert ([130], ["free"]) == (left, fingers.log)
    assert "\x1b[?25h" in text_on(desk.err)
