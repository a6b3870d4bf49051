"""A routine's versions: look at them, delete what nothing needs, make one again."""

from attrs import frozen

from esa_flows.connection import Connection
from esa_flows.engine.observe import Observer
from esa_flows.errors import InvalidInput, NotFound
from esa_flows.model import AreaCanary, Canary, Realm, RoutineName, VersionId
from esa_flows.release.backups import Kept
from esa_flows.release.report import Report
from esa_flows.release.restore import Restoring
from esa_flows.release.room import PrunePlan, tidying
from esa_flows.release.spec import QUOTA, Pruning, Release, canary_of
from esa_flows.releases import Releases, ended
from esa_flows.steps.find_backup import Backup, Missing
from esa_flows.steps.observe import World

__all__ = ["Versions"]

SHORTEST_DIGEST = 8
"""Digits of a digest that may name one."""


@frozen(repr=False)
class Versions:
    """The versions of this client's routines."""

    _connection: Connection
    _releases: Releases

    def __repr__(self) -> str:
        return "<Versions>"

    async def __call__(self, routine: str) -> World:
        """Give what serves where, and which versions there are.

        Args:
            routine: Its name.

        Raises:
            RoutineNotFound: There is no such routine.
        """
        name, cloud = RoutineName(routine), self._connection.cloud
        seen = await cloud.observe(name)
        return World(routine=seen, versions=await cloud.list_versions(name))

    async def plan_prune(
        self,
        routine: str,
        *,
        keep: int = 5,
        protect: tuple[str, ...] = (),
        foreign: bool = True,
    ) -> PrunePlan:
        """Say which versions `prune` would delete, and why the others stay.

        Args: as `prune`.

        Raises:
            RoutineNotFound: There is no such routine.
        """
        wanted = self._pruning(routine, keep, protect, foreign)
        return tidying(await self(routine), wanted)

    async def prune(
        self,
        routine: str,
        *,
        keep: int = 5,
        protect: tuple[str, ...] = (),
        foreign: bool = True,
        chosen: tuple[str, ...] | None = None,
        check: bool = True,
        observer: Observer | None = None,
    ) -> Report:
        """Delete every version that nothing needs, its code saved first.

        What serves anywhere stays, what served before it stays, and no routine is
        touched that has another unfinished run.

        Args:
            routine: Its name.
            keep: So many of the newest versions stay in any case.
            protect: Versions that stay.
            foreign: Whether versions without our tag may go.
            chosen: Versions that may go at all, such as a plan's; None for all.
            check: Whether to raise where it did not end as asked.
            observer: Told what the run does.

        Raises:
            RunInProgress: The routine has another unfinished run.
            ReleaseFailed: It ended otherwise; `.report` says how.
        """
        wanted = self._pruning(routine, keep, protect, foreign, chosen)
        end = await self._releases.begin_or_join(wanted, observer=observer)
        report: Report = await ended(end, check=check)
        return report

    async def restore(
        self,
        routine: str,
        what: str,
        *,
        deploy: bool = False,
        canary: Canary | AreaCanary | str = "100",
        check: bool = True,
        observer: Observer | None = None,
    ) -> Report:
        """Make a version again from bytes that were saved.

        It gets a new id; its tag names the restored digest. The provider gives back
        code only, so the assets of a version that somebody else made are gone.

        Args:
            routine: Its name.
            what: Id of a version that is gone, or the digest of what it held, or its
                first eight digits or more.
            deploy: Whether to release it as well, through staging, by `canary`.
            canary: Shares and bake times in production.
            check: Whether to raise where it did not end as asked.
            observer: Told what the run does.

        Raises:
            NotFound: Nothing was saved under this name.
            InvalidInput: The version is there, or cannot be made again.
            RunInProgress: The routine has another unfinished run.
            ReleaseFailed: It ended otherwise; `.report` says how.
        """
        name, cloud = RoutineName(routine), self._realm.cloud
        shares, areas = canary_of(cloud, canary)
        backup = await self._find(name, what)
        quota = self._connection.settings.version_quota
        wanted = Release(
            routine=name,
            bundle=backup.bundle,
            package=backup.package,
            cloud=cloud,
            account=self._realm.account,
            canary=shares,
            areas=areas,
            quota=QUOTA if quota is None else quota,
            is_quota_given=quota is not None,
        )
        end = await self._releases.begin_or_join(
            wanted if deploy else Restoring(release=wanted), observer=observer
        )
        report: Report = await ended(end, check=check)
        return report

    async def _find(self, routine: RoutineName, what: str) -> Backup:
        """Find what is meant: a version's backup, or a digest itself."""
        backup = await self._of_version(routine, what) if what.isdecimal() else None
        if backup is not None:
            return backup

        is_long = len(what) >= SHORTEST_DIGEST
        found = await self._connection.blobs.find(what.lower()) if is_long else ()
        if len(found) == 1:
            return await self._connection.archive.backup(Kept(digest=found[0]))

        if found:
            raise InvalidInput(f"{len(found)} saved bundles begin with {what!r}.")

        raise NotFound(
            f"Nothing is saved here of {routine} under {what!r}.",
            next_move="Name a digest as `esa-flows versions prune` showed it; what"
            " another machine deleted was saved there.",
        )

    async def _of_version(self, routine: RoutineName, version: str) -> Backup | None:
        """Search the journal for what is kept of a version.

        Raises:
            InvalidInput: The version is not gone, or its assets are.
        """
        if version in (await self(routine)).ids:
            raise InvalidInput(
                f"Version {version} of {routine} is there: nothing is to be restored.",
                next_move="Deploy it with:"
                f" esa-flows rollback {routine} --to {version}{self._realm.flag}",
            )

        missing = Missing(routine=routine, version=VersionId(version))
        found = await self._connection.archive.find(missing)
        if found is None or found.is_whole:
            return found

        raise InvalidInput(
            f"Version {version} of {routine} had assets, which the provider gives"
            f" nobody: its code alone is saved, as {found.bundle.digest}.",
            next_move="Release its folder again; for the code alone, restore that"
            " digest.",
        )

    @property
    def _realm(self) -> Realm:
        return self._connection.settings.realm

    def _pruning(
        self,
        routine: str,
        keep: int,
        protect: tuple[str, ...],
        foreign: bool,  # noqa: FBT001  one call, one meaning, private
        chosen: tuple[str, ...] | None = None,
    ) -> Pruning:
        return Pruning(
            routine=RoutineName(routine),
            keep=keep,
            protect=tuple(map(VersionId, protect)),
            foreign=foreign,
            chosen=None if chosen is None else tuple(map(VersionId, chosen)),
            cloud=self._realm.cloud,
            account=self._realm.account,
        )
