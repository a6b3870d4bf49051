"""Rollouts: planned with reads alone, begun, joined or gone on with."""

import datetime as dt
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any

import anyio
from attrs import define, evolve, field, frozen

from esa_flows.accounts import Accounts
from esa_flows.connection import Connection
from esa_flows.engine.cause import one_error
from esa_flows.engine.codec import decode
from esa_flows.engine.engine import new_run_id
from esa_flows.engine.observe import Happening, Moment, Observer, tell
from esa_flows.engine.view import RunView
from esa_flows.errors import (
    InvalidInput,
    RunInProgress,
)
from esa_flows.fleet.draft import Facts, draft
from esa_flows.fleet.makespan import Pace
from esa_flows.fleet.narrow import left_out, narrowed
from esa_flows.fleet.opening import refuse_frozen, refuse_late
from esa_flows.fleet.order import Order, order_of
from esa_flows.fleet.plan import PlannedAccount, RolloutPlan
from esa_flows.fleet.report import RolloutReport
from esa_flows.fleet.rollout import rollout as rollout_flow
from esa_flows.fleet.spec import Member, Rollout, refuse_twice
from esa_flows.fleet.waves import Candidate
from esa_flows.intake import Choices, release_of
from esa_flows.model import Cloud, Realm, RoutineId, Selector
from esa_flows.model.freeze import Override
from esa_flows.outlook import Outlook
from esa_flows.plans import Plans
from esa_flows.prospects import Asked, Prospects
from esa_flows.release.legs import take_back
from esa_flows.release.rollback import rollback
from esa_flows.release.spec import Release
from esa_flows.releases import Releases
from esa_flows.wire.lane import Lane

__all__ = ["Rollouts"]

MOST_TOLD = 20
"""Routines whose trouble is told in one error."""

MOST_RUNS = 100_000

BUNDLES_AT_ONCE = 16
"""Bundles that are taken in beside each other."""

FRESH = dt.timedelta(minutes=1)
"""Age of a plan up to which nobody looks whether the world is still as it says."""

