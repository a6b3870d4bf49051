"""What must hold of a rollout is noticed where it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from attrs import evolve
from tests.crash.every import play_named
from tests.crash.fleets import FIRST, FLEETS, OTHERS
from tests.crash.plays import Play
from tests.crash.scenario import Played, undisturbed
from tests.crash.waves import waves_verdict

from esa_flows.engine.journal import Kind, Row
from esa_flows.testing.witness import Act

WAVES = ((FIRST,), tuple(OTHERS))
ABOUT = {"r.1": FIRST, "r.2": OTHERS[0], "r.3": OTHERS[1], "again.1": ""}
ENDS = {
    "fleet": "done, well: aa, bb, cc",
    "fleet with a bad one": "rolled back, well: aa",
    "fleet taken back": "rolled back, well: ",
}

Journal = Mapping[str, tuple[Row, ...]]


def _letters(acts: Sequence[Act], journal: Journal | None = None) -> str:
    """Name what is broken, by its letters."""
    found = waves_verdict(WAVES, acts, journal or {}, ABOUT)
    return "".join(sorted({each[0] for each in found}))


def _exposures(played: Played) -> tuple[Act, ...]:
    """Give what anybody did to production."""
    return tuple(
        act
        for act in played.acts
        if any(env == "production" for env, _ in act.effect.deployed)
    )


@pytest.mark.parametrize("play", FLEETS, ids=str)
def test_an_undisturbed_rollout_breaks_nothing(play: Play) -> None:
    """Nor does one that is gone on with by its plan; each ends as it should."""
    right = undisturbed(play.name)

    assert (ENDS[play.name], ()) == (right.outcome, right.violations)
    assert {*play.fleet} == right.worlds.keys()
    if play.plan:
        assert right.outcome == undisturbed(play.name, is_lost=True).outcome


def test_a_bad_one_ends_the_rollout_and_its_wave_goes_back() -> None:
    """The wave before stays; nobody saw the bad one."""
    play = play_named("fleet with a bad one")
    right = undisturbed(play.name)
    ends = {name: world.outcome for name, world in right.worlds.items()}
    splits = {
        name: world.after.told("production") for name, world in right.worlds.items()
    }
    first = splits.pop(FIRST)

    assert {"aa": "released", "bb": "taken back", "cc": "failed"} == ends
    assert first != right.worlds[FIRST].before.told("production")
    for name in OTHERS:
        assert splits[name] == right.worlds[name].before.told("production")


def test_waves_that_are_turned_round_are_noticed() -> None:
    """Nobody of the second one before those of the first are through."""
    first, through, second, *_ = _exposures(undisturbed("fleet"))
    end = _end_of("r.1")

    assert "" == _letters((first, through, end, second))
    assert "N" == _letters((second,))
    assert "N" == _letters((first, end, second))


@pytest.mark.parametrize(
    ("between", "letters"),
    [("", "O"), ("r.3", "O"), ("r.2", ""), ("again.1", "")],
    ids=["nothing", "the other ended", "it ended", "a run began anew"],
)
def test_two_that_are_exposed_at_once_are_noticed(between: str, letters: str) -> None:
    """Unless the first has ended, or a run begins anew that cannot know of it."""
    first, through, *others = _exposures(undisturbed("fleet"))
    one, other = (evolve(others[0], routine=name) for name in OTHERS)
    ends = [_end_of(between)] if between else []

    assert letters == _letters((first, through, _end_of("r.1"), one, *ends, other))


def _end_of(run: str) -> Act:
    """Tell that a run has ended."""
    acts = undisturbed("fleet").acts
    return _of_run(next(act for act in acts if act.verb == Kind.ENDED), run)


def _of_run(act: Act, run: str) -> Act:
    """Give the record of another run."""
    assert act.record is not None
    return evolve(act, record=evolve(act.record, run=run))


def test_what_begins_after_a_failure_is_noticed() -> None:
    """Where none may fail."""
    rows = _rows("fleet with a bad one")
    begin = next(row for row in rows if "expose[" in row.record.step)
    late = (*(row for row in rows[:-1] if row is not begin), begin)

    assert "" == _letters((), {"r": rows})
    assert "P" == _letters((), {"r": late})


def test_a_run_that_is_left_behind_is_noticed() -> None:
    """What began it has ended; one that has not may have begun it."""
    rows = _rows("fleet")

    assert "" == _letters((), {"r": rows, "r.1": rows})
    assert "" == _letters((), {"r": rows[:-1], "r.1": rows[:-1]})
    assert "Q" == _letters((), {"r": rows, "r.1": rows[:-1]})
    assert "Q" == _letters((), {"r": rows, "r.1": ()})


def _rows(name: str) -> tuple[Row, ...]:
    """Give the rows of a rollout's own run."""
    played = undisturbed(name)
    records = [act.record for act in played.acts if act.record]
    return tuple(row for row in records if played.flows[row.run] == "rollout")
