"""Done once, recorded, and in the same order on every replay."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from attrs import evolve, frozen
from tests.engine.desk import (
    BEGIN,
    RUN,
    Desk,
    Died,
    Door,
    Fault,
    Ticket,
    Word,
    book,
    cut,
    find,
    paint,
    put,
    ride,
    see,
)
from tests.engine.flows import DONE, EFFECTS, errand, inner, one

from esa_flows.engine.codec import digest_of
from esa_flows.engine.context import Context
from esa_flows.engine.flow import Flow, flow
from esa_flows.engine.journal import Kind
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.engine.observe import Moment
from esa_flows.engine.step import step
from esa_flows.errors import (
    DuplicateStep,
    JournalCorrupt,
    Misuse,
    Refused,
    StepChanged,
    StepFailed,
    StepMisuse,
)
from esa_flows.wire.secret import Secret

ROWS = [
    "run.started",
    "outcome see#1",
    "intent put#1",
    "outcome put#1",
    "slept sleep[bake]#1",
    "outcome sleep[bake]#1",
    "intent book#1",
    "outcome book#1",
    "intent ride#1",
    "outcome ride#1",
    "intent paint#1",
    "outcome paint#1",
    "intent put[k]#2",
    "outcome put[k]#2",
    "intent inner[n]#1/put#1",
    "outcome inner[n]#1/put#1",
    "run.ended succeed",
]


# --- once ----------------------------------------------------------------------------


async def test_a_run_is_recorded_row_by_row() -> None:
    """A read leaves an outcome only, everything else its intent before that."""
    desk = Desk()

    assert DONE == await desk.start(errand)
    assert await desk.lines() == ROWS
    assert desk.world.done == EFFECTS


async def test_a_recorded_step_is_never_done_again() -> None:
    """Cut after any row, a run ends the same; what has an outcome is not begun."""
    whole = Desk()
    await whole.start(errand)
    for rows in range(1, len(ROWS)):
        desk = Desk(world=whole.world, journal=cut(whole.journal, rows))
        recorded = {
            row.record.step
            for row in await desk.rows()
            if row.record.kind is Kind.OUTCOME and "ephemeral" not in row.data
        }
        found = await desk.resume(errand)
        begun = {told.step for told in desk.told if told.moment is Moment.STEP_STARTED}

        assert found[1:] == DONE[1:]
        assert set() == recorded & begun


@pytest.mark.parametrize("keeps_last", [True, False])
async def test_a_death_at_any_row_changes_no_end(*, keeps_last: bool) -> None:
    """Killed before or behind any row, the next process ends it; guarded once."""
    for row in range(2, len(ROWS) + 1):
        desk = Desk()
        desk.journal.kill_at(row, keeps_last=keeps_last)
        with pytest.raises(Died):
            await desk.start(errand)

        desk.journal.revive()
        found = await desk.resume(errand)

        assert found[1:] == DONE[1:]
        assert [
            desk.world.done.count(name) for name in ("x", "x again", "x inside")
        ] == [1, 1, 1]


async def test_many_deaths_change_no_end() -> None:
    """Killed again and again, a run still ends, each effect once."""
    desk = Desk()
    desk.journal.kill_at(3, keeps_last=True)
    deaths = 0
    with pytest.raises(Died):
        await desk.start(errand)

    while True:
        desk.journal.revive()
        desk.journal.kill_at(6, keeps_last=deaths % 2 == 0)
        try:
            found = await desk.resume(errand)
        except Died:
            deaths += 1
        else:
            break

    assert found[1:] == DONE[1:]
    assert deaths >= 3
    assert [desk.world.done.count(name) for name in ("x", "x again")] == [1, 1]


async def test_an_ended_run_gives_its_outcome_again() -> None:
    """Nothing is done, nothing is written, no lease is taken."""
    desk = Desk()
    await desk.start(errand)
    before = await desk.rows()

    assert DONE == await desk.resume(errand)
    assert await desk.rows() == before
    assert desk.world.done == EFFECTS


# --- failures ------------------------------------------------------------------------


@flow
async def caught(ctx: Context, name: str) -> str:
    """Tell how a step failed."""
    try:
        return await ctx.do(put, name)
    except Refused as error:
        return f"{error} / {error.request_id} / {error.next_move}"


async def test_a_definite_answer_is_met_again_on_replay() -> None:
    """Class, sentence and facts are those of the first time, without a call."""
    desk = Desk()
    no = Refused("No.", code="Never", request_id="R-1", next_move="Ask a person.")
    desk.world.faults = [no]
    live = await desk.start(caught)
    rows = [row.record.kind for row in await desk.rows()]
    desk.journal = cut(desk.journal, 3)

    assert live == "No. (code Never, request R-1) Ask a person. / R-1 / Ask a person."
    assert live == await desk.resume(caught)
    assert [Kind.STARTED, Kind.INTENT, Kind.OUTCOME, Kind.ENDED] == rows
    assert desk.world.sent == ["x"]


class OwnError(Refused):
    """An error of the host's own, below one of ours."""


