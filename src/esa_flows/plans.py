"""Plans: made from reads alone, and carried out, with a journal or without."""

from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import anyio
from attrs import evolve, frozen

from esa_flows.connection import Connection
from esa_flows.engine.engine import new_run_id
from esa_flows.engine.observe import Observer
from esa_flows.errors import InvalidInput, Refused
from esa_flows.outlook import Outlook
from esa_flows.release.package import Source, pack
from esa_flows.release.planned import Plan
from esa_flows.release.spec import Release, Restart
from esa_flows.releases import Releases

__all__ = ["Plans"]


@frozen(repr=False)
class Plans:
    """Makes plans and carries them out."""

    _connection: Connection
    _releases: Releases

    def __repr__(self) -> str:
        return "<Plans>"

    async def make(self, wanted: Release, run_id: str = "") -> Plan:
        """Say what a release would do. Every call is a read, and nothing is recorded.

        Args:
            wanted: What is wanted.
            run_id: The id that its run shall have; drawn where empty.

        Raises:
            Conflict: Somebody's canary is under way.
            NothingPrunable: There is no room, and every version must stay.
            RoutineNotFound: There is no such routine and it may not be created.
        """
        outlook = Outlook(self._connection)
        run = run_id or new_run_id(self._connection.parts.random)
        began = anyio.current_time()
        found = await outlook.look(wanted)
        return Plan(
            made_at=self._connection.parts.now(),
            releases=(outlook.planned(wanted, found, run=run),),
            latency=(anyio.current_time() - began) / max(1, found.calls),
        )

    async def carry_out(
        self, plan: Plan, *, observer: Observer | None = None
    ) -> Awaitable[Any]:
        """Give the end to wait for: of the run that the plan names.

        Args:
            plan: A plan of one release.
            observer: Told what the run does.

        Raises:
            InvalidInput: It has more releases than one.
            RunInProgress: The routine has an unfinished run that is not this one.
        """
        if len(plan.releases) > 1:
            raise InvalidInput(
                f"This plan has {len(plan.releases)} releases; one is carried out at a"
                " time."
            )

        (planned,) = plan.releases
        known = await self._connection.engine.journal.find(planned.run)
        if any(row.run.id == planned.run for row in known):
            return self._releases.join(planned.run, observer=observer)

        await self.fetch(planned.release)
        restart = Restart(
            before=planned.before, settle=self._connection.settings.settle
        )
        wanted = evolve(planned.release, restart=restart)
        return await self._releases.begin_or_join(
            wanted, run_id=planned.run, observer=observer
        )

    async def fetch(self, wanted: Release) -> None:
        """Bring the bundle's bytes into the store again, from wherever they are.

        From the file they came from, if that still holds them; else from a version that
        was made of them. A package that is a version already need not be uploaded.

        Args:
            wanted: The release they are for.

        Raises:
            InvalidInput: They are nowhere.
        """
        blobs, bundle = self._connection.blobs, wanted.bundle
        if await blobs.has(bundle.digest):
            return

        await self._from_file(wanted)
        if await blobs.has(bundle.digest) or await self._from_versions(wanted):
            return

        raise InvalidInput(
            f"The bundle of this plan is nowhere: {bundle.source or 'no file'} does not"
            f" hold sha256 {bundle.digest}, nor does the store, and no version was made"
            " of it.",
            next_move="Put the file back as it was, or plan anew.",
        )

    async def _from_file(self, wanted: Release) -> None:
        """Take the file in again; one that holds something else is of no use here."""
        source, package = wanted.bundle.source, wanted.package
        if not source:
            return

        blobs = self._connection.blobs
        try:
            if package is None:
                await blobs.put_file(source)
            else:
                folder = Source(
                    code=Path(source),
                    assets=None,
                    not_found=package.not_found,
                    most_code=self._connection.settings.most_bytes,
                )
                await pack(blobs, folder)
        except InvalidInput:
            return  # it is gone, or was built anew

    async def _from_versions(self, wanted: Release) -> bool:
        """Read the code back from a version whose tag names it; tell if there is one.

        What it holds is compared later, as that of any version that is found.
        """
        blobs = self._connection.blobs
        cloud = self._connection.at(wanted.account).cloud
        try:
            versions = await cloud.list_versions(wanted.routine)
        except Refused:
            return False  # the routine is to be created yet

        for version in versions:
            if version.tag is None or version.tag.content != wanted.content:
                continue

            if wanted.package is None:
                code = await cloud.read_code(wanted.routine, version.id)
                await blobs.put_bytes(code)

            return True

        return False
