"""Migrations from DCDN to ESA: what one would do, and doing it."""

from attrs import frozen

from esa_flows.api.source import SourceRoutine
from esa_flows.connection import Connection
from esa_flows.engine.observe import Observer
from esa_flows.errors import InvalidInput, RoutineNotFound
from esa_flows.model import Canary, Deployment, RoutineName, SourceName, VersionId
from esa_flows.release.migrate import Migration, left_behind
from esa_flows.release.report import Report
from esa_flows.release.spec import QUOTA
from esa_flows.releases import Releases
from esa_flows.steps.take_over import live_version

__all__ = ["MigrationPlan", "Migrations", "target_of"]


@frozen(kw_only=True)
class MigrationPlan:
    """What a migration would do.

    Attributes:
        source: The routine as it is on DCDN.
        version: What serves production there, and would be taken over.
        routine: The routine of ESA.
        exists: Whether that is there already.
        serves: What it serves in production; None where nothing does.
        left: What does not come along, a sentence each.
    """

    source: SourceRoutine
    version: VersionId
    routine: RoutineName
    exists: bool
    serves: Deployment | None = None
    left: tuple[str, ...] = ()


@frozen
class Migrations:
    """Takes routines from DCDN to ESA; on DCDN everything stays as it is."""

    _connection: Connection
    _releases: Releases

    async def plan(self, source: str, *, to: str = "") -> MigrationPlan:
        """Say what a migration would do; reads only.

        Args:
            source: The routine on DCDN.
            to: The routine of ESA; of the same name by default.

        Raises:
            RoutineNotFound: DCDN has no such routine.
            NotFound: It serves nothing in production.
            InvalidInput: The client is not one of ESA.
        """
        cloud, routine = self._connection.settings.cloud, target_of(source, to)
        Migration(source=source, routine=routine, cloud=cloud)  # refuses other ways
        found = await self._connection.source().inspect(SourceName(source))
        version = live_version(found)
        exists, serves = True, None
        try:
            seen = await self._connection.cloud.observe(routine)
            serves = seen.production
        except RoutineNotFound:
            exists = False

        return MigrationPlan(
            source=found,
            version=version,
            routine=routine,
            exists=exists,
            serves=serves,
            left=left_behind(found),
        )

    def wanted(
        self,
        source: str,
        *,
        to: str = "",
        version: str = "",
        canary: Canary | str = "100",
        create: bool = False,
        protect: tuple[str, ...] = (),
        probe: bool = True,
    ) -> Migration:
        """Say what a migration is asked to do, as `Client.migrate` is told it.

        Raises:
            InvalidInput: Something given cannot be used.
        """
        settings = self._connection.settings
        quota = settings.version_quota
        return Migration(
            source=source,
            routine=target_of(source, to),
            version=VersionId(version) if version else None,
            canary=Canary.of(canary),
            create=create,
            quota=QUOTA if quota is None else quota,
            is_quota_given=quota is not None,
            protect=tuple(VersionId(each) for each in protect),
            probe=probe,
            cloud=settings.cloud,
        )

    async def run(
        self, wanted: Migration, *, run_id: str = "", observer: Observer | None = None
    ) -> Report:
        """Migrate; or join the unfinished run that does just that.

        Raises:
            ReleaseFailed: It ended, or stopped, otherwise than asked.
            RunInProgress: The routine of ESA has an unfinished run of something else.
        """
        joined = await self._releases.known(wanted, run_id)
        if not joined:
            return await self._releases.start(wanted, run_id=run_id, observer=observer)

        report: Report = await self._releases.join_or_start(
            wanted, run_id=joined, observer=observer
        )
        return report


def target_of(source: str, to: str) -> RoutineName:
    """Give the name on ESA: pure.

    Args:
        source: The name on DCDN.
        to: The name that was asked for; empty for the same one.

    Raises:
        InvalidInput: ESA would refuse it.
    """
    try:
        return RoutineName(to or source)
    except InvalidInput as error:
        if not to:
            error.next_move = "Name the routine of ESA with --to NAME."

        raise
