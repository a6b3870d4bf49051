"""A process's turn at a run: stopped at any point, it can be gone on with."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import anyio
import pytest
from attrs import define, field
from tests.engine.desk import (
    RUN,
    Desk,
    MortalJournal,
    put,
    see,
)
from tests.engine.flows import DONE, careful, errand, one

from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.engine.history import History
from esa_flows.engine.journal import Kind, Lease, Record, Row, SignalVerb
from esa_flows.engine.observe import Happening, Moment
from esa_flows.engine.state import State
from esa_flows.errors import (
    JournalUnavailable,
    NotSent,
    Paused,
    StepFailed,
    StepMisuse,
)
from esa_flows.wire.secret import Secret


async def state(desk: Desk) -> State:
    """Give the run's state."""
    return History.of(await desk.rows()).state


@define
class Tripwire:
    """Cancels a scope when so many points were passed."""

    at: int
    scope: anyio.CancelScope = field(factory=anyio.CancelScope)
    passed: int = 0

    def __call__(self, _: str) -> None:
        """Pass a point."""
        self.passed += 1
        if self.passed == self.at:
            self.scope.cancel()


def settled(rows: Iterable[Row]) -> set[str]:
    """Give the steps whose every intent has an outcome behind it."""
    last = {r.record.step: r.record.kind for r in rows if r.record.step}
    return {step for step, kind in last.items() if kind is not Kind.INTENT}


# --- cancelled by the host -----------------------------------------------------------


async def tripped(desk: Desk, at: int) -> int:
    """Start an errand that is cancelled at some point; tell how many it passed."""
    wire = Tripwire(at)
    desk.world.hook = desk.journal.hook = wire
    with wire.scope:
        await desk.start(errand)

    return wire.passed


async def test_cancelled_at_any_point_a_run_is_paused_and_goes_on() -> None:
    """At each row and each half of an exchange: what left is finished and recorded."""
    points = await tripped(Desk(), 0)
    for at in range(1, points + 1):
        desk = Desk()
        await tripped(desk, at)

        rows = await desk.rows()
        left = {row.record.step for row in rows if row.record.kind is Kind.INTENT}
        assert (await state(desk)) in {State.PAUSED, State.SUCCEEDED}
        assert len(desk.world.sent) == len(desk.world.done)
        assert len(desk.world.done) == len(settled(rows) & left)
        assert (await desk.journal.beat_of(RUN)).owner is None

        found = await desk.resume(errand)
        assert DONE[1:] == found[1:]
        assert [1, 1] == [desk.world.done.count(name) for name in ("x", "x again")]

    assert points > 40


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.06, 0.11, 1.0, 9.0, 20.12, 20.3])
async def test_cancelled_at_any_time_a_run_is_paused_and_goes_on(
    seconds: float,
) -> None:
    """Before, during and behind exchanges, and in the bake."""
    desk = Desk()
    with anyio.move_on_after(seconds):
        await desk.start(errand)

    was_started = RUN in desk.journal._runs
    found = await (desk.resume(errand) if was_started else desk.start(errand))

    assert DONE[1:] == found[1:]
    assert 1 == desk.world.done.count("x")


async def test_a_cancelled_run_sends_nothing_more() -> None:
    """The exchange in flight is finished; the flow gets no further step."""
    desk = Desk()
    desk.world.way = 5.0
    began = anyio.current_time()
    with anyio.move_on_after(1.0):
        await desk.start(errand)

    assert anyio.current_time() - began == pytest.approx(10.0, abs=0.1)
    assert ["x"] == desk.world.done
    assert "outcome put#1" in await desk.lines()


async def test_a_failure_in_flight_is_recorded_too() -> None:
    """A definite answer that comes while the run is cancelled is not lost."""
    desk = Desk()
    desk.world.way = 5.0
    desk.world.faults = [ValueError("bad")]
    with anyio.move_on_after(1.0):
        await desk.start(one)

    assert "outcome put#1 failed" in await desk.lines()
    with pytest.raises(StepFailed, match="ValueError: bad"):
        await desk.resume(one)

    assert ["x"] == desk.world.sent


async def test_a_hanging_exchange_is_waited_for_a_minute() -> None:
    """A shutdown is bounded, whatever the provider does; then one looks."""
    desk = Desk()
    desk.world.way = 1000.0
    began = anyio.current_time()
    with anyio.move_on_after(10.0):
        await desk.start(one)

    assert anyio.current_time() - began == pytest.approx(70.0, abs=0.1)
    assert ["run.started", "intent put#1", "signalled pause"] == await desk.lines()
    desk.world.way = 0.1
    assert "x!" == await desk.resume(one)


