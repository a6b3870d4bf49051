"""Whether a rollout may expose something new now, and the wait until it may.

The journal holds until when is waited, and a question that nobody has to answer: a
person may let it go on before, and says why. Whoever dies in between waits what is
left.
"""

import datetime as dt
from zoneinfo import ZoneInfo

from attrs import define, field

from esa_flows.engine.context import Context
from esa_flows.errors import DeadlineExceeded
from esa_flows.model import Duration
from esa_flows.model.freeze import FROZEN, Freeze, Window, coming

__all__ = ["Shutter", "ignored", "wait"]


@define
class Shutter:
    """Knows which freeze window is in force.

    Attributes:
        freezes: When nothing new is exposed.
    """

    freezes: tuple[Freeze, ...]
    _next: Window | None = field(default=None, init=False)
    _lifted: set[dt.datetime] = field(factory=set, init=False)

    def __repr__(self) -> str:
        return f"<Shutter of {len(self.freezes)} freezes>"

    def in_force(self, now: dt.datetime) -> Window | None:
        """Give the window that is in force and was not lifted; None for none.

        Args:
            now: The wall clock's time.
        """
        if self.freezes and (self._next is None or now >= self._next.ends):
            self._next = coming(self.freezes, now)

        window = self._next
        if window is None or window.ends in self._lifted:
            return None

        return window if window.has_begun(now) else None

    def lift(self, window: Window) -> None:
        """Count a window as over: it was waited for, or a person said so.

        Args:
            window: Which.
        """
        self._lifted.add(window.ends)


async def wait(ctx: Context, window: Window, zone: str) -> str:
    """Wait until a window is over, or a person says that it is not to be heeded.

    Args:
        ctx: The flow's context.
        window: Which.
        zone: The time zone people are told it in; the same on every replay.

    Returns:
        What the report says of it.

    Raises:
        Denied: A person said no: nothing more is to be exposed.
    """
    key = f"{FROZEN}:{window.ends:%Y%m%dT%H%M%SZ}"
    told = f"{window.ends.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M} {zone}"
    left = Duration(max(0.0, (window.ends - ctx.now()).total_seconds()))
    limit = None
    try:
        async with ctx.timeout(left, key=key) as limit:
            agreed = await ctx.approve(
                what=f"Frozen until {told}: nothing new is exposed before.", key=key
            )
    except DeadlineExceeded:
        if limit is None or not limit.expired:
            raise  # the time that the whole run was given

        return f"Waited for the end of a freeze window: {told}."

    return f"{ignored(agreed.by)} It would have ended {told}."


def ignored(by: str, reason: str = "") -> str:
    """Say that somebody broke the glass.

    Args:
        by: Who.
        reason: Why, where `by` does not say it.
    """
    why = f": {reason}" if reason else "."
    return f"A freeze window was ignored by {by}{why}"
