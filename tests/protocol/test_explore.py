"""Every state of the small worlds: no harm but in the windows that are known."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.protocol.__main__ import main
from tests.protocol.explore import explore, routine, told
from tests.protocol.world import DEFENCES, Left, Setting
from tests.protocol.worlds import LARGE, SMALL

REPLACED = "~I6: production was replaced that its run did not know"
AFTER = "~I6: production is changed when the run is over"
MADE_AFTER = "~I4: a version is made when its run is over"
LEFT_OVER = "~I4: versions are left over"
DELETED = "~I2: a version that serves was deleted"

FIGURES: Mapping[str, tuple[int, Mapping[str, int]]] = {
    "alone": (5512, {}),
    "alone, at quota": (6796, {}),
    "frozen": (14918, {REPLACED: 80, AFTER: 7, MADE_AFTER: 11, LEFT_OVER: 22}),
    "somebody at the console": (7668, {REPLACED: 60}),
    "the same, at quota, deletes unguarded": (
        13089,
        {REPLACED: 96, DELETED: 60},
    ),
    "two runners": (21684, {REPLACED: 206}),
    "two runners, no room": (4958, {}),
    "two runners, somebody at the console": (61397, {REPLACED: 540}),
}
"""States, and in how many of them an open window lets harm through.

Open windows: somebody else acts between a look and the call that follows it; or a call
arrives whose process was frozen right before it left.
"""

SEEN_IN = {
    "write ahead": "alone",
    "look first": "alone",
    "find out first": "alone",
    "settle": "alone",
    "tag": "alone",
    "sweep": "frozen",
    "verify": "somebody at the console",
    "staging first": "alone",
    "guard": "somebody at the console",
    "conflict": "somebody at the console",
    "read back": "somebody at the console",
    "look before delete": "the same, at quota, deletes unguarded",
    "keep the way back": "two runners, no room",
    "permit": "frozen",
    "fence": "frozen",
}
"""For each defence a world in which harm is done without it."""


@pytest.mark.parametrize("name", SMALL)
def test_no_harm_but_in_the_known_windows(name: str) -> None:
    """Each world has just so many states, no violation, and always a way to an end."""
    found = SMALL[name].explored()

    states, harm = FIGURES[name]
    assert (states, harm) == (found.states, dict(found.harm))
    assert () == found.violations
    assert 0 == found.stranded


@pytest.mark.parametrize("defence", sorted(DEFENCES))
def test_without_any_one_defence_harm_is_done(defence: str) -> None:
    """The model can see: leave one rule out and it tells the shortest way to harm."""
    found = SMALL[SEEN_IN[defence]].explored(without=defence)

    assert found.violations
    assert found.trace[-1] in found.violations


def test_a_world_in_which_nothing_goes_wrong_has_one_end() -> None:
    """One run alone is released, whatever order the rules leave it."""
    found = explore(routine("new", left=Left()), Setting())

    assert {("released",): 1} == found.ends
    assert {} == found.harm


def test_a_routine_that_serves_it_already_needs_nothing() -> None:
    """Code that serves is found, read, and released without any change."""
    found = explore(routine("old", left=Left()), Setting())

    assert {("released",)} == set(found.ends)
    assert {} == found.harm


def test_two_runners_never_both_replace_the_same_version() -> None:
    """Of two that begin together, at most one is released and nobody is harmed."""
    found = SMALL["two runners, no room"].explored()

    assert ("released", "released") not in found.ends
    assert {} == found.harm


def test_every_world_of_both_sizes_begins_with_somebody_to_release() -> None:
    """Small and large worlds have names of their own."""
    assert not SMALL.keys() & LARGE.keys()
    assert set(FIGURES) == set(SMALL)


def test_what_was_found_is_told_in_lines() -> None:
    """States, ends, windows; with a defence left out the way to harm."""
    found = SMALL["somebody at the console"].explored(without="guard")
    lines = list(told("console", found))

    assert lines[0].startswith("console: ")
    assert any("VIOLATION" in line for line in lines)
    assert "    run 0: look" in "\n".join(lines)


def test_the_program_counts_the_states(capsys: pytest.CaptureFixture[str]) -> None:
    """Its last line says how many states there are and how many violations."""
    assert 1 == main(["--without", "staging first"])

    last = capsys.readouterr().out.splitlines()[-1]
    assert "states" in last
    assert "violations" in last
