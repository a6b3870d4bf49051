"""What this machine has kept of versions that are gone: its journal and its blobs."""

from attrs import frozen

from esa_flows.engine.history import History
from esa_flows.engine.journal import Journal
from esa_flows.files import Blobs
from esa_flows.model import HOME, Bundle, Digest, Realm
from esa_flows.release.backups import Kept, kept_in
from esa_flows.release.package import described
from esa_flows.steps.find_backup import Backup, Missing

__all__ = ["JournalArchive"]

MOST_RUNS = 10_000
"""Runs of a routine that are searched, newest first."""


@frozen(repr=False)
class JournalArchive:
    """Finds backups by what the runs of a journal tell.

    Args:
        journal: Says under which digest a version is kept.
        blobs: Has the bytes.
        realm: Whose routines are meant by their names.
    """

    _journal: Journal
    _blobs: Blobs
    _realm: Realm = HOME

    def __repr__(self) -> str:
        return f"<JournalArchive [journal: {self._journal.name}]>"

    async def find(self, missing: Missing) -> Backup | None:
        """Give the best backup of a version: a whole one, else its code alone.

        Where no run tells of it, its tag may: what this program uploaded lies in the
        store under what the tag says.

        Raises:
            JournalError: The journal or the store cannot be read.
        """
        kept = await self._search(missing)
        if kept is not None and await self._blobs.has(kept.digest):
            return await self.backup(kept)

        found = await self._blobs.find(missing.content) if missing.content else ()
        return await self.backup(Kept(digest=found[0])) if len(found) == 1 else None

    async def backup(self, kept: Kept) -> Backup:
        """Say what kept bytes are.

        Args:
            kept: Their digest, and what is known beside.
        """
        blob = await self._blobs.open(kept.digest)
        return Backup(
            bundle=Bundle(
                digest=kept.digest, size=blob.size, message=_message(kept.digest)
            ),
            package=await described(self._blobs, blob, kept.not_found),
            is_whole=not kept.has_assets,
        )

    async def _search(self, missing: Missing) -> Kept | None:
        code = None
        subject = self._realm.subject(missing.routine)
        for row in await self._journal.list(subject=subject, most=MOST_RUNS):
            for kept in kept_in(History.of(await self._journal.rows(row.run.id))):
                if kept.version == missing.version and not kept.has_assets:
                    return kept

                code = kept if kept.version == missing.version else code

        return code


def _message(digest: Digest) -> str:
    return f"restored {digest.short}"