async def test_a_hanging_journal_does_not_hold_up_a_shutdown() -> None:
    """The last words get a few seconds, and are left unsaid after that."""
    desk = Desk()
    began = anyio.current_time()

    class Hanging(MortalJournal):
        """A journal that does not answer any more."""

        async def append(
            self, lease: Lease, records: Iterable[Record]
        ) -> tuple[Row, ...]:
            """Append, unless it hangs."""
            given = tuple(records)
            if any(record.kind is Kind.SIGNALLED for record in given):
                await anyio.sleep_forever()

            return await super().append(lease, given)

        async def release(self, lease: Lease) -> None:
            """Never let go."""
            await anyio.sleep_forever()

    desk.journal = Hanging()
    with anyio.move_on_after(10.0):
        await desk.start(errand)

    assert anyio.current_time() - began == pytest.approx(20.0, abs=0.1)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.real_time
async def test_a_native_cancellation_finishes_the_exchange_too(
    anyio_backend: object,
) -> None:
    """`task.cancel()`, as asyncio hosts do it, tears no exchange either."""
    desk = Desk()
    task: asyncio.Task[Any] = asyncio.create_task(desk.start(careful))
    left = asyncio.Event()
    desk.world.hook = lambda _: left.set()
    await left.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert ["a"] == desk.world.done
    assert [
        "run.started",
        "intent put#1",
        "outcome put#1",
        "signalled pause",
    ] == await desk.lines()


async def test_an_interrupt_comes_out_as_it_is() -> None:
    """Ctrl-C in the middle of a run pauses it, and is no group of errors."""
    desk = Desk()

    class Interrupt(BaseException):
        """As `KeyboardInterrupt`, which the event loop would take for itself."""

    def interrupt(happening: Happening) -> None:
        """Press Ctrl-C in the bake."""
        if happening.moment is Moment.SLEEPING:
            raise Interrupt

    engine = desk.engine(errand)
    with pytest.raises(Interrupt):
        await engine.start(errand, "x", run_id=RUN, observer=interrupt)

    assert State.PAUSED is await state(desk)
    assert DONE == await desk.resume(errand)


# --- signals -------------------------------------------------------------------------


async def ask(desk: Desk, *verbs: SignalVerb, after: float = 0.0) -> None:
    """Ask something of the run."""
    await anyio.sleep(after)
    for verb in verbs:
        await desk.engine().signal(RUN, verb, by="ann")


