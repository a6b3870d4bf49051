"""The runs in a client's journal: find them, look at them, ask something of them."""

from typing import Any

import anyio
from attrs import frozen

from esa_flows.engine.engine import Engine
from esa_flows.engine.journal import RunRow, SignalVerb
from esa_flows.engine.view import RunView

__all__ = ["Runs"]

POLL = 0.5
"""Seconds between looks at a run that another process drives."""


@frozen
class Runs:
    """The runs in a client's journal.

    Attributes:
        by: Who asks, for the record.
    """

    _engine: Engine
    by: str = "someone"

    async def get(self, run: str) -> RunView:
        """Look at a run.

        Args:
            run: Its id, or four characters of it or more.

        Raises:
            UnknownRun: The journal knows no such run.
        """
        return await self._engine.view(run)

    async def list(self, *, routine: str = "", most: int = 100) -> tuple[RunView, ...]:
        """Give runs, newest first.

        Args:
            routine: Only runs about this routine; empty for all.
            most: At most so many.
        """
        rows = await self._engine.journal.list(subject=routine, most=most)
        return tuple([await self._engine.view(row.run.id) for row in rows])

    async def unfinished(self, routine: str) -> tuple[RunRow, ...]:
        """Give the runs about a routine that have not ended, newest first."""
        return await self._engine.journal.list(subject=routine, unfinished=True)

    async def pause(self, run: str) -> None:
        """Ask the process that drives a run to stop where it is."""
        found = await self._engine.resolve(run)
        await self._engine.signal(found.run.id, SignalVerb.PAUSE, by=self.by)

    async def ask_to_abort(self, run: str) -> RunView:
        """Put an abort into a run's inbox, unless it has ended; give the run."""
        view = await self._engine.view(run)
        if not view.history.is_ended:
            await self._engine.signal(view.run.id, SignalVerb.ABORT, by=self.by)

        return view

    async def wait(self, run: str) -> Any:
        """Wait until the process that drives a run has brought it to its end.

        Returns:
            What its flow returned; None where that process left it unfinished.

        Raises:
            EsaFlowsError: What its flow raised.
        """
        view = await self.left(run)
        if not view.history.is_ended:
            return None

        return await self._engine.resume(view.run.id)

    async def left(self, run: str) -> RunView:
        """Wait until no living process drives a run, ended or not; give the run."""
        while True:
            view = await self._engine.view(run)
            if view.history.is_ended or not view.is_driven:
                return view

            await anyio.sleep(POLL)
