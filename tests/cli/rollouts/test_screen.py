"""A rollout drawn for a terminal."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from tests.cli.office import console, text_on
from tests.cli.rollouts.fleets import Fleet, outline, wave

from esa_flows.cli.frame import MOST_LINES
from esa_flows.cli.rollouts.progress import FleetProgress
from esa_flows.cli.rollouts.screen import FleetFrame, drawn_fleet
from esa_flows.engine.observe import Moment

FRAME = FleetFrame(title="rollout nightly", now=75.0, began=0.0, calls=20)


def _picture(fleet: Fleet, frame: FleetFrame = FRAME, **options: Any) -> list[str]:
    paper = console(is_terminal=True, **options)
    paper.print(drawn_fleet(fleet.progress, frame))
    return [line.rstrip() for line in text_on(paper).splitlines()]


def _under_way() -> Fleet:
    fleet = Fleet.of()
    fleet.begin("shop")
    fleet.step("shop", "deploy[production:100]#1")
    fleet.end("shop", "released")
    fleet.now = 70.0
    fleet.begin("cart")
    fleet.step("cart", "deploy[production:25]#1")
    fleet.sleep("cart", "sleep[production:25]#1", 30.0)
    fleet.begin("blog")
    fleet.end("blog", "rolled back", "errors 3.8 % > 1 %")
    return fleet


def test_a_rollout_at_eighty_columns() -> None:
    """Waves with counts, trouble first, the budget and the way back."""
    frame = evolve(FRAME, rates=(0, 3, 50, 100))

    *picture, advice = _picture(_under_way(), frame)

    told = "  Ctrl-C pauses the rollout · to go back: esa-flows abort 7k2f7k2f7k2f"
    assert told == advice
    assert [
        "rollout nightly  run 7k2f7k2f7k2f",
        "wave 2/2  ▰▰▰▰▰▰▱▱▱▱ 2/3  1m 15s elapsed  at least 1.5 s left",
        "calls 20/33 ▁▁▄█ 100/s of 100   failures 1 of 1  roll back now 0.2 s",
        "",
        " ✔ wave 1           1/1 released 1",
        " ● wave 2           1/2 baking 1 · rolled back 1",
        "",
        " ✖ blog                 rolled back: errors 3.8 % > 1 %",
        " ◔ cart            25 % baking, 25.0 s left",
        "",
    ] == picture


def test_before_anything_has_begun() -> None:
    """What is planned is shown, without a run and without numbers that are none."""
    fleet = Fleet(FleetProgress(outline=outline(calls=0)))

    picture = _picture(fleet, evolve(FRAME, now=0.0, calls=0))

    assert "rollout nightly  run …" == picture[0]
    assert "▱▱▱▱▱▱▱▱▱▱ 0/3  0.0 s elapsed  at least 1m 05s left" == picture[1]
    assert "calls 0  0/s of 100   failures 0 of 1" == picture[2]
    assert "   wave 1           0/1 25 → 100  bake 1m 00s" == picture[4]


def test_a_wave_that_bakes_and_a_person_who_is_asked() -> None:
    """The bake counts down; the question says how it is answered."""
    fleet = Fleet.of()
    fleet.begin("shop")
    fleet.end("shop", "released")
    fleet.tell(Moment.SLEEPING, "sleep[wave:1]#1", seconds=100.0)
    baking = _picture(fleet)
    fleet.tell(Moment.ASKING, "approve[wave:1]#1", what="Go on?")
    fleet.tell(Moment.RUN_RESUMED, flow="rollout", subject="")
    asked = _picture(fleet)
    fleet.tell(Moment.STEP_DONE, "approve[wave:1]#1", seconds=1.0)
    fleet.tell(Moment.SIGNALLED, event="pause", by="ann")

    assert baking[4].endswith("released 1   bake 25.0 s left")
    assert [
        "  ? Go on?",
        "  esa-flows approve 7k2f7k2f7k2f [--deny] · or: esa-flows abort 7k2f7k2f7k2f",
    ] == asked[-2:]
    assert asked[0].endswith("  resumed")
    assert "  pause asked for by ann" in _picture(fleet)


@pytest.mark.parametrize("height", [24, 40, 12, 9])
def test_a_screen_is_never_too_high(height: int) -> None:
    """Of many waves those around the present one, of many routines those in trouble."""
    names = [[f"r{n}-{m}" for m in range(50)] for n in range(20)]
    fleet = Fleet.of(*(wave(n + 1, *its) for n, its in enumerate(names)))
    for its in names[:11]:
        for name in its:
            fleet.begin(name)

    fleet.end("r10-49", "failed", "No.")
    picture = _picture(fleet, evolve(FRAME, height=height), height=60)

    assert min(height, MOST_LINES) >= len(picture)
    assert any("wave 11" in line for line in picture)


def test_what_is_shown_first() -> None:
    """A person is needed, then failures, then what visitors see, then the rest."""
    names = ("a-ready", "b-exposed", "c-stuck", "d-failed", "e-prepares", "f-idle")
    fleet = Fleet.of(wave(1, *names))
    for name in names[:-1]:
        fleet.begin(name)

    fleet.end("a-ready", "prepared")
    fleet.step("b-exposed", "deploy[production:5]#1")
    fleet.end("c-stuck", "stuck", "Nobody knows.")
    fleet.end("d-failed", "failed", "No.")

    shown = [line.split()[1] for line in _picture(fleet)[6:10]]
    assert ["c-stuck", "d-failed", "b-exposed", "e-prepares"] == shown
    assert not any("a-ready" in line for line in _picture(fleet))


def test_the_last_picture_has_waves_and_no_advice() -> None:
    """How each routine fared is told below it."""
    picture = _picture(_under_way(), evolve(FRAME, is_last=True))

    assert 6 == len(picture)
    assert "calls 20/33  failures 1 of 1" == picture[2]


def test_a_wave_with_failures_is_marked() -> None:
    """As borne, or as too many."""
    marks = []
    for tolerated in (1, 0):
        fleet = Fleet.of(wave(1, "shop"), tolerated=tolerated)
        fleet.begin("shop")
        fleet.end("shop", "failed", "No.")
        marks.append(_picture(fleet)[4].split()[0])

    assert ["!", "✖"] == marks


def test_ascii_where_nothing_else_can_be_shown() -> None:
    """Marks, bars and sparks have ASCII forms."""
    frame = evolve(FRAME, rates=(0, 50, 100), is_ascii=True)
    lines = _picture(_under_way(), frame, width=120)

    assert all(line.isascii() for line in lines)
    assert "######----" in lines[1]


def test_no_line_is_wider_than_the_terminal() -> None:
    """Long names and reasons are cut, markup is text."""
    fleet = Fleet.of(wave(1, "x" * 60, name="w" * 60))
    fleet.begin("x" * 60)
    fleet.end("x" * 60, "failed", "[red]very[/red] " * 30)

    picture = _picture(fleet, evolve(FRAME, title="t" * 200))

    assert all(len(line) <= 80 for line in picture)
    assert "[red]very" in picture[6]


def test_a_freeze_window_that_holds_it_is_told_at_the_foot() -> None:
    """Until when, and how one goes on before; an abort that is asked comes first."""
    fleet = _under_way()
    step = "gather#1/2/approve[frozen:20260309T000000Z]#1"
    fleet.tell(Moment.ASKING, step, what="Frozen until Mon 08:00: nothing new.")
    *_, window, early = _picture(fleet, width=120)
    fleet.tell(Moment.SIGNALLED, event="abort", by="ann")
    *_, news, _ = _picture(fleet, width=120)
    fleet.tell(Moment.STEP_FAILED, step.replace("approve", "timeout"), why="Over.")

    assert "  Frozen until Mon 08:00: nothing new." == window
    assert (
        "  now: esa-flows approve 7k2f7k2f7k2f --ignore-freeze REASON"
        " · esa-flows abort 7k2f7k2f7k2f"
    ) == early
    assert "  abort asked for by ann" == news
    assert "" == fleet.progress.window


def test_what_moved_at_about_the_same_time_stands_in_its_order() -> None:
    """As the plan has it; what moved later comes first."""
    fleet = Fleet.of(wave(1, "aa", "bb", "cc", "dd"))
    for place, name in enumerate(("aa", "bb", "cc")):
        fleet.now = 10.0 + place / 10
        fleet.begin(name)

    fleet.now = 12.0
    fleet.begin("dd")
    shown = [line.split()[1] for line in _picture(fleet) if line.endswith("preparing")]

    assert ["dd", "aa", "bb", "cc"] == shown


def test_the_keys_are_told_where_there_are_some() -> None:
    """What each does, and what is asked before an abort."""
    fleet, keys = _under_way(), evolve(FRAME, has_keys=True)
    *_, plain = _picture(fleet, keys)
    *_, sure = _picture(fleet, evolve(keys, is_sure=True))
    *_, trouble = _picture(fleet, evolve(keys, trouble="It has ended."))
    fleet.tell(Moment.ASKING, "approve[wave:1]#1", what="Go on?")
    *_, asked = _picture(fleet, keys)
    fleet.progress.question = ""
    step = "gather#1/2/approve[frozen:20260309T000000Z]#1"
    fleet.tell(Moment.ASKING, step, what="Frozen until Mon 08:00: nothing new.")
    *_, frozen = _picture(fleet, keys)

    assert "  [p]ause [x] abort [d]etails · Ctrl-C pauses, too" == plain
    assert sure.startswith("  Take back all that this rollout released? [y]es")
    assert "  It has ended." == trouble
    assert asked.startswith("  [a]pprove [p]ause [x] abort [d]etails · no: esa-flows")
    assert frozen.endswith("· now: approve 7k2f7k2f7k2f --ignore-freeze REASON")


def test_in_detail_every_routine_of_the_wave_has_a_line() -> None:
    """As far as they fit; of the waves the present one is left."""
    fleet = Fleet.of(wave(1, "aa", "bb", "cc"), wave(2, "dd"))
    fleet.begin("aa")
    fleet.end("aa", "released")
    fleet.begin("bb")
    plain, closer = _picture(fleet), _picture(fleet, evolve(FRAME, details=True))
    shown = [line.split()[0:2] for line in closer if line[:14].split()[-1:] == ["cc"]]

    assert any("wave 2" in line for line in plain)
    assert not any("wave 2" in line for line in closer)
    assert not any(line.split()[-2:] == ["aa", "released"] for line in plain)
    assert any("aa" in line and "released" in line for line in closer)
    assert [["cc", "waiting"]] == shown