async def paused(desk: Desk, *verbs: SignalVerb, after: float) -> Paused:
    """Start an errand that is paused; give what the caller got."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: ask(desk, *verbs, after=after))
        with pytest.raises(Paused) as caught:
            await desk.start(errand)

    return caught.value


async def test_a_person_can_pause_a_run() -> None:
    """Within half a second it stops where it is; who asked stands in the journal."""
    desk = Desk()
    began = anyio.current_time()
    error = await paused(desk, SignalVerb.PAUSE, after=10.0)

    assert (
        "Run 0123456789ab was paused by ann."
        " Go on with: esa-flows resume 0123456789ab" == str(error)
    )
    assert anyio.current_time() - began < 10.6
    assert State.PAUSED is await state(desk)
    assert "ann" == (await desk.rows())[-1].data["by"]
    assert DONE == await desk.resume(errand)


async def test_a_pause_finishes_the_exchange_in_flight() -> None:
    """What left is recorded before the run stops."""
    desk = Desk()
    desk.world.way = 5.0
    await paused(desk, SignalVerb.PAUSE, after=1.0)

    assert [
        "outcome see#1",
        "intent put#1",
        "signalled pause",
        "outcome put#1",
    ] == (await desk.lines())[1:]


async def test_a_pause_waits_for_a_hanging_exchange_a_minute() -> None:
    """Who asked for a pause gets it, whatever the provider does."""
    desk = Desk()
    desk.world.way = 1000.0
    began = anyio.current_time()
    await paused(desk, SignalVerb.PAUSE, after=10.0)

    assert anyio.current_time() - began == pytest.approx(70.5, abs=1.0)


@pytest.mark.parametrize("verb", [SignalVerb.ABORT, SignalVerb.RESUME])
async def test_what_is_asked_behind_a_pause_waits_for_the_next_process(
    verb: SignalVerb,
) -> None:
    """A stopping process does not take it: nobody would act on it."""
    desk = Desk()
    await paused(desk, SignalVerb.PAUSE, verb, after=10.0)

    assert "signalled pause" == (await desk.lines())[-1]
    assert State.PAUSED is await state(desk)


async def test_an_abort_behind_a_pause_is_heeded_by_the_next_process() -> None:
    """It stands in the inbox, and is the first thing that one does."""
    desk = Desk()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(
            lambda: ask(desk, SignalVerb.PAUSE, SignalVerb.ABORT, after=10.0)
        )
        with pytest.raises(Paused):
            await desk.start(careful)

    assert ["a!", "aborted", "back!"] == await desk.resume(careful)
    assert State.ABORTED is await state(desk)


async def test_a_resume_of_a_driven_run_changes_nothing() -> None:
    """It is recorded, and the run goes on."""
    desk = Desk()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: ask(desk, SignalVerb.RESUME, after=10.0))
        assert DONE == await desk.start(errand)


async def test_old_pauses_do_not_stop_who_resumes() -> None:
    """Who asks to go on has seen the inbox: only an abort in it still counts."""
    desk = Desk()
    await paused(desk, SignalVerb.PAUSE, after=10.0)
    await ask(desk, SignalVerb.PAUSE, SignalVerb.PAUSE)

    assert DONE == await desk.resume(errand)
    resumed = next(r for r in await desk.rows() if r.data.get("event") == "resume")
    assert 3 == resumed.data["signal"]


async def test_an_inbox_in_trouble_is_looked_into_again() -> None:
    """A look that fails is no reason to stop; the next one finds the signal."""
    desk = Desk()
    looks: list[float] = []

    class Shaky(MortalJournal):
        """A journal that is not always there."""

        async def signalled(self, after: Mapping[str, int]) -> tuple[str, ...]:
            """Look into inboxes, if it is there."""
            looks.append(anyio.current_time())
            if len(looks) % 2:
                raise JournalUnavailable("The disk is busy.")

            return await super().signalled(after)

    desk.journal = Shaky()
    await paused(desk, SignalVerb.PAUSE, after=10.0)

    assert 20 < len(looks) < 24


async def test_other_trouble_with_the_inbox_stops_the_run() -> None:
    """Nobody could reach it any more: it stops, and no group of errors comes out."""
    desk = Desk()

    class Broken(MortalJournal):
        """A journal with a bug."""

        async def signalled(self, after: Mapping[str, int]) -> tuple[str, ...]:
            """Look into inboxes, if it is there."""
            if any(len(self._runs[run].rows) > 3 for run in after):
                raise ValueError("a bug in a journal")

            return await super().signalled(after)

    desk.journal = Broken()
    with pytest.raises(ValueError, match="a bug in a journal"):
        await desk.start(errand)

    assert State.PAUSED is await state(desk)
    assert "a bug in a journal" == (await desk.rows())[-1].data["why"]


# --- the end -------------------------------------------------------------------------


@flow
async def gives(ctx: Context, name: str) -> object:
    """Give what a journal cannot take."""
    await ctx.do(put, name)
    return Secret("FakeSecret0001") if name == "secret" else object()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("secret", "was on its way into the journal"),
        (
            "object",
            "The flow 'gives' of run 0123456789ab has a value that cannot be recorded",
        ),
    ],
)
async def test_a_flow_gives_what_can_be_recorded(name: str, sentence: str) -> None:
    """The author is told; the run waits for mended code, its lease given back."""
    desk = Desk()
    with pytest.raises(StepMisuse, match=sentence):
        await desk.start(gives, name)

    assert State.PAUSED is await state(desk)
    assert (await desk.journal.beat_of(RUN)).owner is None
    assert "FakeSecret" not in str(await desk.rows())


@flow
async def fans_out(ctx: Context, name: str) -> None:
    """Raise a group, as a task group in a flow does."""
    raise ExceptionGroup("several", [NotSent("No way."), ValueError("bug")])


async def test_no_group_of_errors_comes_out() -> None:
    """The caller gets the one that decides."""
    with pytest.raises(ValueError, match="bug"):
        await Desk().start(fans_out)


async def test_an_end_that_cannot_be_written_is_not_told_as_an_end() -> None:
    """The caller gets the value; the journal and the observer know of no end."""
    desk = Desk()

    def refuse(record: Record) -> None:
        """Write nothing of that kind."""
        if record.kind is Kind.ENDED:
            raise JournalUnavailable("The disk is full.")

    desk.journal.fail = refuse

    assert "x!" == await desk.start(one)
    assert Moment.RUN_STOPPED is desk.told[-1].moment
    desk.journal.fail = lambda _: None
    assert "x!" == await desk.resume(one)
    assert ["x"] == desk.world.sent


@flow
async def buggy(ctx: Context, name: str) -> str:
    """Raise an exception of its own, behind a read or a change."""
    if name == "changes":
        await ctx.do(put, name)
    else:
        await ctx.do(see, name)

    raise KeyError(name)


@pytest.mark.parametrize(
    ("name", "end"), [("changes", State.PAUSED), ("reads", State.FAILED)]
)
async def test_a_bug_in_a_flow_is_raised_as_it_is(name: str, end: State) -> None:
    """A run that changed something waits for the mended code; another has failed."""
    desk = Desk()
    with pytest.raises(KeyError, match=name):
        await desk.start(buggy, name)

    assert end is await state(desk)
    assert desk.told[-1].moment is (
        Moment.RUN_STOPPED if end is State.PAUSED else Moment.RUN_ENDED
    )
