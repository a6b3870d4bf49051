"""A way back shown before it is gone."""

from __future__ import annotations

from attrs import evolve
from tests.cli.office import console, text_on

from esa_flows.cli.rollouts.way_back import way_back_json, way_back_words
from esa_flows.fleet.makespan import Pace
from esa_flows.fleet.report import RoutineEnd, RoutineReport
from esa_flows.fleet.way_back import Return, WayBack
from esa_flows.model import RoutineId, Split, VersionId

OLD = Split.whole(VersionId("1772366400000000001"))
NEW = Split.whole(VersionId("1772366400000000002"))
ONE = Return(routine=RoutineId("shop"), wave=1, serves=NEW, to=OLD, calls=6, first=3)
STAYS = RoutineReport(
    routine=RoutineId("cart"),
    wave=2,
    end=RoutineEnd.CONFLICT,
    reason="Run abcd has released it since.",
    next_move="Look.",
)
PLAN = WayBack(name="nightly", returns=(ONE,), pace=Pace(calls=100, latency=0.1))


def _shown(plan: WayBack) -> list[str]:
    paper = console()
    for line in way_back_words(plan):
        paper.print(line, soft_wrap=True)

    return [line.rstrip() for line in text_on(paper).splitlines()]


def test_one_routine() -> None:
    """What serves, what shall, the calls and the time."""
    assert [
        "nightly: 1 routine goes back",
        "",
        "WAVE  ROUTINE  SERVES → SHALL SERVE",
        "1     shop     …000002 100 % → …000001 100 %",
        "",
        "  calls       6; production of all at least 0.3 s, with staging 0.6 s",
    ] == _shown(PLAN)


def test_what_needs_no_way_back_or_only_in_staging() -> None:
    """Production is left alone then."""
    returns = (evolve(ONE, to=NEW, wave=0), evolve(ONE, to=None, calls=3, first=0))

    same, staged = _shown(evolve(PLAN, returns=returns))[3:5]

    assert "      shop     …000002 100 %, as before" == same
    assert "1     shop     staging alone" == staged


def test_many_are_counted() -> None:
    """A large fleet fits a screen, and its staging takes a while longer."""
    plan = evolve(PLAN, returns=(ONE,) * 100, run="7k2f7k2f7k2f", joins="abcd")

    lines = _shown(plan)

    assert "nightly: 100 routines go back (rollout 7k2f7k2f7k2f)" == lines[0]
    assert "  … and 60 more routines" not in lines
    assert "  … and 60 routines more" in lines
    assert lines[-2].startswith("  calls       600; production of all at least 2.")
    assert ", with staging 5." in lines[-2]
    assert "  joins       run abcd, which has begun to do this" == lines[-1]


def test_what_stays_and_what_is_aborted() -> None:
    """With the reason of each; of very many those of the first."""
    plan = evolve(PLAN, returns=(), stays=(STAYS,) * 42, unfinished=("a.1", "a.2"))

    lines = _shown(plan)

    assert "nightly: 0 routines go back" == lines[0]
    assert "  aborts      2 runs under way, which takes their routines back" == lines[1]
    assert "  stays       42" == lines[2]
    assert "    cart: Run abcd has released it since." == lines[3]
    assert "    and 2 more" == lines[-2]
    assert "  calls       0; production of all at least 0.0 s" == lines[-1]


def test_for_programs() -> None:
    """All of it, in plain values."""
    plan = evolve(PLAN, stays=(STAYS,), unfinished=("a.1",), run="7k2f", joins="abcd")

    assert {
        "name": "nightly",
        "rollout": "7k2f",
        "goes": [
            {
                "routine": "shop",
                "wave": 1,
                "serves": {"1772366400000000002": 100},
                "to": {"1772366400000000001": 100},
                "calls": 6,
            }
        ],
        "stays": [
            {
                "routine": "cart",
                "wave": 2,
                "outcome": "conflict",
                "reason": "Run abcd has released it since.",
                "next_move": "Look.",
            }
        ],
        "aborts": ["a.1"],
        "joins": "abcd",
        "calls": 6,
        "production_seconds": 0.3,
        "seconds": 0.6,
    } == way_back_json(plan)
