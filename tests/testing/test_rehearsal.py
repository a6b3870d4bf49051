"""A flow played, disturbed, and gone on with."""

from __future__ import annotations

import contextlib
from typing import Any

import anyio
import pytest
from tests.crash.plays import NEW, OTHER, live

from esa_flows import Client, Outcome
from esa_flows.errors import JournalUnavailable, OutcomeUnknown, RoutineNotFound
from esa_flows.fleet.spec import Member, Rollout, Wave
from esa_flows.testing import Disturbance, Fate, Rehearsal
from esa_flows.testing.mortal import Killed
from esa_flows.testing.rehearsal import go_on


async def _release(client: Client) -> Any:
    return await client.release("shop", NEW, check=False)


def _struck(*disturbances: Disturbance) -> Rehearsal:
    rehearsal = Rehearsal(fate=Fate(disturbances))
    live(rehearsal)
    return rehearsal


def _death(number: int, at: Any = "record") -> Disturbance:
    return Disturbance(at=at, number=number, kind="die after")


async def test_process_after_process_goes_on_to_the_end() -> None:
    """Two deaths, three processes, one release."""
    rehearsal = _struck(_death(3), _death(6, "call"))
    ended = await rehearsal.through(_release)

    assert Outcome.RELEASED is ended.value.outcome
    assert 3 == rehearsal.processes
    assert 2 == len(rehearsal.cloud.report().versions["shop"])
    assert "<Rehearsal [processes: 3 | <Witness of" == repr(rehearsal)[:38]


async def test_an_act_that_began_nothing_is_done_again() -> None:
    """Whether it died before its first record or could not write it."""
    first = Disturbance(at="record", number=1, kind="die before")
    ended = await _struck(first).through(_release)

    assert Outcome.RELEASED is ended.value.outcome


async def test_a_rollout_goes_on_with_its_routines() -> None:
    """Who resumes it resumes what runs below it, and is told how the whole ended."""
    rehearsal = _struck(_death(20))

    async def act(client: Client) -> object:
        wanted = Rollout(members=[Member("shop", NEW)], waves=[Wave.rest()])
        run = await client.start(await client.plan(wanted))
        return await run.result()

    ended = await rehearsal.through(act)

    assert ended.value.ended == "done"
    assert 2 == rehearsal.processes


async def test_an_answer_that_is_lost_is_that_of_its_own_call() -> None:
    """Though a process has several calls under way."""
    rehearsal = _struck(Disturbance(at="call", number=1, kind="lost"))

    async def look(client: Client) -> None:
        with contextlib.suppress(OutcomeUnknown):
            await client.versions("shop")

    async def both(client: Client) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(look, client)
            tasks.start_soon(look, client)

    await rehearsal.live(both)
    answers = [act.answer for act in rehearsal.witness.acts if act.verb == "GetRoutine"]

    assert ["unknown", "ok"] == answers


async def test_patience_ends() -> None:
    """As many processes as one allows."""
    rehearsal = _struck(
        Disturbance(at="record", number=2, kind="unwritten", lasting=True)
    )
    await rehearsal.through(_release, lives=2)

    assert 2 == rehearsal.processes
    assert await rehearsal.journal.list(unfinished=True)


async def test_a_world_is_saved_and_played_in_again() -> None:
    """With its clock, its cloud, its journal and its blobs."""
    first = _struck()
    await first.through(_release)
    await anyio.sleep(60)
    saved = first.save()
    again = Rehearsal(saved=saved)
    ended = await again.live(_release)

    assert ended.value is not None
    assert Outcome.UNCHANGED is ended.value.outcome
    assert 2 == again.processes
    assert first.now() == again.now()
    assert first.cloud.report().versions == again.cloud.report().versions


async def test_somebody_acts_behind_everybodys_back() -> None:
    """And is seen doing it."""
    rehearsal = _struck()
    made = rehearsal.console(
        "uploads", lambda cloud: cloud.console.add_version("shop", OTHER)
    )

    assert ("console", "uploads") == (
        rehearsal.witness.acts[0].actor,
        rehearsal.witness.acts[0].verb,
    )
    assert (made,) == rehearsal.witness.acts[0].effect.made


async def test_what_a_process_raises_is_kept() -> None:
    """An error of ours is an end; anything else is the test's own."""
    rehearsal = Rehearsal()
    ended = await rehearsal.live(lambda client: client.versions("nobody"))

    assert isinstance(ended.error, RoutineNotFound)
    with pytest.raises(Killed):
        await rehearsal.live(_kill)


async def _kill(_: Client) -> None:
    raise Killed


async def test_a_resume_that_fails_is_told() -> None:
    """As the process that went on would."""
    rehearsal = _struck(_death(2), Disturbance(at="record", number=4, kind="unwritten"))
    ended = await rehearsal.through(_release, lives=2)

    assert isinstance(ended.error, JournalUnavailable)


async def test_what_a_run_ended_as_is_told_again() -> None:
    """Where nothing is unfinished, whoever goes on is told how the last run ended."""
    rehearsal = _struck()
    await rehearsal.live(_release)
    ended = await rehearsal.live(go_on)

    assert Outcome.RELEASED is ended.value.outcome
