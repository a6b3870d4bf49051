"""Where each routine of a rollout stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.cli.rollouts.fleets import RUN, Fleet, outline, wave

from esa_flows.cli.rollouts.progress import FleetProgress, Stand
from esa_flows.engine.observe import Happening, Moment


def test_a_routine_that_is_shipped_share_by_share() -> None:
    """It is prepared, exposed, bakes, and is released."""
    fleet = Fleet.of()
    told = []
    acts: tuple[Callable[[], Happening], ...] = (
        lambda: fleet.begin("shop"),
        lambda: fleet.step("shop", "commit#1"),
        lambda: fleet.step("shop", "deploy[staging]#1"),
        lambda: fleet.step("shop", "deploy[production:25]#1"),
        lambda: fleet.sleep("shop", "sleep[production:25]#1", 30.0),
        lambda: fleet.step("shop", "deploy[production:100]#1"),
        lambda: fleet.end("shop", "released"),
    )
    for act in acts:
        act()
        member = fleet.progress.members["shop"]
        told.append((member.stand.value, member.share, fleet.moved is member))

    assert [
        ("preparing", "", True),
        ("preparing", "", False),
        ("preparing", "", False),
        ("exposing", "25 %", True),
        ("baking", "25 %", True),
        ("exposing", "100 %", True),
        ("released", "100 %", True),
    ] == told
    assert 30.0 == member.until
    assert (1, 1, 0) == (
        fleet.progress.wave,
        fleet.progress.done,
        fleet.progress.failures,
    )


def test_a_routine_in_legs() -> None:
    """Made ready first, exposed later, taken back in the end."""
    fleet = Fleet.of()
    told = []
    for flow, outcome in (
        ("prepare", "prepared"),
        ("expose", "released"),
        ("take_back", "aborted"),
    ):
        fleet.begin("shop", flow)
        told.append(fleet.stand("shop"))
        fleet.end("shop", outcome, flow=flow)
        told.append(fleet.stand("shop"))

    assert [
        "preparing",
        "ready",
        "exposing",
        "released",
        "going back",
        "taken back",
    ] == told


@pytest.mark.parametrize(
    ("outcome", "stand"),
    [
        ("unchanged", Stand.UNCHANGED),
        ("failed", Stand.FAILED),
        ("rolled back", Stand.ROLLED_BACK),
        ("conflict", Stand.CONFLICT),
        ("stuck", Stand.STUCK),
        ("something new", Stand.FAILED),
    ],
)
def test_how_a_routine_may_end(outcome: str, stand: Stand) -> None:
    """With the reason that its report gives."""
    fleet = Fleet.of()
    fleet.begin("shop")
    fleet.end("shop", outcome, "It\nanswered 500.")

    member = fleet.progress.members["shop"]
    assert (stand, "It answered 500.") == (member.stand, member.said)
    assert fleet.progress.failures is int(stand is not Stand.UNCHANGED)


def test_an_error_before_production_is_a_failure_and_behind_it_needs_a_person() -> None:
    """Nobody knows what serves where a way back broke off."""
    fleet = Fleet.of()
    fleet.begin("cart")
    fleet.fail("cart", "No such routine. (operation GetRoutine, code X)")
    fleet.begin("blog")
    fleet.step("blog", "deploy[production:25]#1")
    fleet.step("blog", "deploy[production:back]#1")
    assert "going back" == fleet.stand("blog")
    fleet.fail("blog", "No right.")

    assert ("failed", "stuck") == (fleet.stand("cart"), fleet.stand("blog"))
    assert "No such routine." == fleet.progress.members["cart"].said
    assert (2, 2) == (fleet.progress.failures, fleet.progress.wave)


def test_a_watched_share_has_no_known_end() -> None:
    """Its gates are read between short sleeps; in staging it does not bake."""
    fleet = Fleet.of()
    fleet.begin("shop")
    fleet.sleep("shop", "sleep[staging:watch:1]#1", 5.0)
    assert "preparing" == fleet.stand("shop")

    fleet.step("shop", "deploy[production:100]#1")
    fleet.sleep("shop", "sleep[production:100:watch:1]#1", 5.0)
    fleet.step("shop", "read_gate[production:100:errors:1]#1")

    member = fleet.progress.members["shop"]
    assert ("baking", 0.0) == (member.stand.value, member.until)
    assert "" != member.said


def test_a_routine_that_asks_a_person() -> None:
    """Its question is what is said of it."""
    fleet = Fleet.of()
    fleet.begin("shop")
    fleet.tell(Moment.ASKING, "approve#1", run=f"{RUN}.1", what="Go on?")

    assert ("asking", "Go on?") == (
        fleet.stand("shop"),
        fleet.progress.members["shop"].said,
    )


def test_the_rollout_itself() -> None:
    """Its wave bakes, it asks a person, somebody wants it to go back."""
    fleet = Fleet.of()
    fleet.tell(Moment.SLEEPING, "sleep[wave:1]#1", seconds=60.0)
    baking = fleet.progress.baking
    fleet.tell(Moment.STEP_DONE, "sleep[wave:1]#1", seconds=60.0)
    fleet.tell(Moment.ASKING, "approve[wave:1]#1", what="Go on with wave 2?")
    asked = fleet.progress.question
    fleet.tell(Moment.STEP_DONE, "approve[wave:1]#1", seconds=1.0)
    fleet.tell(Moment.SIGNALLED, event="approve", by="ann")
    assert "" == fleet.progress.news
    fleet.tell(Moment.SIGNALLED, event="pause", by="ann")
    fleet.tell(Moment.RUN_RESUMED, flow="rollout", subject="")
    assert "" == fleet.progress.news
    fleet.tell(Moment.SIGNALLED, event="abort", by="ann")
    fleet.tell(Moment.STEP_WAITING, "x#1", seconds=1.0)

    assert (60.0, "Go on with wave 2?") == (baking, asked)
    assert (0.0, "") == (fleet.progress.baking, fleet.progress.question)
    assert "abort asked for by ann" == fleet.progress.news
    assert fleet.progress.resumed


def test_a_run_that_nobody_planned_and_one_that_was_not_begun_here() -> None:
    """The one is counted as it is, of the other nothing is known."""
    fleet = Fleet.of()
    fleet.begin("dcdn/other")
    fleet.tell(Moment.STEP_STARTED, "commit#1", run=f"{RUN}.99")

    assert "preparing" == fleet.stand("other")
    assert 0 == fleet.progress.members["other"].wave
    assert fleet.moved is None


def test_calls_are_counted_over_all_runs() -> None:
    """By verb, as steps tell; uploads count under no cap."""
    fleet = Fleet.of()
    fleet.begin("shop")
    fleet.tell(Moment.STEP_DONE, "observe#1", f"{RUN}.1", calls={"OBSERVE": 2})
    fleet.tell(Moment.STEP_DONE, "post_to_oss#1", f"{RUN}.1", calls={"POST": 1})
    fleet.tell(Moment.STEP_FAILED, "commit#1", f"{RUN}.1", calls={"COMMIT": 1})

    assert {"OBSERVE": 2, "POST": 1, "COMMIT": 1} == dict(fleet.progress.calls)
    assert 3 == fleet.progress.capped_calls


def test_the_way_back_and_what_is_left() -> None:
    """What is exposed counts; what has ended takes no more time."""
    fleet = Fleet.of()
    assert (0.0, 65.0) == (fleet.progress.back, fleet.progress.left(0.0))

    fleet.begin("shop")
    fleet.step("shop", "deploy[production:100]#1")
    fleet.end("shop", "released")
    fleet.tell(Moment.SLEEPING, "sleep[wave:1]#1", seconds=60.0)
    assert 1 == fleet.progress.exposed
    assert pytest.approx(0.1) == fleet.progress.back
    assert pytest.approx(43.0) == fleet.progress.left(20.0)

    fleet.tell(Moment.STEP_DONE, "sleep[wave:1]#1", seconds=60.0)
    fleet.begin("cart")
    fleet.end("cart", "failed")
    assert pytest.approx(1.5) == fleet.progress.left(60.0)
    assert "<FleetProgress 7k2f7k2f7k2f [2 of 3]>" == repr(fleet.progress)


def test_a_run_of_a_routine_that_comes_first_is_not_the_rollout_s() -> None:
    """A way back aborts what is under way before its own run begins."""
    fleet = Fleet(FleetProgress(outline=outline()))
    fleet.begin("shop")

    assert "" == fleet.progress.run
    assert fleet.moved is not None

    fleet.tell(Moment.RUN_STARTED, flow="undo", subject="")

    assert RUN == fleet.progress.run


def test_what_goes_back_as_asked_is_no_failure() -> None:
    """A fleet that is rolled back has runs of their own for that."""
    fleet = Fleet.of(wave(0, "shop"))
    fleet.tell(Moment.RUN_STARTED, run=f"{RUN}.1", flow="rollback", subject="shop")
    assert "going back" == fleet.stand("shop")

    value = {"outcome": "rolled back", "reason": ""}
    fleet.tell(Moment.RUN_ENDED, run=f"{RUN}.1", event="succeed", value=value)

    assert "taken back" == fleet.stand("shop")
    assert 0 == fleet.progress.failures
