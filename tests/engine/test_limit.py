"""A timeout that is recorded takes the same branch on every replay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from tests.engine.desk import RUN, Desk, Died, MortalJournal, cut, paint, put

from esa_flows.engine.context import Context
from esa_flows.engine.flow import Flow, flow
from esa_flows.engine.history import History
from esa_flows.engine.journal import Kind, Lease, Record, Row, SignalVerb
from esa_flows.engine.state import State
from esa_flows.engine.step import step
from esa_flows.errors import (
    Aborted,
    DeadlineExceeded,
    JournalUnavailable,
    Refused,
)
from esa_flows.model import Duration


@flow
async def bounded(ctx: Context, bake: str) -> list[str]:
    """Change something and bake, within a minute; go back where that is not enough."""
    done: list[str] = []
    try:
        async with ctx.timeout("1m", key="gate") as limit:
            done.append(await ctx.do(put, "a"))
            await ctx.sleep(bake, key="bake")
            done.append(await ctx.do(put, "b", key="b"))
    except DeadlineExceeded as error:
        done.append(error.message)
        done.append(await ctx.do(paint, "back"))

    return [*done, str(limit.expired)]


IN_TIME = ["a!", "b!", "False"]
SENTENCE = f"timeout[gate]#1 of run {RUN} of the flow 'bounded' ran out after 1m"
LATE = ["a!", f"{SENTENCE}.", "back!", "True"]


async def state(desk: Desk) -> State:
    """Give the run's state."""
    return History.of(await desk.rows()).state


@pytest.mark.parametrize(
    ("bake", "found", "time"), [("30s", IN_TIME, 30.2), ("2m", LATE, 60.1)]
)
async def test_what_is_bounded_ends_in_time_or_not(
    bake: str, found: list[str], time: float
) -> None:
    """The wait is cut when the time is over; what was done stays done."""
    desk = Desk()
    began = anyio.current_time()

    assert found == await desk.start(bounded, bake)
    assert anyio.current_time() - began == pytest.approx(time, abs=0.2)


@pytest.mark.parametrize(("bake", "found"), [("30s", IN_TIME), ("2m", LATE)])
@pytest.mark.parametrize("later", [0.0, 3600.0])
async def test_a_decision_stands_on_every_replay(
    bake: str, found: list[str], later: float
) -> None:
    """Cut behind it, at once or an hour later, the run takes the same branch."""
    desk = Desk()
    await desk.start(bounded, bake)
    rows = await desk.rows()
    decided = next(
        r.seq for r in rows if r.record.step == "timeout[gate]#1" and "value" in r.data
    )
    await anyio.sleep(later)
    for row in range(decided, len(rows)):
        again = Desk(world=desk.world, journal=cut(desk.journal, row))
        assert found == await again.resume(bounded)

    assert len({*desk.world.done}) == len(
        [d for d in desk.world.done if d != "back"]
    ) + ("back" in desk.world.done)


@pytest.mark.parametrize("keeps_last", [True, False])
@pytest.mark.parametrize("bake", ["5s", "2m"])
async def test_a_death_at_any_row_changes_no_end(
    bake: str, *, keeps_last: bool
) -> None:
    """The time that is left is taken by the next process."""
    whole = Desk()
    found = await whole.start(bounded, bake)
    for row in range(2, len(await whole.rows()) + 1):
        desk = Desk()
        desk.journal.kill_at(row, keeps_last=keeps_last)
        with pytest.raises(Died):
            await desk.start(bounded, bake)

        desk.journal.revive()
        assert found == await desk.resume(bounded)


async def test_time_between_processes_counts() -> None:
    """Resumed after it ran out, a timeout has run out."""
    desk = Desk()
    desk.journal.kill_at(5, keeps_last=True)
    with pytest.raises(Died):
        await desk.start(bounded, "30s")

    desk.journal.revive()
    await anyio.sleep(3600)

    assert LATE == await desk.resume(bounded)


