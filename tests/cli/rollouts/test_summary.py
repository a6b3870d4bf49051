"""How a rollout ended."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cli.office import console, text_on
from tests.cli.reports import NEW, OLD

from esa_flows.cli.rollouts.summary import rollout_json, rollout_summary
from esa_flows.cli.summary import Spent
from esa_flows.fleet.report import (
    Ended,
    RolloutReport,
    RoutineEnd,
    RoutineReport,
    WaveReport,
)
from esa_flows.model import RoutineId, Split

SPENT = Spent(calls=33, seconds=65.0)


def _routine(name: str, end: RoutineEnd, wave: int = 1, **more: Any) -> RoutineReport:
    return RoutineReport(routine=RoutineId(name), end=end, wave=wave, **more)


def _report(*routines: RoutineReport, **changes: Any) -> RolloutReport:
    plain: dict[str, Any] = {"run": "7k2f7k2f7k2f", "ended": Ended.DONE}
    waves = {
        each.wave: [r for r in routines if r.wave == each.wave] for each in routines
    }
    made = tuple(WaveReport.of(number, its) for number, its in waves.items())
    return RolloutReport(routines=routines, **{**plain, "waves": made, **changes})


def _told(report: RolloutReport, back: str = "") -> list[str]:
    paper = console()
    for line in rollout_summary(report, SPENT, back=back):
        paper.print(line)

    return [line.rstrip() for line in text_on(paper).splitlines()]


SHOP = _routine(
    "shop",
    RoutineEnd.RELEASED,
    run="7k2f7k2f7k2f.1",
    before=Split.whole(OLD),
    production=Split.whole(NEW),
    version=NEW,
    seconds=4.0,
)
CART = _routine(
    "cart",
    RoutineEnd.ROLLED_BACK,
    wave=2,
    run="7k2f7k2f7k2f.2",
    before=Split.whole(OLD),
    production=Split.whole(OLD),
    seconds=6.0,
    reason="It answered 500.",
)
LATE = _routine("late", RoutineEnd.NOT_BEGUN, wave=3)


def test_a_small_fleet_is_listed_whole() -> None:
    """Then each wave, the budget, what it took, and whether one can go back."""
    report = _report(
        SHOP,
        CART,
        LATE,
        name="nightly",
        ended=Ended.DONE_WITH_FAILURES,
        tolerated=1,
        notes=("A note.",),
    )

    back = "with esa-flows rollback --run 7k2f7k2f7k2f"

    assert [
        "nightly: done with failures (run 7k2f7k2f7k2f)",
        "",
        "WAVE  ROUTINE  OUTCOME      SERVED → SERVES                TIME   NOTE",
        "1     shop     released     …000001 100 % → …000002 100 %  4.0 s",
        f"2     cart     rolled back  …000001 100 %{' ' * 18}6.0 s  It answered 500.",
        "3     late     not begun    nothing",
        "",
        "  wave 1      1 released; 95 % within 4.0 s, 0.0 s in all",
        "  wave 2      1 rolled back; 95 % within 6.0 s, 0.0 s in all",
        "  wave 3      1 not begun",
        "  failures    1, tolerated 1",
        "  took        33 calls in 1m 05s",
        "  note        A note.",
        f"Safe to roll back: yes, {back} (1 routine, at least 0.1 s)",
    ] == _told(report, "0.1 s")


def test_of_a_large_fleet_what_did_not_go_well() -> None:
    """And how many there are beside."""
    many = [_routine(f"r{n}", RoutineEnd.RELEASED) for n in range(60)]
    told = _told(_report(*many, CART))

    assert "  … and 60 routines more, of which all went well" in told
    assert not any("r59" in line for line in told)
    assert any("cart" in line for line in told)


def test_a_large_fleet_without_trouble_needs_no_table() -> None:
    """The waves say it."""
    told = _told(_report(*(_routine(f"r{n}", RoutineEnd.RELEASED) for n in range(60))))

    assert "rollout: done (run 7k2f7k2f7k2f)" == told[0]
    assert (
        "Safe to roll back: yes, with esa-flows rollback --run 7k2f7k2f7k2f"
        " (60 routines)" == told[-1]
    )
    assert not any("WAVE" in line for line in told)


@pytest.mark.parametrize(
    ("report", "told"),
    [
        (_report(CART, ended=Ended.ROLLED_BACK), "nothing is left to roll back"),
        (
            _report(SHOP, ended=Ended.PARTLY_ROLLED_BACK),
            "no, a person is needed first",
        ),
        (
            _report(SHOP, _routine("blog", RoutineEnd.STUCK), ended=Ended.STOPPED),
            "no, a person is needed first",
        ),
    ],
)
def test_whether_one_can_go_back(report: RolloutReport, told: str) -> None:
    """Only where something is released and nothing is stuck."""
    assert f"Safe to roll back: {told}" == _told(report)[-1]


def test_who_approved_a_wave_is_told() -> None:
    """With the wave."""
    wave = WaveReport.of(1, [SHOP], approved_by="ann", seconds=60.0)

    assert any(
        line.endswith("1m 00s in all, approved by ann")
        for line in _told(_report(SHOP, waves=(wave,)))
    )


def test_as_json() -> None:
    """The same facts, for programs."""
    told = rollout_json(_report(SHOP, LATE, tolerated=2), SPENT)

    shop, late = told["routines"]
    assert ("done", 0, 2, 33, 65.0) == (
        told["outcome"],
        told["failures"],
        told["tolerated"],
        told["calls"],
        told["seconds"],
    )
    assert ({OLD: 100}, {NEW: 100}, "released") == (
        shop["before"],
        shop["production"],
        shop["outcome"],
    )
    assert (None, "not begun") == (late["before"], late["outcome"])
    assert {"released": 1} == told["waves"][0]["ends"]
