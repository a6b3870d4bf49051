"""A process dies at any record of a release, and a person aborts it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.crash.every import play_named
from tests.crash.plays import OTHER
from tests.crash.scenario import in_virtual_time, prepared, stand_of, undisturbed
from tests.crash.verdict import Stand

from esa_flows import Client, Outcome
from esa_flows.testing.fate import Disturbance, Fate
from esa_flows.testing.rehearsal import Rehearsal

LATE = {"live_lag": 20.0}
"""What was deployed is seen long after."""


async def _abort(client: Client) -> list[Any]:
    """Abort everything that is unfinished."""
    unfinished = await client.runs.unfinished("shop")
    return [await client.abort(found.run.id) for found in unfinished]


async def _aborted(
    name: str, switches: dict[str, Any], struck: Disturbance
) -> tuple[Rehearsal, Stand, list[Any]]:
    play = play_named(name)
    rehearsal = play.rehearsal(
        switches=switches, saved=prepared(name), fate=Fate((struck,))
    )
    before = stand_of(rehearsal)
    await rehearsal.live(play.act)
    ended = await rehearsal.live(_abort)
    return rehearsal, before, ended.value


@pytest.mark.parametrize("switches", [{}, LATE], ids=["seen at once", "seen late"])
@pytest.mark.parametrize("kind", ["die before", "die after"])
@pytest.mark.parametrize(
    ("name", "makes"), [("at quota", 1), ("canary", 1), ("variables", 2)]
)
def test_an_abort_after_death_at_any_record_leads_back(
    name: str, makes: int, kind: str, switches: dict[str, Any]
) -> None:
    """What served before serves; no version too many is new; nothing is left."""
    prepared(name)
    for number in range(2, undisturbed(name).records + 1):
        struck = Disturbance(at="record", number=number, kind=kind)
        backend = ("asyncio", "trio")[number % 2]
        rehearsal, before, reports = in_virtual_time(
            _aborted, name, switches, struck, backend=backend
        )
        if not reports or reports[0].outcome is Outcome.RELEASED:
            continue  # nothing was left to be stopped

        after = stand_of(rehearsal)

        assert (number, Outcome.ABORTED) == (number, reports[0].outcome)
        assert (number, before.splits) == (number, after.splits)
        assert len(after.tags) <= len(before.tags) + makes
        assert () == rehearsal.cloud.report().violations


async def _blocked() -> tuple[Any, Any]:
    play = play_named("canary")
    struck = Disturbance(at="record", number=1, kind="die before")
    rehearsal = play.rehearsal(saved=prepared("canary"), fate=Fate((struck,)))
    await rehearsal.live(play.act)
    (report,) = (await rehearsal.live(_abort)).value
    released = await rehearsal.live(lambda client: client.release("shop", OTHER))
    return report, released.value


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_death_before_the_first_record_blocks_nobody(backend: str) -> None:
    """A run that died before it said what it was to do is ended by an abort."""
    prepared("canary")
    report, released = in_virtual_time(_blocked, backend=backend)

    assert Outcome.FAILED is report.outcome
    assert "nothing was done" in report.reason
    assert Outcome.RELEASED is released.outcome