async def test_a_call_in_flight_is_finished_and_recorded() -> None:
    """It ran out meanwhile: the outcome is there, the flow meets the timeout."""
    desk = Desk()
    desk.world.way = 40.0

    @flow
    async def slow(ctx: Context, name: str) -> str:
        """Change something that takes longer than it may."""
        try:
            async with ctx.timeout("1m", key="gate"):
                return await ctx.do(put, "a")
        except DeadlineExceeded:
            return "late"

    assert "late" == await desk.start(slow)
    assert ["a"] == desk.world.done
    assert ["outcome timeout[gate]#1", "outcome put#1", "run.ended succeed"] == (
        await desk.lines()
    )[-3:]
    desk.journal = cut(desk.journal, 5)
    assert "late" == await desk.resume(slow)


async def test_who_ran_out_behind_the_last_step_meets_it_at_the_end() -> None:
    """The decision is recorded before the end is reached: it is the decision."""
    desk = Desk()

    @flow
    async def busy(ctx: Context, name: str) -> str:
        """Do something, then take time beside the journal."""
        try:
            async with ctx.timeout("1m", key="gate"):
                await ctx.do(put, "a")
                await anyio.sleep(90)
        except DeadlineExceeded:
            return "late"

        return "in time"

    assert "late" == await desk.start(busy)
    desk.journal = cut(desk.journal, 5)
    assert "late" == await desk.resume(busy)


@step.read()
async def ponder(ctx: Context, name: str) -> str:
    """Take long, and call nobody."""
    await anyio.sleep(90)
    return name


@flow
async def ponders(ctx: Context, name: str) -> str:
    """Bound a step that takes longer."""
    try:
        async with ctx.timeout("1m", key="gate"):
            return await ctx.do(ponder, name)
    except DeadlineExceeded:
        return "late"


async def test_running_out_is_no_answer_to_the_step_it_met() -> None:
    """The step has not failed: nothing is recorded of it."""
    desk = Desk()

    assert "late" == await desk.start(ponders)
    assert "outcome ponder#1 failed" not in await desk.lines()


class Wavering(MortalJournal):
    """A journal whose writers can be cancelled when a row is durable already."""

    async def append(self, lease: Lease, records: Iterable[Record]) -> tuple[Row, ...]:
        """Append; then let a cancellation in."""
        rows = await super().append(lease, records)
        await anyio.lowlevel.checkpoint()
        return rows


async def test_it_runs_out_while_the_end_is_reached() -> None:
    """The decision under way is waited for, so that there is one."""
    desk = Desk(journal=Wavering())
    desk.journal.before = lambda r: 2.0 if "expired" in r.body else 0.0

    @flow
    async def close(ctx: Context, name: str) -> str:
        """Take a second too long, beside the journal."""
        try:
            async with ctx.timeout("1m", key="gate"):
                await anyio.sleep(61)
        except DeadlineExceeded:
            return "late"

        return "in time"

    assert "late" == await desk.start(close)
    assert 1 == (await desk.lines()).count("outcome timeout[gate]#1")


@flow
async def refused(ctx: Context, name: str) -> str:
    """Let a definite answer out of a timeout, then take long."""
    try:
        async with ctx.timeout("1m", key="gate"):
            await ctx.do(put, "a")
    except Refused as error:
        await ctx.sleep("1h", key="long")
        return f"{error} {error.__context__ is None}"

    return "?"


async def test_an_answer_comes_out_as_it_is() -> None:
    """In no group; and its replay is the same when the time is long over."""
    desk = Desk()
    desk.world.faults = [Refused("No.")]

    assert "No. True" == await desk.start(refused)
    desk.journal = cut(desk.journal, len(await desk.rows()) - 1)
    assert "No. True" == await desk.resume(refused)


