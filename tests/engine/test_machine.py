"""Any story of starts, crashes, signals, cancellations and other owners ends well.

Hypothesis makes up stories of a few runs in one journal; each rule is a piece of one,
in a process of its own. Beside it goes a model of what people have asked for. Whatever
happens, the journal stays whole, no guarded effect is there twice, an end is an end and
has its cause, and in the end every run comes to one.

ESA_FLOWS_STORIES=1000 makes it tell a thousand.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
from attrs import define, field
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
)
from tests.engine.desk import Desk, Died, World, paint, put, see

from esa_flows.engine.context import Context
from esa_flows.engine.engine import Engine
from esa_flows.engine.flow import flow
from esa_flows.engine.history import History
from esa_flows.engine.journal import Owner, Row, SignalVerb
from esa_flows.engine.process import Life
from esa_flows.engine.state import State
from esa_flows.errors import (
    Aborted,
    AlreadyRunning,
    DeadlineExceeded,
    Denied,
    EsaFlowsError,
    Paused,
    UnknownRun,
)
from esa_flows.testing import virtual_backend

RUNS = ("alpha0000001", "beta00000002", "gamma0000003")
WHOLE = ("a", "b", "c", "leg", "leg more", "z")
ANSWERS = {SignalVerb.APPROVE, SignalVerb.DENY}


@flow
async def leg(ctx: Context, name: str) -> str:
    """Change two things with a bake between; go back when asked to."""
    try:
        await ctx.do(put, f"{name} leg")
        await ctx.sleep("10s", key="bake")
        return await ctx.do(put, f"{name} leg more", key="more")
    except Aborted:
        await ctx.do(paint, f"{name} leg back")
        raise


@flow
async def journey(ctx: Context, name: str) -> str:
    """Use every primitive; go back where a person or the time says so."""

    async def slow(ctx: Context) -> str:
        """Bake, then change something."""
        await ctx.sleep("5s", key="bake")
        return await ctx.do(put, f"{name} c")

    try:
        await ctx.do(see, name)
        await ctx.do(put, f"{name} a")
        await ctx.gather(lambda ctx: ctx.do(put, f"{name} b"), slow)
        async with ctx.timeout("1m", key="patience"):
            await ctx.approve(what=f"Go on with {name}?")

        await ctx.run(leg, name)
        await ctx.do(put, f"{name} z", key="z")
    except (Aborted, Denied, DeadlineExceeded) as why:
        try:
            await ctx.do(paint, f"{name} back")
        except Aborted:  # asks for what is under way already
            await ctx.do(paint, f"{name} back", key="again")

        return type(why).__name__

    return "done"


class Lasting(World):
    """A provider that outlives event loops, whose clocks begin anew."""

    def sees(self, name: str) -> bool:
        """Tell whether a change can be seen."""
        return name in self.done


@define
class Model:
    """What people have asked of a run, and how it ended.

    Attributes:
        begun: Whether a start of it was tried.
        asked: Everything that was put into its inbox.
        end: What it gave, once it has ended.
    """

    begun: bool = False
    asked: set[SignalVerb] = field(factory=set)
    end: str | None = None


times = st.sampled_from([0.0, 0.02, 0.07, 0.12, 0.3, 3.0, 5.15, 12.0, 70.0])
verbs = st.sampled_from(SignalVerb)
runs = st.sampled_from(RUNS)


class Stories(RuleBasedStateMachine):
    """Pieces of stories, and what holds between them."""

    backend = "asyncio"

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(world=Lasting())
        self.models = {run: Model() for run in RUNS}
        self.ends: dict[str, int] = {}

    def within(self, work: Callable[[], Awaitable[Any]]) -> None:
        """Do something in an event loop of its own; the wall clock goes on."""
        backend, options = virtual_backend(self.backend)

        async def timed() -> None:
            """Do it, and note how long it took."""
            began = anyio.current_time() % 1e9
            await work()
            self.desk.skew += anyio.current_time() % 1e9
            self.desk.skew -= 0.0 if began < 1 else began

        anyio.run(timed, backend=backend, backend_options=options)

    # --- what a process does ---------------------------------------------------------

    async def drive(self, engine: Engine, run: str) -> None:
        """Start a run or go on with it; note how it ended."""
        model = self.models[run]
        try:
            if await self.rows(run):
                found = await engine.resume(run)
            else:
                model.begun = True
                found = await engine.start(journey, run[:4], run_id=run)
        except (AlreadyRunning, Paused):
            return
        except EsaFlowsError as error:
            found = f"{type(error).__name__} was raised"

        assert model.end in {None, found}
        model.end = found

    async def rows(self, run: str) -> tuple[Row, ...]:
        """Give a run's rows, checked; none where there is no such run."""
        listed = await self.desk.journal.find(run)
        return await self.desk.journal.rows(run) if listed else ()

    async def ask(self, run: str, verb: SignalVerb, after: float = 0.0) -> None:
        """Put something into a run's inbox, where there is such a run."""
        await anyio.sleep(after)
        try:
            await self.desk.engine().signal(run, verb, by="ann")
        except UnknownRun:
            return

        self.models[run].asked.add(verb)

    async def process(
        self,
        chosen: set[str],
        *,
        said: list[tuple[str, SignalVerb, float]],
        ends_after: float,
    ) -> None:
        """Be a process that drives some runs, and is left after some time."""
        engine = self.desk.engine(journey, leg)
        with anyio.move_on_after(ends_after):
            async with anyio.create_task_group() as tasks:
                for story in said:
                    tasks.start_soon(self.ask, *story)

                async with anyio.create_task_group() as drives:
                    for run in sorted(chosen):
                        drives.start_soon(self.drive, engine, run)

                tasks.cancel_scope.cancel()

    @rule(
        chosen=st.sets(runs, min_size=1),
        said=st.lists(st.tuples(runs, verbs, times), max_size=4),
        ends_after=times | st.just(500.0),
    )
    def drives(
        self,
        chosen: set[str],
        said: list[tuple[str, SignalVerb, float]],
        ends_after: float,
    ) -> None:
        """A process drives runs, hears signals, and may be cancelled."""
        self.within(partial(self.process, chosen, said=said, ends_after=ends_after))

    @rule(
        chosen=st.sets(runs, min_size=1),
        said=st.lists(st.tuples(runs, verbs, times), max_size=3),
        row=st.integers(1, 20),
        keeps_last=st.booleans(),
    )
    def dies(
        self,
        chosen: set[str],
        said: list[tuple[str, SignalVerb, float]],
        row: int,
        *,
        keeps_last: bool,
    ) -> None:
        """A process that drives runs is killed at a row, before or behind it."""
        self.desk.journal.kill_at(row, keeps_last=keeps_last)
        try:
            self.within(partial(self.process, chosen, said=said, ends_after=500.0))
        except BaseExceptionGroup as group:
            if group.subgroup(Died) is None:
                raise
        finally:
            self.desk.journal.revive()

    @rule(run=runs, verb=verbs)
    def asks(self, run: str, verb: SignalVerb) -> None:
        """Somebody asks something while nobody drives."""
        self.within(partial(self.ask, run, verb))

    @rule(run=runs, apart=times)
    def two_drive(self, run: str, apart: float) -> None:
        """Two living processes want the same run: one of them drives it."""

        async def both() -> None:
            """Be two processes."""
            alive: set[Owner] = set()

            def life(owner: Owner) -> Life:
                """Know which of them lives."""
                return Life.ALIVE if owner in alive else Life.DEAD

            async def one(after: float) -> None:
                """Be one of them, after some time."""
                await anyio.sleep(after)
                engine = self.desk.engine(journey, leg, life=life)
                alive.add(engine.owner)
                await self.drive(engine, run)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(one, 0.0)
                tasks.start_soon(one, apart + 0.01)

        self.within(both)

    @rule(seconds=times)
    def time_passes(self, seconds: float) -> None:
        """Nobody does anything for a while."""
        self.desk.skew += seconds

    # --- what always holds -----------------------------------------------------------

    def history(self, run: str) -> History:
        """Fold a run's rows, checked; empty where it has none."""
        found = History()

        async def fold() -> None:
            """Read them."""
            nonlocal found
            found = History.of(await self.rows(run))

        self.within(fold)
        return found

    @invariant()
    def effects_are_there_once(self) -> None:
        """Whatever was lost or repeated on the way."""
        guarded = [name for name in self.desk.world.done if "back" not in name]

        assert len(set(guarded)) == len(guarded)

    @invariant()
    def nobody_holds_a_run_that_nobody_drives(self) -> None:
        """But those whose process died, which another process may take at once."""
        for run, kept in self.desk.journal._runs.items():
            if kept.listed.ended and kept.beat.owner is not None:
                assert History.of(kept.rows).is_ended, run

    @invariant()
    def every_end_has_its_cause(self) -> None:
        """Nobody aborted what nobody asked to abort, and so on."""
        for run, model in self.models.items():
            history = self.history(run)
            if model.end is not None:
                self.has_its_cause(run, model, history)

            if SignalVerb.ABORT not in model.asked:
                assert history.state not in {State.ABORTING, State.ABORTED}

    def has_its_cause(self, run: str, model: Model, history: History) -> None:
        """Hold an end to what was asked for and what was done."""
        done = {name[5:] for name in self.desk.world.done if name.startswith(run[:4])}
        if model.end == "done":
            assert SignalVerb.APPROVE in model.asked
            assert set(WHOLE) == done
            assert State.SUCCEEDED is history.state
            return

        causes = {"Aborted": SignalVerb.ABORT, "Denied": SignalVerb.DENY}
        assert model.end in {*causes, "DeadlineExceeded"}
        assert "back" in done
        assert "z" not in done or model.end == "Aborted"
        if model.end in causes:
            assert causes[model.end] in model.asked

    @invariant()
    def an_end_is_an_end(self) -> None:
        """No row is ever added behind it."""
        for run, kept in self.desk.journal._runs.items():
            if kept.listed.ended:
                assert len(kept.rows) == self.ends.setdefault(run, len(kept.rows))

    def teardown(self) -> None:
        """Everything comes to an end once somebody is left alone with it."""
        begun = {run for run, model in self.models.items() if model.begun}
        if begun:
            said = [(run, SignalVerb.APPROVE, 20.0) for run in sorted(begun)]
            for _ in range(3):  # a pause that waits in an inbox stops nobody twice
                self.within(partial(self.process, begun, said=said, ends_after=500.0))

        for run in begun:
            assert self.models[run].end is not None
            assert self.history(run).is_ended

        self.every_end_has_its_cause()
        self.effects_are_there_once()


class TrioStories(Stories):
    """The same stories on the other backend."""

    backend = "trio"


Stories.TestCase.settings = settings(
    max_examples=int(os.environ.get("ESA_FLOWS_STORIES", "40")),
    stateful_step_count=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TrioStories.TestCase.settings = Stories.TestCase.settings


class TestStories(Stories.TestCase):  # type: ignore[misc, valid-type]
    """Stories on asyncio."""


class TestTrioStories(TrioStories.TestCase):  # type: ignore[misc, valid-type]
    """Stories on trio."""
