"""Rollbacks: a routine taken back, whatever is under way with it."""

from attrs import frozen

from esa_flows.connection import Connection
from esa_flows.engine.journal import NewRun
from esa_flows.engine.observe import Observer
from esa_flows.model import RoutineName, VersionId
from esa_flows.release.report import Report
from esa_flows.release.spec import Rollback
from esa_flows.releases import GO_BACK, Releases, checked, content_of, ended

__all__ = ["Rollbacks"]


@frozen(repr=False)
class Rollbacks:
    """Takes routines back to what served before."""

    _connection: Connection
    _releases: Releases

    def __repr__(self) -> str:
        return "<Rollbacks>"

    async def take_back(
        self,
        routine: RoutineName,
        *,
        to: str = "",
        check: bool = True,
        observer: Observer | None = None,
    ) -> Report:
        """Abort an unfinished release, which does that; else begin a rollback.

        Args:
            routine: Its name.
            to: Version to go back to; by default the one that served before.
            check: Whether to raise where production was not taken back.
            observer: Told what the run does.

        Raises:
            ReleaseFailed: Production was not taken back; `.report` says why.
        """
        settings = self._connection.settings
        wanted = Rollback(
            routine=routine,
            to=VersionId(to) if to else None,
            cloud=settings.cloud,
            account=settings.account,
        )
        report: Report
        for row in await self._releases.runs.unfinished(routine):
            if row.run.content == content_of(wanted):
                end = self._releases.join(row.run.id, observer=observer)
                report = await ended(end, check=check)
                return report

            left = await self._aborted(row.run, observer)
            if left is not None and not wanted.to:
                return _went_back(left, check=check)

        begun = self._releases.start(wanted, observer=observer)
        report = await ended(begun, check=check)
        return report

    async def _aborted(self, run: NewRun, observer: Observer | None) -> Report | None:
        """Abort a run; give its report where that takes the routine back."""
        taken = self._releases.take_back(run.id, observer=observer)
        left = await ended(taken, check=False)
        return left if run.flow in GO_BACK and isinstance(left, Report) else None


def _went_back(report: Report, *, check: bool) -> Report:
    """Take an abort for a rollback: what counts is what production serves."""
    return checked(report) if check and not report.production_as_before else report
