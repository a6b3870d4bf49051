"""A question waits for a person, over restarts, and is answered once."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from tests.engine.desk import RUN, Desk, Died, cut, paint, put

from esa_flows.engine.approve import Approval
from esa_flows.engine.context import Context
from esa_flows.engine.flow import Flow, flow
from esa_flows.engine.history import History
from esa_flows.engine.journal import Kind, Record, SignalVerb
from esa_flows.engine.observe import Moment
from esa_flows.engine.state import State
from esa_flows.engine.watch import LISTEN
from esa_flows.errors import (
    Aborted,
    DeadlineExceeded,
    Denied,
    JournalUnavailable,
    Paused,
    StepChanged,
)
from esa_flows.model import Duration

YES, NO = SignalVerb.APPROVE, SignalVerb.DENY


@flow
async def asks(ctx: Context, name: str) -> list[str]:
    """Change something, ask, change something more; or go back."""
    done = [await ctx.do(put, "a")]
    try:
        found = await ctx.approve(key="go", what=f"Release {name}?")
    except Denied as error:
        return [*done, error.message, await ctx.do(paint, "back")]

    return [*done, f"{found.by} {found.at.isoformat()[:10]}", await ctx.do(paint, "b")]


@flow
async def asks_twice(ctx: Context, name: str) -> list[str]:
    """Ask two questions, one after the other."""
    first = await ctx.approve(key="first", what="First?")
    second = await ctx.approve(key="second", what="Second?")
    return [first.by, second.by]


@flow
async def asks_both(ctx: Context, name: str) -> list[str]:
    """Ask two questions at once."""
    found = await ctx.gather(
        lambda ctx: ctx.approve(key="one", what="One?"),
        lambda ctx: ctx.approve(key="two", what="Two?"),
    )
    return [approval.by for approval in found]


def key(step: str) -> str:
    """Give the row's identity of a question in short."""
    return step.rpartition("[")[2].rstrip("]#1")


async def history(desk: Desk) -> History:
    """Fold the run's rows."""
    return History.of(await desk.rows())


async def say(desk: Desk, *verbs: SignalVerb, by: str = "ann") -> None:
    """Say something to the run."""
    for verb in verbs:
        await desk.engine().signal(RUN, verb, by=by)


async def said(
    desk: Desk, flow: Flow[str, Any], *answers: tuple[float, SignalVerb, str]
) -> Any:
    """Run a flow to which people say something, each after some time."""

    async def talk() -> None:
        """Say it all."""
        for after, verb, by in answers:
            await anyio.sleep(after)
            await say(desk, verb, by=by)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(talk)
        return await desk.start(flow)

    raise AssertionError


AGREED = ["a!", "ann 2026-03-01", "b!"]
REFUSED = [
    "a!",
    f"ann said no to approve[go]#1 of run {RUN}: Release x?",
    "back!",
]


@pytest.mark.parametrize(("verb", "found"), [(YES, AGREED), (NO, REFUSED)])
async def test_a_question_is_answered_by_a_person(
    verb: SignalVerb, found: list[str]
) -> None:
    """Within half a second the run goes on, and the same on every replay."""
    desk = Desk()
    began = anyio.current_time()

    assert found == await said(desk, asks, (600.0, verb, "ann"))
    assert anyio.current_time() - began == pytest.approx(600.5, abs=0.5)
    rows = len(await desk.rows())
    asked = next(r.seq for r in await desk.rows() if r.record.kind is Kind.ASKED)
    for row in range(asked + 1, rows):
        again = Desk(world=desk.world, journal=cut(desk.journal, row))
        assert found == await again.resume(asks)


async def test_meanwhile_the_run_is_held() -> None:
    """Its history says what it waits for; an observer is told."""
    desk = Desk()
    with anyio.move_on_after(60):
        await desk.start(asks)

    desk.journal = cut(desk.journal, 4)
    held = await history(desk)

    assert State.HELD is held.state
    assert {"approve[go]#1": "Release x?"} == {
        name: question.what for name, question in held.questions.items()
    }
    told = [h.facts["what"] for h in desk.told if h.moment is Moment.ASKING]
    assert ["Release x?"] == told


@pytest.mark.parametrize(("verb", "found"), [(YES, AGREED), (NO, REFUSED)])
async def test_an_answer_while_nobody_drives_is_found(
    verb: SignalVerb, found: list[str]
) -> None:
    """The one who resumes goes on at once; the question was asked once."""
    desk = Desk()
    with anyio.move_on_after(60):
        await desk.start(asks)

    assert State.PAUSED is (await history(desk)).state
    await say(desk, verb)
    began = anyio.current_time()

    assert found == await desk.resume(asks)
    assert anyio.current_time() - began < 1
    assert 1 == (await desk.lines()).count("asked approve[go]#1")


