"""Whatever a step does: a clear error, a whole journal, and nobody else is harmed.

Each test drives a healthy run beside the bad one, in the same engine.
"""

from __future__ import annotations

import logging
from typing import Any

import anyio
import pytest
from attrs import frozen
from tests.engine.desk import RUN, Desk, Door, Word, put, see
from tests.engine.flows import DONE, errand

from esa_flows.engine.codec import Ephemeral
from esa_flows.engine.context import Context
from esa_flows.engine.engine import Engine
from esa_flows.engine.flow import Flow, flow
from esa_flows.engine.history import History
from esa_flows.engine.journal import SignalVerb, check_chain
from esa_flows.engine.observe import Moment
from esa_flows.engine.state import State
from esa_flows.engine.step import Intent, NotHappened, step
from esa_flows.errors import (
    Aborted,
    DeadlineExceeded,
    DuplicateStep,
    Refused,
    StepFailed,
    StepMisuse,
)
from esa_flows.model import Duration

PLACE = f"of run {RUN} of the flow 'bad'"
OTHER = "ba9876543210"


async def driven(desk: Desk, bad: Flow[str, Any], value: str = "x") -> BaseException:
    """Drive a bad run beside a healthy one; give what the bad one raised."""
    engine = desk.engine(bad, errand)
    raised: list[BaseException] = []

    async def drive() -> None:
        """Drive the bad run."""
        try:
            await engine.start(bad, value, run_id=RUN, observer=desk.hear)
        except BaseException as error:  # noqa: BLE001  anything at all
            raised.append(error)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(drive)
        healthy = await engine.start(errand, "x", run_id=OTHER)

    assert DONE[1:] == healthy[1:]
    check_chain(await desk.rows(), source="the bad run")
    assert None is (await desk.journal.beat_of(RUN)).owner
    return raised[0]


async def state(desk: Desk) -> State:
    """Give the bad run's state."""
    return History.of(await desk.rows()).state


class Rude(BaseException):
    """No error of a program."""


class Mute(Exception):
    """An error that has no text."""

    def __str__(self) -> str:
        raise ValueError("no text")


@step.read()
async def raises(ctx: Context, kind: str) -> None:
    """Raise what is asked for."""
    errors = {
        "error": ValueError("bad"),
        "mute": Mute(),
        "group": ExceptionGroup("several", [ValueError("bad"), KeyError("k")]),
        "half": "\ud800",
        "rude": Rude("no"),
        "rude group": BaseExceptionGroup("several", [Rude("no"), ValueError("bad")]),
    }
    error = errors[kind]
    raise error if isinstance(error, BaseException) else ValueError(error)


@flow(name="bad")
async def does_raise(ctx: Context, kind: str) -> None:
    """Change something, then do the step that raises."""
    await ctx.do(put, "before")
    await ctx.do(raises, kind)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("error", "ValueError: bad"),
        ("mute", "Mute: its text cannot be had (ValueError)"),
        ("group", "ValueError: bad"),
        ("half", "ValueError: \ud800"),
    ],
)
async def test_a_step_that_raises_any_error(kind: str, said: str) -> None:
    """Its class and text are recorded and raised, live as on replay."""
    desk = Desk()
    error = await driven(desk, does_raise, kind)

    assert StepFailed is type(error)
    assert f"Step raises#1 {PLACE} raised {said}" == str(error)
    assert State.FAILED is await state(desk)
    with pytest.raises(StepFailed) as again:
        await desk.resume(does_raise)

    assert str(error) == str(again.value)


@pytest.mark.parametrize(
    ("kind", "why"),
    [("rude", "Rude: no"), ("rude group", "BaseExceptionGroup: several")],
)
async def test_a_step_that_raises_no_error_of_a_program(kind: str, why: str) -> None:
    """It comes out as it is, with a note; the run is paused, and says why."""
    desk = Desk()
    error = await driven(desk, does_raise, kind)

    assert isinstance(error, Rude)
    assert State.PAUSED is await state(desk)
    assert (await desk.rows())[-1].data["error"]["message"].startswith(why)


async def test_what_interrupts_says_which_step_it_came_from() -> None:
    """As a note, so that it stays what it is."""
    error = await driven(Desk(), does_raise, "rude")

    assert [f"Raised by Step raises#1 {PLACE}."] == error.__notes__


