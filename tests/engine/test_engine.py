"""Starting, resuming, finding and signalling runs."""

from __future__ import annotations

import random
import string
from collections.abc import Iterable

import anyio
import anyio.lowlevel
import pytest
from attrs import evolve, frozen
from tests.engine.desk import (
    BEGIN,
    RUN,
    Desk,
    Died,
    Door,
    MortalJournal,
    World,
    cut,
    put,
)
from tests.engine.flows import careful, errand, one

from esa_flows.engine.context import Context
from esa_flows.engine.engine import Engine, new_run_id
from esa_flows.engine.flow import Flow, flow
from esa_flows.engine.history import History
from esa_flows.engine.journal import Beat, Lease, NewRun, Owner, Record, Row, SignalVerb
from esa_flows.engine.place import Elsewhere
from esa_flows.engine.process import Life
from esa_flows.engine.state import State
from esa_flows.errors import (
    Aborted,
    AlreadyRunning,
    InvalidInput,
    JournalCorrupt,
    JournalUnavailable,
    Misuse,
    RunError,
    RunInProgress,
    StepChanged,
    StepMisuse,
    UnknownRun,
)

HERE = Owner("boot", 999, "0", "dead")


@frozen
class Parcel:
    """An input of one's own."""

    size: int


@flow
async def sends(ctx: Context, parcel: Parcel) -> Parcel:
    """Give the input back."""
    return parcel


@flow(name="sends")
async def sends_text(ctx: Context, parcel: list[Parcel]) -> int:
    """Take another type of input under the same name and version."""
    return 1


# --- start ---------------------------------------------------------------------------


async def test_a_run_is_listed_with_what_it_was_started_as() -> None:
    """Flow, subject, content and time are there before anything is done."""
    desk = Desk()
    await desk.engine(one).start(
        one, "x", run_id=RUN, subject="shop", content="digest", observer=None
    )
    view = await desk.engine().view(RUN)

    assert ("one", "shop", "digest") == (
        view.run.flow,
        view.run.subject,
        view.run.content,
    )
    assert ("one", 1, "x", "shop") == tuple(
        view.rows[0].data[name] for name in ("flow", "v", "input", "subject")
    )
    assert view.run.started_at >= BEGIN


async def test_an_id_is_drawn_where_none_is_given() -> None:
    """Twelve characters that nobody misreads."""
    desk = Desk()
    await desk.engine(one).start(one, "x")
    (run,) = desk.journal._runs

    assert 12 == len(run)
    assert set(run) <= set(string.digits + string.ascii_lowercase) - set("ilou")


def test_ids_are_drawn_from_the_chance_given() -> None:
    """Sixty bits of it, so that two machines do not meet."""
    ids = {new_run_id(random.Random(seed)) for seed in range(1000)}

    assert 1000 == len(ids)
    assert new_run_id(random.Random(1)) == new_run_id(random.Random(1))


async def test_an_id_is_used_once() -> None:
    """A second start with the same id is refused, and nothing is done."""
    desk = Desk()
    await desk.start(one)
    with pytest.raises(RunInProgress):
        await desk.start(one)

    assert ["x"] == desk.world.sent


async def test_an_input_that_cannot_be_recorded_starts_nothing() -> None:
    """The journal does not even list the run."""
    desk = Desk()
    with pytest.raises(StepMisuse, match="The flow has a value that cannot be recor"):
        await desk.start(one, object())

    assert {} == desk.journal._runs


async def test_a_run_that_cannot_begin_lets_go_of_its_lease() -> None:
    """Whoever tries again need not wait for a lease that nobody uses."""
    desk = Desk()

    def refuse(record: Record) -> None:
        """Write nothing of that kind."""
        raise JournalUnavailable("The disk is full.")

    desk.journal.fail = refuse
    with pytest.raises(JournalUnavailable):
        await desk.start(one)

    assert None is (await desk.journal.beat_of(RUN)).owner


async def test_a_cancelled_start_lists_nothing_or_everything() -> None:
    """No run is left without its input, at whatever point the host cancels."""
    for at in range(6):
        desk = Desk()
        desk.journal = Slow(at)
        with desk.journal.scope:
            await desk.start(one)

        if RUN in desk.journal._runs:
            assert "run.started" == (await desk.lines())[0]