GO_FIRST = frozenset({take_back.name, rollback.name})
"""Flows for which the cap leaves everything else waiting."""

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
        parts = self._connection.parts
        run = run_id or new_run_id(parts.random)
        keys = await self._opened(wanted)
        there = await self._named(wanted)
        members = narrowed(there, wanted.only)
        asked = await self._taken_in(members)
        looking = Prospects.of(self._connection, self._used(wanted), run)
        await looking.through(asked, await self._under_way(), wanted.concurrency)
        pace = self._pace(looking.latencies, wanted.calls_per_second)
        facts = Facts(
            run=run,
            made_at=parts.now(),
            pace=pace,
            notes=left_out(wanted.only, len(members), len(there)),
            accounts=tuple(_planned(wanted, name, key, pace) for name, key in keys),
        )
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

        await self._open(plan)
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
            yield _Watch(
                accounts=self._connection.accounts, stack=stack, observer=observer
            )

    async def _driven(
        self, drive: Callable[..., Awaitable[Any]], observer: Observer | None = None
    ) -> Any:
        with self.watched(observer) as watch:
            return await drive(observer=watch)

    async def _joined(self, plan: RolloutPlan, *, observer: Observer) -> Any:
        """Wait while a living process drives it, then give its end or go on.

        Where its process died before it recorded anything, it is begun.

        Raises:
            RunInProgress: It was begun to stop elsewhere.
        """
        view = await self._releases.runs.left(plan.run)
        if view.history.started:
            _refuse_other_stops(plan, view)
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

    async def refused(self, plan: RolloutPlan) -> dict[RoutineId, str]:
        """Say which routines of a plan would not be released, and why.

        Args:
            plan: The plan.
        """
        known = await self._connection.engine.journal.find(plan.run)
        if any(row.run.id == plan.run for row in known):
            return {}

        refused = {each.routine: each.why for each in plan.refused}
        age = self._connection.parts.now() - plan.made_at
        if dt.timedelta(0) <= age < FRESH:
            return refused

        await self._open(plan)
        return refused | await Outlook(self._connection).changed(plan)

    async def meant(self, wanted: Rollout) -> tuple[RoutineId, ...]:
        """Give the routines that a rollout means: all that fit, or a refusal.

        Their accounts are open then.

        Args:
            wanted: What is wanted.

        Raises:
            InvalidInput: It means none, or an account of them cannot be reached.
            Refused: A pattern was given, and the provider does not show all routines.
        """
        await self._opened(wanted)
        own = self._connection.settings.account
        members = narrowed(await self._named(wanted), wanted.only)
        return tuple(
            RoutineId.of(each.account or own, each.routine) for each in members
        )

    # --- before the plan

    @property
    def _cloud(self) -> Cloud:
        return self._connection.settings.cloud

    def _at(self, account: str) -> Connection:
        return self._connection.at(account)

    def _used(self, wanted: Rollout) -> tuple[str, ...]:
        """Give the names of the accounts that a rollout's routines are in."""
        own = self._connection.settings.account
        return tuple(name or own for name in wanted.used)

    async def _open(self, plan: RolloutPlan) -> None:
        """Open the accounts of a plan."""
        accounts = {each.name: each.access for each in plan.accounts}
        declared = {name: access for name, access in accounts.items() if access}
        await self._connection.accounts.open(declared, accounts)

    async def _opened(self, wanted: Rollout) -> tuple[tuple[str, str], ...]:
        """Open the accounts of a rollout; give the masked ids of their access keys.

        Where all is in the client's own it is as if there were no accounts.
        """
        if not any(wanted.used):
            return ()

        accounts, used = self._connection.accounts, self._used(wanted)
        return tuple((await accounts.open(wanted.accounts, used)).items())

    def _pace(self, latencies: Mapping[str, float], limit: int | None) -> Pace:
        """Give how fast calls go, in each account."""

        def at(account: str, latency: float) -> Pace:
            cap = self._at(account).settings.calls_per_second
            calls = cap if limit is None else min(cap, limit)
            return Pace(calls=calls, latency=latency, cap=cap)

        others = {name: at(name, latency) for name, latency in latencies.items()}
        return evolve(at("", max(latencies.values())), others=others)

    async def _named(self, wanted: Rollout) -> tuple[Member, ...]:
        """Give the routines by their names: patterns mean those of their account.

        A routine that is named itself is not meant by a pattern, too.
        """
        named = {each.id for each in wanted.members if not each.is_pattern}
        members: list[Member] = []
        there: dict[str, tuple[str, ...]] = {}
        for each in wanted.members:
            if not each.is_pattern:
                members.append(each)
                continue

            if each.account not in there:
                found = await self._at(each.account).cloud.list_routines()
                there[each.account] = tuple(sorted(one.name for one in found))

            members += _fitting(each, there[each.account], named)

        refuse_twice(each.id for each in members)
        return tuple(members)

    async def _taken_in(self, members: Sequence[Member]) -> tuple[Asked, ...]:
        """Check what is asked for and take the code in, each file once."""
        known: dict[Any, Release] = {}
        await self._stocked(members, known)
        asked, troubles = list[Asked](), list[str]()
        for each in members:
            try:
                asked.append(await self._asked(each, known))
            except InvalidInput as error:
                troubles.append(f"{each.id}: {error}")

        _refuse(troubles)
        return tuple(asked)

    async def _stocked(
        self, members: Sequence[Member], known: dict[Any, Release]
    ) -> None:
        """Take in one of each kind, some at once: a bundle waits for the disk."""
        waiting = iter({_kind(each): each for each in reversed(members)}.values())

        async def some() -> None:
            for each in waiting:
                with suppress(InvalidInput):  # told in the members' order, later
                    await self._asked(each, known)

        async with one_error(), anyio.create_task_group() as tasks:
            for _ in range(BUNDLES_AT_ONCE):
                tasks.start_soon(some)

    async def _asked(self, each: Member, known: dict[Any, Release]) -> Asked:
        connection = self._at(each.account)
        account = connection.settings.account
        name = RoutineId.of(account, each.routine)
        needs = tuple(_needed(account, needed) for needed in each.depends_on)
        like = _kind(each)
        if like not in known:
            choices = Choices(**{"canary": each.canary, **each.choices})  # type: ignore[typeddict-item]
            known[like] = await release_of(connection, name.name, each.code, **choices)

        release = evolve(known[like], routine=name.name)
        candidate = Candidate(name=name, labels=each.labels, depends_on=needs)
        return Asked(candidate=candidate, release=release)

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
        flag, whole = self._connection.settings.realm.flag, Realm(self._cloud)
        names = (name for wave in plan.waves for name in wave.routines)
        held = {n: busy[s] for n in names if (s := whole.subject(n)) in busy}
        if held:
            told = [f"{name} by run {run}" for name, run in held.items()]
            run = next(iter(held.values())).partition(".")[0]
            raise RunInProgress(
                f"Held by unfinished runs: {_some(told)}.",
                next_move=f"Finish it with: esa-flows resume {run}{flag} - or go"
                f" back with: esa-flows abort {run}{flag}",
            )


