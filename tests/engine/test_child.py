"""A run of its own, begun, driven, stopped and gone on with by another run."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import anyio
import pytest
from tests.engine.desk import RUN, Desk, Died, MortalJournal, cut, paint, put, see

from esa_flows.engine.context import Context
from esa_flows.engine.flow import Flow, flow
from esa_flows.engine.history import History
from esa_flows.engine.journal import Kind, Owner, Record, RunRow, SignalVerb
from esa_flows.engine.observe import Moment
from esa_flows.engine.process import Life
from esa_flows.engine.state import State
from esa_flows.errors import (
    Aborted,
    AccessDenied,
    AccountBlocked,
    AlreadyRunning,
    DeadlineExceeded,
    IllegalMove,
    JournalUnavailable,
    Misuse,
    NotSent,
    Paused,
    Refused,
    RunError,
    StepChanged,
    StepFailed,
)

CHILD = f"{RUN}.1"


@flow
async def unit(ctx: Context, name: str) -> str:
    """Change one thing, bake, change another; go back when asked to."""
    try:
        done = await ctx.do(put, name)
        await ctx.sleep("20s", key="bake")
        return done + await ctx.do(put, f"{name} more", key="more")
    except Aborted:
        await ctx.do(paint, f"{name} back")
        raise


@flow
async def head(ctx: Context, name: str) -> list[str]:
    """Change one thing, run a unit, change another thing."""
    first = await ctx.do(put, "first")
    found = await ctx.run(unit, name, subject="shop", content="c1")
    return [first, found, await ctx.do(put, "last", key="last")]


FOUND = ["first!", "x!x more!", "last!"]
EFFECTS = ["first", "x", "x more", "last"]


@flow
async def fleet(ctx: Context, names: str) -> list[str]:
    """Run a unit for each of several names."""

    def one(name: str) -> Any:
        """Make a branch that runs a unit."""
        return lambda ctx: ctx.run(unit, name, key=name)

    return list(await ctx.gather(*map(one, names)))


async def state(desk: Desk, run: str = RUN) -> State:
    """Give a run's state."""
    return History.of(await desk.journal.rows(run)).state


async def ask(
    desk: Desk, after: float, verb: SignalVerb = SignalVerb.ABORT, run: str = RUN
) -> None:
    """Ask something of a run, later."""
    await anyio.sleep(after)
    await desk.engine().signal(run, verb, by="ann")


async def raised(
    desk: Desk,
    flow: Flow[str, Any],
    after: float,
    verb: SignalVerb = SignalVerb.ABORT,
    run: str = RUN,
) -> BaseException:
    """Run a flow, of which something is asked meanwhile; give what it raised."""
    error: BaseException | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, desk, after, verb, run)
        try:
            await desk.start(flow)
        except Exception as caught:  # noqa: BLE001  whatever it is
            error = caught

        tasks.cancel_scope.cancel()

    assert error is not None
    return error


async def test_a_child_is_a_run_of_its_own() -> None:
    """Its id is its parent's with a number; rows, subject and lease are its own."""
    desk = Desk()

    assert FOUND == await desk.start(head)
    listed = {row.run.id: row.run for row in await desk.journal.list()}
    assert {RUN, CHILD} == set(listed)
    child = listed[CHILD]
    assert ("unit", "shop", "c1") == (child.flow, child.subject, child.content)
    assert [State.SUCCEEDED] * 2 == [await state(desk), await state(desk, CHILD)]
    assert ["first", "last"] == [
        row.data["input"].split()[0]
        for row in await desk.rows()
        if row.record.kind is Kind.INTENT and "child" not in row.data
    ]
    assert None is (await desk.journal.beat_of(CHILD)).owner


async def test_whoever_watches_the_parent_sees_the_child() -> None:
    """What the child does is told under its own id."""
    desk = Desk()
    await desk.start(head)

    assert [Moment.RUN_STARTED, Moment.RUN_ENDED] == [
        told.moment
        for told in desk.told
        if told.run == CHILD and told.moment.startswith("run")
    ]


@pytest.mark.parametrize("keeps_last", [True, False])
async def test_a_death_at_any_row_changes_no_end(*, keeps_last: bool) -> None:
    """Of either run: the parent's next process goes on with both; effects once."""
    for row in range(2, 14):
        desk = Desk()
        desk.journal.kill_at(row, keeps_last=keeps_last)
        with pytest.raises(Died):
            await desk.start(head)

        desk.journal.revive()

        assert FOUND == await desk.resume(head)
        assert EFFECTS == desk.world.done
        assert State.SUCCEEDED is await state(desk, CHILD)


