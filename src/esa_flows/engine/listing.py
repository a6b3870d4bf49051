"""Listing a run before it has rows, and what becomes of one that never got any.

A run is listed and held in one move, its first row is the next one. A process that dies
between the two leaves a run of which nobody knows what it was to do, and which has done
nothing. Only of one that belongs to another run does that one know it.
"""

import datetime as dt
from collections.abc import Callable
from typing import NoReturn

import anyio
from attrs import evolve

from esa_flows.engine.failure import encode_error
from esa_flows.engine.journal import Journal, Kind, Lease, NewRun, Owner, Record
from esa_flows.engine.journal_refusals import taken
from esa_flows.engine.lease import take_lease
from esa_flows.engine.process import Life
from esa_flows.engine.state import Event
from esa_flows.engine.view import resolve
from esa_flows.errors import IllegalMove, RunError, RunInProgress

__all__ = ["bury", "list_run"]


async def list_run(
    journal: Journal,
    new: NewRun,
    owner: Owner,
    *,
    life: Callable[[Owner], Life],
    clock: Callable[[], float],
) -> Lease:
    """List a run and take its lease; or take over one that was listed and no more.

    Args:
        journal: Where it is to be recorded.
        new: What it is listed as.
        owner: This process.
        life: Whether another owner's process lives.
        clock: Monotonic seconds of this process.

    Raises:
        RunInProgress: The id is that of another run, or of one that has begun.
        AlreadyRunning: A living process is about to begin it.
    """
    try:
        with anyio.CancelScope(shield=True):  # listed and held, or not at all
            return await journal.create(new, owner)
    except RunInProgress:
        if not await _is_blank(journal, new):
            raise

    lease = await take_lease(journal, new.id, owner, life=life, clock=clock)
    if await journal.rows(new.id):
        await journal.release(lease)
        raise taken(new.id)

    return lease


async def _is_blank(journal: Journal, new: NewRun) -> bool:
    """Tell whether a run is listed as this one and has no row."""
    listed = (await resolve(journal, new.id)).run
    is_same = evolve(listed, started_at=new.started_at) == new
    return is_same and not await journal.rows(new.id)


async def bury(journal: Journal, lease: Lease, *, at: dt.datetime) -> NoReturn:
    """End a run whose process died before it recorded what it was to do.

    One that belongs to a run which goes on is left to that: an end here would be taken
    there for how its work had ended.

    Args:
        journal: Where it is listed.
        lease: The right to write its rows.
        at: Wall time, UTC.

    Raises:
        IllegalMove: It belongs to a run that has yet to begin it.
        RunError: In any other case, to say so.
    """
    await _refuse_unborn(journal, lease.run)
    listed = (await resolve(journal, lease.run)).run
    error = RunError(
        f"Run {lease.run} died before it recorded its input; nothing was done.",
        next_move="Start it again.",
    )
    begun = {"flow": listed.flow, "v": 0, "input": None}
    ended = {"event": Event.FAIL.value, "error": encode_error(error)}
    records = (
        Record.of(Kind.STARTED, listed.started_at, begun),
        Record.of(Kind.ENDED, at, ended),
    )
    await journal.append(lease, records)
    raise error


async def _refuse_unborn(journal: Journal, run: str) -> None:
    """Refuse to end what a run that has not ended itself will begin."""
    parent = run.rpartition(".")[0]
    found = await journal.find(parent) if parent else ()
    if any(row.run.id == parent and not row.ended for row in found):
        raise IllegalMove(
            f"Run {run} was not begun before its process died: run {parent} begins it.",
            next_move=f"Go on with: esa-flows resume {parent}",
        )