@flow
async def nested(ctx: Context, name: str) -> list[str]:
    """Bound something within something that is bounded."""
    met: list[str] = []
    try:
        async with ctx.timeout("1m", key="outer"):
            try:
                async with ctx.timeout(name, key="inner"):
                    await ctx.sleep("1h", key="a")
            except DeadlineExceeded as error:
                met.append(error.message[:14])
                await ctx.sleep("1h", key="b")
    except DeadlineExceeded as error:
        met.append(error.message[:14])

    return met


@pytest.mark.parametrize(
    ("inner", "met"),
    [("10s", ["timeout[inner]", "timeout[outer]"]), ("2m", ["timeout[outer]"])],
)
async def test_timeouts_nest(inner: str, met: list[str]) -> None:
    """Each is met by what it bounds, live and on replay."""
    desk = Desk()

    assert met == await desk.start(nested, inner)
    desk.journal = cut(desk.journal, len(await desk.rows()) - 1)
    assert met == await desk.resume(nested)


@flow
async def bounds_branches(ctx: Context, name: str) -> str:
    """Bound what is done side by side."""
    try:
        async with ctx.timeout("1m", key="gate"):
            await ctx.gather(
                lambda ctx: ctx.sleep("5m", key="a"),
                lambda ctx: ctx.sleep("9m", key="b"),
            )
    except DeadlineExceeded:
        await ctx.sleep("1m", key="after")
        return "late"

    return "in time"


async def test_a_timeout_reaches_every_branch() -> None:
    """And the whole, once."""
    desk = Desk()
    began = anyio.current_time()

    assert "late" == await desk.start(bounds_branches)
    assert anyio.current_time() - began == pytest.approx(120, abs=1)
    desk.journal = cut(desk.journal, len(await desk.rows()) - 1)
    assert "late" == await desk.resume(bounds_branches)


@flow
async def aborts(ctx: Context, name: str) -> str:
    """Tell what ended a bounded bake."""
    try:
        async with ctx.timeout("1m", key="gate"):
            await ctx.sleep("5m", key="bake")
    except Aborted:
        return "aborted"
    except DeadlineExceeded:
        try:
            await ctx.sleep("5m", key="after")
        except Aborted:
            return "late, then aborted"

    return "?"


@pytest.mark.parametrize(
    ("time", "found"), [(30.0, "aborted"), (90.0, "late, then aborted")]
)
async def test_what_comes_first_is_met_first(time: float, found: str) -> None:
    """An abort and a timeout, in the order of their rows, also on replay."""
    desk = Desk()

    async def ask() -> None:
        """Ask to abort, later."""
        await anyio.sleep(time)
        await desk.engine().signal(RUN, SignalVerb.ABORT, by="ann")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        assert found == await desk.start(aborts)

    rows = len(await desk.rows())
    desk.journal = cut(desk.journal, rows - 1)
    await anyio.sleep(3600)
    assert found == await desk.resume(aborts)


async def test_a_timeout_begins_nothing_once_aborted() -> None:
    """Its first row would be behind the abort's."""
    desk = Desk()
    desk.journal.kill_at(1, keeps_last=True)
    with pytest.raises(Died):
        await desk.start(bounded, "1s")

    desk.journal.revive()
    await desk.engine().signal(RUN, SignalVerb.ABORT, by="ann")
    with pytest.raises(Aborted):
        await desk.resume(bounded)

    assert "slept timeout[gate]#1" not in await desk.lines()


