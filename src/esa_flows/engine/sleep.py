"""Waiting durably: the journal holds the time to wake up.

Dying in between costs nothing: the next process waits what is left. Died after the
wait and before its outcome, it finds that nothing is left.
"""

import datetime as dt

import anyio
import anyio.lowlevel

from esa_flows.engine.history import Past
from esa_flows.engine.journal import Kind
from esa_flows.engine.observe import Moment
from esa_flows.engine.run import Run
from esa_flows.engine.strand import Strand
from esa_flows.engine.work import Identity
from esa_flows.model import Duration

__all__ = ["sleep", "time_left"]


async def sleep(strand: Strand, identity: Identity, duration: Duration) -> None:
    """Wait until a recorded time.

    Args:
        strand: The line of the flow's work that waits.
        identity: What the wait is called.
        duration: How long.
    """
    await anyio.lowlevel.checkpoint_if_cancelled()
    name = strand.claim(identity)
    past = strand.past(name)
    if past.outcome is not None and not strand.precedes(past.seq):
        return

    strand.deliver()
    async with strand.run.stopping():
        await _wait(strand, name, duration)


async def _wait(strand: Strand, name: str, duration: Duration) -> None:
    run = strand.run
    left = await time_left(run, name, duration)
    run.tell(Moment.SLEEPING, name, seconds=left)
    with strand.interruptible():
        await anyio.sleep(left)

    strand.deliver()
    body = {"v": 1, "in": "", "value": None, "seconds": duration.seconds}
    await run.record(Kind.OUTCOME, body, step=name)
    run.tell(Moment.STEP_DONE, name, seconds=duration.seconds)
    strand.meet(name)


async def time_left(run: Run, name: str, duration: Duration) -> float:
    """Record when a time is over, where it is not recorded yet; give what is left.

    Args:
        run: The run.
        name: The identity of what takes time.
        duration: How long it takes.

    Returns:
        Seconds; never more than the duration where this process began it.
    """
    past = run.history.past(name)
    if past.wake is not None:
        return _until(past, run.now())

    wake = run.now() + dt.timedelta(seconds=duration.seconds)
    await run.record(Kind.SLEPT, {"wake": wake.isoformat()}, step=name)
    return duration.seconds


def _until(past: Past, now: dt.datetime) -> float:
    wake = past.wake or now
    return max(0.0, (wake - now).total_seconds())
