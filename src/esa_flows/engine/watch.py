"""What goes on beside the runs of a process: leases beat, inboxes are looked into.

One watch does it for all of them, in a task that one of the runs lends; when that run
ends, the next one lends one. So a run has no tasks of its own for this, and a thousand
inboxes are one question to the journal. What the watch meets in one run stops that run,
no other.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import anyio
from anyio.abc import TaskGroup
from attrs import define, field

from esa_flows.engine.journal import Journal
from esa_flows.engine.lease import BEAT
from esa_flows.engine.run import Run
from esa_flows.errors import JournalUnavailable

__all__ = ["LISTEN", "Watch", "Watched"]

LISTEN = 0.5
"""Seconds between looks into the signal inboxes."""


class Watched(Protocol):
    """A run that is driven in this process."""

    @property
    def run(self) -> Run:
        """The run."""
        ...

    async def heed_inbox(self) -> None:
        """Turn what lies in its inbox into rows, and act on it."""
        ...


@define(eq=False, repr=False)
class Watch:
    """Looks after all runs that one engine drives.

    Args:
        journal: Where they are recorded.
    """

    _journal: Journal
    _watched: dict[Watched, TaskGroup] = field(factory=dict, init=False)
    _is_kept: bool = field(default=False, init=False)
    _beaten: float = field(default=0.0, init=False)
    _heard: float = field(default=0.0, init=False)
    _called_for: anyio.Event = field(factory=anyio.Event, init=False)

    def __repr__(self) -> str:
        return f"<Watch [runs: {len(self._watched)}]>"

    @contextmanager
    def over(self, drive: Watched, tasks: TaskGroup) -> Iterator[None]:
        """Look after a run while it is driven.

        Args:
            drive: The run's turn.
            tasks: Where the watch may run; cancelled when the turn is over.
        """
        if not self._watched:
            self._beaten = anyio.current_time()
            self._heard = self._beaten - LISTEN  # whoever comes first is heard at once

        self._watched[drive] = tasks
        self._appoint()
        try:
            yield
        finally:
            self._watched.pop(drive, None)

    def _appoint(self) -> None:
        """Let the run that came last keep the watch, where none does."""
        if self._is_kept or not self._watched:
            return

        self._is_kept = True
        lender, tasks = next(reversed(self._watched.items()))
        tasks.start_soon(self._keep, lender)

    async def _keep(self, lender: Watched) -> None:
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._beat)
                tasks.start_soon(self._listen)
        finally:
            # Its turn is over, or somebody cancels it: it has nothing more to lend.
            self._watched.pop(lender, None)
            self._is_kept = False
            self._appoint()

    async def _beat(self) -> None:
        """Renew all leases in time, also where the watch changes hands often."""
        while True:
            await anyio.sleep_until(self._beaten + BEAT)
            began = anyio.current_time()
            async with anyio.create_task_group() as tasks:
                for drive in self._watched:
                    tasks.start_soon(_minding, drive, drive.run.lease.beat)

            self._beaten = began

    def look_now(self) -> None:
        """Look into the inboxes at once: this process has put something there."""
        self._called_for.set()

    async def _listen(self) -> None:
        while True:
            with anyio.move_on_after(self._heard + LISTEN - anyio.current_time()):
                await self._called_for.wait()

            self._called_for = anyio.Event()
            self._heard = anyio.current_time()
            for drive in await self._called():
                await _minding(drive, drive.heed_inbox)

    async def _called(self) -> list[Watched]:
        """Give those in whose inbox something lies that they have not heeded."""
        live = {d.run.id: d for d in self._watched if d.run.stopped is None}
        after = {id_: drive.run.history.signal for id_, drive in live.items()}
        try:
            return [live[run] for run in await self._journal.signalled(after)]
        except JournalUnavailable:
            return []  # a run's own next record will meet that too, and stop it
        except Exception as error:  # noqa: BLE001  nobody could reach them any more
            for drive in live.values():
                drive.run.halt(error)

            return []


async def _minding(drive: Watched, work: Callable[[], Awaitable[None]]) -> None:
    """Do something for a run; trouble stops it, but for a journal that is busy."""
    try:
        await work()
    except JournalUnavailable:
        return
    except Exception as error:  # noqa: BLE001  the end of its turn raises it
        drive.run.halt(error)
