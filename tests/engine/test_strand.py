"""An abort reaches the flow once, at the same place on every replay."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from attrs import evolve
from tests.engine.desk import RUN, Desk, Died, Fault, book, cut, put, ride, see
from tests.engine.flows import careful, one

from esa_flows.backoff import Backoff
from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.engine.history import History
from esa_flows.engine.journal import Kind, Record, SignalVerb
from esa_flows.engine.observe import Moment
from esa_flows.engine.retry import Retry
from esa_flows.engine.state import State
from esa_flows.errors import Aborted, NotSent, Refused, Throttled


async def ask(desk: Desk, verb: SignalVerb = SignalVerb.ABORT) -> None:
    """Ask something of the run."""
    await desk.engine().signal(RUN, verb, by="ann")


async def asked_at(desk: Desk, *times: float) -> list[str]:
    """Run the careful flow to its end, asked to abort at some times."""

    async def ask_then() -> None:
        """Ask when it is time."""
        began = anyio.current_time()
        for time in times:
            await anyio.sleep(began + time - anyio.current_time())
            await ask(desk)

    found: list[str] = []
    died = False
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask_then)
        try:
            found = await desk.start(careful)
        except Died:
            died = True

        tasks.cancel_scope.cancel()

    if died:
        raise Died

    return found


async def state(desk: Desk) -> State:
    """Give the run's state."""
    return History.of(await desk.rows()).state


BACK = ["aborted", "back!"]


@pytest.mark.parametrize(
    ("time", "found"),
    [
        (0.0, BACK),  # while the first step is done: recorded, and not told
        (3.0, ["a!", *BACK]),
        (19.0, ["a!", *BACK]),
        (25.0, ["a!", "b!", *BACK]),
    ],
)
async def test_an_abort_ends_the_wait_it_meets(time: float, found: list[str]) -> None:
    """A wait ends at once, a call in flight is finished; then the flow goes back."""
    desk = Desk()
    began = anyio.current_time()

    assert found == await asked_at(desk, time)
    assert State.ABORTED is await state(desk)
    assert anyio.current_time() - began == pytest.approx(time + 10, abs=1.0)


@pytest.mark.parametrize("time", [0.0, 0.07, 3.0, 20.1, 25.0])
async def test_an_abort_is_met_at_the_same_place_on_replay(time: float) -> None:
    """Cut after any row behind the abort's, a run ends the same way."""
    desk = Desk()
    found = await asked_at(desk, time)
    rows = await desk.rows()
    first = next(r.seq for r in rows if r.data.get("event") == "abort")
    whole = desk.journal
    for row in range(first, len(rows)):
        desk.journal = cut(whole, row)
        desk.world.sent.clear()

        assert found == await desk.resume(careful)
        assert State.ABORTED is await state(desk)
        assert not {"a", "b"} & set(desk.world.sent) or row < 4


@pytest.mark.parametrize("time", [0.0, 3.0, 20.1])
@pytest.mark.parametrize("keeps_last", [True, False])
async def test_a_death_during_an_abort_changes_no_end(
    time: float, *, keeps_last: bool
) -> None:
    """Killed at any row after it was asked, a run still goes back; effects once."""
    whole = Desk()
    found = await asked_at(whole, time)
    for row in range(2, len(await whole.rows()) + 1):
        desk = Desk()
        desk.journal.kill_at(row, keeps_last=keeps_last)
        with pytest.raises(Died):
            await asked_at(desk, time)

        desk.journal.revive()
        await ask(desk)
        again = await desk.resume(careful)

        assert BACK == again[-2:]
        assert State.ABORTED is await state(desk)
        for effect in ("a", "b"):
            assert desk.world.done.count(effect) <= 1

    assert BACK == found[-2:]


@pytest.mark.parametrize("second", [3.6, 7.0, 13.55])
async def test_a_second_abort_does_not_disturb_the_way_back(second: float) -> None:
    """Neither its waits nor its steps are cut: the flow knows already."""
    desk = Desk()
    began = anyio.current_time()

    assert ["a!", *BACK] == await asked_at(desk, 3.0, second)
    assert ["a", "back"] == desk.world.done
    assert anyio.current_time() - began >= 13.0


