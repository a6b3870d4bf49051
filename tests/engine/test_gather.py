"""Side by side in one run: own paths, all to their ends, the same on every replay."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from tests.engine.desk import RUN, Desk, Died, cut, paint, put, see
from tests.engine.flows import inner

from esa_flows.engine.context import Branch, Context
from esa_flows.engine.flow import Flow, flow
from esa_flows.engine.history import History
from esa_flows.engine.journal import Kind, SignalVerb
from esa_flows.engine.state import State
from esa_flows.engine.step import step
from esa_flows.errors import (
    Aborted,
    AccessDenied,
    DuplicateStep,
    Paused,
    Refused,
    StepMisuse,
)


@flow
async def pair(ctx: Context, name: str) -> list[str]:
    """Do two lines of work side by side, then one more thing."""

    async def long(ctx: Context) -> str:
        """Do two things with a bake between."""
        first = await ctx.do(put, "a")
        await ctx.sleep("20s", key="bake")
        return first + await ctx.do(put, "b", key="again")

    async def short(ctx: Context) -> str:
        """Do the same step under another path."""
        return await ctx.do(put, "c")

    done = await ctx.gather(long, short)
    return [*done, await ctx.do(put, "end")]


PAIR = ["a!b!", "c!", "end!"]


async def state(desk: Desk) -> State:
    """Give the run's state."""
    return History.of(await desk.rows()).state


async def ask(desk: Desk, after: float, verb: SignalVerb = SignalVerb.ABORT) -> None:
    """Ask something of the run, later."""
    await anyio.sleep(after)
    await desk.engine().signal(RUN, verb, by="ann")


async def asked(desk: Desk, flow: Flow[str, Any], after: float) -> Any:
    """Run a flow that is asked to abort; give what it gave."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, desk, after)
        return await desk.start(flow)

    raise AssertionError


async def test_branches_go_on_together_and_give_in_order() -> None:
    """The whole takes as long as its longest branch; each has a path of its own."""
    desk = Desk()
    began = anyio.current_time()

    assert PAIR == await desk.start(pair)
    assert anyio.current_time() - began == pytest.approx(20.5, abs=0.2)
    assert {
        "gather#1/0/put#1",
        "gather#1/0/sleep[bake]#1",
        "gather#1/0/put[again]#1",
        "gather#1/1/put#1",
        "put#1",
    } == {row.record.step for row in await desk.rows() if row.record.step}


@pytest.mark.parametrize("keeps_last", [True, False])
async def test_a_death_at_any_row_changes_no_end(*, keeps_last: bool) -> None:
    """However the branches interleave, each effect is there once."""
    for row in range(2, 12):
        desk = Desk()
        desk.journal.kill_at(row, keeps_last=keeps_last)
        with pytest.raises(Died):
            await desk.start(pair)

        desk.journal.revive()

        assert PAIR == await desk.resume(pair)
        assert ["a", "b", "c", "end"] == sorted(desk.world.done)


async def test_a_replay_does_nothing_again() -> None:
    """Cut before its last row, a run gives the same and sends nothing."""
    desk = Desk()
    await desk.start(pair)
    desk.journal = cut(desk.journal, len(await desk.rows()) - 1)
    desk.world.sent.clear()

    assert PAIR == await desk.resume(pair)
    assert [] == desk.world.sent


def changing(name: str) -> Branch[str]:
    """Make a branch that changes one thing."""
    return lambda ctx: ctx.do(put, name)


@flow
async def crowd(ctx: Context, size: str) -> list[str]:
    """Do five things, at most so many at once; zero for no limit."""
    limit = int(size) or None
    return list(await ctx.gather(*map(changing, "abcde"), limit=limit))


@pytest.mark.parametrize(("limit", "turns"), [("0", 1), ("1", 5), ("2", 3), ("9", 1)])
async def test_no_more_at_once_than_the_limit(limit: str, turns: int) -> None:
    """The others begin when one of them has ended, in order."""
    desk = Desk()
    began = anyio.current_time()

    assert ["a!", "b!", "c!", "d!", "e!"] == await desk.start(crowd, limit)
    assert anyio.current_time() - began == pytest.approx(0.1 * turns, abs=0.05)


async def test_a_limit_that_lets_nobody_begin_is_refused() -> None:
    """It would wait for ever."""
    with pytest.raises(StepMisuse, match="With limit=-1 no branch could ever begin"):
        await Desk().start(crowd, "-1")


@flow
async def nothing(ctx: Context, name: str) -> list[str]:
    """Gather no branch at all."""
    return [*await ctx.gather(), *await ctx.each(put, {})]


async def test_nothing_side_by_side_is_nothing() -> None:
    """No branch, no value, no error."""
    assert [] == await Desk().start(nothing)


@flow
async def several(ctx: Context, names: str) -> dict[str, str]:
    """Do an inner flow for several names."""
    return await ctx.each(inner, {name: name for name in names}, limit=2)


async def test_each_value_has_its_name_in_the_journal() -> None:
    """The journal tells them apart by name, not by place."""
    desk = Desk()

    assert {"x": "x inside!", "y": "y inside!"} == await desk.start(several, "xy")
    assert {
        "gather[inner]#1/x/inner#1/put#1",
        "gather[inner]#1/y/inner#1/put#1",
    } == {row.record.step for row in await desk.rows() if row.record.step}


async def test_a_name_that_the_journal_could_not_read_is_refused() -> None:
    """As any other word of an identity."""
    with pytest.raises(StepMisuse, match="'/' cannot name a step"):
        await Desk().start(several, "/")


@flow
async def twice(ctx: Context, name: str) -> None:
    """Gather twice under one identity."""
    await ctx.gather(changing("a"), changing("b"))
    await ctx.gather(changing("c"), changing("d"))


async def test_two_gatherings_need_two_keys() -> None:
    """Else their branches would be one another's."""
    with pytest.raises(DuplicateStep, match="gather#1 is used twice in run"):
        await Desk().start(twice)


