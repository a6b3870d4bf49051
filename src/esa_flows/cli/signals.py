"""What Ctrl-C and SIGTERM mean: the first pauses, the second leaves at once."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterable, Callable

import anyio

from esa_flows.cli.desk import Desk

__all__ = ["heed", "interruption", "listen"]

_BASE = 128


async def listen(desk: Desk, command: anyio.CancelScope) -> None:
    """Heed the signals of this process until cancelled.

    Args:
        desk: Whose command it is.
        command: Around the command.
    """
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as received:
        await heed(received, desk, command)


async def heed(
    received: AsyncIterable[signal.Signals],
    desk: Desk,
    command: anyio.CancelScope,
    leave: Callable[[int], object] = os._exit,
) -> None:
    """Cancel the command at the first signal, leave at the second.

    Args:
        received: The signals.
        desk: Whose command it is.
        command: Around the command.
        leave: Ends the process.
    """
    async for number in received:
        if desk.interrupted:
            if desk.run:
                desk.note(_left(desk.run))

            desk.let_go()
            leave(_BASE + number)
            return

        desk.interrupted = number
        if desk.run:
            desk.note("Pausing: the call under way is finished first. Again to leave.")

        command.cancel()


def _left(run: str) -> str:
    return f"Left run {run} where it was. Go on with: esa-flows resume {run}"


def interruption(desk: Desk) -> tuple[int, str]:
    """Give the exit code after an interrupted command, and what to do now: pure.

    Args:
        desk: Whose command it was.
    """
    if desk.ends_by_signal:
        return 0, ""

    run, flag = desk.run, desk.realm.flag
    move = (
        f"Run {run} is paused. Go on with: esa-flows resume {run}{flag}"
        f" or go back with: esa-flows abort {run}{flag}"
    )
    return _BASE + desk.interrupted, move if run else ""
