"""From the journal to the story of a rollout."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from attrs import define, evolve, field
from tests.cli.reports import AT, NEW, OLD

from esa_flows.cli.pages import fleet
from esa_flows.cli.pages.fleet import FleetTelling
from esa_flows.cli.pages.page import page
from esa_flows.cli.pages.story import CaseEnd, Phase, Story, Verdict
from esa_flows.cli.pages.style import Look
from esa_flows.cli.standing import rollout_report_of
from esa_flows.engine.codec import encode
from esa_flows.engine.history import History
from esa_flows.engine.journal import Beat, Kind, NewRun, Record, Row, seal
from esa_flows.engine.view import RunView
from esa_flows.fleet.report import (
    Ended,
    RolloutReport,
    RoutineEnd,
    RoutineReport,
    WaveReport,
)
from esa_flows.model import RoutineId, Split

RUN = "7k2f7k2f7k2f"
SENT = {"OBSERVE": [0.3], "POST": [0.2], "DEPLOY": [0.1]}
READING = {"verdict": "fail", "reason": "500", "facts": {"value": 2, "threshold": 1}}


@define
class Rows:
    """Rows of one run, written as a test says.

    Attributes:
        run: Its id.
        rows: The rows so far.
    """

    run: str
    rows: list[Row] = field(factory=list)

    def add(self, at: float, kind: Kind, step: str = "", **body: Any) -> Rows:
        """Write one more row, so many seconds after the begin."""
        record = Record.of(kind, AT + dt.timedelta(seconds=at), body, step=step)
        previous = self.rows[-1].crc if self.rows else 0
        seq = len(self.rows) + 1
        row = seal(record, run=self.run, seq=seq, fence=1, previous=previous)
        self.rows.append(row)
        return self

    def start(self, at: float, flow: str, subject: str, value: Any = None) -> Rows:
        """Begin the run."""
        return self.add(at, Kind.STARTED, flow=flow, v=1, input=value, subject=subject)

    def done(
        self, at: float, step: str, value: Any = None, seconds: float = 0.5
    ) -> Rows:
        """Bring a step to its outcome."""
        more = {"value": value, "seconds": seconds, "sent": SENT}
        return self.add(at, Kind.OUTCOME, step, v=1, **{"in": ""}, **more)

    def end(self, at: float, value: Any) -> Rows:
        """End the run."""
        return self.add(at, Kind.ENDED, event="succeed", value=value)

    @property
    def new(self) -> NewRun:
        """The run as it is listed."""
        body = self.rows[0].data if self.rows else {"flow": "", "subject": "x"}
        return NewRun(
            id=self.run,
            flow=body["flow"],
            subject=body["subject"],
            content="",
            started_at=AT,
        )


def _order(*waves: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": "nightly",
        "waves": [
            {
                "number": number,
                "name": "",
                "bake": "3s",
                "limits": {"fleet": 1},
                "tasks": [{"setting": {"release": _release(name)}} for name in names],
            }
            for number, names in enumerate(waves, start=1)
        ],
    }


def _release(name: str) -> dict[str, Any]:
    return {"routine": name, "canary": {"stages": [{"percentage": 100}]}}


def _shop(end: RoutineEnd = RoutineEnd.RELEASED) -> RoutineReport:
    return RoutineReport(
        routine=RoutineId("shop"),
        wave=1,
        end=end,
        run=f"{RUN}.2",
        before=Split.whole(OLD),
        production=Split.whole(NEW),
        seconds=4.0,
        notes=("A note.",),
    )


CART = RoutineReport(
    routine=RoutineId("cart"),
    wave=2,
    end=RoutineEnd.ROLLED_BACK,
    run=f"{RUN}.3",
    before=Split.whole(OLD),
    production=Split.whole(OLD),
    seconds=2.0,
    reason="It answered 500.",
)
LATE = RoutineReport(routine=RoutineId("late"), wave=2, end=RoutineEnd.NOT_BEGUN)


def _report(*routines: RoutineReport, **changes: Any) -> RolloutReport:
    its = routines or (_shop(), CART, LATE)
    plain: dict[str, Any] = {
        "run": RUN,
        "name": "nightly",
        "ended": Ended.DONE_WITH_FAILURES,
        "reason": "2 routines were not released.",
        "tolerated": 1,
        "notes": ("Mind it.",),
        "waves": (
            WaveReport.of(1, its[:1], approved_by="ann", seconds=5.0),
            WaveReport.of(2, its[1:], seconds=3.0),
            WaveReport.of(9, ()),
        ),
    }
    return RolloutReport(routines=its, **plain | changes)


def _children() -> list[Rows]:
    shop = Rows(f"{RUN}.1").start(0.5, "prepare", "shop")
    shop.done(1.0, "commit#1", {"version": NEW})
    shop.end(1.0, {"report": {"outcome": "prepared"}})
    exposed = Rows(f"{RUN}.2").start(1.5, "expose", "shop")
    exposed.add(1.5, Kind.INTENT, "deploy[production:100]#1", v=1, **{"in": ""})
    exposed.done(2.0, "deploy[production:100]#1")
    exposed.end(2.5, {"report": {"outcome": "released"}})
    cart = Rows(f"{RUN}.3").start(6.2, "ship", "cart")
    cart.done(7.0, "read_gate[staging:errors:1]#1", READING)
    cart.end(8.0, {"report": {"outcome": "rolled back", "reason": "It answered 500."}})
    return [shop, exposed, cart, Rows(f"{RUN}.4")]


def _view(report: RolloutReport | None, **more: Any) -> RunView:
    order = _order(("shop",), ("cart", "late")) | more
    rows = Rows(RUN).start(0.0, "rollout", "", order)
    wake = (AT + dt.timedelta(seconds=6)).isoformat()
    rows.add(3.0, Kind.SLEPT, "sleep[wave:1]#1", wake=wake)
    if report is not None:
        rows.done(6.0, "sleep[wave:1]#1", seconds=3.0)
        rows.end(10.0, encode(report))

    return RunView(
        run=rows.new,
        history=History.of(rows.rows),
        rows=tuple(rows.rows),
        beat=Beat(owner=None, fence=1, beat=1),
        life=None,
    )


def _story(report: RolloutReport | None, **more: Any) -> Story:
    telling = FleetTelling(_view(report, **more))
    for child in _children():
        telling.take(child.new, child.rows)

    return telling.story()


def test_what_it_took_stands_beside_what_was_planned() -> None:
    """Calls, time, and what that was bound by."""
    expected = {"calls": 1200, "time": "8s", "bound": "cap"}
    told = _story(_report(), expected=expected)

    assert {
        "calls": f"{told.total} under the cap; 1,200 planned",
        "time": "10.0 s; at least 8.0 s planned, bound by the cap",
    }.items() <= dict(told.facts).items()


def test_a_rollout_that_ended_with_failures() -> None:
    """How it went, what may have failed, and each routine with what it took."""
    told = _story(_report())

    shop, cart, late = told.routines
    assert ("rollout nightly", Verdict.WARN, 10.0) == (
        told.title,
        told.verdict,
        told.seconds,
    )
    assert (
        "Done with failures: 1 released, 1 rolled back, 1 not begun." == told.headline
    )
    assert (
        f"Safe to roll back: yes, with esa-flows rollback --run {RUN} (1 routine)"
        == told.back
    )
    assert (
        ("routines", "3 in 2 waves"),
        ("may fail", "1"),
        ("failed", "1"),
    ) == told.facts
    assert ("100 %", 4, 4.0, "A note.") == (
        shop.steps,
        shop.calls,
        shop.seconds,
        shop.note,
    )
    assert f"{OLD} 100 % → {NEW} 100 %" == shop.change
    assert (CaseEnd.PASSED, CaseEnd.FAILED, CaseEnd.SKIPPED) == (
        shop.case,
        cart.case,
        late.case,
    )
    assert (None, "It answered 500.") == (late.seconds, cart.note)
    assert ("Mind it.",) == told.notes


def test_waves_with_their_calls_and_who_agreed() -> None:
    """One that was not planned is told as it is."""
    first, second, other = _story(_report()).waves

    assert ("wave 1", 4, "approved by ann", "1 released") == (
        first.label,
        first.calls,
        first.note,
        first.ends,
    )
    assert (2, "") == (second.calls, second.note)
    assert ("wave 9", 0) == (other.label, other.calls)


def test_calls_are_counted_over_all_runs_by_their_seconds() -> None:
    """Uploads are no calls under the cap."""
    told = _story(_report())

    assert {0: 2, 1: 2, 5: 2, 6: 2} == dict(told.calls)
    assert {"observe": 4, "post": 4, "deploy": 4} == told.verbs


def test_a_lane_for_each_wave_and_one_for_what_is_between() -> None:
    """A thin row for each routine that was begun, over all of its runs."""
    first, second, between = _story(_report()).lanes

    assert ("wave 1", "1 · 1.5 s") == (first.label, first.note)
    assert [Phase.UPLOAD, Phase.SHARE] == [span.phase for span in first.rows[0]]
    assert ("wave 2", "1 of 2 · 500 ms") == (second.label, second.note)
    assert [Phase.BAKE] == [span.phase for span in between.rows[0]]


def test_gates_and_lines_tell_of_all_routines() -> None:
    """In the order of time, gates by their own names."""
    told = _story(_report())

    (reading,) = told.readings
    assert ("cart", "errors", "fail", 2.0, 1.0) == (
        reading.routine,
        reading.gate,
        reading.verdict,
        reading.value,
        reading.limit,
    )
    assert [
        "12:00:00  run 7k2f7k2f7k2f begins",
        "12:00:00  wave 1 begins: 1 routine",
        "12:00:01  shop: ready",
        "12:00:01  shop: goes to 100 % of production",
        "12:00:02  shop: released",
        "12:00:03  bake of wave 1: 3.0 s, until 12:00:06 UTC",
        "12:00:06  bake of wave 1: done (3.0 s)",
        "12:00:06  wave 1: 1 released",
        "12:00:06  wave 2 begins: 2 routines",
        "12:00:08  cart: rolled back: It answered 500.",
        "12:00:10  wave 2: 1 waiting, 1 rolled back",
    ] == list(told.lines)


@pytest.mark.parametrize(
    ("report", "verdict"),
    [
        (_report(_shop(), ended=Ended.DONE), Verdict.GOOD),
        (_report(ended=Ended.ROLLED_BACK), Verdict.WARN),
        (_report(ended=Ended.PARTLY_ROLLED_BACK), Verdict.BAD),
        (_report(_shop(RoutineEnd.STUCK), ended=Ended.STOPPED), Verdict.BAD),
    ],
)
def test_how_it_went_at_a_glance(report: RolloutReport, verdict: Verdict) -> None:
    """It is bad where a person is needed."""
    assert verdict is _story(report).verdict


def test_a_routine_that_needs_a_person_is_bad() -> None:
    """And one that is unchanged is good."""
    ends = {
        RoutineEnd.STUCK: Verdict.BAD,
        RoutineEnd.UNCHANGED: Verdict.GOOD,
        RoutineEnd.TAKEN_BACK: Verdict.WARN,
    }
    told = [_story(_report(_shop(end))).routines[0].verdict for end in ends]

    assert list(ends.values()) == told


def test_of_very_many_happenings_the_first_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The lines of a huge fleet are those of its run; its numbers are whole."""
    monkeypatch.setattr(fleet, "_TOLD", 0)
    told = _story(_report())

    assert not any("shop" in line for line in told.lines)
    assert 4 == told.routines[0].calls