# --- failures ------------------------------------------------------------------------


@flow
async def uneven(ctx: Context, name: str) -> str:
    """Fail in two branches; do a long thing in the third."""

    async def long(ctx: Context) -> str:
        """Do two things with a bake between."""
        await ctx.sleep("20s", key="bake")
        return await ctx.do(paint, "long")

    try:
        await ctx.gather(changing("a"), changing("b"), long)
    except Refused as error:
        return f"{error.message} {' '.join(error.__notes__)}"

    return "?"


async def test_a_failure_tears_no_other_branch() -> None:
    """They go on to their ends; the first in order is raised, the rest is noted."""
    desk = Desk()
    desk.world.faults = [Refused("No."), Refused("No.")]
    found = await desk.start(uneven)

    assert "No. Branch 1 failed too: No." == found
    assert ["long"] == desk.world.done
    for rows in range(6, len(await desk.rows())):
        again = Desk(world=desk.world, journal=cut(desk.journal, rows))
        assert found == await again.resume(uneven)


@flow
async def graver(ctx: Context, name: str) -> None:
    """Fail with a bug behind an answer."""

    async def buggy(ctx: Context) -> None:
        """Break a rule."""
        await ctx.do(see, "b")
        raise StepMisuse("A rule is broken.")

    await ctx.gather(changing("a"), buggy)


async def test_the_gravest_failure_is_raised() -> None:
    """A broken rule asks for more care than an answer."""
    desk = Desk()
    desk.world.faults = [Refused("No.")]
    with pytest.raises(StepMisuse, match="A rule is broken") as caught:
        await desk.start(graver)

    assert ["Branch 0 failed too: No."] == caught.value.__notes__


async def test_what_stops_the_run_stops_every_branch() -> None:
    """An account that is blocked lets nobody go on; a resume does."""
    desk = Desk()
    desk.world.faults = [AccessDenied("Not you.")]
    with pytest.raises(AccessDenied):
        await desk.start(pair)

    assert State.PAUSED is await state(desk)
    assert PAIR == await desk.resume(pair)


async def test_a_pause_stops_every_branch_where_it_is() -> None:
    """What was in flight is recorded; a resume goes on."""
    desk = Desk()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, desk, 5.0, SignalVerb.PAUSE)
        with pytest.raises(Paused):
            await desk.start(pair)

    assert PAIR == await desk.resume(pair)
    assert ["a", "b", "c", "end"] == sorted(desk.world.done)


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.07, 5.0, 20.2, 20.4])
async def test_cancelled_at_any_time_it_goes_on(seconds: float) -> None:
    """In each branch what left is finished and recorded."""
    desk = Desk()
    with anyio.move_on_after(seconds):
        await desk.start(pair)

    was_started = RUN in desk.journal._runs
    intents = [
        row.record.step
        for row in (await desk.rows() if was_started else ())
        if row.record.kind is Kind.INTENT
    ]
    assert len(desk.world.sent) == len(desk.world.done) == len(intents)
    assert PAIR == await (desk.resume(pair) if was_started else desk.start(pair))
    assert ["a", "b", "c", "end"] == sorted(desk.world.done)


# --- abort ---------------------------------------------------------------------------