async def test_a_resumed_question_is_asked_on() -> None:
    """Paused while it waits, the run is held again when somebody goes on with it."""
    desk = Desk()
    with anyio.move_on_after(60):
        await desk.start(asks)

    with anyio.move_on_after(60):
        await desk.resume(asks)

    states = [History.of((await desk.rows())[:n]).state for n in range(4, 8)]

    assert [State.HELD, State.PAUSED, State.HELD, State.PAUSED] == states


@pytest.mark.parametrize("keeps_last", [True, False])
async def test_a_death_at_any_row_changes_no_end(*, keeps_last: bool) -> None:
    """The answer given before it counts, and counts once."""
    for row in range(2, 10):
        desk = Desk()
        desk.journal.kill_at(row, keeps_last=keeps_last)
        with pytest.raises(BaseExceptionGroup):
            await said(desk, asks, (10.0, YES, "ann"))

        desk.journal.revive()
        async with anyio.create_task_group() as tasks:
            found = None
            if not await desk.journal.signals(RUN, after=0):
                tasks.start_soon(say_later, desk)

            found = await desk.resume(asks)

        assert AGREED == found
        assert ["a"] == [name for name in desk.world.done if name != "b"]


async def test_an_answer_is_for_one_question() -> None:
    """Two who agree to the same question have not agreed to the next one."""
    desk = Desk()
    talk = [(10.0, YES, "ann"), (0.0, YES, "bob"), (60.0, NO, "eve")]
    with pytest.raises(BaseExceptionGroup) as caught:
        await said(desk, asks_twice, *talk)

    assert caught.group_contains(Denied, match="eve said no to approve.second.#1")
    answers = [
        (row.data["by"], key(row.record.step))
        for row in await desk.rows()
        if row.data.get("event") in {"approve", "deny"}
    ]
    assert [("ann", "first"), ("bob", ""), ("eve", "second")] == answers


async def test_an_answer_before_the_question_is_none() -> None:
    """Nobody can agree to what was not asked yet."""
    desk = Desk()
    talk = [(0.0, YES, "ann"), (60.0, YES, "bob")]

    assert ["a!", "bob 2026-03-01", "b!"] == await said(desk, asks, *talk)


@flow
async def asks_soon(ctx: Context, name: str) -> str:
    """Ask between two looks into the inbox."""
    await ctx.sleep(Duration(LISTEN * 0.6), key="before")
    return (await ctx.approve(key="go", what=f"Release {name}?")).by


async def test_an_answer_that_nobody_has_read_yet_is_as_old_as_it_is() -> None:
    """It lay in the inbox when the question was asked: it is no answer to that."""
    desk = Desk()

    assert "bob" == await said(
        desk, asks_soon, (LISTEN * 0.3, YES, "ann"), (60.0, YES, "bob")
    )


async def test_the_oldest_question_is_answered_first() -> None:
    """Asked side by side, each gets an answer of its own; held until the last."""
    desk = Desk()

    assert {"ann", "bob"} == {
        *await said(desk, asks_both, (10.0, YES, "ann"), (60.0, YES, "bob"))
    }
    rows = await desk.rows()
    asked = [key(row.record.step) for row in rows if row.record.kind is Kind.ASKED]
    answered = [key(row.record.step) for row in rows if "given" in row.data]
    assert asked == answered
    between = next(row.seq for row in rows if row.data.get("by") == "ann")
    assert State.HELD is History.of(rows[:between]).state


async def test_another_question_under_the_same_name_is_refused() -> None:
    """What somebody agreed to must be what is done."""
    desk = Desk()
    await said(desk, asks, (10.0, YES, "ann"))

    @flow(name="asks")
    async def other(ctx: Context, name: str) -> list[str]:
        """Ask for more."""
        await ctx.do(put, "a")
        await ctx.approve(key="go", what="Release everything?")
        return []

    desk.journal = cut(desk.journal, len(await desk.rows()) - 1)
    with pytest.raises(StepChanged, match=r"Step approve\[go\]#1 of run"):
        await desk.resume(other)