def test_a_rollout_under_way() -> None:
    """Its state, its waves so far, and how one goes back."""
    told = _story(None)

    assert (Verdict.OPEN, "Interrupted", "") == (
        told.verdict,
        told.headline,
        told.reason,
    )
    assert f"To go back: esa-flows abort {RUN}" == told.back
    assert (2, 0, 0) == (len(told.facts), len(told.routines), len(told.waves))
    assert ["wave 1", "wave 2", "between waves"] == [lane.label for lane in told.lanes]


def test_a_rollout_that_asks_a_person() -> None:
    """Its question is the first thing one reads."""
    view = _view(None)
    rows = Rows(RUN, list(view.rows))
    rows.add(
        8.0, Kind.ASKED, "approve[wave:1]#1", v=1, what="Go on?", after=0, **{"in": ""}
    )
    asked = evolve(view, rows=tuple(rows.rows), history=History.of(rows.rows))

    assert "Waits for a person: Go on?" == FleetTelling(asked).story().headline


def test_a_run_that_ended_with_something_else() -> None:
    """Has no report; it is bad."""
    rows = Rows(RUN).start(0.0, "rollout", "", _order(("shop",))).end(1.0, {"a": 1})
    view = evolve(_view(None), rows=tuple(rows.rows), history=History.of(rows.rows))
    telling = FleetTelling(view)

    assert rollout_report_of(view) is None
    assert Verdict.BAD is telling.story().verdict
    assert "<FleetTelling of 7k2f7k2f7k2f [0 routines]>" == repr(telling)


def test_of_a_large_wave_some_rows_are_drawn_and_those_in_trouble() -> None:
    """A page of thousands stays small."""
    names = tuple(f"r{n:04}" for n in range(1_000))
    bad = RoutineReport(
        routine=RoutineId(names[501]), wave=1, end=RoutineEnd.FAILED, run="x"
    )
    rows = Rows(RUN).start(0.0, "rollout", "", _order(names))
    rows.end(10.0, encode(_report(bad)))
    view = evolve(_view(None), rows=tuple(rows.rows), history=History.of(rows.rows))
    telling = FleetTelling(view)
    for number, name in enumerate(names):
        child = Rows(f"{RUN}.{number}").start(0.5, "ship", name).done(1.0, "commit#1")
        telling.take(child.new, child.rows)

    told = telling.story()

    (lane,) = told.lanes
    assert 113 == len(lane.rows)
    assert lane.note.startswith("113 of 1000")
    assert len(page(told, Look(style="", script=""))) < 100_000
