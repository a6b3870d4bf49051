"""What a run has done, folded from what it tells."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from tests.cli.reports import OLD, happening, whole

from esa_flows.cli.progress import Line, Mark, Progress
from esa_flows.engine.observe import Moment


def _after(*told: tuple[Moment, str, dict[str, Any]]) -> Progress:
    progress = Progress()
    for now, (moment, step, facts) in enumerate(told):
        progress.take(happening(moment, step, **facts), float(now))

    return progress


def test_a_step_from_its_start_to_its_end() -> None:
    """A step is doing, then done with what it gave and how long it took."""
    doing = _after((Moment.STEP_STARTED, "deploy[staging]#1", {}))
    done = _after(
        (Moment.RUN_STARTED, "", {}),
        (Moment.STEP_STARTED, "deploy[staging]#1", {}),
        (Moment.STEP_DONE, "deploy[staging]#1", {"value": whole(OLD), "seconds": 0.5}),
    )

    assert Line(identity="deploy[staging]#1") == doing.lines[0]
    assert doing.lines[0].is_open
    line = done.lines[0]
    assert (Mark.DONE, 0.5, f"accepted {OLD} 100 %") == (
        line.mark,
        line.seconds,
        line.said,
    )
    assert not line.is_open
    assert ("7k2f7k2f7k2f", False) == (done.run, done.resumed)


def test_waiting_and_looking_say_why() -> None:
    """What is waited for, why, and until when."""
    waiting = _after(
        (Moment.STEP_STARTED, "commit#1", {}),
        (Moment.STEP_WAITING, "commit#1", {"seconds": 3.0, "why": "Busy. (operation)"}),
    ).lines[0]
    looking = _after((Moment.STEP_LOOKING, "commit#1", {})).lines[0]
    baking = _after((Moment.SLEEPING, "sleep[production:10]#1", {"seconds": 9.0}))

    assert (Mark.WAITING, 4.0) == (waiting.mark, waiting.until)
    assert "Busy. (operation)" == waiting.said
    assert Mark.LOOKING is looking.mark
    assert "looking whether an earlier attempt took effect" == looking.said
    assert (Mark.BAKING, 9.0) == (baking.lines[0].mark, baking.lines[0].until)


def test_a_failed_step_and_an_answer() -> None:
    """A version that holds other code is an answer, everything else a failure."""
    progress = _after(
        (Moment.STEP_FAILED, "commit#1", {"why": "No room. (operation X) Prune."}),
        (Moment.STEP_FAILED, f"verify[{OLD}]#1", {"why": "It holds a…, not b…."}),
    )

    failed, answered = progress.lines
    assert (Mark.FAILED, "No room.") == (failed.mark, failed.said)
    assert (Mark.DONE, "holds other code") == (answered.mark, answered.said)


def test_a_resumed_run_knows_its_earlier_steps() -> None:
    """Steps of an earlier process are shown as known."""
    progress = _after(
        (Moment.RUN_RESUMED, "", {}), (Moment.STEP_REPLAYED, "commit#1", {})
    )

    assert progress.resumed
    assert Mark.KNOWN is progress.lines[0].mark


def test_what_is_asked_of_a_run() -> None:
    """An abort ends the waits at once; a pause only when the run stops."""
    begun = (Moment.SLEEPING, "sleep[production:10]#1", {"seconds": 9.0})
    aborted = _after(begun, (Moment.SIGNALLED, "", {"event": "abort", "by": "ann"}))
    paused = _after(begun, (Moment.SIGNALLED, "", {"event": "pause", "by": "ann"}))
    resumed = _after(begun, (Moment.SIGNALLED, "", {"event": "resume", "by": "ann"}))

    assert "abort asked for by ann" == aborted.news
    assert Mark.STOPPED is aborted.lines[0].mark
    assert ("pause asked for by ann", Mark.BAKING) == (
        paused.news,
        paused.lines[0].mark,
    )
    assert "" == resumed.news


def test_nothing_is_open_after_the_end() -> None:
    """What was under way when the run stopped is shown as stopped."""
    for end in (Moment.RUN_ENDED, Moment.RUN_STOPPED):
        progress = _after((Moment.STEP_STARTED, "commit#1", {}), (end, "", {}))

        assert Mark.STOPPED is progress.lines[0].mark


def test_a_question_says_what_is_asked() -> None:
    """It is open until a person has answered."""
    asking = _after((Moment.ASKING, "approve#1", {"what": "Go on?"})).lines[0]

    assert (Mark.ASKING, "Go on?", True) == (asking.mark, asking.said, asking.is_open)


def test_steps_of_another_run_are_not_this_runs() -> None:
    """A run of its own has lines of its own."""
    progress = _after((Moment.STEP_STARTED, "commit#1", {}))
    child = evolve(happening(Moment.RUN_ENDED), run=f"{progress.run}.1")
    progress.take(child, 9.0)

    assert Mark.DOING is progress.lines[0].mark
    assert "7k2f7k2f7k2f" == progress.run