# --- values --------------------------------------------------------------------------


@frozen
class Moody(Ephemeral):
    """A value that does not want to be looked at."""

    def facts(self) -> dict[str, Any]:
        """Refuse."""
        raise OSError("no facts")


def loop() -> list[Any]:
    """Make a list that holds itself."""
    made: list[Any] = []
    made.append(made)
    return made


async def unseen(_: Context, __: str, ___: Intent) -> NotHappened:
    """See nothing."""
    return NotHappened()


@step.guarded(calls=[Word.CHANGE], reconcile=unseen)
async def gives(ctx: Context, kind: str) -> Any:
    """Change something, and give what cannot be recorded."""
    await ctx.need(Door).change(kind)
    values: dict[str, Any] = {
        "object": object(),
        "moody": Moody(),
        "loop": loop(),
        "keys": {1: "a", "b": 2},
        "generator": (n for n in range(3)),
    }
    return values[kind]


@flow(name="bad")
async def does_give(ctx: Context, kind: str) -> None:
    """Do the step that gives what cannot be recorded."""
    await ctx.do(gives, kind)


@pytest.mark.parametrize("kind", ["object", "moody", "loop", "keys", "generator"])
async def test_a_step_that_gives_what_cannot_be_recorded(kind: str) -> None:
    """The author is told where; the run waits for mended code, its effect known."""
    desk = Desk()
    error = await driven(desk, does_give, kind)

    assert isinstance(error, StepMisuse)
    assert str(error).startswith(
        f"Step gives#1 {PLACE} has a value that cannot be recorded: "
    )
    assert State.PAUSED is await state(desk)
    assert ["run.started", "intent gives#1", "signalled pause"] == await desk.lines()


@flow(name="bad")
async def takes(ctx: Context, kind: str) -> None:
    """Give a step what cannot be recorded."""
    strange: Any = loop()
    await ctx.do(put, strange)


async def test_an_input_that_cannot_be_recorded() -> None:
    """It is refused before anything is sent."""
    desk = Desk()
    error = await driven(desk, takes)

    assert isinstance(error, StepMisuse)
    assert str(error).startswith(f"Step put#1 {PLACE} has a value that cannot be reco")
    assert ["run.started", "run.ended fail"] == await desk.lines()


@flow(name="bad")
async def reuses(ctx: Context, name: str) -> None:
    """Use one name twice."""
    await ctx.do(see, name)
    await ctx.do(see, name)


async def test_a_flow_that_reuses_a_name() -> None:
    """The second use is refused, naming it."""
    error = await driven(Desk(), reuses)

    assert isinstance(error, DuplicateStep)
    assert str(error).startswith(f"see#1 is used twice in run {RUN} of the flow 'bad'.")


# --- cancellation --------------------------------------------------------------------


@step.read()
async def swallows(ctx: Context, times: str) -> str:
    """Go on some seconds after it was cancelled, whatever that takes."""
    left = int(times)
    while left:
        try:
            await anyio.sleep(1000)
        except BaseException:  # noqa: BLE001  that is the point
            left -= 1
            with anyio.CancelScope(shield=True):
                await anyio.sleep(1)

    return "went on"


@flow(name="bad")
async def does_swallow(ctx: Context, times: str) -> str:
    """Do the step that cannot be stopped, then change something."""
    await ctx.do(swallows, times)
    return await ctx.do(put, "after")


async def cancelled(desk: Desk, bad: Flow[str, Any], value: str) -> float:
    """Drive a bad run that is cancelled; give the seconds it took after that."""
    with anyio.move_on_after(10) as scope:
        engine = desk.engine(bad)
        await engine.start(bad, value, run_id=RUN, observer=desk.hear)

    assert scope.cancelled_caught
    return anyio.current_time() - scope.deadline


async def test_a_step_that_swallows_its_cancellation() -> None:
    """What it gives is recorded, and nothing is begun after it."""
    desk = Desk()

    assert 3 == pytest.approx(await cancelled(desk, does_swallow, "3"), abs=0.1)
    assert State.PAUSED is await state(desk)
    assert [] == desk.world.sent


