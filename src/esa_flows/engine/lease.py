"""Who may drive a run: taking a lease, keeping it, and knowing that it is lost.

A process that was frozen and continues does not know that time passed. So the question
is asked between the cap's slot and the wire, of a clock that also runs while the
machine sleeps: is it still before the end of the lease as it was last renewed? That
needs no I/O, and at most the one call that had already passed can still go out.
"""

from collections.abc import Callable

import anyio
from attrs import define, field, frozen

from esa_flows.engine.journal import Beat, Journal, Lease, Owner
from esa_flows.engine.process import Life
from esa_flows.errors import AlreadyRunning, LeaseLost

__all__ = ["BEAT", "LEASE", "HeldLease", "take_lease"]

LEASE = 15.0
"""Seconds after which a lease that does not beat may be taken."""

BEAT = 5.0
"""Seconds between beats."""

LOOK = 0.5
"""Seconds between looks at somebody else's lease."""


@frozen(kw_only=True)
class _Watch:
    """A lease of somebody else, as seen first, and when."""

    seen: Beat
    since: float

    def may_take(self, now: float, life: Life) -> bool:
        """Decide whether the lease is free: given back, orphaned, or standing still."""
        if self.seen.owner is None or life is Life.DEAD:
            return True

        return now - self.since >= LEASE


async def take_lease(
    journal: Journal,
    run: str,
    owner: Owner,
    *,
    life: Callable[[Owner], Life],
    clock: Callable[[], float] = anyio.current_time,
    seen: Beat | None = None,
) -> Lease:
    """Take a run's lease, watching a present holder for as long as a lease lasts.

    Args:
        journal: Where the run is recorded.
        run: The run's id.
        owner: This process.
        life: Whether another owner's process lives.
        clock: Monotonic seconds of this process.
        seen: The lease as it was just seen; looked at where None.

    Raises:
        AlreadyRunning: The holder beats.
    """
    watch = _Watch(seen=seen or await journal.beat_of(run), since=clock())
    while True:
        holder = watch.seen.owner
        alive = life(holder) if holder else Life.DEAD
        if watch.may_take(clock(), alive):
            lease = await journal.take(run, owner, seen=watch.seen)
            if lease is not None:
                return lease

        await anyio.sleep(LOOK)
        now_seen = await journal.beat_of(run)
        if now_seen.owner is not None and now_seen != watch.seen:
            raise AlreadyRunning(
                f"Run {run} is driven by a living process"
                f" (process {now_seen.owner.pid} on its machine).",
                next_move=f"Watch it with: esa-flows status {run}",
            )

        if now_seen != watch.seen:
            watch = _Watch(seen=now_seen, since=clock())


@define
class HeldLease:
    """A lease this process holds.

    Attributes:
        lease: The lease.
        until: Until when it surely is ours, by `clock`.
    """

    lease: Lease
    _journal: Journal
    _clock: Callable[[], float]
    until: float = field(init=False)
    _lost: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.until = self._clock() + LEASE

    def __repr__(self) -> str:
        return f"<HeldLease {self.lease.run} fence {self.lease.fence}>"

    def check(self) -> None:
        """Refuse to send when the lease may be somebody else's by now.

        Raises:
            LeaseLost: It was taken, or this process was stopped for too long.
        """
        if self._lost or self._clock() >= self.until:
            raise LeaseLost(
                f"This process no longer drives run {self.lease.run}:"
                " its lease ran out, for instance because it was suspended.",
                next_move=f"See who does with: esa-flows status {self.lease.run}",
            )

    async def beat(self) -> None:
        """Renew it, once.

        Raises:
            LeaseLost: Somebody else took it.
            JournalUnavailable: It stays as it was; the permit refuses once it ran out.
        """
        before = self._clock()
        try:
            await self._journal.renew(self.lease)
        except LeaseLost:
            self._lost = True
            raise

        self.until = before + LEASE
