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

__all__ = ["Shutter", "ignored", "let_go", "wait"]


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
        What the report says of it; empty where `let_go` says it.

    Raises:
        Denied: A person said no: nothing more is to be exposed.
    """
    key, told = f"{FROZEN}:{window.ends:{_FORM}}", _told(window.ends, zone)
    left = Duration(max(0.0, (window.ends - ctx.now()).total_seconds()))
    limit = None
    try:
        async with ctx.timeout(left, key=key) as limit:
            await ctx.approve(
                what=f"Frozen until {told}: nothing new is exposed before.", key=key
            )
    except DeadlineExceeded:
        if limit is None or not limit.expired:
            raise  # the time that the whole run was given

        return f"Waited for the end of a freeze window: {told}."

    return ""


def let_go(ctx: Context, zone: str) -> tuple[str, ...]:
    """Say which windows people did not let the run wait for, in whichever process.

    Args:
        ctx: The flow's context.
        zone: The time zone people are told it in.
    """
    found = ((key.partition(":"), by) for key, by in ctx.agreed().items())
    ends = ((_end(end), by) for (name, _, end), by in found if name == FROZEN)
    return tuple(
        f"{ignored(by)} It would have ended {_told(end, zone)}."
        for end, by in sorted(ends)
    )


_FORM = "%Y%m%dT%H%M%SZ"


def _end(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, _FORM).replace(tzinfo=dt.UTC)


def _told(end: dt.datetime, zone: str) -> str:
    return f"{end.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M} {zone}"


def ignored(by: str, reason: str = "") -> str:
    """Say that somebody broke the glass.

    Args:
        by: Who.
        reason: Why, where `by` does not say it.
    """
    why = f": {reason}" if reason else "."
    return f"A freeze window was ignored by {by}{why}"