@flow
async def careful_pair(ctx: Context, name: str) -> list[str]:
    """Each branch goes back by itself; then the whole does."""

    async def line(ctx: Context, name: str, bake: str) -> str:
        """Change one thing, bake, go back when asked to."""
        try:
            await ctx.do(put, name)
            await ctx.sleep(bake, key="bake")
        except Aborted:
            return await ctx.do(paint, f"back {name}")

        return "done"

    try:
        done = await ctx.gather(
            lambda ctx: line(ctx, "a", "5s"), lambda ctx: line(ctx, "b", "60s")
        )
        await ctx.sleep("1m", key="soak")
    except Aborted:
        back = await ctx.gather(changing("x"), changing("y"), key="back")
        return [*back, "aborted"]

    return list(done)


@pytest.mark.parametrize(
    ("time", "back"), [(2.0, ["back a", "back b"]), (30.0, ["back b"]), (90.0, [])]
)
async def test_every_branch_meets_an_abort_once(time: float, back: list[str]) -> None:
    """Those under way go back; the whole hears of it next; the way back is left."""
    desk = Desk()

    assert ["x!", "y!", "aborted"] == await asked(desk, careful_pair, time)
    assert back == sorted(name for name in desk.world.done if "back" in name)
    assert State.ABORTED is await state(desk)


@pytest.mark.parametrize("time", [2.0, 30.0, 90.0])
async def test_an_abort_is_met_at_the_same_places_on_replay(time: float) -> None:
    """Cut after any row behind the abort's, every branch ends the same way."""
    desk = Desk()
    found = await asked(desk, careful_pair, time)
    rows, effects = await desk.rows(), sorted(desk.world.done)
    first = next(r.seq for r in rows if r.data.get("event") == "abort")
    for row in range(first, len(rows)):
        again = Desk(world=desk.world, journal=cut(desk.journal, row))
        assert found == await again.resume(careful_pair)

    assert effects == sorted(set(desk.world.done))


@flow
async def raises_abort(ctx: Context, name: str) -> str:
    """Let the branches raise what they meet."""
    try:
        await ctx.gather(
            lambda ctx: ctx.sleep("1m", key="a"), lambda ctx: ctx.sleep("2m", key="b")
        )
    except Aborted:
        return await ctx.do(paint, "back")

    return "?"


async def test_an_abort_raised_by_a_branch_is_met_by_the_whole() -> None:
    """It is not told twice: the way back is undisturbed."""
    desk = Desk()

    assert "back!" == await asked(desk, raises_abort, 5.0)
    assert State.ABORTED is await state(desk)


@flow
async def turns_abort(ctx: Context, name: str) -> str:
    """Let a branch raise an error of its own where it meets an abort."""

    async def line(ctx: Context) -> None:
        """Bake; tell of an abort in other words."""
        try:
            await ctx.sleep("1m", key="a")
        except Aborted:
            raise Refused("Not now.") from None

    try:
        await ctx.gather(line, line)
    except Refused:
        await ctx.do(paint, "back")

    return "?"


async def test_an_abort_that_a_branch_kept_is_met_by_the_whole() -> None:
    """What the branch made of it is its own business."""
    desk = Desk()
    with pytest.raises(BaseExceptionGroup) as caught:
        await asked(desk, turns_abort, 5.0)

    assert caught.group_contains(Aborted)
    assert [] == desk.world.done


async def test_a_branch_that_raises_before_it_begins_ends_alone() -> None:
    """A function that is no coroutine's may raise at once: the others go on."""

    def torn(ctx: Context) -> Any:
        """Raise, where a coroutine is waited for."""
        raise ValueError("no coroutine")

    @flow(name="torn")
    async def tears(ctx: Context, name: str) -> Any:
        """Do one branch that is none, and one that is."""
        return await ctx.gather(torn, lambda ctx: ctx.do(put, name))

    desk = Desk()
    with pytest.raises(ValueError, match="no coroutine"):
        await desk.start(tears)

    assert ["x"] == desk.world.done


async def test_what_waits_for_its_turn_is_not_begun() -> None:
    """Of many inputs as many are begun as may be at once; all are given, in order."""
    made: list[str] = []

    @step.read()
    async def take(_: Context, name: str) -> str:
        """Note it."""
        made.append(name)
        await anyio.sleep(1)
        return name

    @flow(name="few")
    async def few(ctx: Context, count: int) -> int:
        """Do many, two at once."""
        names = [str(place) for place in range(count)]
        found = await ctx.each(take, dict(zip(names, names, strict=True)), limit=2)
        assert names == list(found)
        return len(found)

    desk = Desk()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desk.start, few, 6)
        await anyio.sleep(1.5)
        assert 4 == len(made)

    assert 6 == len(made)
