"""One event, and its line."""

from __future__ import annotations

import datetime as dt
import json

from esa_flows.events import Event, Kind
from esa_flows.model import Cloud

AT = dt.datetime(
    2026, 3, 1, 13, 0, 0, 250_000, tzinfo=dt.timezone(dt.timedelta(hours=1))
)


def test_a_line_says_version_place_time_and_what() -> None:
    """Times are UTC to the millisecond; the line is one line."""
    event = Event(
        kind=Kind.BAKE_STARTED,
        seq=7,
        at=AT,
        run="7k2f7k2f7k2f",
        routine="shop",
        cloud=Cloud.DCDN,
        account="eu",
        step="sleep[production:10]#1",
        data={"seconds": 30.0, "why": "a\nb"},
    )

    line = event.to_json()

    assert "\n" not in line
    assert {
        "v": 1,
        "seq": 7,
        "at": "2026-03-01T12:00:00.250Z",
        "run": "7k2f7k2f7k2f",
        "kind": "bake.started",
        "routine": "shop",
        "cloud": "dcdn",
        "account": "eu",
        "step": "sleep[production:10]#1",
        "data": {"seconds": 30.0, "why": "a\nb"},
    } == json.loads(line)


def test_what_says_nothing_is_absent() -> None:
    """An event about the run names no step, and may have no data."""
    line = Event(kind=Kind.RUN_STARTED, seq=1, at=AT, run="7k2f7k2f7k2f").to_json()

    assert {"v", "seq", "at", "run", "kind", "cloud"} == set(json.loads(line))


def test_a_line_is_ascii() -> None:
    """Names in any language pass any pipe."""
    event = Event(
        kind=Kind.RUN_STARTED, seq=1, at=AT, run="7k2f7k2f7k2f", data={"by": "安"}
    )

    assert event.to_json().isascii()