class Slow(MortalJournal):
    """Takes its time, and cancels its host at one of its points."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at
        self.scope = anyio.CancelScope()

    async def create(self, run: NewRun, owner: Owner) -> Lease:
        """Create, with a point before and one behind."""
        await self._point()
        lease = await super().create(run, owner)
        await self._point()
        return lease

    async def append(self, lease: Lease, records: Iterable[Record]) -> tuple[Row, ...]:
        """Append, with a point before."""
        await self._point()
        return await super().append(lease, records)

    async def _point(self) -> None:
        self.at -= 1
        if self.at < 0:
            self.scope.cancel()

        await anyio.lowlevel.checkpoint()


# --- resume --------------------------------------------------------------------------


async def test_a_resumed_run_gets_its_input_as_its_type() -> None:
    """What was recorded comes back as what the flow takes."""
    desk = Desk()
    await desk.start(sends, Parcel(3))
    desk.journal = cut(desk.journal, 1)

    assert Parcel(3) == await desk.resume(sends)
    assert Parcel(3) == await desk.resume(sends)


@pytest.mark.parametrize("who", ["its living holder", "a third process"])
async def test_what_others_wrote_before_the_lease_was_taken_is_seen(who: str) -> None:
    """Between the first look and the lease the run was finished: it is not done twice.

    Args:
        who: Drove it meanwhile, and let go of it.
    """
    desk = Desk()
    await desk.start(one)
    rows = await desk.rows()
    half = cut(desk.journal, len(rows) - 1)
    seen = half._runs[RUN].beat
    third = evolve(seen, owner=Owner("boot", 8, "0", "third"), fence=seen.fence + 1)

    class Busy(MortalJournal):
        """A journal that others go on with as soon as somebody has read it."""

        async def rows(self, run: str) -> tuple[Row, ...]:
            """Read, and let the others end the run."""
            found = await super().rows(run)
            if len(found) < len(rows):
                beat = seen if who == "its living holder" else third
                self._runs[run].beat = beat
                lease = Lease(run=run, owner=beat.owner or HERE, fence=beat.fence)
                await self.append(lease, [rows[-1].record])
                await self.release(lease)

            return found

    desk.journal = Busy()
    desk.journal._runs = half._runs
    living = who == "its living holder"
    life = Life.ALIVE if living else Life.DEAD

    assert "x!" == await desk.resume(one, life=lambda _: life)
    assert len(rows) == len(await desk.rows())


async def test_who_resumes_stands_in_the_journal() -> None:
    """By whom, and how far the inbox was read."""
    desk = Desk()
    await desk.start(one)
    desk.journal = cut(desk.journal, 3)
    await desk.engine(one).resume(RUN, by="ann")
    resumed = (await desk.rows())[3].data

    assert ("resume", "ann", 0) == (
        resumed["event"],
        resumed["by"],
        resumed["signal"],
    )


async def test_an_unknown_flow_is_named() -> None:
    """The error says which one, and how to give it; nothing is touched."""
    desk = Desk()
    await desk.start(one)
    desk.journal = cut(desk.journal, 2)
    with pytest.raises(Misuse) as caught:
        await desk.resume()

    assert (
        "Run 0123456789ab is of the flow 'one', which this program does not know."
        " Give it to the client: Client(flows=[...])." == str(caught.value)
    )
    assert 2 == len(await desk.rows())


async def test_another_version_of_the_flow_is_refused() -> None:
    """The error names both; nothing is touched, and the right code goes on."""
    desk = Desk()
    await desk.start(one)
    desk.journal = cut(desk.journal, 2)
    with pytest.raises(StepChanged) as caught:
        await desk.resume(evolve(one, version=2))

    assert (
        "Run 0123456789ab was begun with version 1 of the flow 'one'; this code has"
        " version 2. Finish or abort it with the code that began it, or end"
        " it where it is with: esa-flows abort 0123456789ab --keep" == str(caught.value)
    )
    assert 2 == len(await desk.rows())
    assert "x!" == await desk.resume(one)


async def test_an_ended_run_is_told_by_any_version() -> None:
    """Its outcome does not depend on the code any more."""
    desk = Desk()
    await desk.start(one)

    assert "x!" == await desk.resume(evolve(one, version=2))


async def test_an_input_that_does_not_fit_leaves_the_run_free() -> None:
    """Code of another shape is refused, and the lease given back at once."""
    desk = Desk()
    await desk.start(sends, Parcel(3))
    desk.journal = cut(desk.journal, 1)
    with pytest.raises(JournalCorrupt, match="does not fit"):
        await desk.resume(sends_text)

    assert None is (await desk.journal.beat_of(RUN)).owner
    assert Parcel(3) == await desk.resume(sends)


async def test_a_driven_run_is_refused() -> None:
    """A living process beats: nobody else drives."""
    desk = Desk()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desk.start, careful)
        await anyio.sleep(10)
        with pytest.raises(AlreadyRunning, match="process 1 on its machine"):
            await desk.resume(careful, life=lambda _: Life.ELSEWHERE)

    assert "signalled resume" not in await desk.lines()


async def test_a_run_that_ends_while_one_waits_for_it_is_told() -> None:
    """Watching an unreachable holder, one finds that it came to the end."""
    desk = Desk()
    desk.world.way = 1.0
    found: list[object] = []

    async def start() -> None:
        """Start the run."""
        found.append(await desk.start(one))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(start)
        await anyio.sleep(0.1)
        found.append(await desk.resume(one, life=lambda _: Life.ELSEWHERE))

    assert ["x!", "x!"] == found
    assert 4 == len(await desk.rows())
    assert None is (await desk.journal.beat_of(RUN)).owner


@pytest.mark.parametrize("known", [True, False])
async def test_a_run_that_died_before_its_first_row_is_ended(*, known: bool) -> None:
    """Listed, but without input: it did nothing, and must block nobody for ever."""
    desk = Desk()
    desk.journal.kill_at(1, keeps_last=False)
    with pytest.raises(Died):
        await desk.start(one)

    desk.journal.revive()
    flows: list[Flow[str, str]] = [one] if known else []
    with pytest.raises(RunError) as caught:
        await desk.resume(*flows)

    assert (
        "Run 0123456789ab died before it recorded its input; nothing was done."
        " Start it again." == str(caught.value)
    )
    assert () == await desk.journal.list(unfinished=True)
    with pytest.raises(RunError, match="died before it recorded its input"):
        await desk.resume(one)

    assert 2 == len(await desk.rows())


# --- look ----------------------------------------------------------------------------


async def test_a_view_shows_a_run_without_touching_it() -> None:
    """State, rows and holder, while somebody else drives."""
    desk = Desk()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desk.start, careful)
        await anyio.sleep(10)
        live = await desk.engine(life=lambda _: Life.ALIVE).view("0123")
        far = await desk.engine(life=lambda _: Life.ELSEWHERE).view("0123")
        dead = await desk.engine().view("0123")
        tasks.cancel_scope.cancel()

    assert (State.RUNNING, 4) == (live.history.state, len(live.rows))
    assert (True, True, False) == (live.is_driven, far.is_driven, dead.is_driven)
    assert live.beat.owner == Owner("boot", 1, "0", "test")


async def test_a_run_that_nobody_holds_is_not_driven() -> None:
    """An ended run's lease was given back."""
    desk = Desk()
    await desk.start(one)
    view = await desk.engine(life=lambda _: Life.ALIVE).view(RUN)

    assert (None, False) == (view.life, view.is_driven)
    assert Beat(owner=None, fence=1, beat=0) == view.beat


