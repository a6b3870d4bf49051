"""Freeze windows: when nothing new is exposed."""

from __future__ import annotations

import datetime as dt
import sys
from zoneinfo import ZoneInfo

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.model.freeze import Freeze, Override, Window, coming, refuse_forever

WEEKEND = Freeze(cron="0 18 * * FRI", duration="62h", timezone="Asia/Shanghai")
BERLIN = Freeze(cron="0 18 * * FRI", duration="62h", timezone="Europe/Berlin")


def _at(text: str, zone: str = "UTC") -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def _coming(at: dt.datetime, *freezes: Freeze) -> Window:
    found = coming(freezes, at)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("at", "has_begun"),
    [
        ("2026-03-05T12:00", False),
        ("2026-03-06T17:59:59", False),
        ("2026-03-06T18:00", True),
        ("2026-03-07T12:00", True),
        ("2026-03-09T07:59:59.9", True),
    ],
)
def test_the_window_in_force_or_the_next_one(at: str, *, has_begun: bool) -> None:
    """It holds from its first moment, and until its last one has passed."""
    now = _at(at, "Asia/Shanghai")
    found = _coming(now, WEEKEND)

    assert has_begun is found.has_begun(now)
    assert _at("2026-03-06T10:00") == found.begins
    assert _at("2026-03-09T00:00") == found.ends


def test_a_window_is_over_at_its_end() -> None:
    """From then on the next one is meant."""
    found = _coming(_at("2026-03-09T08:00", "Asia/Shanghai"), WEEKEND)

    assert _at("2026-03-13T18:00", "Asia/Shanghai") == found.begins


def test_people_are_told_by_the_clocks_of_the_zone() -> None:
    """With the weekday, the day and the reason."""
    freeze = Freeze(cron="0 18 * * 5", duration="62h", reason="weekend")
    found = _coming(_at("2026-03-05T12:00"), freeze)

    assert "Fri 2026-03-06 18:00 until Mon 2026-03-09 08:00 UTC (weekend)" == str(found)
    assert "0 18 * * 5 for 2d14h, UTC (weekend)" == str(freeze)
    assert "0 18 * * FRI for 2d14h, Asia/Shanghai" == str(WEEKEND)


@pytest.mark.parametrize(
    ("friday", "hours"), [("2026-03-27", 61), ("2026-10-23", 63), ("2026-06-05", 62)]
)
def test_clocks_that_are_changed_do_not_move_the_end(friday: str, hours: int) -> None:
    """Monday at 08:00 there, be the weekend an hour shorter or longer."""
    found = _coming(_at(f"{friday}T12:00", "Europe/Berlin"), BERLIN)
    end = found.ends.astimezone(ZoneInfo("Europe/Berlin"))

    assert dt.timedelta(hours=hours) == found.ends - found.begins
    assert ("Mon", 8, 0) == (f"{end:%a}", end.hour, end.minute)


def test_a_beginning_that_the_clocks_leave_out_comes_right_after() -> None:
    """02:30 does not exist on that night; the window begins at 03:00."""
    freeze = Freeze(cron="30 2 * * *", duration="1h", timezone="Europe/Berlin")
    found = _coming(_at("2026-03-29T00:30"), freeze)

    assert (_at("2026-03-29T01:00"), _at("2026-03-29T02:00")) == (
        found.begins,
        found.ends,
    )


def test_a_beginning_that_the_clocks_show_twice_comes_once() -> None:
    """The first time; and the hour after it is frozen by the clocks, not twice."""
    freeze = Freeze(cron="30 2 * * *", duration="30m", timezone="Europe/Berlin")
    first = _coming(_at("2026-10-24T12:00"), freeze)
    second = _coming(first.ends, freeze)

    assert _at("2026-10-25T00:30") == first.begins
    assert _at("2026-10-26T01:30") == second.begins


def test_windows_that_touch_are_one() -> None:
    """Whoever waits for the end of the first would only meet the second."""
    monday = Freeze(cron="0 8 * * MON", duration="2h", timezone="Asia/Shanghai")
    sunday = Freeze(cron="0 0 * * SUN", duration="1h")
    found = _coming(_at("2026-03-07T00:00"), sunday, monday, WEEKEND)

    assert (_at("2026-03-06T10:00"), _at("2026-03-09T02:00")) == (
        found.begins,
        found.ends,
    )
    assert "Asia/Shanghai" == found.timezone


def test_no_freeze_no_window() -> None:
    """Most rollouts have none."""
    assert None is coming((), _at("2026-03-07T00:00"))
    refuse_forever(())


@pytest.mark.parametrize(
    "freezes",
    [
        [Freeze(cron="0 0 * * *", duration="24h")],
        [Freeze(cron="* * * * *", duration="5m")],
        [
            Freeze(cron="0 0 * * *", duration="12h"),
            Freeze(cron="0 12 * * *", duration="12h"),
        ],
    ],
)
def test_windows_that_never_open_are_refused(freezes: list[Freeze]) -> None:
    """Alone or together: nothing could ever be exposed."""
    with pytest.raises(InvalidInput, match="never open"):
        refuse_forever(freezes)


def test_windows_that_open_for_a_moment_are_not_refused() -> None:
    """A minute a day is enough."""
    refuse_forever([Freeze(cron="1 0 * * *", duration="23h59m"), WEEKEND])


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"cron": "0 18 * *"}, "no five fields"),
        ({"cron": "0 0 18 * * FRI"}, "no five fields"),
        ({"cron": "61 * * * *"}, "Bad minute"),
        ({"cron": "0 0 30 2 *"}, "Bad day-of-month"),
        ({"timezone": "Asia/Nowhere"}, "no time zone"),
        ({"timezone": "../etc/passwd"}, "no time zone"),
        ({"timezone": ""}, "no time zone"),
        ({"duration": "0s"}, "freezes nothing"),
        ({"duration": "some"}, "not a duration"),
    ],
)
def test_what_cannot_be_is_refused_at_once(given: dict[str, str], why: str) -> None:
    """With the reason, before anything is planned."""
    whole = {"cron": "0 18 * * FRI", "duration": "62h", **given}

    with pytest.raises(InvalidInput, match=why):
        Freeze(**whole)


def test_who_breaks_the_glass_says_why() -> None:
    """Blanks are no reason."""
    with pytest.raises(InvalidInput, match="Say why"):
        Override(reason=" ", by="ann")


def test_without_the_library_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who uses no freeze windows needs none."""
    monkeypatch.setitem(sys.modules, "cronsim", None)

    with pytest.raises(InvalidInput, match=r"esa-flows\[freeze\]"):
        Freeze(cron="0 18 * * FRI", duration="62h")
