"""From what was seen of each routine to the plan of a rollout."""

from __future__ import annotations

import datetime as dt

from attrs import evolve

from esa_flows.fleet.draft import Facts, Seen, draft, slots_of
from esa_flows.fleet.makespan import Pace
from esa_flows.fleet.plan import Bound, RolloutPlan
from esa_flows.fleet.spec import FailureBudget, Member, Rollout, Wave
from esa_flows.fleet.waves import Candidate
from esa_flows.model import (
    Bundle,
    Canary,
    Deployment,
    Digest,
    Environment,
    Routine,
    RoutineName,
    Split,
    VersionId,
)
from esa_flows.model.freeze import Freeze, coming
from esa_flows.release.forecast import Forecast
from esa_flows.release.planned import PlannedRelease
from esa_flows.release.spec import Release
from esa_flows.release.survey import Survey

CALLS = {"observe": 3, "list": 1, "slot": 1, "post": 1, "commit": 1, "deploy": 2}
FACTS = Facts(run="abcd", made_at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC), pace=Pace())


def _seen(name: str, canary: str = "100", *, to: str = "production") -> Seen:
    release = Release(
        routine=RoutineName(name),
        bundle=Bundle(digest=Digest("a" * 64), size=3),
        canary=Canary.parse(canary),
        target=Environment(to),
    )
    planned = _forecast(release, release.canary)
    return Seen(candidate=Candidate(name=release.id), planned=planned)


def _forecast(release: Release, canary: Canary) -> PlannedRelease:
    shares = tuple(map(str, canary.stages)) if release.ends_in_production else ()
    told = Forecast(calls=CALLS, shares=shares)
    serves = Deployment(split=Split.whole(VersionId("1")))
    before = Routine(name=release.routine, production=serves)
    return PlannedRelease(run="abcd", release=release, before=before, forecast=told)


def _replan(planned: PlannedRelease, canary: Canary) -> PlannedRelease:
    return _forecast(evolve(planned.release, canary=canary), canary)


def _draft(seen: list[Seen], **choices: object) -> RolloutPlan:
    members = [Member(each.candidate.name, b"x") for each in seen]
    rollout = Rollout(**{"members": members, **choices})  # type: ignore[arg-type]
    return draft(rollout, seen, FACTS, _replan)


def test_a_wave_shows_the_ways_its_routines_take() -> None:
    """Each once; the fourth is left out."""
    ways = ["100", "10,100", "20,100", "30,100", "30,100"]
    plan = _draft([_seen(f"r{n}", way) for n, way in enumerate(ways)])

    assert ("100", "10 → 100", "20 → 100", "…") == plan.waves[0].steps


def test_a_wave_that_ends_in_staging_exposes_nobody() -> None:
    """It has no shares, and no look before them."""
    plan = _draft([_seen("aa", to="staging"), _seen("bb", to="staging")])
    (wave,) = plan.waves

    assert (("staging alone",), 2 * 3) == (wave.steps, wave.calls["observe"])
    assert wave.least.seconds > 0


def test_a_look_more_where_all_is_made_ready_first() -> None:
    """One for each routine; none where each goes its whole way at once."""
    seen = [_seen("aa"), _seen("bb")]
    first, at_once = _draft(seen), _draft(seen, budget=FailureBudget(fleet=2))

    assert (True, 8) == (first.waves[0].prepares, first.calls["observe"])
    assert (False, 6) == (at_once.waves[0].prepares, at_once.calls["observe"])


def test_a_wave_s_own_canary_is_planned_anew() -> None:
    """Instead of those of its routines; with its bakes."""
    waves = [Wave(1, canary="10:5m,100"), Wave.rest()]
    plan = _draft([_seen("aa"), _seen("bb")], waves=waves)

    assert [("10:5m → 100",), ("100",)] == [wave.steps for wave in plan.waves]
    assert [Bound.BAKE, Bound.LATENCY] == [wave.bound for wave in plan.waves]


def test_an_empty_wave_takes_no_time() -> None:
    """Neither its own bake nor a way back."""
    waves = [Wave(2), Wave(1, bake="1h"), Wave.rest()]
    plan = _draft([_seen("aa"), _seen("bb")], waves=waves)

    assert 0 == plan.waves[1].minimum_time.seconds + plan.waves[1].rollback.seconds


def test_what_routines_do_alike_is_held_once() -> None:
    """A fleet's plan grows by what is each routine's own."""
    plan = _draft([_seen("aa"), _seen("bb")])
    one, two = (each.release.forecast for each in plan.routines if each.release)

    assert one is two


def test_what_makes_no_version_needs_no_room() -> None:
    """A routine that is made, or a version that is adopted."""
    planned = _seen("aa").planned

    assert planned
    assert None is slots_of(planned, Survey())


def test_it_says_where_nobody_looks() -> None:
    """A bake without a gate is a timer; what ends in staging needs none."""
    plan = _draft([_seen("aa"), _seen("bb", to="staging")])

    assert (
        (
            "Timer only: 1 of 2 routines have no gate in production, so nothing will be"
            " observed there."
        ),
    ) == plan.notes
    assert () == _draft([_seen("bb", to="staging")]).notes


def test_a_freeze_window_is_told_and_all_is_made_ready_first() -> None:
    """So that only the exposing waits for its end, where it is met."""
    freeze = Freeze(cron="30 12 * * *", duration="1h")
    budget = FailureBudget(fleet=2)
    plan = _draft([_seen("aa"), _seen("bb")], budget=budget, freezes=[freeze])
    window = coming((freeze,), FACTS.made_at)

    assert ((freeze,), window) == (plan.freezes, plan.window)
    assert plan.waves[0].prepares
    assert plan == RolloutPlan.parse(plan.to_json())
