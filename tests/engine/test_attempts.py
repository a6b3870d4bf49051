"""All attempts of one step: look before doing again, wait, stop, or take the answer."""

from __future__ import annotations

import itertools

import anyio
import pytest
from attrs import evolve
from tests.engine.desk import Desk, Died, Door, Fault, Word, cut, find, paint, put, see
from tests.engine.flows import one, stubborn

from esa_flows.backoff import Backoff
from esa_flows.engine.context import Context
from esa_flows.engine.flow import Flow, flow
from esa_flows.engine.journal import Kind, Record
from esa_flows.engine.observe import Moment
from esa_flows.engine.retry import Retry
from esa_flows.engine.step import Happened, Intent, NotHappened, step
from esa_flows.errors import (
    AccessDenied,
    Conflict,
    DeadlineExceeded,
    JournalUnavailable,
    LeaseLost,
    NotSent,
    OutcomeUnknown,
    StepFailed,
    StepMisuse,
    Throttled,
)
from esa_flows.model import Duration

NO_WAIT = Backoff(base=1e-9, most=1e-9)


# --- look before doing again ---------------------------------------------------------


async def test_an_unanswered_change_is_adopted() -> None:
    """The effect is found, its value recorded as adopted; nothing is sent twice."""
    desk = Desk()
    desk.world.faults = [Fault.UNANSWERED]

    assert await desk.start(one) == "x!"
    assert desk.world.sent == ["x"]
    outcome = (await desk.rows())[2]
    assert (outcome.data["adopted"], outcome.record.attempt) == (True, 2)
    sent = outcome.data["sent"]  # how long ago: the change, then the look
    assert (["CHANGE", "LOOK"], [0.0]) == (list(sent), sent["LOOK"])
    assert [ago for ago in sent["CHANGE"] if 0.1 <= ago < 1.0]


async def test_a_lost_change_is_done_again_only_after_the_settle_time() -> None:
    """What is not seen may still appear: it is looked for, 30 s from the first look."""
    desk = Desk()
    desk.world.faults = [Fault.LOST]
    sent: list[float] = []
    desk.world.hook = lambda _: sent.append(anyio.current_time())

    assert await desk.start(one) == "x!"
    assert desk.world.sent == ["x", "x"]
    assert sent[1] - desk.world.looks[0] == pytest.approx(30.0)
    gaps = [b - a for a, b in itertools.pairwise(desk.world.looks)]
    assert gaps == pytest.approx([0.25, 0.5, 1, 2, 4, 5, 5, 5, 5, 2.25])


async def test_an_effect_that_appears_late_is_adopted() -> None:
    """A change that becomes visible within the settle time is not done again."""
    desk = Desk()
    desk.world.faults = [Fault.UNANSWERED]
    desk.world.lag = 29.0

    assert await desk.start(one) == "x!"
    assert desk.world.done == ["x"]


quick_put = evolve(put, settle=Duration(2))


@flow
async def settles_quickly(ctx: Context, name: str) -> str:
    """Change one thing, with a settle time of the step's own."""
    return await ctx.do(quick_put, name)


@pytest.mark.parametrize(("engine", "expected"), [("7s", 2.0), ("0s", 2.0)])
async def test_a_step_may_have_its_own_settle_time(
    engine: str, expected: float
) -> None:
    """The step's word goes before the engine's."""
    desk = Desk()
    desk.world.faults = [Fault.LOST]
    await desk.start(settles_quickly, settle=Duration.of(engine))

    looked = desk.world.looks[-1] - desk.world.looks[0]
    assert looked == pytest.approx(expected)


async def test_the_engine_has_a_settle_time() -> None:
    """Steps without their own take the engine's."""
    desk = Desk()
    desk.world.faults = [Fault.LOST]
    await desk.start(one, settle=Duration(7))

    assert desk.world.looks[-1] - desk.world.looks[0] == pytest.approx(7.0)