async def test_an_abort_interrupts_no_call_in_flight() -> None:
    """The exchange is finished and recorded before the flow hears of the abort."""
    desk = Desk()
    desk.world.way = 5.0

    assert BACK == await asked_at(desk, 1.0)
    assert [
        "intent put#1",
        "signalled abort",
        "outcome put#1",
    ] == (await desk.lines())[1:4]
    assert ["a", "back"] == desk.world.done


async def test_an_abort_waits_for_a_call_no_longer_than_a_minute() -> None:
    """A call that hangs is left to itself; what became of it is found out first."""
    desk = Desk()
    desk.world.way = 1000.0
    began = anyio.current_time()

    @flow
    async def hangs(ctx: Context, name: str) -> str:
        """Tell that it was aborted."""
        try:
            return await ctx.do(put, name)
        except Aborted:
            return "aborted"

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask_after, desk, 10.0)
        assert "aborted" == await desk.start(hangs)

    settled = 10.0 + 60.0 + 30.0
    assert anyio.current_time() - began == pytest.approx(settled, abs=1.0)


async def ask_after(desk: Desk, seconds: float) -> None:
    """Ask to abort, later."""
    await anyio.sleep(seconds)
    await ask(desk)


@flow
async def turns(ctx: Context, name: str) -> list[Any]:
    """Change one thing; tell when an abort was met, and what had happened then."""
    try:
        return [await ctx.do(put, name)]
    except Aborted:
        return ["aborted", await ctx.do(see, name)]


patient_put = evolve(put, retry=Retry(backoff=Backoff(base=50.0, most=60.0)))


@flow
async def slow_turns(ctx: Context, name: str) -> list[Any]:
    """Do the same, waiting long after trouble."""
    try:
        return [await ctx.do(patient_put, name)]
    except Aborted:
        return ["aborted", await ctx.do(see, name)]


@pytest.mark.parametrize(
    ("fault", "lag", "time", "met", "seen"),
    [
        (Fault.LOST, 0.0, 0.5, 32.0, False),  # on its way: its answer is lost then
        (Fault.LOST, 0.0, 2.0, 32.0, False),  # while it waits to look
        (Fault.LOST, 0.0, 12.0, 32.0, False),  # while it looks
        (Fault.UNANSWERED, 3.0, 2.0, 6.0, True),
        (Fault.UNANSWERED, 9.0, 0.5, 12.0, True),  # seen at a later look
    ],
)
async def test_an_abort_waits_until_nothing_is_in_doubt(
    fault: Fault, lag: float, time: float, met: float, *, seen: bool
) -> None:
    """What was sent and not heard of is found out before the flow hears of an abort."""
    desk = Desk()
    desk.world.faults = [fault]
    desk.world.lag = lag
    desk.world.way = 2.0
    began = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask_after, desk, time)
        found = await desk.start(turns)

    assert ["aborted", seen] == found
    assert met == pytest.approx(anyio.current_time() - began, abs=1.0)
    assert ["x"] == desk.world.sent


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.UNANSWERED])
async def test_who_takes_over_finds_out_before_it_goes_back(fault: Fault) -> None:
    """Cut after any row, an aborted run does not go back in doubt; nor looks twice."""
    desk = Desk()
    desk.world.faults = [fault]
    desk.world.lag = 3.0
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask_after, desk, 0.15)
        found = await desk.start(turns)

    whole, rows = desk.journal, await desk.rows()
    left = next(r.seq for r in rows if r.record.kind is Kind.OUTCOME)
    for row in range(2, len(rows)):
        desk.journal = cut(whole, row)
        began = len(desk.world.looks), anyio.current_time()
        await ask(desk)

        assert found == await desk.resume(turns)
        looked = len(desk.world.looks) - began[0]
        waits = fault is Fault.LOST and row < left
        assert (30.0 if waits else 0.0) == pytest.approx(
            anyio.current_time() - began[1], abs=1.0
        )
        assert looked <= 1 or row < left
        assert ["x"] == desk.world.sent