async def test_a_replay_asks_the_parents_rows_alone() -> None:
    """A recorded end is given back though the child were gone."""
    desk = Desk()
    await desk.start(head)
    desk.journal = cut(desk.journal, len(await desk.rows()) - 1)

    assert FOUND == await desk.resume(head)


async def test_a_child_without_a_parent_can_be_resumed() -> None:
    """By whoever knows its flow; the parent adopts its end."""
    desk = Desk()
    desk.journal.kill_at(8, keeps_last=True)
    with pytest.raises(Died):
        await desk.start(head)

    desk.journal.revive()

    assert "x!x more!" == await desk.engine(unit).resume(CHILD)
    assert FOUND == await desk.resume(head)
    assert EFFECTS == desk.world.done


class _Seeking(MortalJournal):
    """A journal that notes which runs are looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.sought: list[str] = []

    async def find(self, prefix: str) -> tuple[RunRow, ...]:
        """Note it, and look."""
        self.sought.append(prefix)
        return await super().find(prefix)


async def test_only_what_was_named_before_is_looked_for() -> None:
    """There cannot be a run yet whose name was just given; a fleet has thousands."""
    desk = Desk(journal=(journal := _Seeking()))
    journal.kill_at(8, keeps_last=True)
    with pytest.raises(Died):
        await desk.start(head)

    before = list(journal.sought)
    journal.revive()
    await desk.resume(head)

    assert ([], [CHILD]) == (before, journal.sought)


async def _listed() -> Desk:
    """Make a desk whose process died between listing a child and its first row."""
    desk = Desk()
    desk.journal.kill_at(5, keeps_last=False)
    with pytest.raises(Died):
        await desk.start(head)

    desk.journal.revive()
    return desk


@pytest.mark.parametrize("verb", ["resume", "abandon"])
async def test_a_child_that_was_only_listed_is_its_parents_to_begin(verb: str) -> None:
    """Ended on its own it would count as failed, though nobody ever began it."""
    desk = await _listed()
    with pytest.raises(IllegalMove) as caught:
        await getattr(desk.engine(unit), verb)(CHILD)

    assert (
        f"Run {CHILD} was not begun before its process died: run {RUN} begins it."
        f" Go on with: esa-flows resume {RUN}" == str(caught.value)
    )
    assert FOUND == await desk.resume(head)
    assert EFFECTS == desk.world.done


async def test_a_child_that_nobody_will_begin_is_ended() -> None:
    """Its parent was ended where it was: else it would stay unfinished for ever."""
    desk = await _listed()
    await desk.engine().abandon(RUN)
    with pytest.raises(RunError, match="nothing was done"):
        await desk.engine(unit).resume(CHILD)

    assert State.FAILED is await state(desk, CHILD)
    assert () == await desk.journal.list(unfinished=True)


async def test_children_go_on_side_by_side() -> None:
    """Each with a number of its own, also when the process dies in between."""
    desk = Desk()
    desk.journal.kill_at(9, keeps_last=True)
    with pytest.raises(Died):
        await desk.start(fleet, "abc")

    desk.journal.revive()

    assert ["a!a more!", "b!b more!", "c!c more!"] == await desk.resume(fleet)
    listed = sorted(row.run.id for row in await desk.journal.list())
    assert [RUN, f"{RUN}.1", f"{RUN}.2", f"{RUN}.3"] == listed
    assert 6 == len(desk.world.done)


async def test_a_number_is_never_given_twice() -> None:
    """A process that died between two of them does not confuse the next one."""
    desk = Desk()

    def hold_the_first(record: Record) -> float:
        """Write the first child's birth late."""
        return 1.0 if f"{RUN}.1" in record.body else 0.0

    def die_at_it(record: Record) -> None:
        """Die once the second child's birth is written."""
        if "put#1" in record.step:
            raise Died

    desk.journal.before = hold_the_first
    desk.journal.fail = die_at_it
    with pytest.raises(Died):
        await desk.start(fleet, "ab")

    desk.journal.before, desk.journal.fail = lambda _: 0.0, lambda _: None

    assert ["a!a more!", "b!b more!"] == await desk.resume(fleet)


# --- ends ----------------------------------------------------------------------------


@flow
async def failing(ctx: Context, name: str) -> str:
    """Meet an answer, or have a bug."""
    await ctx.do(see, name)
    if name == "bug":
        raise KeyError(name)

    return await ctx.do(put, name)