@flow
async def raises_own(ctx: Context, name: str) -> str:
    """Tell what a step's own exception became."""
    try:
        return await ctx.do(put, name)
    except StepFailed as error:
        return f"{error} {type(error.__cause__).__name__}"


@pytest.mark.parametrize("own", [ValueError("bad"), OwnError("bad")])
async def test_an_own_exception_becomes_step_failed(own: Exception) -> None:
    """A class that the journal cannot give back is the same live and on replay."""
    desk = Desk()
    desk.world.faults = [own]
    live = await desk.start(raises_own)
    desk.journal = cut(desk.journal, 3)
    replayed = await desk.resume(raises_own)

    assert live.endswith(f"{type(own).__name__}: bad {type(own).__name__}")
    assert replayed == live.replace(f"bad {type(own).__name__}", "bad NoneType")


# --- identity ------------------------------------------------------------------------


@flow
async def twice(ctx: Context, name: str) -> None:
    """Use one identity twice."""
    await ctx.do(put, name, key="k")
    await ctx.do(put, name, key="k")


@flow
async def sleeps_twice(ctx: Context, name: str) -> None:
    """Use one wait twice."""
    await ctx.sleep("1s", key="k")
    await ctx.sleep("1s", key="k")


@flow
async def nested_twice(ctx: Context, name: str) -> None:
    """Use one inner flow twice."""
    await ctx.do(inner, name)
    await ctx.do(inner, name)


@pytest.mark.parametrize(
    ("wrong", "identity", "rows"),
    [
        (twice, r"put\[k\]#1", 3),
        (sleeps_twice, r"sleep\[k\]#1", 3),
        (nested_twice, "inner#1", 3),
    ],
)
async def test_an_identity_is_used_once(
    wrong: Flow[str, None], identity: str, rows: int
) -> None:
    """The second use is refused, live and where the first one is replayed."""
    desk = Desk()
    with pytest.raises(DuplicateStep, match=rf"^{identity} is used twice in run 01234"):
        await desk.start(wrong)

    desk.journal = cut(desk.journal, rows)
    with pytest.raises(DuplicateStep, match=rf"^{identity} is used twice in run 01234"):
        await desk.resume(wrong)


@flow
async def sides(ctx: Context, name: str) -> list[str]:
    """Use one step under several identities."""
    return [
        await ctx.do(put, "a"),
        await ctx.do(put, "b", key="k"),
        await ctx.do(put, "c", round=2),
        await ctx.do(inner, "d"),
        await ctx.do(inner, "e", key="k"),
    ]


async def test_key_round_and_flow_tell_uses_apart() -> None:
    """One step may be used as often as its uses are told apart."""
    desk = Desk()
    await desk.start(sides)

    assert [
        "put#1",
        "put[k]#1",
        "put#2",
        "inner#1/put#1",
        "inner[k]#1/put#1",
    ] == [
        row.record.step for row in await desk.rows() if row.record.kind is Kind.INTENT
    ]


@flow(name="one")
async def other_input(ctx: Context, name: str) -> str:
    """Do what `one` does, with another input."""
    return await ctx.do(put, f"not {name}")


new_put = evolve(put, version=2)


@flow(name="one")
async def other_version(ctx: Context, name: str) -> str:
    """Do what `one` does, with a newer step."""
    return await ctx.do(new_put, name)


@pytest.mark.parametrize("rows", [2, 3])
async def test_another_version_of_a_step_is_refused(rows: int) -> None:
    """Begun or done, the error names both versions; the run waits for its own code."""
    desk = Desk()
    await desk.start(one)
    desk.journal = cut(desk.journal, rows)
    with pytest.raises(StepChanged) as caught:
        await desk.resume(other_version)

    assert (
        "Step put#1 of run 0123456789ab was recorded in version 1; this code has"
        " version 2. Finish or abort the run with the code that began it, or end"
        " it where it is with: esa-flows abort 0123456789ab --keep" == str(caught.value)
    )
    assert (await desk.lines())[-1] == "signalled pause"
    assert await desk.resume(one) == "x!"


@pytest.mark.parametrize("rows", [2, 3])
async def test_another_input_of_a_step_is_refused(rows: int) -> None:
    """Begun or done, the error names both inputs; the run waits for its own code."""
    desk = Desk()
    await desk.start(one)
    desk.journal = cut(desk.journal, rows)
    old, new = digest_of("x")[:12], digest_of("not x")[:12]
    with pytest.raises(StepChanged) as caught:
        await desk.resume(other_input)

    assert (
        f"Step put#1 of run 0123456789ab was recorded with input {old}…; it is now"
        f" asked for with {new}…. Finish or abort the run with the input that it began"
        " with, or end it where it is with: esa-flows abort 0123456789ab --keep"
        == str(caught.value)
    )
    assert await desk.resume(one) == "x!"


