"""What releases would find and do, found out with reads alone; nothing is recorded."""

import contextlib
from collections import Counter
from collections.abc import Mapping

import anyio
from attrs import evolve, frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.connection import Connection
from esa_flows.engine.cause import one_error
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import NothingPrunable, RoutineNotFound
from esa_flows.fleet.plan import RolloutPlan
from esa_flows.model import Routine, RoutineId, VersionId
from esa_flows.release.conflict import refuse_canary
from esa_flows.release.forecast import forecast, victims_of
from esa_flows.release.legs import changed_since
from esa_flows.release.planned import PlannedRelease
from esa_flows.release.spec import Release
from esa_flows.release.survey import Survey, survey
from esa_flows.wire.permit import Permit, Verb

__all__ = ["Found", "Outlook"]

COMPARING = (Op.READ_CODE, Op.INFO, Op.VARIABLES)
"""Calls that finding out takes as often as the release does."""


@frozen(kw_only=True)
class Found:
    """What a release would find.

    Attributes:
        survey: What there is.
        compared: Calls that comparing versions took.
        calls: All calls that it took.
        saved: Versions that may have to go whose code is in the store.
    """

    survey: Survey
    compared: Mapping[Op, int]
    calls: int
    saved: frozenset[VersionId]


@frozen(repr=False)
class Outlook:
    """Looks at what releases would find, and says what they would do."""

    _connection: Connection

    def __repr__(self) -> str:
        return "<Outlook>"

    async def look(self, wanted: Release) -> Found:
        """Look at all that decides what a release would do. Several may look at once.

        Args:
            wanted: What is wanted.

        Raises:
            RoutineNotFound: There is no such routine and it may not be created.
        """
        asked = Counter[str]()
        connection = self._connection
        cloud, engine = connection.cloud, connection.engine

        def bound(permit: Permit) -> RoutineCloud:
            """Give the port that counts for this look."""
            return cloud.bound(permit=_counting(permit, asked))

        ports = dict(connection.ports) | {RoutineCloud: bound}
        own = evolve(engine, journal=MemoryJournal(), ports=ports)
        found = await own.start(survey, wanted, subject=wanted.routine)
        return Found(
            survey=found,
            compared={op: asked[op.name] for op in COMPARING},
            calls=asked.total(),
            saved=frozenset(await self._saved(wanted, found)),
        )

    async def changed(self, plan: RolloutPlan) -> dict[RoutineId, str]:
        """Say which routines of a plan serve something else than when it was made.

        One look for each that is to be released.

        Args:
            plan: The plan.

        Returns:
            What has changed, in a sentence, by routine.
        """
        waiting = iter([each for each in plan.routines if each.wave])
        found: dict[RoutineId, str] = {}

        async def some() -> None:
            """Look at one after the other."""
            for each in waiting:
                before = each.release.before if each.release else None
                there = self._connection.at(each.routine.account)
                try:
                    now = await there.cloud.observe(each.routine.name)
                except RoutineNotFound:
                    now = Routine(name=each.routine.name)

                found[each.routine] = changed_since(before, now)

        async with one_error(), anyio.create_task_group() as tasks:
            for _ in range(plan.concurrency):
                tasks.start_soon(some)

        return {routine: told for routine, told in found.items() if told}

    def planned(self, wanted: Release, found: Found, *, run: str) -> PlannedRelease:
        """Say what a release would do.

        Args:
            wanted: What is wanted.
            found: What it would find.
            run: The id its run will have.

        Raises:
            Conflict: Somebody's canary is under way.
            NothingPrunable: There is no room, and every version must stay.
        """
        world = found.survey.world
        if world is not None:
            refuse_canary(wanted, world)

        settings = self._connection.settings
        told = forecast(
            wanted,
            found.survey,
            compared=found.compared,
            saved=found.saved,
            knows_staging=bool(settings.staging_edge),
            edge_lag=settings.edge_lag.seconds,
        )
        before = world.routine if world else None
        return PlannedRelease(run=run, release=wanted, before=before, forecast=told)

    async def _saved(self, wanted: Release, found: Survey) -> set[VersionId]:
        """Give those versions that have to go whose code is in the store.

        That too many must stay is said by the plan, after what is worse.
        """
        blobs, saved = self._connection.blobs, set[VersionId]()
        with contextlib.suppress(NothingPrunable):
            for version in victims_of(wanted, found):
                if version.tag and len(await blobs.find(version.tag.content)) == 1:
                    saved.add(version.id)

        return saved


def _counting(permit: Permit, asked: Counter[str]) -> Permit:
    """Count the calls that a permit lets pass."""

    def ask(verb: Verb) -> None:
        permit(verb)
        asked[verb.name] += 1

    return ask