async def test_a_troubled_look_does_not_begin_the_settle_time_anew() -> None:
    """It is counted from the first look of this process, however often it is asked."""
    desk = Desk()
    desk.world.faults = [Fault.LOST]
    looks = itertools.count()

    async def shaky(
        ctx: Context, name: str, _: Intent
    ) -> Happened[str] | NotHappened | Conflict:
        """Look, and fail once."""
        seen = await ctx.need(Door).look(name)
        if next(looks) == 3:
            raise NotSent("The look never left.")

        return Happened(f"{name}!") if seen else NotHappened()

    shaky_put = evolve(put, reconcile=shaky, settle=Duration(5))

    @flow
    async def looks_again(ctx: Context, name: str) -> str:
        """Change one thing with a shaky guard."""
        return await ctx.do(shaky_put, name)

    await desk.start(looks_again)

    assert desk.world.looks[-1] - desk.world.looks[0] == pytest.approx(5.0)
    assert desk.world.sent == ["x", "x"]


async def test_somebody_elses_change_is_a_conflict() -> None:
    """What `reconcile` cannot explain is raised into the flow, and recorded."""
    desk = Desk()
    desk.world.faults = [Fault.LOST]

    async def foreign(
        ctx: Context, name: str, _: Intent
    ) -> Happened[str] | NotHappened | Conflict:
        """See what somebody else did."""
        return Conflict("Somebody else was here.")

    claimed = evolve(put, reconcile=foreign)

    @flow
    async def meets(ctx: Context, name: str) -> str:
        """Tell which conflict was met."""
        try:
            return await ctx.do(claimed, name)
        except Conflict as error:
            return str(error)

    assert await desk.start(meets) == "Somebody else was here."
    desk.journal = cut(desk.journal, 3)
    assert await desk.resume(meets) == "Somebody else was here."
    assert desk.world.sent == ["x"]


@pytest.mark.parametrize("later", [Conflict("Still."), Happened("x!"), NotHappened()])
async def test_a_conflict_waits_for_what_may_still_appear(
    later: Happened[str] | NotHappened | Conflict,
) -> None:
    """Whatever is seen next, it stays a conflict; raised when ours can appear no more.

    Ours, arriving late, would replace what somebody else did: nobody may go on then.
    """
    desk = Desk()
    desk.world.faults = [Fault.LOST]
    times: list[float] = []

    async def foreign(
        ctx: Context, name: str, _: Intent
    ) -> Happened[str] | NotHappened | Conflict:
        """See what somebody else did, then something else."""
        times.append(anyio.current_time())
        return later if len(times) > 1 else Conflict("First.")

    claimed = evolve(put, reconcile=foreign)

    @flow
    async def meets(ctx: Context, name: str) -> str:
        """Tell which conflict was met."""
        try:
            return await ctx.do(claimed, name)
        except Conflict as error:
            return str(error)

    said = "Still." if isinstance(later, Conflict) else "First."
    assert said == await desk.start(meets)
    assert 30.0 == pytest.approx(times[-1] - times[0])
    assert desk.world.sent == ["x"]


async def test_reconcile_knows_how_often_it_was_tried() -> None:
    """Attempts of earlier processes count."""
    desk = Desk()
    asked: list[int] = []

    async def counts(
        ctx: Context, name: str, intent: Intent
    ) -> Happened[str] | NotHappened | Conflict:
        """Count how often it was asked."""
        asked.append(intent.attempts)
        return NotHappened() if len(asked) < 3 else Happened("found")

    counted = evolve(put, reconcile=counts, settle=Duration(0))

    @flow
    async def tries(ctx: Context, name: str) -> str:
        """Change one thing with a counting guard."""
        return await ctx.do(counted, name)

    desk.world.faults = [Fault.LOST, Fault.LOST]
    desk.world.hook = lambda _: desk.journal.kill_at(1, keeps_last=True)
    with pytest.raises(Died):
        await desk.start(tries)

    desk.journal.revive()
    desk.world.hook = lambda _: None

    assert await desk.resume(tries) == "found"
    assert asked == [1, 2, 3]