async def test_an_abort_before_a_call_is_sent_waits_for_nothing() -> None:
    """What is only intended is left at once."""
    desk = Desk()
    began = anyio.current_time()
    desk.world.faults = [NotSent("It never left.")]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask_after, desk, 0.08)
        found = await desk.start(slow_turns)

    assert ["aborted", False] == found
    assert anyio.current_time() - began < 1.0


async def test_an_abort_beats_a_failure_that_came_after_it() -> None:
    """Live as on replay the flow meets the abort, not the answer recorded later."""
    desk = Desk()
    desk.world.way = 5.0
    desk.world.faults = [Refused("No.")]

    assert BACK == await asked_at(desk, 1.0)
    desk.journal = cut(desk.journal, 4)
    assert BACK == await desk.resume(careful)


async def test_an_abort_ends_the_wait_between_attempts() -> None:
    """Who asked to abort does not wait for the next attempt."""
    desk = Desk()
    desk.world.faults = [Throttled("Slow down.", retry_after=90.0)]
    began = anyio.current_time()

    assert BACK == await asked_at(desk, 9.0)
    assert anyio.current_time() - began < 30.0
    assert ["a", "back"] == desk.world.sent


async def test_an_abort_beats_the_wait_for_another_attempt() -> None:
    """Asked while a call was out that is then throttled, nobody waits for more."""
    desk = Desk()
    desk.world.way = 5.0
    desk.world.faults = [Throttled("Slow down.", retry_after=90.0)]
    began = anyio.current_time()

    assert BACK == await asked_at(desk, 1.0)
    assert anyio.current_time() - began < 30.0


async def test_an_abort_beats_the_end_of_patience() -> None:
    """Asked while the last attempt was out: the flow goes back, the run goes on."""
    desk = Desk()
    desk.world.way = 5.0
    desk.world.faults = [NotSent("No way.")]
    hasty = evolve(put, retry=Retry(attempts=1))

    @flow
    async def gives_up(ctx: Context, name: str) -> str:
        """Tell that it was aborted."""
        try:
            return await ctx.do(hasty, name)
        except Aborted:
            return "aborted"

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask_after, desk, 1.0)
        assert "aborted" == await desk.start(gives_up)


@flow
async def notes(ctx: Context, name: str) -> list[str]:
    """Do three things; tell which ones came to an end."""
    met: list[str] = []
    try:
        met.append(await ctx.do(put, "a"))
        await ctx.sleep("5s", key="bake")
        met.append("baked")
        met.append(str(await ctx.do(see, "b")))
        met.append(await ctx.do(put, "c", key="c"))
    except Aborted:
        met.append("aborted")

    return met


@pytest.mark.parametrize("step", ["put#1", "sleep[bake]#1", "see#1"])
@pytest.mark.parametrize("is_before", [True, False])
async def test_an_abort_beside_an_outcome_is_met_where_the_rows_say(
    step: str, *, is_before: bool
) -> None:
    """Both are written at once: the order of the rows decides, live and on replay."""
    desk = Desk()

    def pause(record: Record) -> float:
        """Take time at that row."""
        is_it = record.kind is Kind.OUTCOME and record.step == step
        return 2.0 if is_it else 0.0

    async def ask_then() -> None:
        """Ask when it is time."""
        began = anyio.Event()
        desk.heard = lambda told: began.set() if told.step == step else None
        await began.wait()
        await anyio.sleep(4.95 if "sleep" in step else 0.0)
        await ask(desk)

    setattr(desk.journal, "before" if is_before else "behind", pause)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask_then)
        found = await desk.start(notes)
        tasks.cancel_scope.cancel()

    rows = await desk.rows()
    whole = desk.journal
    for row in range(len(rows) - 2, len(rows)):
        desk.journal = cut(whole, row)
        assert found == await desk.resume(notes)

    assert "aborted" == found[-1]


async def test_an_abort_before_anything_is_met_at_the_first_step() -> None:
    """Asked while nobody drives, a run does nothing more but its way back."""
    desk = Desk()
    desk.journal.kill_at(1, keeps_last=True)
    with pytest.raises(Died):
        await desk.start(one)

    desk.journal.revive()
    await ask(desk)
    with pytest.raises(Aborted, match="Run 0123456789ab was asked to abort"):
        await desk.resume(one)

    assert [] == desk.world.sent
    assert State.ABORTED is await state(desk)
    assert [
        "run.started",
        "signalled abort",
        "signalled resume",
        "run.ended succeed",
    ] == await desk.lines()
    with pytest.raises(Aborted):
        await desk.resume(one)


