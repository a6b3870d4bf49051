"""Rollouts: planned with reads alone, begun, joined or gone on with."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import anyio
from attrs import define, evolve, field, frozen

from esa_flows.connection import Connection
from esa_flows.engine.cause import cause
from esa_flows.engine.engine import new_run_id
from esa_flows.engine.observe import Happening, Moment, Observer, tell
from esa_flows.errors import (
    InvalidInput,
    Refused,
    ReleaseError,
    RunInProgress,
)
from esa_flows.fleet.draft import Facts, Seen, draft, slots_of
from esa_flows.fleet.makespan import Pace
from esa_flows.fleet.narrow import left_out, narrowed
from esa_flows.fleet.opening import refuse_frozen, refuse_late
from esa_flows.fleet.order import Order, order_of
from esa_flows.fleet.plan import RolloutPlan
from esa_flows.fleet.report import RolloutReport
from esa_flows.fleet.rollout import rollout as rollout_flow
from esa_flows.fleet.spec import Member, Rollout, refuse_twice
from esa_flows.fleet.waves import Candidate
from esa_flows.intake import Choices, release_of
from esa_flows.model import Canary, RoutineId, Selector
from esa_flows.model.freeze import Override
from esa_flows.outlook import Found, Outlook
from esa_flows.plans import Plans
from esa_flows.release.legs import take_back
from esa_flows.release.planned import PlannedRelease
from esa_flows.release.spec import Release
from esa_flows.releases import Releases
from esa_flows.wire.cap import Cap
from esa_flows.wire.lane import Lane

__all__ = ["Rollouts"]

REFUSALS = (ReleaseError, Refused, InvalidInput)
"""What is said of one routine, against trouble with the account or the network."""

MOST_TOLD = 20
"""Routines whose trouble is told in one error."""

MOST_RUNS = 100_000

Drive = Callable[..., Awaitable[RolloutReport]]
"""Drives a run to its end; takes an observer."""


@frozen(repr=False)
class Rollouts:
    """Makes plans of rollouts and carries them out."""

    _connection: Connection
    _releases: Releases
    _plans: Plans

    def __repr__(self) -> str:
        return "<Rollouts>"

    async def plan(self, wanted: Rollout, run_id: str = "") -> RolloutPlan:
        """Say what a rollout would do. Every call is a read, and nothing is recorded.

        Args:
            wanted: What is wanted.
            run_id: The id that its run shall have; drawn where empty.

        Raises:
            InvalidInput: It cannot be done as it is written; says all that is wrong.
            Refused: A pattern was given, and the provider does not show all routines.
        """
        parts, settings = self._connection.parts, self._connection.settings
        run = run_id or new_run_id(parts.random)
        there = await self._named(wanted)
        members = narrowed(there, wanted.only)
        asked = await self._taken_in(members)
        looking = _Looking(outlook=Outlook(self._connection), run=run)
        await looking.through(asked, await self._under_way(), wanted.concurrency)
        pace = Pace(calls=settings.calls_per_second, latency=looking.latency)
        notes = left_out(wanted.only, len(members), len(there))
        facts = Facts(run=run, made_at=parts.now(), pace=pace, notes=notes)
        return draft(wanted, looking.seen(asked), facts, looking.replan)

    async def carry_out(
        self,
        plan: RolloutPlan,
        *,
        is_lost: bool = False,
        waits: bool = False,
        override: Override | None = None,
    ) -> Drive:
        """Give what drives the run that a plan names to its end.

        Args:
            plan: What to do.
            is_lost: Whether it may have been begun under a journal that is gone: then
                each routine finds out where it stands, which takes a while.
            waits: Whether it may begin inside a freeze window and wait for its end.
            override: Who said that it shall not heed its freeze windows, and why.

        Raises:
            Frozen: It would begin inside a freeze window.
            RunInProgress: A routine of it has an unfinished run of something else.
            InvalidInput: A bundle of it is nowhere.
        """
        parts, journal = self._connection.parts, self._connection.engine.journal
        known = await journal.find(plan.run)
        if any(row.run.id == plan.run for row in known):
            refuse_late(plan, override)
            return partial(self._driven, partial(self._joined, plan))

        if not (is_lost or waits or override):
            refuse_frozen(plan, parts.now())

        await self._refuse_busy(plan)
        for release in _with_each_bundle(plan):
            await self._plans.fetch(release)

        settle = self._connection.settings.settle if is_lost else None
        order = order_of(plan, settle=settle, override=override)
        return partial(self._driven, partial(self._begun, plan, order))

    @contextmanager
    def watched(self, observer: Observer | None) -> Iterator[Observer]:
        """Drive runs inside; while a rollout goes back it has the whole cap.

        Args:
            observer: Told what they do.
        """
        with ExitStack() as stack:
            yield _Watch(cap=self._connection.cap, stack=stack, observer=observer)

    async def _driven(
        self, drive: Callable[..., Awaitable[Any]], observer: Observer | None = None
    ) -> Any:
        with self.watched(observer) as watch:
            return await drive(observer=watch)

    async def _joined(self, plan: RolloutPlan, *, observer: Observer) -> Any:
        """Wait while a living process drives it, then give its end or go on.

        Where its process died before it recorded anything, it is begun.
        """
        view = await self._releases.runs.left(plan.run)
        if view.history.started:
            return await self._releases.resume(plan.run, observer=observer)

        return await self._begun(plan, order_of(plan), observer=observer)

    async def _begun(
        self, plan: RolloutPlan, order: Order, *, observer: Observer
    ) -> RolloutReport:
        count = sum(len(wave.tasks) for wave in order.waves)
        return await self._connection.engine.start(
            rollout_flow,
            order,
            subject=plan.name or f"{count} routines",
            run_id=plan.run,
            observer=observer,
        )

    # --- before the plan

    async def _named(self, wanted: Rollout) -> tuple[Member, ...]:
        """Give the routines by their names: patterns mean those of the account.

        A routine that is named itself is not meant by a pattern, too.
        """
        named = {each.routine for each in wanted.members if not each.is_pattern}
        members: list[Member] = []
        there: tuple[str, ...] | None = None
        for each in wanted.members:
            if not each.is_pattern:
                members.append(each)
                continue

            if there is None:
                found = await self._connection.cloud.list_routines()
                there = tuple(sorted(one.name for one in found))

            members += _fitting(each, there, named)

        refuse_twice(each.routine for each in members)
        return tuple(members)

    async def _taken_in(self, members: Sequence[Member]) -> "tuple[_Asked, ...]":
        """Check what is asked for and take the code in, each file once."""
        known: dict[Any, Release] = {}
        asked, troubles = list[_Asked](), list[str]()
        for each in members:
            try:
                asked.append(await self._asked(each, known))
            except InvalidInput as error:
                troubles.append(f"{each.routine}: {error}")

        _refuse(troubles)
        return tuple(asked)

    async def _asked(self, each: Member, known: dict[Any, Release]) -> "_Asked":
        needs = tuple(map(RoutineId, each.depends_on))
        name = RoutineId(each.routine)
        like = (each.code, str(each.canary), repr(sorted(each.choices.items())))
        if like not in known:
            choices = Choices(**{"canary": each.canary, **each.choices})  # type: ignore[typeddict-item]
            known[like] = await release_of(
                self._connection, name.name, each.code, **choices
            )

        release = evolve(known[like], routine=name.name)
        candidate = Candidate(name=name, labels=each.labels, depends_on=needs)
        return _Asked(candidate=candidate, release=release)

    async def _under_way(self) -> dict[str, str]:
        """Give the unfinished runs, by what they are about."""
        journal = self._connection.engine.journal
        rows = await journal.list(unfinished=True, most=MOST_RUNS)
        return {row.run.subject: row.run.id for row in rows if row.run.subject}

    async def _refuse_busy(self, plan: RolloutPlan) -> None:
        """Refuse routines that another run is at.

        Raises:
            RunInProgress: Names them, and their runs.
        """
        busy = await self._under_way()
        realm = self._connection.settings.realm
        names = (name for wave in plan.waves for name in wave.routines)
        held = {n: busy[s] for n in names if (s := realm.subject(n)) in busy}
        if held:
            told = [f"{name} by run {run}" for name, run in held.items()]
            run = next(iter(held.values())).partition(".")[0]
            raise RunInProgress(
                f"Held by unfinished runs: {_some(told)}.",
                next_move=f"Finish it with: esa-flows resume {run}{realm.flag} - or go"
                f" back with: esa-flows abort {run}{realm.flag}",
            )


@frozen(kw_only=True)
class _Asked:
    """A routine with its release, as it was asked for."""

    candidate: Candidate
    release: Release


@define(kw_only=True)
class _Looking:
    """Looks at many routines, some at once."""

    outlook: Outlook
    run: str
    latency: float = 0.0
    _found: dict[RoutineId, Found] = field(factory=dict, init=False)
    _planned: dict[RoutineId, PlannedRelease] = field(factory=dict, init=False)
    _refused: dict[RoutineId, str] = field(factory=dict, init=False)

    async def through(
        self, asked: Sequence[_Asked], busy: dict[str, str], at_once: int
    ) -> None:
        """Look at all of them; the first alone, to see how long a call takes.

        Raises:
            EsaFlowsError: What ended a look, where it says nothing of one routine.
        """
        waiting = iter(asked)
        while not self._found and (first := next(waiting, None)) is not None:
            began = anyio.current_time()
            await self._some(iter([first]), busy)
            calls = sum(found.calls for found in self._found.values())
            self.latency = (anyio.current_time() - began) / max(1, calls)

        try:
            async with anyio.create_task_group() as tasks:
                for _ in range(at_once):
                    tasks.start_soon(self._some, waiting, busy)
        except ExceptionGroup as group:
            raise cause(group) from None

    def seen(self, asked: Sequence[_Asked]) -> tuple[Seen, ...]:
        """Give what was seen of each."""
        return tuple(self._seen(each.candidate) for each in asked)

    def replan(self, planned: PlannedRelease, canary: Canary) -> PlannedRelease:
        """Give what a release would do if it went by another canary."""
        release = evolve(planned.release, canary=canary, areas=None)
        found = self._found[release.id]
        return self.outlook.planned(release, found, run=self.run)

    async def _some(self, waiting: Iterator[_Asked], busy: dict[str, str]) -> None:
        for each in waiting:
            name, release = each.candidate.name, each.release
            run = busy.get(release.realm.subject(name))
            if run:
                self._refused[name] = f"Unfinished run {run} is at it."
                continue

            try:
                found = self._found[name] = await self.outlook.look(release)
                self._planned[name] = self.outlook.planned(release, found, run=self.run)
            except REFUSALS as error:
                self._refused[name] = str(error)

    def _seen(self, candidate: Candidate) -> Seen:
        planned = self._planned.get(candidate.name)
        if planned is None:
            return Seen(candidate=candidate, refusal=self._refused[candidate.name])

        found = self._found[candidate.name].survey
        return Seen(
            candidate=candidate, planned=planned, slots=slots_of(planned, found)
        )


@define(kw_only=True)
class _Watch:
    """Tells an observer; gives the cap to the way back as soon as there is one."""

    cap: Cap
    stack: ExitStack
    observer: Observer | None
    _goes_back: bool = False

    def __call__(self, happening: Happening) -> None:
        begins = happening.moment in {Moment.RUN_STARTED, Moment.RUN_RESUMED}
        is_back = begins and happening.facts.get("flow") == take_back.name
        if is_back and not self._goes_back:
            self._goes_back = True
            self.stack.enter_context(self.cap.only(Lane.ROLLBACK))

        if self.observer is not None:
            tell(self.observer, happening)


def _fitting(
    member: Member, there: Sequence[str], named: set[str]
) -> tuple[Member, ...]:
    """Give a member for each routine that a pattern means.

    Raises:
        InvalidInput: It means none.
    """
    selector = Selector((member.routine,))
    fitting = [name for name in there if selector.matches(name)]
    if not fitting:
        raise InvalidInput(
            f"No routine of the account is called like {member.routine}.",
            next_move="See those there are with: esa-flows routines list",
        )

    return tuple(evolve(member, routine=n) for n in fitting if n not in named)


def _with_each_bundle(plan: RolloutPlan) -> tuple[Release, ...]:
    """Give a release of each bundle of a plan."""
    planned = (each.release for each in plan.routines if each.wave)
    releases = (each.release for each in planned if each)
    return tuple({release.bundle.digest: release for release in releases}.values())


def _refuse(troubles: Sequence[str]) -> None:
    if len(troubles) == 1:
        raise InvalidInput(troubles[0])

    if troubles:
        told = "\n  ".join(troubles[:MOST_TOLD])
        more = len(troubles) - MOST_TOLD
        rest = f"\n  and {more} more" if more > 0 else ""
        raise InvalidInput(f"{len(troubles)} things are wrong:\n  {told}{rest}")


def _some(told: Sequence[str]) -> str:
    more = len(told) - MOST_TOLD
    rest = f" and {more} more" if more > 0 else ""
    return ", ".join(told[:MOST_TOLD]) + rest