async def test_only_work_is_done() -> None:
    """What is no step, chain or flow is refused in words."""

    @flow
    async def wrong(ctx: Context, name: str) -> None:
        """Do what is no work."""
        await ctx.do(name, name)  # type: ignore[arg-type]  # that is the point

    with pytest.raises(Misuse, match="'x' is no step, chain or flow"):
        await Desk().start(wrong)


# --- values --------------------------------------------------------------------------


@frozen
class Box:
    """A value of one's own."""

    size: int


@step.read()
async def pack(ctx: Context, name: str) -> Box:
    """Give a value of one's own."""
    return Box(len(name))


@flow
async def packs(ctx: Context, name: str) -> Box:
    """Give a step's value on."""
    return await ctx.do(pack, name)


async def test_values_come_back_as_their_type() -> None:
    """A replayed outcome, and a whole run's, is a value of the annotated class."""
    desk = Desk()
    await desk.start(packs)
    ended = await desk.resume(packs)
    desk.journal = cut(desk.journal, 2)

    assert ended == Box(1)
    assert await desk.resume(packs) == Box(1)


@step.read(name="pack")
async def pack_more(ctx: Context, name: str) -> list[Box]:
    """Give another type under the same name and version."""
    return []


@flow(name="packs")
async def packs_stubbornly(ctx: Context, name: str) -> str:
    """Catch whatever comes."""
    try:
        await ctx.do(pack_more, name)
    except Exception:  # noqa: BLE001  that is the point
        return "went on"

    return "?"


async def test_a_record_of_another_type_ends_no_run() -> None:
    """Code that does not fit stops the run past the flow; the right code goes on."""
    desk = Desk()
    await desk.start(packs)
    desk.journal = cut(desk.journal, 2)
    with pytest.raises(JournalCorrupt, match="does not fit"):
        await desk.resume(packs_stubbornly)

    assert await desk.resume(packs) == Box(1)


@step.read()
async def leaks(ctx: Context, name: str) -> Secret:
    """Give a secret."""
    return Secret("FakeSecret0001")


@step.read()
async def gives_socket(ctx: Context, name: str) -> object:
    """Give what JSON cannot say."""
    return object()


@step.guarded(calls=[Word.CHANGE, Word.LOOK], reconcile=find, ephemeral=True)
async def ephemeral_text(ctx: Context, name: str) -> str:
    """Give a text and say that it must not be recorded."""
    return await ctx.need(Door).change(name)


@flow
async def does(ctx: Context, name: str) -> None:
    """Do the work of that name."""
    works: dict[str, Any] = {
        "leaks": leaks,
        "gives_socket": gives_socket,
        "ephemeral_text": ephemeral_text,
    }
    await ctx.do(works[name], name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("leaks", r"A secret \(.*\*\*\*.*\) was on its way into the journal"),
        (
            "gives_socket",
            "Step gives_socket#1 of run .* has a value that cannot be recorded: TypeEr",
        ),
        ("ephemeral_text", "is ephemeral but gave a str, which would be recorded"),
    ],
)
async def test_what_may_not_or_cannot_be_recorded_is_refused(
    name: str, sentence: str
) -> None:
    """The author is told in words, and the journal holds nothing of it."""
    desk = Desk()
    with pytest.raises(StepMisuse, match=sentence):
        await desk.start(does, name)

    assert "FakeSecret" not in str(await desk.rows())
    assert f"{name}!" not in str(await desk.rows())


@flow
async def takes_secret(ctx: Context, name: str) -> None:
    """Give a secret to a step."""
    await ctx.do(see, Secret("FakeSecret0001"))  # type: ignore[misc]  # the point


async def test_a_secret_is_no_input() -> None:
    """A secret handed to a step is refused before the step begins."""
    desk = Desk()
    with pytest.raises(StepMisuse, match="was on its way into the journal"):
        await desk.start(takes_secret)

    assert "FakeSecret" not in str(await desk.rows())


# --- chains --------------------------------------------------------------------------


@flow
async def trip(ctx: Context, name: str) -> str:
    """Do a chain with a form in it, then one more thing."""
    rode = await ctx.do(book >> ride >> paint, name)
    return await ctx.do(put, rode)


TRIP = ["ticket x", "ride x", "ride x!", "ride x!!"]