@pytest.mark.parametrize("keeps_last", [True, False])
@pytest.mark.parametrize("row", [2, 3])
async def test_begun_before_means_look_first(row: int, *, keeps_last: bool) -> None:
    """After a death anywhere around the call, one looks, and it is done once."""
    desk = Desk()
    desk.journal.kill_at(row, keeps_last=keeps_last)
    with pytest.raises(Died):
        await desk.start(one)

    desk.journal.revive()
    was_begun = any(line.startswith("intent") for line in await desk.lines())
    was_done = any(line.startswith("outcome") for line in await desk.lines())

    assert await desk.resume(one) == "x!"
    assert desk.world.done == ["x"]
    assert (was_begun and not was_done) == bool(desk.world.looks)


async def test_an_idempotent_step_is_repeated_without_a_look() -> None:
    """Its end state is the same however often it is done."""
    desk = Desk()
    desk.world.faults = [Fault.UNANSWERED]

    @flow
    async def paints(ctx: Context, name: str) -> str:
        """Change one thing idempotently."""
        return await ctx.do(paint, name)

    assert await desk.start(paints) == "x!"
    assert (desk.world.sent, desk.world.looks) == (["x", "x"], [])


# --- intent before body --------------------------------------------------------------


async def test_no_body_runs_before_its_intent_is_durable() -> None:
    """A journal that cannot write the intent means that nothing is sent."""
    desk = Desk()

    def refuse(record: Record) -> None:
        """Write nothing of that kind."""
        if record.kind is Kind.INTENT:
            raise JournalUnavailable("The disk is full.")

    desk.journal.fail = refuse
    with pytest.raises(JournalUnavailable, match="The disk is full"):
        await desk.start(stubborn)

    assert desk.world.sent == []
    assert await desk.lines() == ["run.started"]


async def test_a_read_has_no_intent() -> None:
    """What changes nothing costs one row."""
    desk = Desk()

    @flow
    async def sees(ctx: Context, name: str) -> bool:
        """Only look."""
        return await ctx.do(see, name)

    await desk.start(sees)

    assert await desk.lines() == ["run.started", "outcome see#1", "run.ended succeed"]


# --- patience ------------------------------------------------------------------------


@pytest.mark.parametrize("passing", [NotSent("No way."), Throttled("Slow down.")])
async def test_what_certainly_did_not_happen_is_repeated_without_a_look(
    passing: Exception,
) -> None:
    """Not sent, or counted and refused: the same again, after a wait."""
    desk = Desk()
    desk.world.faults = [passing]

    assert await desk.start(one) == "x!"
    assert (desk.world.sent, desk.world.looks) == (["x", "x"], [])


async def test_a_settled_look_is_not_asked_for_again() -> None:
    """Looked, not there, done again but never left: the next attempt need not look."""
    desk = Desk()
    desk.world.faults = [Fault.LOST, NotSent("No way.")]
    await desk.start(one)

    assert desk.world.sent == ["x", "x", "x"]
    assert desk.world.looks[-1] - desk.world.looks[0] == pytest.approx(30.0)


async def test_the_providers_wait_is_never_undercut() -> None:
    """Throttled with a hint: at least so long."""
    desk = Desk()
    desk.world.faults = [Throttled("Slow down.", retry_after=9.0)]
    sent: list[float] = []
    desk.world.hook = lambda _: sent.append(anyio.current_time())
    await desk.start(one)

    assert sent[1] - sent[0] >= 9.0


impatient = evolve(put, retry=Retry(attempts=2, backoff=NO_WAIT, throttled=NO_WAIT))
impatient_see = evolve(see, retry=Retry(attempts=1))


@flow
async def gives_up(ctx: Context, name: str) -> str:
    """Change one thing impatiently; catch whatever comes."""
    try:
        return await ctx.do(impatient, name)
    except Exception:  # noqa: BLE001  that is the point
        return "went on"


async def test_when_patience_ends_the_run_stops_where_it_is() -> None:
    """Trouble is no answer: the flow does not meet it, and a resume goes on."""
    desk = Desk()
    desk.world.faults = [NotSent("No way."), NotSent("No way.")]
    with pytest.raises(NotSent, match="No way"):
        await desk.start(gives_up)

    assert await desk.lines() == [
        "run.started",
        "intent put#1",
        "intent put#1",
        "signalled pause",
    ]
    assert (await desk.rows())[-1].data["error"]["type"] == "NotSent"
    assert await desk.resume(gives_up) == "x!"


