"""What tags and splits tell of runs whose journal is gone."""

from __future__ import annotations

import datetime as dt

from esa_flows.engine.codec import decode
from esa_flows.engine.history import History
from esa_flows.engine.journal import Row, seal
from esa_flows.engine.state import State
from esa_flows.model import (
    Deployment,
    Routine,
    RoutineName,
    Split,
    Tag,
    Version,
    VersionId,
)
from esa_flows.release.rebuild import Rebuilt, rebuilt
from esa_flows.release.report import Outcome, Report
from esa_flows.steps.observe import World

NOW = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
MADE = dt.datetime(2026, 2, 1, 12, 0, tzinfo=dt.UTC)
CONTENT = "c0ffee0123456789"


def version(number: int, run: str = "", *, at: dt.datetime | None = MADE) -> Version:
    """Give a version, of a run of ours or of somebody else."""
    tag = Tag(content=CONTENT, run=run, previous=None) if run else "by hand"
    return Version(id=VersionId(str(number)), description=str(tag), created_at=at)


def world(*versions: Version, production: Split | None = None) -> World:
    """Give a routine with versions, and what serves production."""
    deployment = Deployment(split=production) if production else None
    return World(
        routine=Routine(name=RoutineName("shop"), production=deployment),
        versions=versions,
    )


def history(found: Rebuilt) -> History:
    """Fold a rebuilt run as a journal would hold it."""
    rows: list[Row] = []
    for seq, record in enumerate(found.records, start=1):
        crc = rows[-1].crc if rows else 0
        rows.append(seal(record, run=found.run.id, seq=seq, fence=1, previous=crc))

    return History.of(rows)


def test_what_serves_all_was_released() -> None:
    """The run has a report, as it would have had."""
    (found,) = rebuilt(
        world(version(7, "run00007"), production=Split.whole(VersionId("7"))), now=NOW
    )

    report = decode((history(found).ended or {})["value"], Report)
    assert (Outcome.RELEASED, "7") == (report.outcome, report.version)
    assert ("run00007", "release", "shop", CONTENT, MADE) == (
        found.run.id,
        found.run.flow,
        found.run.subject,
        found.run.content,
        found.run.started_at,
    )
    assert "Version 7 serves all of production." == found.told


def test_a_share_is_told_with_the_ways_to_go_on() -> None:
    """How far it was to go nobody knows; it is not resumed by guessing."""
    half = Split.canary(VersionId("7"), 10, VersionId("6"))
    (found,) = rebuilt(world(version(7, "run00007"), production=half), now=NOW)

    told = history(found)
    assert State.FAILED is told.state
    assert (told.ended or {})["error"] == {
        "type": "RunError",
        "message": "Version 7 serves 10 % of production; how far it was to go is not"
        " known. Rebuilt from what the provider shows.",
        "next_move": "Release the same file again, or go back with: esa-flows rollback"
        " shop",
    }


def test_what_a_version_followed_is_told() -> None:
    """The tag knows, and it is where one may want to go back to."""
    tag = Tag(content=CONTENT, run="run00007", previous=VersionId("5"))
    made = Version(id=VersionId("7"), description=str(tag))
    half = Split.canary(VersionId("7"), 10, VersionId("5"))
    (found,) = rebuilt(world(made, production=half), now=NOW)

    assert "Version 7, which followed version 5, serves 10 % of" in found.told


def test_what_serves_nothing_is_not_judged() -> None:
    """It may have failed, or have been followed by another one."""
    (found,) = rebuilt(world(version(7, "run00007")), now=NOW)

    assert State.FAILED is history(found).state
    assert "serves nothing in production; whether it ever did is not" in found.told


def test_versions_of_others_tell_of_no_run() -> None:
    """Oldest first; of one run's duplicates the lowest counts."""
    found = rebuilt(
        world(
            version(10, "later"), version(8), version(9, "early"), version(7, "early")
        ),
        now=NOW,
    )

    assert ["early", "later"] == [one.run.id for one in found]
    assert "Version 7 " in found[0].told


def test_where_the_provider_tells_no_time_it_is_now() -> None:
    """Some date is better than none: the end says that the run is rebuilt."""
    (found,) = rebuilt(world(version(7, "run00007", at=None)), now=NOW)

    assert NOW == found.run.started_at
    assert True is history(found).started["rebuilt"]