@flow
async def tells(ctx: Context, name: str) -> str:
    """Tell how a child failed."""
    try:
        return await ctx.run(failing, name)
    except (Refused, StepFailed) as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize(
    ("name", "found"), [("x", "Refused: No."), ("bug", "StepFailed: KeyError: 'bug'")]
)
async def test_a_failure_of_a_child_is_met_by_its_parent(name: str, found: str) -> None:
    """The same live and on replay."""
    desk = Desk()
    desk.world.faults = [Refused("No.")]

    assert found == await desk.start(tells, name)
    assert State.FAILED is await state(desk, CHILD)
    desk.journal = cut(desk.journal, len(await desk.rows()) - 1)
    assert found == await desk.resume(tells)


async def test_trouble_of_a_child_pauses_both() -> None:
    """The parent cannot go on without it; a resume goes on with both."""
    desk = Desk()
    desk.world.faults = [None, AccessDenied("Not you.")]
    with pytest.raises(AccessDenied):
        await desk.start(head)

    assert [State.PAUSED] * 2 == [await state(desk), await state(desk, CHILD)]
    assert FOUND == await desk.resume(head)


@flow
async def several(ctx: Context, names: list[str]) -> list[str]:
    """Run units side by side that leave each other alone; raise the first trouble."""
    met: list[AccountBlocked] = []

    async def one(ctx: Context, name: str) -> str:
        """Run a unit; note what stopped it."""
        try:
            return await ctx.run(unit, name, key=name, stops=False)
        except AccountBlocked as error:
            met.append(error)
            return ""

    branches = [partial(one, name=name) for name in names]
    found = await ctx.gather(*branches)
    if met:
        raise met[0]

    return list(found)


async def test_trouble_of_one_child_leaves_others_alone_where_that_is_wanted() -> None:
    """They come to their ends; then the flow stops, and a resume goes on."""
    desk = Desk()
    desk.world.faults = [None, AccessDenied("Not you.")]
    with pytest.raises(AccessDenied):
        await desk.start(several, ["x", "y"])

    children = [await state(desk, f"{RUN}.{number}") for number in (1, 2)]
    assert State.PAUSED is await state(desk)
    assert {State.PAUSED, State.SUCCEEDED} == {*children}
    assert ["x!x more!", "y!y more!"] == await desk.resume(several)


async def test_the_end_of_a_childs_patience_pauses_both() -> None:
    """No answer was had, so none is recorded."""
    desk = Desk()
    desk.world.faults = [None, *[NotSent("No way.")] * 8]
    with pytest.raises(NotSent):
        await desk.start(head)

    assert [State.PAUSED] * 2 == [await state(desk), await state(desk, CHILD)]
    assert FOUND == await desk.resume(head)


async def test_a_paused_child_pauses_its_parent() -> None:
    """Who asked stands in the child's rows, which child in the parent's."""
    desk = Desk()
    error = await raised(desk, head, 5.0, SignalVerb.PAUSE, CHILD)

    assert isinstance(error, Paused)
    assert [State.PAUSED] * 2 == [await state(desk), await state(desk, CHILD)]
    assert f"run {CHILD}" == (await desk.rows())[-1].data["by"]
    assert FOUND == await desk.resume(head)


async def test_a_paused_parent_pauses_its_child() -> None:
    """Nobody would drive it."""
    desk = Desk()
    error = await raised(desk, head, 5.0, SignalVerb.PAUSE)

    assert isinstance(error, Paused)
    assert [State.PAUSED] * 2 == [await state(desk), await state(desk, CHILD)]
    assert FOUND == await desk.resume(head)
    assert EFFECTS == desk.world.done


@pytest.mark.parametrize("seconds", [0.05, 0.12, 0.16, 0.22, 5.0, 20.35, 20.5])
async def test_cancelled_at_any_time_both_go_on(seconds: float) -> None:
    """The call in flight is finished and recorded, in whichever run it is."""
    desk = Desk()
    with anyio.move_on_after(seconds):
        await desk.start(head)

    assert len(desk.world.sent) == len(desk.world.done)
    assert FOUND == await desk.resume(head)
    assert EFFECTS == desk.world.done


# --- abort ---------------------------------------------------------------------------


@flow
async def careful_head(ctx: Context, name: str) -> list[str]:
    """Run a unit; go back when asked to."""
    done: list[str] = []
    try:
        done.append(await ctx.run(unit, name))
        await ctx.sleep("1h", key="soak")
    except Aborted:
        done.append(await ctx.do(paint, "head back"))

    return done


