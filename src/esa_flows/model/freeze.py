"""Freeze windows: times in which nothing new is exposed; a pure question of calendars.

A window begins where a cron expression says, as the clocks of its time zone show, and
ends when those clocks have gone on by its duration: one from Friday 18:00 for 62 hours
ends on Monday at 08:00, also where the clocks are changed on that Sunday.
"""

import datetime as dt
import heapq
import importlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.model.duration import Duration

__all__ = [
    "FROZEN",
    "Freeze",
    "Override",
    "Window",
    "awaits_end",
    "coming",
    "refuse_forever",
]

FROZEN = "frozen"
"""What the waiting for the end of a window is called in a run."""

_FIELDS = 5
_MOST = 10_000
"""Windows that are looked through for one that is followed by a pause."""

_SOME_DAY = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
"""A day from which windows are looked at that no clock is asked about."""

_SLACK = dt.timedelta(days=1)
"""More than any change of the clocks."""


def _duration(value: Duration | dt.timedelta | str) -> Duration:
    return Duration.of(value)


def _known_zone(_: object, __: object, name: str) -> None:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise InvalidInput(
            f"{name!r} is no time zone that this machine knows.",
            next_move="Name one such as Asia/Shanghai or UTC.",
        ) from error


def _not_empty(_: object, __: object, duration: Duration) -> None:
    if not duration.seconds:
        raise InvalidInput("A freeze window of no time freezes nothing: leave it out.")


@frozen(kw_only=True)
class Freeze:
    """Windows in which nothing new is exposed, again and again.

    Attributes:
        cron: When each begins: minute, hour, day, month, weekday, as for Debian's cron.
        duration: How long each lasts.
        timezone: Whose clocks are meant, such as `Asia/Shanghai`.
        reason: What for, in a few words for people.
    """

    cron: str
    duration: Duration = field(converter=_duration, validator=_not_empty)
    timezone: str = field(default="UTC", validator=_known_zone)
    reason: str = ""

    def __attrs_post_init__(self) -> None:
        self._begins(_SOME_DAY)  # refuses what is no cron expression

    def windows(self, since: dt.datetime) -> "Iterator[Window]":
        """Give its windows in order, without end, from those that end after a time.

        Args:
            since: The time.
        """
        length = dt.timedelta(seconds=self.duration.seconds)
        for begins in self._begins(since - length - _SLACK):
            # The sum is made on the clocks of the zone: see above.
            ends = (begins + length).astimezone(dt.UTC)
            if ends > since:
                yield Window(
                    begins=begins.astimezone(dt.UTC),
                    ends=ends,
                    timezone=self.timezone,
                    reason=self.reason,
                )

    def _begins(self, after: dt.datetime) -> Iterator[dt.datetime]:
        """Give when windows begin after a time, on the clocks of the zone."""
        cronsim, local = _cronsim(), after.astimezone(ZoneInfo(self.timezone))
        try:
            if len(self.cron.split()) == _FIELDS:
                return iter(cronsim.CronSim(self.cron, local))

            why = "it has no five fields"
        except cronsim.CronSimError as error:
            why = str(error)

        raise InvalidInput(
            f"{self.cron!r} is no cron expression: {why}.",
            next_move="Write minute, hour, day, month and weekday, such as"
            " 0 18 * * FRI for Fridays at 18:00.",
        )

    def __str__(self) -> str:
        reason = f" ({self.reason})" if self.reason else ""
        return f"{self.cron} for {self.duration}, {self.timezone}{reason}"


@frozen(kw_only=True)
class Window:
    """One freeze window.

    Attributes:
        begins: When, UTC.
        ends: When, UTC; from then on it is open again.
        timezone: Whose clocks people are told it by.
        reason: What for; empty where nobody says.
    """

    begins: dt.datetime
    ends: dt.datetime
    timezone: str = "UTC"
    reason: str = ""

    def has_begun(self, now: dt.datetime) -> bool:
        """Tell whether it is in force, for one that has not ended.

        Args:
            now: The wall clock's time.
        """
        return self.begins <= now

    def __str__(self) -> str:
        zone = ZoneInfo(self.timezone)
        begins, ends = self.begins.astimezone(zone), self.ends.astimezone(zone)
        reason = f" ({self.reason})" if self.reason else ""
        form = "%a %Y-%m-%d %H:%M"
        return f"{begins:{form}} until {ends:{form}} {self.timezone}{reason}"


@frozen(kw_only=True)
class Override:
    """That a person lets a rollout go on in spite of its freeze windows.

    Attributes:
        reason: Why; in the journal and the report.
        by: Who.
    """

    reason: str
    by: str

    def __attrs_post_init__(self) -> None:
        if not self.reason.strip():
            raise InvalidInput("Say why the freeze windows are ignored, in some words.")


def coming(freezes: Sequence[Freeze], now: dt.datetime) -> Window | None:
    """Give the window in force, or else the next one; None where there is none.

    Windows that touch or overlap are one, which is called as the first of them.

    Args:
        freezes: What is frozen when.
        now: The wall clock's time.
    """
    found = _whole(freezes, now)
    return found[0] if found else None


def awaits_end(step: str) -> bool:
    """Tell whether a step of a run is the wait for the end of a window.

    Args:
        step: Its identity.
    """
    return f"[{FROZEN}:" in step


def refuse_forever(freezes: Sequence[Freeze]) -> None:
    """Refuse windows after which there is never a pause.

    Args:
        freezes: What is frozen when.

    Raises:
        InvalidInput: Nothing could ever be exposed.
    """
    found = _whole(freezes, _SOME_DAY)
    if found and not found[1]:
        told = "; ".join(map(str, freezes))
        raise InvalidInput(f"These freeze windows never open: {told}.")


def _whole(freezes: Sequence[Freeze], since: dt.datetime) -> tuple[Window, bool] | None:
    """Give the first window, made of all that touch; and whether it has an end."""
    each = [freeze.windows(since) for freeze in freezes]
    merged = heapq.merge(*each, key=lambda window: window.begins)
    first = next(merged, None)
    if first is None:
        return None

    ends = first.ends
    for window in islice(merged, _MOST):
        if window.begins > ends:
            return evolve(first, ends=ends), True

        ends = max(ends, window.ends)

    return evolve(first, ends=ends), False


def _cronsim() -> Any:
    try:
        return importlib.import_module("cronsim")
    except ImportError as error:
        raise InvalidInput(
            "Freeze windows need the library that reads cron expressions.",
            next_move='Install it with: pip install "esa-flows[freeze]"',
        ) from error