async def test_where_nothing_was_begun_the_end_of_patience_is_the_end() -> None:
    """A run that only read has left nothing to go on with: it failed."""
    desk = Desk()

    async def unreachable(ctx: Context, name: str) -> bool:
        """Find nobody."""
        raise NotSent("No way.")

    blind = evolve(impatient_see, body=unreachable)

    @flow
    async def sees(ctx: Context, name: str) -> bool:
        """Only look."""
        return await ctx.do(blind, name)

    with pytest.raises(NotSent, match="No way"):
        await desk.start(sees)

    assert await desk.lines() == ["run.started", "run.ended fail"]
    with pytest.raises(NotSent, match="No way"):
        await desk.resume(sees)


@flow
async def groups(ctx: Context, name: str) -> str:
    """Do a step that does things side by side; catch whatever comes."""
    try:
        return await ctx.do(side_by_side, name)
    except Exception as error:  # noqa: BLE001  that is the point
        return type(error).__name__


@step.guarded(calls=[Word.CHANGE, Word.LOOK], reconcile=find)
async def side_by_side(ctx: Context, name: str) -> str:
    """Change one thing in a task group."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ctx.need(Door).change, name)

    return f"{name}!"


async def test_an_unknown_outcome_in_a_group_is_an_unknown_outcome() -> None:
    """A step's task group must not turn a lost answer into a definite failure."""
    desk = Desk()
    desk.world.faults = [Fault.UNANSWERED]

    assert await desk.start(groups) == "x!"
    assert desk.world.sent == ["x"]


# --- stopping past the flow ----------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "last"),
    [
        (AccessDenied("A RAM action is missing."), "signalled pause"),
        (JournalUnavailable("The disk is full."), "intent put#1"),
        (LeaseLost("Somebody else drives it."), "intent put#1"),
    ],
)
async def test_some_trouble_stops_the_run_past_its_handlers(
    error: Exception, last: str
) -> None:
    """A flow can do nothing about these: it is cancelled, and does no other step."""
    desk = Desk()
    desk.world.faults = [error]
    with pytest.raises(type(error), match=str(error)):
        await desk.start(stubborn)

    assert desk.world.sent == ["x"]
    assert (await desk.lines())[-1] == last
    assert await desk.resume(stubborn) == "x!"


async def test_trouble_in_a_group_stops_the_run_too() -> None:
    """A blocked account among side-by-side calls is no failure of the step."""
    desk = Desk()
    desk.world.faults = [AccessDenied("A RAM action is missing.")]
    with pytest.raises(AccessDenied):
        await desk.start(groups)

    assert (await desk.lines())[-1] == "signalled pause"


@pytest.mark.parametrize("answer", [None, ValueError("bad")])
async def test_an_outcome_that_cannot_be_written_stops_the_run(
    answer: Exception | None,
) -> None:
    """Good or bad: a flow does not go on from an outcome that is not durable."""
    desk = Desk()
    desk.world.faults = [answer]

    def refuse(record: Record) -> None:
        """Write nothing of that kind."""
        if record.kind is Kind.OUTCOME:
            raise JournalUnavailable("The disk is full.")

    desk.journal.fail = refuse
    with pytest.raises(JournalUnavailable, match="The disk is full"):
        await desk.start(stubborn)

    assert desk.world.sent == ["x"]
    assert await desk.lines() == ["run.started", "intent put#1"]


@flow
async def shields_itself(ctx: Context, name: str) -> str:
    """Do a step where no cancellation comes through."""
    with anyio.CancelScope(shield=True):
        await ctx.do(put, name)

    return "went on"


async def test_a_flow_that_shields_itself_is_not_waited_for_for_ever() -> None:
    """It meets the error, and is stopped when it leaves its shield."""
    desk = Desk()
    desk.world.faults = [AccessDenied("A RAM action is missing.")]
    with anyio.fail_after(100), pytest.raises(AccessDenied):
        await desk.start(shields_itself)

    assert (await desk.lines())[-1] == "signalled pause"


# --- misuse --------------------------------------------------------------------------


@step.idempotent(calls=[Word.LOOK])
async def undeclared(ctx: Context, name: str) -> str:
    """Call what is not declared."""
    return await ctx.need(Door).change(name)


