"""Where the time of a run went."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from attrs import evolve
from tests.cli.pages.stories import span
from tests.cli.reports import AT, happening

from esa_flows.cli.pages.spans import Strip, merged, phase_of, strip
from esa_flows.cli.pages.story import Phase
from esa_flows.engine.observe import Happening, Moment


def _at(when: float, moment: Moment, step: str = "", **facts: Any) -> Happening:
    told = happening(moment, step, **facts)
    return evolve(told, at=AT + dt.timedelta(seconds=when))


def _strip(*told: Happening, until: float = 100.0) -> Strip:
    return strip(told, since=AT, until=AT + dt.timedelta(seconds=until))


@pytest.mark.parametrize(
    ("step", "phase"),
    [
        ("observe#1", Phase.LOOK),
        ("look[baked:production:10]#1", Phase.LOOK),
        ("prune[room]#1", Phase.ROOM),
        ("commit#1", Phase.UPLOAD),
        ("verify[uploaded]#1", Phase.UPLOAD),
        ("deploy[staging]#1", Phase.STAGING),
        ("ask_staging#1", Phase.GATE),
        ("read_gate[errors:10]#1", Phase.GATE),
        ("deploy[production:10]#1", Phase.SHARE),
        ("read_back[production:100]#1", Phase.SHARE),
        ("deploy[mars]#1", Phase.OTHER),
        ("sleep[production:10]#1", Phase.BAKE),
        ("still_serves#1", Phase.STAGING),
        ("approve[wave 2]#1", Phase.PERSON),
        ("deploy[production:back:again]#1", Phase.BACK),
        ("look[unwind]#1", Phase.BACK),
        ("my_own#1", Phase.OTHER),
        ("no identity", Phase.OTHER),
    ],
)
def test_a_step_is_a_part_of_a_phase(step: str, phase: Phase) -> None:
    """By its name and what it is about."""
    assert phase is phase_of(step)


def test_steps_end_when_they_are_told_and_began_so_long_before() -> None:
    """Calls are counted where they were sent; uploads count under no cap."""
    sent = {"OBSERVE": [1.9], "LIST": [0.5, 0.1], "POST": [0.3]}
    found = _strip(
        _at(5.0, Moment.STEP_DONE, "observe#1", seconds=2.0, sent=sent),
        _at(6.0, Moment.STEP_FAILED, "commit#1", why="No.", seconds=0.5),
    )

    first, second = found.spans
    assert (3.0, 5.0, Phase.LOOK) == (first.begin, first.end, first.phase)
    assert (5.5, 6.0, True) == (second.begin, second.end, second.has_failed)
    assert {3: 1, 4: 2} == dict(found.calls)
    assert {"OBSERVE": 1, "LIST": 2, "POST": 1} == dict(found.verbs)


def test_an_answer_is_no_failure_and_a_bad_gate_is_one() -> None:
    """What a step found, and what a gate said."""
    reading = {"verdict": "fail", "reason": "500", "facts": {}}
    found = _strip(
        _at(1.0, Moment.STEP_FAILED, "verify[1772366400000000001]#1", why="it holds x"),
        _at(2.0, Moment.STEP_DONE, "ask_staging#1", value=reading),
        _at(
            3.0, Moment.STEP_DONE, "ask_staging#2", value={**reading, "verdict": "pass"}
        ),
    )

    assert [False, True, False] == [each.has_failed for each in found.spans]


def test_a_bake_lasts_over_a_pause() -> None:
    """It is cut where its process left it, and goes on where another took it up."""
    found = _strip(
        _at(10.0, Moment.SLEEPING, "sleep[production:10]#1", seconds=60.0),
        _at(20.0, Moment.RUN_STOPPED, by="host"),
        _at(21.0, Moment.RUN_STOPPED, by="host"),
        _at(50.0, Moment.RUN_RESUMED, flow="release", subject="shop"),
        _at(50.0, Moment.SLEEPING, "sleep[production:10]#1", seconds=20.0),
        _at(70.0, Moment.STEP_DONE, "sleep[production:10]#1", seconds=60.0),
    )

    assert [
        (Phase.BAKE, 10.0, 20.0),
        (Phase.PAUSE, 20.0, 50.0),
        (Phase.BAKE, 50.0, 70.0),
    ] == [(each.phase, each.begin, each.end) for each in found.spans]


def test_what_is_under_way_is_cut_at_the_end_of_what_is_known() -> None:
    """A run that has not ended has its last step, or its pause, to there."""
    running = _strip(_at(10.0, Moment.ASKING, "approve#1", what="Go on?"))
    paused = _strip(_at(10.0, Moment.RUN_STOPPED, by="host"), until=12.0)
    fresh = _strip(_at(0.0, Moment.RUN_RESUMED, flow="release", subject="shop"))

    assert [(Phase.PERSON, 10.0, 100.0)] == [
        (each.phase, each.begin, each.end) for each in running.spans
    ]
    assert [("paused", 12.0)] == [(each.label, each.end) for each in paused.spans]
    assert () == fresh.spans


def test_neighbours_of_one_phase_become_one() -> None:
    """Thin rows need no joints; a failure is not merged away."""
    spans = [
        span(Phase.UPLOAD, 0.0, 1.0, "commit"),
        span(Phase.UPLOAD, 1.1, 2.0, "verify"),
        span(Phase.UPLOAD, 9.0, 9.5, "again"),
        evolve(span(Phase.UPLOAD, 9.5, 9.6), has_failed=True),
        span(Phase.BAKE, 9.6, 9.9),
    ]

    found = merged(spans, gap=0.5)

    assert [
        (0.0, 2.0, "upload and verify"),
        (9.0, 9.5, "again"),
        (9.5, 9.6, "upload and verify"),
        (9.6, 9.9, "bake"),
    ] == [(each.begin, each.end, each.label) for each in found]


def test_a_freeze_window_lasts_from_the_question_to_its_end() -> None:
    """Its end is told by the limit of the question, and is no failure."""
    step = "approve[frozen:20260309T000000Z]#1"
    limit = step.replace("approve", "timeout")
    found = _strip(
        _at(5.0, Moment.ASKING, step, what="Frozen."),
        _at(65.0, Moment.STEP_FAILED, limit, why="The time ran out."),
    )
    (seen,) = found.spans

    assert (Phase.WINDOW, 5.0, 65.0, False) == (
        seen.phase,
        seen.begin,
        seen.end,
        seen.has_failed,
    )