async def test_a_prefix_of_four_characters_finds_a_run() -> None:
    """As long as it is the only one; a whole id always does."""
    desk = Desk()
    engine = desk.engine(one)
    for run in ("aaaa1111", "aaaa2222", "aaaa"):
        await engine.start(one, run, run_id=run)

    assert "aaaa2222" == (await engine.resolve("aaaa2")).run.id
    assert "aaaa" == (await engine.resolve("aaaa")).run.id
    for wrong, many in (
        ("aaa", "no run begins"),
        ("bbbb", "no run begins"),
    ):
        with pytest.raises(UnknownRun) as caught:
            await engine.resolve(wrong)

        assert (
            f"In the journal memory {many} with {wrong!r}."
            " List them with: esa-flows runs" == str(caught.value)
        )


async def test_an_ambiguous_prefix_says_how_many() -> None:
    """More characters tell them apart."""
    desk = Desk()
    engine = desk.engine(one)
    for run in ("aaaa1111", "aaaa2222"):
        await engine.start(one, run, run_id=run)

    with pytest.raises(UnknownRun, match="2 runs begin with 'aaaa'"):
        await engine.resolve("aaaa")


async def test_a_signal_is_left_for_whoever_drives() -> None:
    """What, by whom and when stands in the inbox."""
    desk = Desk()
    await desk.start(one)
    await desk.engine().signal(RUN, SignalVerb.ABORT, by="ann")
    (signal,) = await desk.journal.signals(RUN, after=0)

    assert (SignalVerb.ABORT, "ann") == (signal.verb, signal.by)
    assert signal.at >= BEGIN


async def test_an_engine_says_what_it_is() -> None:
    """Short, and without anything secret."""
    assert "<Engine [journal: memory | flows: 1]>" == repr(Desk().engine(one))