async def test_an_abort_goes_down_and_comes_back_up() -> None:
    """First the child goes back, then its parent, each by itself."""
    desk = Desk()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, desk, 5.0)
        assert ["head back!"] == await desk.start(careful_head)

    assert ["x", "x back", "head back"] == desk.world.done
    assert [State.ABORTED] * 2 == [await state(desk), await state(desk, CHILD)]
    asked = [row.data for row in await desk.journal.rows(CHILD)]
    assert [f"run {RUN}"] == [d["by"] for d in asked if d.get("event") == "abort"]


@pytest.mark.parametrize("keeps_last", [True, False])
async def test_a_death_during_an_abort_changes_no_end(*, keeps_last: bool) -> None:
    """Whichever row of either run it is: both go back."""
    for row in range(2, 13):
        desk = Desk()
        desk.journal.kill_at(row, keeps_last=keeps_last)
        died: BaseException | None = None
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ask, desk, 5.0)
                await desk.start(careful_head)
        except BaseExceptionGroup as group:
            died = group

        assert died is not None
        desk.journal.revive()
        await ask(desk, 0.0)
        found = await desk.resume(careful_head)

        assert "head back!" == found[-1]
        assert State.ABORTED is await state(desk)
        assert "x more" not in desk.world.done


async def test_an_abort_reaches_the_child_before_it_goes_on() -> None:
    """Asked while nobody drove: the child does not take one more step forward."""
    desk = Desk()
    with anyio.move_on_after(5):
        await desk.start(careful_head)

    await ask(desk, 0.0)
    desk.skew = 3600.0

    assert ["head back!"] == await desk.resume(careful_head)
    assert ["x", "x back", "head back"] == desk.world.done


async def test_an_abort_between_birth_and_listing_reaches_the_child() -> None:
    """It is asked as soon as there is somebody to ask."""
    desk = Desk()

    def slow(record: Record) -> float:
        """Take long to write that a child is begun."""
        return 5.0 if "child" in record.body else 0.0

    desk.journal.behind = slow
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, desk, 2.0)
        assert ["head back!"] == await desk.start(careful_head)

    assert "x more" not in desk.world.done


@flow
async def impatient(ctx: Context, name: str) -> str:
    """Run a unit that may take ten seconds."""
    try:
        async with ctx.timeout("10s", key="patience"):
            return await ctx.run(unit, name)
    except DeadlineExceeded:
        return "late"


async def test_a_timeout_around_a_child_aborts_it() -> None:
    """It goes back before its parent goes on."""
    desk = Desk()

    assert "late" == await desk.start(impatient)
    assert ["x", "x back"] == desk.world.done
    assert [State.SUCCEEDED, State.ABORTED] == [
        await state(desk),
        await state(desk, CHILD),
    ]


async def test_an_aborted_child_aborts_no_parent() -> None:
    """Nobody asked for that: the parent's flow is told, and decides."""
    desk = Desk()
    error = await raised(desk, head, 5.0, SignalVerb.ABORT, CHILD)

    assert f"Run {CHILD} was aborted." == str(error)
    assert RunError is type(error)
    assert [State.FAILED, State.ABORTED] == [
        await state(desk),
        await state(desk, CHILD),
    ]


# --- trouble -------------------------------------------------------------------------


async def test_a_child_driven_by_somebody_else_stops_its_parent() -> None:
    """One run has one driver, also where it is a child."""
    desk = Desk()
    desk.journal.kill_at(8, keeps_last=True)
    with pytest.raises(Died):
        await desk.start(head)

    desk.journal.revive()
    other = Owner("boot", 77, "0", "other")
    beat = await desk.journal.beat_of(CHILD)
    lease = await desk.journal.take(CHILD, other, seen=beat)
    assert lease is not None

    async def keep_beating() -> None:
        """Be alive."""
        while True:
            await anyio.sleep(0.2)
            await desk.journal.renew(lease)

    def life(owner: Owner) -> Life:
        """Know that one process alone to live."""
        return Life.ALIVE if owner == other else Life.DEAD

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keep_beating)
        with pytest.raises(AlreadyRunning, match=CHILD):
            await desk.resume(head, life=life)

        tasks.cancel_scope.cancel()

    assert State.PAUSED is await state(desk)