@pytest.mark.parametrize("kind", [Kind.SLEPT, Kind.OUTCOME])
@pytest.mark.parametrize("bake", ["30s", "2m"])
async def test_what_cannot_be_recorded_stops_the_run(kind: Kind, bake: str) -> None:
    """Begun, decided or in time: the flow does not meet the journal's trouble."""
    desk = Desk()

    def refuse(record: Record) -> None:
        """Write nothing of a timeout."""
        if record.kind is kind and "timeout" in record.step:
            raise JournalUnavailable("The disk is full.")

    desk.journal.fail = refuse
    with pytest.raises(JournalUnavailable, match="The disk is full"):
        await desk.start(bounded, bake)

    desk.journal.fail = lambda _: None
    assert await desk.resume(bounded) in (IN_TIME, LATE)


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.12, 10.0, 30.15, 60.05, 60.2])
@pytest.mark.parametrize("bake", ["30s", "2m"])
async def test_cancelled_at_any_time_it_goes_on(seconds: float, bake: str) -> None:
    """What left is finished and recorded; the decision is taken once."""
    desk = Desk()
    with anyio.move_on_after(seconds):
        await desk.start(bounded, bake)

    was_started = RUN in desk.journal._runs
    again: Any = desk.resume(bounded) if was_started else desk.start(bounded, bake)

    assert await again in (IN_TIME, LATE)
    assert len(desk.world.sent) == len(desk.world.done)
    decisions = [x for x in await desk.lines() if x == "outcome timeout[gate]#1"]
    assert 1 == len(decisions)


# --- the run's own deadline ----------------------------------------------------------


@flow
async def handles(ctx: Context, bake: str) -> str:
    """Bake; go back when told that it takes too long."""
    try:
        await ctx.do(put, "a")
        await ctx.sleep(bake, key="bake")
    except DeadlineExceeded as error:
        await ctx.do(paint, "back")
        return error.message

    return "in time"


@flow
async def ignores(ctx: Context, bake: str) -> str:
    """Bake, whatever happens."""
    await ctx.do(put, "a")
    await ctx.sleep(bake, key="bake")
    return "in time"


async def begin(desk: Desk, flow: Flow[str, str], bake: str) -> str:
    """Start a run that may take an hour."""
    engine = desk.engine(flow)
    return await engine.start(flow, bake, run_id=RUN, deadline=Duration.parse("1h"))


TOO_LATE = f"deadline#1 of run {RUN} of the flow 'handles' ran out after 1h."


@pytest.mark.parametrize(("bake", "found"), [("30m", "in time"), ("2h", TOO_LATE)])
async def test_a_run_has_a_deadline(bake: str, found: str) -> None:
    """The flow meets it like a timeout, and can go back."""
    desk = Desk()

    assert found == await begin(desk, handles, bake)
    assert State.SUCCEEDED is await state(desk)
    desk.journal = cut(desk.journal, len(await desk.rows()) - 1)
    await anyio.sleep(7200)
    assert found == await desk.resume(handles)


async def test_a_deadline_counts_over_restarts() -> None:
    """From the start of the run, whichever process drives it."""
    desk = Desk()
    with anyio.move_on_after(1800):
        await begin(desk, handles, "2h")

    began = anyio.current_time()
    await anyio.sleep(600)

    assert TOO_LATE == await desk.resume(handles)
    assert anyio.current_time() - began == pytest.approx(1800, abs=1)


async def test_a_flow_that_does_not_handle_it_has_failed() -> None:
    """What it had done stays done."""
    desk = Desk()
    with pytest.raises(DeadlineExceeded, match="'ignores' ran out after 1h"):
        await begin(desk, ignores, "2h")

    assert State.FAILED is await state(desk)
    with pytest.raises(DeadlineExceeded, match="'ignores' ran out after 1h"):
        await desk.resume(ignores)


async def test_a_limit_says_where_it_stands() -> None:
    """Its name, and whether it ran out."""
    said: list[str] = []

    @flow
    async def says(ctx: Context, name: str) -> None:
        """Tell what the limit says."""
        async with ctx.timeout("1m", key="gate") as limit:
            said.append(repr(limit))
            try:
                await ctx.sleep("2m", key="bake")
            except DeadlineExceeded:
                said.append(repr(limit))

    await Desk().start(says)

    assert ["<Limit timeout[gate]#1 open>", "<Limit timeout[gate]#1 expired>"] == said
