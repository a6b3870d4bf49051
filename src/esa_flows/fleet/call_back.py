"""Ask what is under way in a rollout to go back, when too many have failed."""

import datetime as dt
from collections.abc import Callable
from typing import Protocol

from attrs import frozen

from esa_flows.engine.context import Context
from esa_flows.engine.journal import Journal, SignalVerb
from esa_flows.engine.step import step

__all__ = ["CallBack", "Inboxes", "JournalInboxes", "call_back"]

MOST = 100_000
"""Unfinished runs of a journal that are looked through."""


@frozen(kw_only=True)
class CallBack:
    """Whom to ask.

    Attributes:
        wave: The number of the wave whose budget was passed.
        flows: The flows whose runs are asked.
    """

    wave: int
    flows: tuple[str, ...]


class Inboxes(Protocol):
    """Where the runs of a rollout find what is asked of them."""

    async def abort(self, run: str, flows: tuple[str, ...], by: str) -> tuple[str, ...]:
        """Ask the unfinished runs that belong to a run to go back.

        Args:
            run: Whose they are.
            flows: Of these flows.
            by: Who asks.

        Returns:
            Those that were asked.
        """
        ...


@frozen(repr=False)
class JournalInboxes:
    """The inboxes of a journal.

    Args:
        journal: Where they are.
        now: The wall clock, UTC.
    """

    _journal: Journal
    _now: Callable[[], dt.datetime]

    def __repr__(self) -> str:
        return f"<JournalInboxes [journal: {self._journal.name}]>"

    async def abort(self, run: str, flows: tuple[str, ...], by: str) -> tuple[str, ...]:
        """Ask the unfinished runs that belong to a run to go back; see `Inboxes`."""
        rows = await self._journal.list(unfinished=True, most=MOST)
        asked = tuple(
            row.run.id
            for row in rows
            if row.run.id.startswith(f"{run}.") and row.run.flow in flows
        )
        for child in asked:
            await self._journal.signal(child, SignalVerb.ABORT, by=by, at=self._now())

        return asked


@step.idempotent()
async def call_back(ctx: Context, wanted: CallBack) -> int:
    """Ask what is under way to go back; tell how many were asked.

    Dying before that is recorded asks them again: an abort that was heeded or comes too
    late changes nothing.
    """
    by = f"the failure budget of run {ctx.run_id}"
    return len(await ctx.need(Inboxes).abort(ctx.run_id, wanted.flows, by))