async def test_a_step_that_does_not_stop_at_all(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """After a minute a log and every observer name it: nobody can end it by force."""
    desk = Desk()
    with caplog.at_level(logging.ERROR, logger="esa_flows"):
        assert 200 == pytest.approx(await cancelled(desk, does_swallow, "200"), abs=1)

    stuck = [told for told in desk.told if told.moment is Moment.STEP_STUCK]
    assert [
        (
            "swallows#1",
            f"Step swallows#1 {PLACE} does not stop: it swallows its cancellation.",
        )
    ] == [(told.step, told.facts["why"]) for told in stuck]
    assert [
        stuck[0].facts["why"] + " Another process may take the run over."
    ] == caplog.messages


@step.read(timeout="30s")
async def never(ctx: Context, name: str) -> str:
    """Never return."""
    await anyio.sleep_forever()
    return "?"


@flow(name="bad")
async def does_never(ctx: Context, name: str) -> str:
    """Do the step that never returns."""
    await ctx.do(put, "before")
    return await ctx.do(never, name)


async def test_a_step_that_never_returns() -> None:
    """Its timeout is an answer, which names it."""
    desk = Desk()
    error = await driven(desk, does_never)

    assert isinstance(error, DeadlineExceeded)
    assert f"Step never#1 {PLACE} did not finish in time." == str(error)
    assert State.FAILED is await state(desk)


@step.read()
async def stays(ctx: Context, name: str) -> str:
    """Never return, without a timeout of its own."""
    await anyio.sleep_forever()
    return "?"


@flow(name="bad")
async def does_stay(ctx: Context, name: str) -> str:
    """Do the step that never returns, under the run's deadline alone."""
    await ctx.do(put, "before")
    return await ctx.do(stays, name)


async def test_a_step_that_never_returns_ends_with_its_run() -> None:
    """The run's deadline ends it, and an abort does within half a second."""
    late, asked = Desk(), Desk()
    with pytest.raises(DeadlineExceeded, match=r"deadline#1 of run .* the flow 'bad'"):
        await late.engine().start(does_stay, "x", run_id=RUN, deadline=Duration(60))

    engine = asked.engine()
    began = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(abort_after, engine, 10.0)
        with pytest.raises(Aborted, match=RUN):
            await engine.start(does_stay, "x", run_id=RUN)

    assert anyio.current_time() - began < 10.6
    assert [State.FAILED, State.ABORTED] == [await state(late), await state(asked)]


async def abort_after(engine: Engine, seconds: float) -> None:
    """Ask the run to abort."""
    await anyio.sleep(seconds)
    await engine.signal(RUN, SignalVerb.ABORT, by="ann")


def cancellation() -> BaseException:
    """Make the error that a task of asyncio gets from something cancelled."""
    kind: type[BaseException] = anyio.get_cancelled_exc_class()
    return kind()


@step.read()
async def cancels(ctx: Context, name: str) -> str:
    """Wait for something that was cancelled elsewhere."""
    raise cancellation()


@flow(name="bad")
async def does_cancel(ctx: Context, name: str) -> str:
    """Do that, in a step or in the flow itself."""
    await ctx.do(put, "before")
    if name == "flow":
        raise cancellation()

    return await ctx.do(cancels, name)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize(
    ("name", "whose"),
    [("step", f"Step cancels#1 {PLACE}"), ("flow", f"The flow 'bad' of run {RUN}")],
)
@pytest.mark.real_time
async def test_a_cancellation_that_nobody_asked_for(
    anyio_backend: object, name: str, whose: str
) -> None:
    """It would end the task in silence; the author is told where it comes from."""
    desk = Desk()
    desk.world.way = 0.001
    with pytest.raises(StepMisuse) as caught:
        await desk.start(does_cancel, name)

    assert str(caught.value).startswith(
        f"{whose} raised CancelledError, and nobody had cancelled it."
    )
    assert State.PAUSED is await state(desk)


async def test_an_error_of_ours_with_a_strange_text() -> None:
    """What cannot be recorded of it is refused in words; the run can go on."""
    desk = Desk()
    text: Any = object()
    desk.world.faults = [Refused(text)]

    @flow(name="bad")
    async def refused(ctx: Context, name: str) -> str:
        """Meet it."""
        return await ctx.do(put, name)

    with pytest.raises(StepMisuse, match="has a value that cannot be recorded"):
        await desk.start(refused)

    assert State.PAUSED is await state(desk)
