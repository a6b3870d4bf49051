"""A timeout whose decision is recorded, so that a replay takes the same branch.

The time at which it runs out is a row; that it ran out, or that what it bounds came to
its end in time, is another. A step that had an outcome before it ran out keeps it; the
first primitive that had none meets `DeadlineExceeded`. A call in flight is finished and
recorded first, and what is in doubt is found out.

Died in between, the next process goes on with the time that is left. The wall clock
decides only *that* one stops, never whether an effect happened.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
from attrs import define

from esa_flows.engine.history import DEADLINE
from esa_flows.engine.journal import Kind
from esa_flows.engine.observe import Moment
from esa_flows.engine.run import Interruption, Run
from esa_flows.engine.sleep import time_left
from esa_flows.engine.strand import Strand
from esa_flows.engine.work import Identity
from esa_flows.errors import DeadlineExceeded
from esa_flows.model import Duration

__all__ = ["Limit", "limited", "until_deadline"]


@define(eq=False, repr=False)
class Limit:
    """A timeout under way.

    Attributes:
        name: Its identity in the run.
    """

    name: str
    _run: Run
    _end: Interruption

    def __repr__(self) -> str:
        return f"<Limit {self.name} {'expired' if self.expired else 'open'}>"

    @property
    def expired(self) -> bool:
        """Whether it ran out before its end was reached."""
        return self._end.seq > 0

    @property
    def is_decided(self) -> bool:
        """Whether the journal says how it went."""
        return self._run.history.past(self.name).outcome is not None

    @property
    def expired_before(self) -> bool:
        """Whether the journal says that it ran out."""
        outcome = self._run.history.past(self.name).outcome
        return outcome is not None and bool(outcome["value"]["expired"])

    async def watch(self, left: float) -> None:
        """Wait, then record that it ran out and interrupt what it bounds.

        Args:
            left: Seconds.
        """
        await anyio.sleep(left)
        try:
            with anyio.CancelScope(shield=True):  # decided once, and then known
                await self._decide(expired=True)
        except Exception as error:  # noqa: BLE001  the run's end says why
            self._run.halt(error)
            return

        self._end.seq = self._run.history.past(self.name).seq
        self._run.interrupt(self._end)

    async def settle(self) -> None:
        """Record that the end was reached in time."""
        await self._decide(expired=False)

    async def _decide(self, *, expired: bool) -> None:
        body = {"v": 1, "in": "", "value": {"expired": expired}}
        await self._run.record(Kind.OUTCOME, body, step=self.name)
        if expired:
            self._run.tell(Moment.STEP_FAILED, self.name, why="The time ran out.")


@asynccontextmanager
async def limited(
    strand: Strand, identity: Identity, duration: Duration
) -> AsyncIterator[Limit]:
    """Bound what a strand does inside by a recorded time.

    Args:
        strand: The line of the flow's work it bounds.
        identity: What the timeout is called.
        duration: How long.

    Raises:
        DeadlineExceeded: It ran out; raised by the primitive that meets it.
    """
    await anyio.lowlevel.checkpoint_if_cancelled()
    name = strand.claim(identity)
    past = strand.past(name)
    if past.wake is None:
        strand.deliver()

    run = strand.run
    end = Interruption(lambda: _late(run, name, duration))
    limit = Limit(name, run, end)
    if limit.expired_before:
        end.seq = past.seq

    async with run.stopping():
        left = await time_left(run, name, duration)

    with strand.within(end):
        async with _watched(limit, left):
            yield limit

        await _leave(strand, limit)


@asynccontextmanager
async def until_deadline(strand: Strand, told: dict[str, str]) -> AsyncIterator[None]:
    """Bound all that a flow does by the time that its run was given.

    That a flow came to its end in time is recorded as the run's end.

    Args:
        strand: The first of the flow's strands.
        told: What the run's first row says of it.

    Raises:
        DeadlineExceeded: It ran out; raised by the primitive that meets it.
    """
    run, name = strand.run, DEADLINE
    end = Interruption(lambda: _late(run, name, Duration.parse(told["after"])))
    limit = Limit(name, run, end)
    if limit.expired_before:
        end.seq = strand.past(name).seq

    left = await time_left(run, name, Duration(0))
    with strand.within(end):
        async with _watched(limit, left):
            yield


@asynccontextmanager
async def _watched(limit: Limit, left: float) -> AsyncIterator[None]:
    raised: Exception | None = None
    async with anyio.create_task_group() as tasks:
        if not limit.is_decided:
            tasks.start_soon(limit.watch, left)

        try:
            yield
        except Exception as error:  # noqa: BLE001  raised below, out of no group
            raised = error

        tasks.cancel_scope.cancel()

    if raised is not None:
        raise raised


async def _leave(strand: Strand, limit: Limit) -> None:
    """Meet what came before the end of what is bounded; else record that end."""
    if limit.is_decided:
        strand.deliver(before=strand.past(limit.name).seq + 1)
        return

    strand.deliver()
    async with strand.run.stopping():
        await limit.settle()

    strand.meet(limit.name)


def _late(run: Run, name: str, duration: Duration) -> DeadlineExceeded:
    return DeadlineExceeded(
        f"{name} of run {run.id} of the flow {run.flow!r} ran out after {duration}."
    )