@define(kw_only=True)
class _Watch:
    """Tells an observer; gives the cap to the way back as soon as there is one."""

    accounts: Accounts
    stack: ExitStack
    observer: Observer | None
    _going_back: set[str] = field(factory=set, init=False)

    def __call__(self, happening: Happening) -> None:
        begins = happening.moment in {Moment.RUN_STARTED, Moment.RUN_RESUMED}
        if begins and happening.facts.get("flow") == rollout_flow.name:
            self.stack.enter_context(self.accounts.kept_to(happening.run))

        is_back = begins and happening.facts.get("flow") in GO_FIRST
        if is_back:
            self._give_way(Realm.read(happening.facts["subject"])[0].account)

        if self.observer is not None:
            tell(self.observer, happening)

    def _give_way(self, account: str) -> None:
        """Keep the cap of an account for the way back, until all is over."""
        if account not in self._going_back:
            self._going_back.add(account)
            self.stack.enter_context(self.accounts.at(account).cap.only(Lane.ROLLBACK))


def _needed(account: str, name: str) -> RoutineId:
    """Give which routine another one depends on; one of its own account has no word."""
    return RoutineId(name if "/" in name else RoutineId.of(account, name))


def _planned(wanted: Rollout, name: str, key: str, pace: Pace) -> PlannedAccount:
    """Give an account as far as it is known before anything is planned."""
    its = pace.at(name)
    return PlannedAccount(
        name=name,
        access=wanted.accounts.get(name),
        access_key=key,
        calls_per_second=its.calls,
        latency=its.latency,
    )


def _kind(member: Member) -> tuple[Any, ...]:
    """Tell what is released from what else is: routines of a kind differ by name."""
    choices = repr(sorted(member.choices.items()))
    return member.account, member.code, str(member.canary), choices


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
        told, flag = f" {member.account}".rstrip(), Realm(account=member.account).flag
        raise InvalidInput(
            f"No routine of the account{told} is called like {member.routine}.",
            next_move=f"See those there are with: esa-flows routines list{flag}",
        )

    found = (evolve(member, routine=name) for name in fitting)
    return tuple(each for each in found if each.id not in named)


def _refuse_other_stops(plan: RolloutPlan, view: RunView) -> None:
    """Refuse to go on with a run that stops after other waves than is wanted now.

    Raises:
        RunInProgress: Says after which it does.
    """
    order: Order = decode(view.history.started["input"], Order)
    if view.history.is_ended or order.stops == plan.stops:
        return

    run = plan.run
    raise RunInProgress(
        f"Run {run} was begun to ask a person {_after(order.stops)}; now it should"
        f" {_after(plan.stops)}.",
        next_move=f"Go on with it as it was begun: esa-flows resume {run} - where it"
        f" asks, first: esa-flows approve {run}",
    )


def _after(waves: Sequence[int]) -> str:
    if not waves:
        return "after no wave"

    return f"after wave {' and '.join(map(str, waves))}"


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