@flow
async def misuses(ctx: Context, name: str) -> str:
    """Do a step that breaks a rule."""
    return await ctx.do(undeclared, name)


async def test_misuse_is_no_outcome() -> None:
    """It is raised, not recorded: mended code goes on from there."""
    desk = Desk()
    with pytest.raises(StepMisuse, match="does not declare that it calls CHANGE"):
        await desk.start(misuses)

    assert desk.world.sent == []
    assert await desk.lines() == [
        "run.started",
        "intent undeclared#1",
        "signalled pause",
    ]


# --- time limits ---------------------------------------------------------------------


def limited(seconds: float, *, then: bool) -> Flow[str, str]:
    """Make a flow with a step that takes too long, before or after its call."""

    @step.guarded(
        calls=[Word.CHANGE, Word.LOOK],
        reconcile=find,
        timeout=Duration(seconds),
        retry=Retry(backoff=NO_WAIT),
    )
    async def slow(ctx: Context, name: str) -> str:
        """Take too long."""
        if then:
            found = await ctx.need(Door).change(name)
            await anyio.sleep(60 * ctx.attempt)
            return found

        await anyio.sleep(60)
        return await ctx.need(Door).change(name)

    @flow
    async def waits(ctx: Context, name: str) -> str:
        """Tell that it took too long."""
        try:
            return await ctx.do(slow, name)
        except DeadlineExceeded as error:
            return str(error)

    return waits


LATE = "Step slow#1 of run 0123456789ab of the flow 'waits' did not finish in time."


async def test_late_without_a_call_is_a_definite_failure() -> None:
    """Nothing was sent: the flow hears so, and again on replay."""
    desk = Desk()
    late = limited(10, then=False)

    assert await desk.start(late) == LATE
    assert desk.world.sent == []
    desk.journal = cut(desk.journal, 3)
    assert await desk.resume(late) == LATE


async def test_late_with_a_call_out_is_an_unknown_outcome() -> None:
    """Something was sent: it is looked for, and adopted."""
    desk = Desk()

    assert await desk.start(limited(10, then=True)) == "x!"
    assert desk.world.sent == ["x"]
    assert Moment.STEP_LOOKING in {told.moment for told in desk.told}


async def test_in_time_is_in_time() -> None:
    """A limit that is not reached changes nothing, even where recording takes long."""
    desk = Desk()

    assert await desk.start(limited(61, then=True)) == "x!"
    assert desk.world.looks == []


async def test_a_call_may_take_long_where_nobody_waits() -> None:
    """Without a time limit an attempt is not cut, however long it lasts."""
    desk = Desk()
    desk.world.way = 600.0

    assert await desk.start(one) == "x!"
    assert (desk.world.sent, desk.world.looks) == (["x"], [])


async def test_why_an_own_exception_failed_is_told() -> None:
    """The observer hears the sentence, the caller gets the cause."""
    desk = Desk()
    desk.world.faults = [ValueError("bad")]
    with pytest.raises(StepFailed) as caught:
        await desk.start(one)

    failed = next(told for told in desk.told if told.moment is Moment.STEP_FAILED)
    assert (failed.step, failed.facts["why"]) == ("put#1", "bad")
    assert isinstance(caught.value.__cause__, ValueError)
    assert not isinstance(caught.value, OutcomeUnknown)


async def test_what_cannot_appear_any_more_is_not_waited_for() -> None:
    """Who looks knows best: then it is done again at once."""

    async def never(
        ctx: Context, name: str, intent: Intent
    ) -> Happened[str] | NotHappened | Conflict:
        """Look, and be sure."""
        await ctx.need(Door).look(name)
        return NotHappened(is_final=True)

    @step.guarded(calls=[*Word], reconcile=never)
    async def sure(ctx: Context, name: str) -> str:
        """Change something."""
        return await ctx.need(Door).change(name)

    @flow
    async def surely(ctx: Context, name: str) -> str:
        """Do it once."""
        return await ctx.do(sure, name)

    desk = Desk()
    desk.world.faults = [Fault.LOST]

    assert await desk.start(surely) == "x!"
    assert 1 == len(desk.world.looks)