@flow
async def asks_in_time(ctx: Context, name: str) -> str:
    """Ask, and go another way where nobody answers."""
    try:
        async with ctx.timeout("1h", key="patience"):
            found = await ctx.approve(what="Go on?")
            return found.by
    except (Aborted, DeadlineExceeded) as error:
        await ctx.sleep("1m", key="after")
        return type(error).__name__


@pytest.mark.parametrize(
    ("time", "verb", "found"),
    [
        (60.0, YES, "ann"),
        (60.0, SignalVerb.ABORT, "Aborted"),
        (3630.0, YES, "DeadlineExceeded"),
    ],
)
async def test_a_question_that_nobody_waits_for_is_withdrawn(
    time: float, verb: SignalVerb, found: str
) -> None:
    """The run is held no more, and an answer that comes later is for nothing."""
    desk = Desk()

    assert found == await said(desk, asks_in_time, (time, verb, "ann"))
    assert {} == (await history(desk)).questions
    desk.journal = cut(desk.journal, len(await desk.rows()) - 1)
    await anyio.sleep(7200)
    assert found == await desk.resume(asks_in_time)


async def test_died_before_it_was_withdrawn() -> None:
    """The next process withdraws it."""
    desk = Desk()

    def die(record: Record) -> None:
        """Die when the question is withdrawn."""
        if "withdrawn" in record.body:
            raise Died

    desk.journal.fail = die
    with pytest.raises(Died):
        await desk.start(asks_in_time)

    desk.journal.fail = lambda _: None

    assert "DeadlineExceeded" == await desk.resume(asks_in_time)
    assert {} == (await history(desk)).questions


async def test_a_person_can_pause_a_held_run() -> None:
    """It is held again when somebody goes on with it."""
    desk = Desk()
    with pytest.raises(BaseExceptionGroup) as caught:
        await said(desk, asks, (60.0, SignalVerb.PAUSE, "ann"))

    assert caught.group_contains(Paused, match="was paused by ann")
    await say(desk, YES)
    assert AGREED == await desk.resume(asks)


@pytest.mark.parametrize("kind", [Kind.ASKED, Kind.SIGNALLED, Kind.OUTCOME])
async def test_what_cannot_be_recorded_stops_the_run(kind: Kind) -> None:
    """The question, the answer, or what it means: the flow does not meet it."""
    desk = Desk()
    is_full = True

    def refuse(record: Record) -> None:
        """Write nothing of the question."""
        about_it = "approve" in record.step + record.body
        if is_full and record.kind is kind and about_it:
            raise JournalUnavailable("The disk is full.")

    desk.journal.fail = refuse
    with anyio.move_on_after(120):
        with pytest.raises(BaseExceptionGroup):
            await said(desk, asks, (60.0, YES, "ann"))

    is_full = False
    async with anyio.create_task_group() as tasks:
        if kind is Kind.ASKED:
            tasks.start_soon(say_later, desk)

        assert AGREED == await desk.resume(asks)


async def say_later(desk: Desk) -> None:
    """Agree in a minute."""
    await anyio.sleep(60)
    await say(desk, YES)


async def test_an_approval_has_who_and_when() -> None:
    """It comes back from the journal as it was."""
    desk = Desk()
    seen: list[Approval] = []

    @flow
    async def keeps(ctx: Context, name: str) -> None:
        """Keep what was given."""
        found = await ctx.approve(what="Go on?")
        assert isinstance(found, Approval)
        seen.append(found)

    await said(desk, keeps, (60.0, YES, "ann"))
    desk.journal = cut(desk.journal, len(await desk.rows()) - 1)
    await desk.resume(keeps)

    assert seen[0] == seen[1]
    assert ("ann", "+00:00") == (seen[0].by, seen[0].at.isoformat()[-6:])


@flow
async def tells(ctx: Context, name: str) -> dict[str, str]:
    """Ask two questions, and tell who agreed to which."""
    before = dict(ctx.agreed())
    await ctx.gather(lambda ctx: ctx.approve(key="one", what="One?"))
    try:
        await ctx.approve(key="two", what="Two?")
    except Denied:
        return before | dict(ctx.agreed())

    return {}


async def test_who_agreed_to_what_is_known_to_the_flow() -> None:
    """By key, wherever it was asked; who said no did not agree."""
    desk = Desk()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_answers, desk)
        found = await desk.start(tells)

    assert {"one": "ann"} == found


async def _answers(desk: Desk) -> None:
    """Agree to the first question, and say no to the second."""
    await anyio.sleep(5)
    await desk.engine().signal(RUN, YES, by="ann")
    await anyio.sleep(5)
    await desk.engine().signal(RUN, NO, by="eve")