@pytest.mark.parametrize(
    ("rows", "sent"),
    [
        (1, TRIP),
        (3, TRIP),  # the form is recorded, but not its value: asked for again
        (4, TRIP),
        (5, TRIP[2:]),  # the ride is recorded: no form is needed any more
        (6, TRIP[2:]),
        (7, TRIP[3:]),
    ],
)
async def test_a_chain_goes_on_behind_its_last_value(
    rows: int, sent: list[str]
) -> None:
    """What lives in a process only is made again if a later step still needs it."""
    desk = Desk()
    await desk.start(trip)
    desk.journal, desk.world.sent = cut(desk.journal, rows), []

    assert await desk.resume(trip) == "ride x!!!"
    assert desk.world.sent == sent


async def test_of_an_ephemeral_value_only_facts_are_known() -> None:
    """Neither the journal nor an observer gets the value, nor text of the secret."""
    desk = Desk()
    await desk.start(trip)
    outcome = (await desk.rows())[2]
    happening = next(h for h in desk.told if h.moment is Moment.STEP_DONE)

    assert (outcome.data["value"], outcome.data["ephemeral"]) == ({"for": "x"}, True)
    assert happening.facts["value"] == {"for": "x"}
    assert "FakeForm" not in str(await desk.rows()) + str(desk.told)


@flow(name="trip")
async def other_trip(ctx: Context, name: str) -> str:
    """Do the same chain with another input."""
    return await ctx.do(book >> ride >> paint, f"not {name}")


new_ride = evolve(ride, version=2)


@flow(name="trip")
async def newer_trip(ctx: Context, name: str) -> str:
    """Do the same chain with a newer step."""
    return await ctx.do(book >> new_ride >> paint, name)


@pytest.mark.parametrize(
    ("changed", "rows"),
    [*((other_trip, rows) for rows in (2, 3, 5, 7)), (newer_trip, 4), (newer_trip, 7)],
)
async def test_a_changed_chain_is_refused(changed: Flow[str, str], rows: int) -> None:
    """Its first input, and every step's version, must be what was recorded."""
    desk = Desk()
    await desk.start(trip)
    desk.journal = cut(desk.journal, rows)
    with pytest.raises(StepChanged):
        await desk.resume(changed)


async def test_a_chain_meets_a_recorded_failure_again() -> None:
    """A failed link raises on replay without doing the links before it."""
    desk = Desk()
    desk.world.faults = [None, Refused("No.")]
    with pytest.raises(Refused, match=r"No\."):
        await desk.start(trip)

    desk.journal, desk.world.sent = cut(desk.journal, 5), []
    with pytest.raises(Refused, match=r"No\."):
        await desk.resume(trip)

    assert desk.world.sent == []


async def test_an_ephemeral_input_counts_by_its_type() -> None:
    """The next process's form is another one, and yet the same input."""
    one_form, other = Ticket("a", Secret("Fake1")), Ticket("a", Secret("Fake2"))

    assert digest_of(one_form) == digest_of(other)


# --- stopped -------------------------------------------------------------------------


@step.read()
async def note(ctx: Context, name: str) -> str:
    """Give a text without waiting for anything."""
    return name


@flow
async def cleans_up(ctx: Context, name: str) -> None:
    """Do a step on the way out."""
    try:
        await ctx.do(put, name)
    finally:
        await ctx.do(note, "after")


@flow
async def waits_on(ctx: Context, name: str) -> None:
    """Wait on the way out."""
    try:
        await ctx.do(put, name)
    finally:
        await ctx.sleep("1m", key="after")


@pytest.mark.parametrize("persistent", [cleans_up, waits_on])
async def test_a_stopped_run_begins_nothing(persistent: Flow[str, None]) -> None:
    """Not even a step or a row that waits for nothing, `finally` or not."""
    desk, journal = Desk(), MemoryJournal()
    desk.world.hook = lambda _: scope.cancel()
    with anyio.CancelScope() as scope:
        await desk.engine(journal=journal).start(persistent, "x", run_id=RUN)

    assert [Kind.STARTED, Kind.INTENT, Kind.OUTCOME, Kind.SIGNALLED] == [
        row.record.kind for row in await journal.rows(RUN)
    ]


# --- telling -------------------------------------------------------------------------


async def test_what_happens_is_told_in_order() -> None:
    """Each thing once, in the order of its happening, with what it is about."""
    desk = Desk()
    desk.world.faults = [Fault.UNANSWERED]
    await desk.start(one)
    live, desk.told = desk.moments(), []
    desk.journal = cut(desk.journal, 3)
    await desk.resume(one)

    assert live == [
        "run.started",
        "step.started put#1",
        "step.waiting put#1",
        "step.looking put#1",
        "step.done put#1",
        "run.ended",
    ]
    assert desk.moments() == [
        "signalled",
        "run.resumed",
        "step.replayed put#1",
        "run.ended",
    ]
    assert all(told.run == "0123456789ab" and told.at >= BEGIN for told in desk.told)