async def test_an_abort_of_an_ended_run_changes_nothing() -> None:
    """Its outcome stays what it was, and no row is added."""
    desk = Desk()
    await desk.start(one)
    before = await desk.rows()
    await ask(desk)

    assert "x!" == await desk.resume(one)
    assert before == await desk.rows()
    assert State.SUCCEEDED is await state(desk)


async def test_a_pause_does_not_stop_an_abort() -> None:
    """Who goes back is not left half way."""
    desk = Desk()

    async def ask_both() -> None:
        """Ask to abort, then to pause."""
        await anyio.sleep(3)
        await ask(desk)
        await anyio.sleep(3)
        await ask(desk, SignalVerb.PAUSE)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask_both)
        assert ["a!", *BACK] == await desk.start(careful)

    assert State.ABORTED is await state(desk)
    assert "signalled pause" in await desk.lines()


async def test_each_signal_is_one_row_and_is_told() -> None:
    """Who asked, and its place in the inbox, stand in the row."""
    desk = Desk()
    await asked_at(desk, 3.0, 6.0)
    rows = [row.data for row in await desk.rows() if row.data.get("event") == "abort"]

    assert [("ann", 1), ("ann", 2)] == [(row["by"], row["signal"]) for row in rows]
    told = [told.facts for told in desk.told if told.moment is Moment.SIGNALLED]
    assert [1, 2] == [facts["signal"] for facts in told]


@flow
async def late(ctx: Context, name: str) -> str:
    """Change one thing and come to the end."""
    return await ctx.do(put, name)


async def test_an_abort_behind_the_last_primitive_came_too_late() -> None:
    """All was done: the run has succeeded, and nobody is told that it went back."""
    desk = Desk()

    def die_at_the_end(record: Record) -> None:
        """Write no end."""
        if record.kind is Kind.ENDED:
            desk.journal.kill_at(1, keeps_last=False)

    desk.journal.fail = die_at_the_end
    with pytest.raises(Died):
        await desk.start(late)

    desk.journal.revive()
    desk.journal.fail = lambda _: None
    await ask(desk)

    assert "x!" == await desk.resume(late)
    assert State.SUCCEEDED is await state(desk)
    assert ["signalled abort", "signalled resume", "run.ended outrun"] == (
        await desk.lines()
    )[-3:]


@flow
async def lone(ctx: Context, name: str) -> list[str]:
    """Get a form by itself, use it, bake; tell where the abort was met."""
    met: list[str] = []
    try:
        ticket = await ctx.do(book, name)
        met.append("form")
        met.append(await ctx.do(ride, ticket))
        await ctx.sleep("20s", key="bake")
    except Aborted:
        met.append("aborted")

    return met


@pytest.mark.parametrize("time", [0.15, 3.0])
async def test_a_lone_form_moves_no_abort(time: float) -> None:
    """It is asked for again, since the abort was not met at the form."""
    desk = Desk()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask_after, desk, time)
        found = await desk.start(lone)

    rows = await desk.rows()
    first = next(r.seq for r in rows if r.data.get("event") == "abort")
    whole = desk.journal
    for row in range(first, len(rows)):
        desk.journal = cut(whole, row)
        assert found == await desk.resume(lone)
        desk.journal = cut(desk.journal, len(await desk.rows()) - 1)
        assert found == await desk.resume(lone)

    assert ["form", "aborted"] == [found[0], found[-1]]


async def test_a_strand_says_whose_it_is() -> None:
    """The run's id, nothing of its values."""
    desk = Desk()
    said: list[str] = []

    @flow
    async def says(ctx: Context, name: str) -> None:
        """Tell what the strand says."""
        said.append(repr(getattr(ctx._driver, "_strand", None)))

    await desk.start(says)

    assert [f"<Strand of {RUN}>"] == said
