"""Runs are found by the beginning of their ids, and looked at."""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.engine.desk import BEGIN, RUN

from esa_flows.engine.journal import NewRun, Owner
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.engine.process import Life
from esa_flows.engine.state import State
from esa_flows.engine.view import look, resolve
from esa_flows.errors import UnknownRun

NEW = NewRun(id=RUN, flow="one", subject="", content="", started_at=BEGIN)
ME = Owner("boot", 1, "0", "test")


async def journal(*ids: str) -> MemoryJournal:
    """Make a journal with some runs."""
    made = MemoryJournal()
    for id_ in ids:
        await made.create(evolve(NEW, id=id_), ME)

    return made


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("abcd1", "abcd1"),
        ("abcd1.", "abcd1.1"),
        ("abcd1.1", "abcd1.1"),
        ("abce", "abce"),
        ("xyzx", "xyzx.1"),
    ],
)
async def test_a_run_is_found_before_its_children(prefix: str, found: str) -> None:
    """A prefix means the run itself; the whole id of a child means the child."""
    runs = await journal("abcd1", "abcd1.1", "abcd1.1.1", "abce", "xyzx.1")

    assert found == (await resolve(runs, prefix)).run.id


@pytest.mark.parametrize(
    ("prefix", "said"),
    [("abcd", "2 runs begin"), ("nope", "no run begins"), ("abc", "no run begins")],
)
async def test_what_is_not_one_run_is_refused(prefix: str, said: str) -> None:
    """Children are not counted: nobody meant them."""
    runs = await journal("abcd1", "abcd1.1", "abcd2")
    with pytest.raises(
        UnknownRun, match=f"In the journal memory {said} with '{prefix}'"
    ):
        await resolve(runs, prefix)


@pytest.mark.parametrize(
    ("life", "driven"), [(Life.ALIVE, True), (Life.ELSEWHERE, True), (Life.DEAD, False)]
)
async def test_a_look_tells_who_drives(life: Life, *, driven: bool) -> None:
    """A process that may be alive counts as one that drives."""
    runs = await journal(RUN)
    view = await look(runs, RUN[:4], life=lambda _: life)

    assert (RUN, State.NEW, driven) == (view.run.id, view.history.state, view.is_driven)


async def test_a_run_that_nobody_holds_is_not_driven() -> None:
    """There is no process to ask for."""
    runs = await journal(RUN)
    beat = await runs.beat_of(RUN)
    lease = await runs.take(RUN, ME, seen=beat)
    assert lease is not None
    await runs.release(lease)
    view = await look(runs, RUN, life=lambda _: Life.ALIVE)

    assert (None, False) == (view.life, view.is_driven)