async def test_an_end_that_the_child_could_not_write_is_none() -> None:
    """The parent stops, and finds the end when it is resumed."""
    desk = Desk()

    def refuse(record: Record) -> None:
        """Write no end."""
        if record.kind is Kind.ENDED:
            raise JournalUnavailable("The disk is full.")

    desk.journal.fail = refuse
    with pytest.raises(JournalUnavailable, match=f"{CHILD} could not record its end"):
        await desk.start(head)

    desk.journal.fail = lambda _: None
    assert FOUND == await desk.resume(head)


async def test_an_abort_that_cannot_be_passed_on_stops_the_parent() -> None:
    """Its child would go forward unasked."""
    desk = Desk()

    class Deaf(MortalJournal):
        """A journal that takes no signal of a child."""

        async def signal(
            self, run: str, verb: SignalVerb, *, by: str, at: dt.datetime
        ) -> None:
            """Take a signal, but of a child."""
            if run == CHILD:
                raise JournalUnavailable("The disk is full.")

            await super().signal(run, verb, by=by, at=at)

    desk.journal = Deaf()
    error = await raised(desk, careful_head, 5.0)

    assert isinstance(error, JournalUnavailable)
    assert "x more" not in desk.world.done


@flow(name="head")
async def other_head(ctx: Context, name: str) -> list[str]:
    """Run the unit with another input."""
    await ctx.do(put, "first")
    return [await ctx.run(unit, f"not {name}")]


newer_unit: Flow[str, str] = Flow(name="unit", version=2, body=unit.body)


@flow(name="head")
async def newer_head(ctx: Context, name: str) -> list[str]:
    """Run a newer unit."""
    await ctx.do(put, "first")
    return [await ctx.run(newer_unit, name)]


@pytest.mark.parametrize("changed", [other_head, newer_head])
async def test_another_child_under_the_same_name_is_refused(
    changed: Flow[str, list[str]],
) -> None:
    """Its input and its version must be what was recorded."""
    desk = Desk()
    desk.journal.kill_at(8, keeps_last=True)
    with pytest.raises(Died):
        await desk.start(head)

    desk.journal.revive()
    with pytest.raises(StepChanged, match="Step unit#1 of run"):
        await desk.resume(changed)


async def test_only_a_flow_is_a_run() -> None:
    """A step has no run of its own."""

    @flow
    async def wrong(ctx: Context, name: str) -> str:
        """Run a step."""
        return await ctx.run(put, name)

    with pytest.raises(Misuse, match="<Step put v1 guarded> is no flow"):
        await Desk().start(wrong)


@flow
async def watchful(ctx: Context, names: str) -> list[dict[str, str]]:
    """Tell what was begun, before and after a unit was run for each name."""
    known = dict(ctx.begun(unit))
    for name in names:
        await ctx.run(unit, name, key=name)

    return [known, dict(ctx.begun(unit)), dict(ctx.begun(fleet))]


@flow
async def stubborn(ctx: Context, name: str) -> str:
    """Take an abort for an answer, and say so."""
    try:
        await ctx.sleep("20s", key="bake")
    except Aborted:
        return f"{name} went back"

    return name


@flow
async def heedful(ctx: Context, name: str) -> list[str | None]:
    """Meet an abort, and tell what the run of its own gave all the same."""
    try:
        await ctx.run(stubborn, name, key="a")
    except Aborted:
        return [ctx.given(stubborn, key="a"), ctx.given(stubborn, key="b")]

    return []


@flow
async def forgetful(ctx: Context, name: str) -> list[str | None]:
    """Ask again for what a run of its own gave."""
    first = await ctx.run(unit, name)
    return [first, ctx.given(unit)]


@pytest.mark.parametrize("rows", [0, 1])
async def test_what_a_child_gave_can_be_asked_for_again(rows: int) -> None:
    """Right after it ended, and in a replay; though its record is held no more."""
    desk = Desk()
    await desk.start(forgetful)
    if rows:
        desk.journal = cut(desk.journal, len(await desk.rows()) - rows)

    assert ["x!x more!"] * 2 == await desk.resume(forgetful)


async def test_what_was_begun_is_known_to_the_next_process() -> None:
    """Ids by key, also those that another process began; of other flows none."""
    desk = Desk()
    with anyio.move_on_after(5):
        await desk.start(watchful)

    known, after, others = await desk.resume(watchful)

    assert {"x": f"{RUN}.1"} == known == after
    assert {} == others


async def test_who_meets_an_abort_learns_what_was_given() -> None:
    """The run of its own went back and said so, though its value was not met."""
    desk = Desk()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, desk, 5.0)
        found = await desk.start(heedful)

    assert ["x went back", None] == found
