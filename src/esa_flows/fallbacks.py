"""Routines of a fleet taken back to what served before: planned with reads alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import anyio
from attrs import define, evolve, field, frozen

from esa_flows.connection import Connection
from esa_flows.engine.cause import one_error
from esa_flows.engine.history import History
from esa_flows.engine.observe import Observer
from esa_flows.errors import Conflict, InvalidInput, Refused, ReleaseError
from esa_flows.fleet.account import Account
from esa_flows.fleet.fallback import CALLS, fallback, fallback_of
from esa_flows.fleet.makespan import Pace
from esa_flows.fleet.recorded import WAYS_BACK, recorded_way_back
from esa_flows.fleet.report import RolloutReport, RoutineEnd, RoutineReport
from esa_flows.fleet.way_back import Return, WayBack, pace_in
from esa_flows.model import Cloud, Realm, RoutineId, Split
from esa_flows.release.rollback import rollback_target
from esa_flows.releases import Releases
from esa_flows.steps.observe import World
from esa_flows.wire.lane import way_back

__all__ = ["Fallbacks"]

REFUSALS = (ReleaseError, Refused, InvalidInput)
"""What is said of one routine, against trouble with the account or the network."""

AT_ONCE = 64
"""Routines that are looked at at once: the cap is what that waits for."""

MOST_RUNS = 100_000


@frozen(kw_only=True)
class UnderWay:
    """A way back of many routines that has not ended.

    Attributes:
        realm: Where it was begun.
        is_fleet: Whether it takes back what a file says, not what a rollout released.
        plan: What it does, with its run as the one to join.
    """

    realm: Realm
    is_fleet: bool
    plan: WayBack


@frozen(repr=False)
class Fallbacks:
    """Takes many routines back, each to the version that served before."""

    _connection: Connection
    _releases: Releases

    def __repr__(self) -> str:
        return "<Fallbacks>"

    async def plan(
        self,
        name: str,
        routines: Sequence[RoutineId],
        accounts: Mapping[str, Account],
    ) -> WayBack:
        """Say what would go where. Every call is a read, in the first lane of the cap.

        Where an unfinished run takes just these back, what that does is said.

        Args:
            name: What they are called together.
            routines: Which; their accounts are open.
            accounts: How further accounts are reached, by name.
        """
        others = await self._under_way()
        joined = self._same(others, routines)
        if joined:
            return joined

        held = {name: each for each in others for name in each.plan.going}
        busy = await self._busy()
        looking = _Looking(connection=self._connection, busy=busy, others=held)
        with way_back():
            await looking.through(routines)

        found = looking.found
        ends = [found[routine] for routine in routines]
        own = Pace(calls=self._connection.settings.calls_per_second)
        return WayBack(
            name=name,
            returns=tuple(end for end in ends if isinstance(end, Return)),
            stays=tuple(end for end in ends if isinstance(end, RoutineReport)),
            pace=pace_in(accounts, own),
            accounts=accounts,
        )

    async def go(self, plan: WayBack, observer: Observer) -> RolloutReport:
        """Take them back as planned; what serves something else by now stays.

        An unfinished run that takes just these back is joined.

        Args:
            plan: What `plan` gave.
            observer: Told what the runs do.

        Raises:
            Conflict: None of them can go back, as others are at them.
            InvalidInput: None of them can go back.
        """
        others = () if plan.joins else await self._under_way()
        same = plan if plan.joins else self._same(others, plan.meant)
        if same:
            joined: RolloutReport
            joined = await self._releases.join(same.joins, observer=observer)
            return joined

        _refuse_none(plan)
        wanted = fallback_of(plan, self._connection.settings.cloud)
        return await self._connection.engine.start(
            fallback, wanted, subject=plan.name, observer=observer
        )

    def _same(
        self, others: Iterable[UnderWay], routines: Iterable[RoutineId]
    ) -> WayBack | None:
        """Give what an unfinished run does that takes just these back."""
        own, meant = self._connection.settings.realm, {*routines}
        for each in others:
            if each.is_fleet and each.realm == own and each.plan.meant == meant:
                return each.plan

        return None

    async def _under_way(self) -> tuple[UnderWay, ...]:
        """Give the ways back of many routines of this cloud that have not ended."""
        settings, journal = self._connection.settings, self._connection.engine.journal
        pace, found = Pace(calls=settings.calls_per_second), list[UnderWay]()
        for row in await journal.list(unfinished=True, heads=True, most=MOST_RUNS):
            if row.run.flow not in WAYS_BACK:
                continue

            started = History.of(await journal.rows(row.run.id)).started
            realm = Realm.at(started.get("place") or Cloud.ESA)
            plan = recorded_way_back(started, pace)
            if plan and realm.cloud is settings.cloud:
                is_fleet = row.run.flow == fallback.name
                plan = evolve(plan, joins=row.run.id)
                found.append(UnderWay(realm=realm, is_fleet=is_fleet, plan=plan))

        return tuple(found)

    async def _busy(self) -> dict[str, str]:
        """Give the unfinished runs, by what they are about."""
        journal = self._connection.engine.journal
        rows = await journal.list(unfinished=True, most=MOST_RUNS)
        return {row.run.subject: row.run.id for row in rows if row.run.subject}


@define(kw_only=True)
class _Looking:
    """Looks at many routines, some of each account at once."""

    connection: Connection
    busy: dict[str, str]
    others: dict[RoutineId, UnderWay]
    found: dict[RoutineId, Return | RoutineReport] = field(factory=dict)

    async def through(self, routines: Sequence[RoutineId]) -> None:
        """Look at all of them."""
        its: dict[str, list[RoutineId]] = {}
        for routine in routines:
            its.setdefault(routine.account, []).append(routine)

        async with one_error(), anyio.create_task_group() as tasks:
            for those in its.values():
                waiting = iter(those)
                for _ in range(min(AT_ONCE, len(those))):
                    tasks.start_soon(self._some, waiting)

    async def _some(self, waiting: Iterator[RoutineId]) -> None:
        for routine in waiting:
            self.found[routine] = await self._look(routine)

    async def _look(self, routine: RoutineId) -> Return | RoutineReport:
        own = self.connection.settings.realm
        realm = evolve(own, account=routine.account)
        other = self.others.get(routine)
        if other:  # it may be back already, and must not go back from there
            return _held(routine, other.plan.joins, other.realm)

        run = self.busy.get(realm.subject(routine.name))
        if run:
            return _held(routine, run, own if "." in run else realm)

        cloud = self.connection.at(routine.account).cloud
        try:
            seen = await cloud.observe(routine.name)
            versions = await cloud.list_versions(routine.name)
            world = World(routine=seen, versions=versions)
            target = rollback_target(world, None, realm)
        except REFUSALS as error:
            return _stays(routine, RoutineEnd.REFUSED, error.message, error.next_move)

        production = seen.production
        return Return(
            routine=routine,
            serves=production.split if production else None,
            to=Split.whole(target),
            calls=CALLS,
            first=CALLS,
        )


def _held(routine: RoutineId, run: str, realm: Realm) -> RoutineReport:
    head = run.partition(".")[0]
    return _stays(
        routine,
        RoutineEnd.CONFLICT,
        f"Run {run} is at it, and has not ended.",
        f"Finish that with: esa-flows resume {head}{realm.flag} - or take it back with:"
        f" esa-flows abort {head}{realm.flag}",
    )


def _stays(
    routine: RoutineId, end: RoutineEnd, reason: str, next_move: str
) -> RoutineReport:
    return RoutineReport(routine=routine, end=end, reason=reason, next_move=next_move)


def _refuse_none(plan: WayBack) -> None:
    """Refuse a way back on which nothing goes.

    Raises:
        Conflict: Others are at them.
        InvalidInput: For other reasons.
    """
    if plan.returns:
        return

    held = [each for each in plan.stays if each.end is RoutineEnd.CONFLICT]
    kind = Conflict if held else InvalidInput
    first = (held or [*plan.stays])[0]
    count = len(plan.stays)
    told = f"None of these {count} routines can" if count > 1 else "It cannot"
    raise kind(
        f"{told} go back. {first.routine}: {first.reason}",
        next_move=first.next_move,
    )