async def test_a_run_can_be_ended_where_it_is() -> None:
    """Without its flow: it counts as aborted, and says that nothing was put back."""
    desk = Desk()
    with anyio.move_on_after(5):
        await desk.start(errand)

    await desk.engine().abandon(RUN, by="ann")

    assert ["signalled abort", "run.ended succeed"] == (await desk.lines())[-2:]
    assert State.ABORTED is History.of(await desk.rows()).state
    with pytest.raises(Aborted, match="was ended by ann where it was; nothing was put"):
        await desk.resume(errand)


async def test_an_ended_run_stays_as_it_is() -> None:
    """It is not ended again."""
    desk = Desk()
    await desk.start(one)
    before = await desk.rows()
    await desk.engine().abandon(RUN)

    assert before == await desk.rows()


async def test_a_run_that_was_only_listed_is_ended_as_such() -> None:
    """There is no input to say what it was."""
    desk = Desk()
    desk.journal.kill_at(1, keeps_last=False)
    with pytest.raises(Died):
        await desk.start(one)

    desk.journal.revive()
    with pytest.raises(RunError, match="died before it recorded its input"):
        await desk.engine().abandon(RUN)


# --- the place a run belongs to ------------------------------------------------------


async def test_a_run_goes_on_at_its_own_place_only() -> None:
    """Elsewhere its steps would look at another world and find nothing of theirs."""
    desk = Desk()
    there = evolve(desk.engine(one), place="dcdn")
    await _leave(desk, there)

    with pytest.raises(InvalidInput, match="was begun on dcdn; this is esa") as caught:
        await desk.engine(one).resume(RUN)

    assert f"esa-flows resume {RUN} --cloud dcdn" in caught.value.next_move
    assert await there.resume(RUN) == "x!"
    assert await desk.engine(one).resume(RUN) == "x!"


async def test_a_run_of_before_there_were_places_belongs_to_the_usual_one() -> None:
    """Its first row has no word for it."""
    desk = Desk()
    await _leave(desk, desk.engine(one))
    there = evolve(desk.engine(one), place="dcdn")

    with pytest.raises(InvalidInput, match="was begun on esa; this is dcdn"):
        await there.resume(RUN)

    assert await desk.engine(one).resume(RUN) == "x!"


def _with_another(desk: Desk, world: World) -> Engine:
    """Give an engine that also leads to another provider."""
    there = Elsewhere(ports={Door: lambda permit: Door(world, permit)})
    return desk.engine(parent, one, others={"eu": there})


@flow
async def parent(ctx: Context, name: str) -> str:
    """Do the same at home and at another place."""
    own = await ctx.run(one, name, key="own")
    return own + await ctx.run(one, name, key="other", place="eu")


async def test_a_run_may_begin_others_at_another_place() -> None:
    """Each works with the ports of its own, on a resume by itself as well."""
    desk, eu = Desk(), World()
    engine = _with_another(desk, eu)
    eu.way = 60.0
    with anyio.move_on_after(1):
        await engine.start(parent, "x", run_id=RUN)

    eu.way = 0.05

    with pytest.raises(InvalidInput, match="was begun on eu; this is esa"):
        await desk.engine(parent, one).resume(f"{RUN}.2")

    assert "x!" == await _with_another(desk, eu).resume(f"{RUN}.2")
    assert "x!x!" == await _with_another(desk, eu).resume(RUN)
    assert (["x"], ["x"]) == (desk.world.done, eu.done)


async def test_a_run_belongs_where_its_parent_does() -> None:
    """Unless it is told otherwise; retries have a purse of their own there."""
    desk, eu = Desk(), World()
    engine = _with_another(desk, eu)

    assert ["first!", "x!", "last!"] == await engine.start(head, "x", place="eu")
    assert ([], 3) == (desk.world.done, len(eu.done))
    assert engine.budget is not engine.others["eu"].budget


async def test_a_place_nobody_leads_to_is_refused_at_once() -> None:
    """Nothing is listed."""
    desk = Desk()
    with pytest.raises(InvalidInput, match="was begun on us; this is esa"):
        await desk.engine(one).start(one, "x", place="us")

    assert () == await desk.journal.list()


@flow
async def head(ctx: Context, name: str) -> list[str]:
    """Change one thing, run another, change a last thing."""
    first = await ctx.do(put, "first")
    found = await ctx.run(one, name)
    return [first, found, await ctx.do(put, "last", key="last")]


async def _leave(desk: Desk, engine: Engine) -> None:
    """Begin a run and walk out of it."""
    desk.world.way = 60.0
    with anyio.move_on_after(1):
        await engine.start(one, "x", run_id=RUN)

    desk.world.way = 0.05
