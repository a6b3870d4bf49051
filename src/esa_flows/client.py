"""The front door: release, roll back, resume, look.

A client belongs to the event loop, thread and process that opened it. Leaving it, or
cancelling a call of it, pauses what runs: the journal keeps everything, and nothing is
rolled back by accident.
"""

import datetime as dt
import os
import threading
from collections.abc import Awaitable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio.lowlevel

from esa_flows.api.cloud import RoutineSummary
from esa_flows.connection import Connection, Parts, connect
from esa_flows.engine.flow import Flow
from esa_flows.engine.observe import Observer
from esa_flows.errors import (
    InvalidInput,
    Misuse,
    ReleaseFailed,
    WrongEventLoop,
)
from esa_flows.model import (
    Bundle,
    Canary,
    Duration,
    Environment,
    RoutineName,
    Selector,
    VersionId,
)
from esa_flows.release.package import Source, is_package, not_found_of, pack
from esa_flows.release.release import release
from esa_flows.release.report import Report
from esa_flows.release.rollback import rollback
from esa_flows.release.spec import QUOTA, Binding, Release, Rollback
from esa_flows.releases import Releases, checked, content_of
from esa_flows.routines import Overview, Routines
from esa_flows.runs import Runs
from esa_flows.settings import Settings
from esa_flows.steps.observe import World
from esa_flows.steps.request_assets_slot import Package

__all__ = ["Client"]

I = TypeVar("I")  # noqa: E741  the field's letter for an input type
O = TypeVar("O")  # noqa: E741  the field's letter for an output type


class Client:
    """Releases routines and keeps their runs.

    Use it as an async context manager.

    Args:
        settings: How to reach the provider; by default from no variable at all.
        parts: What the host brings itself, such as credentials or a journal.

    Example:
        ``async with Client.from_env() as client: await client.release(...)``
    """

    def __init__(
        self, settings: Settings | None = None, parts: Parts | None = None
    ) -> None:
        self._settings = settings or Settings()
        self._parts = parts or Parts()
        self._stack = AsyncExitStack()
        self._connection: Connection | None = None
        self._home: tuple[object, int, int] | None = None

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        parts: Parts | None = None,
        **changes: Any,
    ) -> Self:
        """Make a client from `ESA_FLOWS_…` variables and the usual credentials.

        Args:
            environ: Variables; by default the process's own.
            parts: What the host brings itself.
            changes: Attributes of `Settings` that are given otherwise.

        Raises:
            InvalidInput: A variable cannot be used; says which.
        """
        made = parts or Parts()
        return cls(
            Settings.from_env(made.environ if environ is None else environ, **changes),
            made,
        )

    async def __aenter__(self) -> Self:
        if self._connection is not None:
            raise Misuse("This client is open already; make one per `async with`.")

        self._connection = await self._stack.enter_async_context(
            connect(self._settings, self._parts)
        )
        self._home = _here()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection = None
        await self._stack.aclose()

    def __repr__(self) -> str:
        state = "open" if self._connection else "closed"
        return f"<Client {state}>"

    @property
    def connection(self) -> Connection:
        """What this client holds open.

        Raises:
            Misuse: It is not open.
            WrongEventLoop: It was opened elsewhere.
        """
        if self._connection is None:
            raise Misuse("This client is not open: use `async with Client(...)`.")

        if self._home != _here():
            raise WrongEventLoop(
                "This client was opened in another event loop, thread or process.",
                next_move="Open a client of its own where it is used.",
            )

        return self._connection

    @property
    def runs(self) -> Runs:
        """The runs in this client's journal."""
        return Runs(self.connection.engine, by=_user(self._parts))

    async def release(  # noqa: PLR0913  the front door takes what a release can say
        self,
        routine: str,
        code: str | os.PathLike[str] | bytes,
        *,
        assets: str | os.PathLike[str] | None = None,
        not_found: str = "",
        canary: Canary | str = "100",
        to: Environment | str = Environment.PRODUCTION,
        create: bool = False,
        message: str = "",
        commit: str = "",
        protect: tuple[str, ...] = (),
        prune_foreign: bool = True,
        probe: bool = True,
        bind: Binding | str = Binding.AUTO,
        run_id: str = "",
        check: bool = True,
        observer: Observer | None = None,
    ) -> Report:
        """Release code to a routine; or join the unfinished run that does just that.

        Args:
            routine: Its name.
            code: Path of the bundle, or its bytes; read once, kept by digest. A folder
                with `index.js` and `assets/` is released with its assets.
            assets: A folder of static files to release with the code.
            not_found: What answers a path that no asset has: `spa` for the assets'
                index.html; by default the code.
            canary: Shares and bake times in production, such as `10:5m,50:5m,100`.
            to: Where it ends: `production` after staging, or `staging` alone.
            create: Whether a routine that does not exist is created.
            message: One line for people; goes into the version's description.
            commit: Git commit it was built from.
            protect: Versions that are never pruned.
            prune_foreign: Whether versions without our tag may be pruned.
            probe: Whether the staging gate asks the routine over HTTP.
            bind: Whether its versions carry environment variables: `auto` as what
                serves now, `on`, `fresh` for the variables of this moment, or `off`.
            run_id: An idempotency key of one's own; drawn where empty.
            check: Whether to raise where the bundle does not serve its target after.
            observer: Told what the run does.

        Returns:
            How it ended.

        Raises:
            ReleaseFailed: It ended otherwise; `.report` says how, `.next_move` what
                to do now.
            InvalidInput: Something given cannot be used; nothing was sent.
            RunInProgress: The routine has an unfinished run with other content.
        """
        connection = self.connection
        name, shares = RoutineName(routine), Canary.of(canary)
        target, binding = _environment(to), Binding.of(bind)
        protected = tuple(VersionId(version) for version in protect)
        strategy = not_found_of(not_found)
        package = None
        if await is_package(connection.blobs, code, assets):
            bundle, package = await self._package(
                code, assets, strategy, message=message, commit=commit
            )
        elif strategy:
            raise InvalidInput("not_found is about assets, and there are none.")
        else:
            bundle = await self.bundle(code, message=message, commit=commit)

        quota = connection.settings.version_quota
        wanted = Release(
            routine=name,
            bundle=bundle,
            canary=shares,
            target=target,
            create=create,
            quota=QUOTA if quota is None else quota,
            is_quota_given=quota is not None,
            protect=protected,
            prune_foreign=prune_foreign,
            probe=probe,
            package=package,
            binding=binding,
        )
        joined = await self._releases.known(wanted, run_id)
        if joined:
            end = self._releases.join_or_start(
                release, wanted, run_id=joined, observer=observer
            )
        else:
            end = self._releases.start(
                release, wanted, run_id=run_id, observer=observer
            )

        report: Report = await _ended(end, check=check)
        return report

    async def rollback(
        self,
        routine: str,
        *,
        to: str = "",
        check: bool = True,
        observer: Observer | None = None,
    ) -> Report:
        """Take a routine back; an unfinished release of it is aborted, which does that.

        An unfinished rollback to the same version is gone on with.

        Args:
            routine: Its name.
            to: Version to go back to; by default the one that served before.
            check: Whether to raise where production was not taken back.
            observer: Told what the run does.

        Raises:
            ReleaseFailed: Production was not taken back; `.report` says why.
        """
        wanted = Rollback(
            routine=RoutineName(routine), to=VersionId(to) if to else None
        )
        report: Report
        for row in await self.runs.unfinished(wanted.routine):
            if row.run.content == content_of(wanted):
                end = self._releases.join(row.run.id, observer=observer)
                report = await _ended(end, check=check)
                return report

            left = await self.abort(row.run.id, observer=observer)
            is_release = row.run.flow == release.name and isinstance(left, Report)
            if is_release and not wanted.to:
                return _went_back(left, check=check)

        begun = self._releases.start(rollback, wanted, observer=observer)
        report = await _ended(begun, check=check)
        return report

    def knows(self, flow: str) -> bool:
        """Tell whether this client has a flow, so that it can go on with runs of it."""
        return flow in self.connection.engine.flows

    async def run(
        self,
        flow: Flow[I, O],
        value: I,
        *,
        subject: str = "",
        run_id: str = "",
        deadline: Duration | dt.timedelta | str | None = None,
        observer: Observer | None = None,
    ) -> O:
        """Run a flow of one's own to its end.

        Args:
            flow: The flow; give it to `Parts(flows=...)` so that it can be resumed.
            value: Its input; recorded.
            subject: What it is about, for lists.
            run_id: An idempotency key of one's own; drawn where empty.
            deadline: How long it may take in all, such as `1h`, over restarts; then the
                flow meets `DeadlineExceeded`.
            observer: Told what the run does.
        """
        return await self.connection.engine.start(
            flow,
            value,
            subject=subject,
            run_id=run_id,
            deadline=None if deadline is None else Duration.of(deadline),
            observer=observer,
        )

    async def resume(
        self, run: str, *, check: bool = True, observer: Observer | None = None
    ) -> Any:
        """Go on with a run, or give the outcome of one that has ended.

        Args:
            run: Its id, or four characters of it or more.
            check: Whether to raise where a release ends without serving its target.
            observer: Told what the run does.

        Raises:
            UnknownRun: The journal knows no such run.
            AlreadyRunning: A living process drives it.
            ReleaseFailed: A release ended, or stopped, without serving its target.
        """
        return await _ended(self._releases.resume(run, observer=observer), check=check)

    async def abort(
        self, run: str, *, keep: bool = False, observer: Observer | None = None
    ) -> Any:
        """Stop a run and go back to what served before.

        A run that a living process drives is asked to, and waited for; otherwise it is
        driven from here. A run that has ended stays as it is. Where this code is not
        the one that began a release, what served before it, as it is recorded, is put
        back by a rollback.

        Args:
            run: Its id, or four characters of it or more.
            keep: Stop only: what serves now is kept.
            observer: Told what the run does.

        Returns:
            How it ended; for a release its report. None where it was only stopped.

        Raises:
            UnknownRun: The journal knows no such run.
        """
        if keep:
            return await self._releases.abandon(run)

        view = await self.runs.ask_to_abort(run)
        end = self._releases.abort(view.run.id, observer=observer)
        return await _ended(end, check=False)

    async def bundle(
        self,
        code: str | os.PathLike[str] | bytes,
        *,
        message: str = "",
        commit: str = "",
    ) -> Bundle:
        """Take code in: from now on only these bytes count, whatever the file becomes.

        Args:
            code: Path of the bundle, or its bytes.
            message: One line for people.
            commit: Git commit it was built from.

        Raises:
            InvalidInput: It is missing, empty, no file, or larger than can be sent.
        """
        blobs = self.connection.blobs
        if isinstance(code, bytes):
            bundle = Bundle(
                digest=await blobs.put_bytes(code),
                size=len(code),
                message=message,
                commit=commit,
            )
        else:
            bundle = await blobs.put_file(code, commit=commit, message=message)

        most = self.connection.settings.most_bytes
        if bundle.size > most:
            raise InvalidInput(
                f"{bundle.source or 'The bundle'} has {bundle.size:,} bytes;"
                f" the provider takes less than {most:,}.",
                next_move="Minify it, or move data out of it; where the provider takes"
                " more, set most_bytes.",
            )

        return bundle

    async def _package(
        self,
        code: str | os.PathLike[str] | bytes,
        assets: str | os.PathLike[str] | None,
        not_found: str,
        **facts: str,
    ) -> tuple[Bundle, Package]:
        """Take code and assets in as one ZIP."""
        if isinstance(code, bytes):
            raise InvalidInput("Code with assets is named by its path, not its bytes.")

        source = Source(
            code=Path(code),
            assets=Path(assets) if assets is not None else None,
            not_found=not_found,
            most_code=self.connection.settings.most_bytes,
        )
        return await pack(self.connection.blobs, source, **facts)

    async def versions(self, routine: str) -> World:
        """Give what serves where, and which versions there are.

        Raises:
            RoutineNotFound: There is no such routine.
        """
        name, cloud = RoutineName(routine), self.connection.cloud
        seen = await cloud.observe(name)
        return World(routine=seen, versions=await cloud.list_versions(name))

    async def routines(self, select: Selector | str = "") -> tuple[RoutineSummary, ...]:
        """Give the routines of the account, by name: all of them, or those selected.

        Args:
            select: Such as `name:cart-*`, with commas between several.

        Raises:
            InvalidInput: That selects nothing that there could be.
            Refused: The provider does not show all routines; says how many.
        """
        return await self._routines.list(select)

    async def routine(self, name: str) -> Overview:
        """Give what serves where, the versions, and what leads to a routine.

        Raises:
            RoutineNotFound: There is no such routine.
        """
        return await self._routines.show(RoutineName(name))

    @property
    def _routines(self) -> Routines:
        return Routines(self.connection, self.runs)

    @property
    def _releases(self) -> Releases:
        return Releases(self.connection.engine, self.runs)


async def _ended(end: Awaitable[Any], *, check: bool) -> Any:
    """Give how something ended; raise where it should not have, if asked to."""
    try:
        return await end
    except ReleaseFailed as failed:
        if check:
            raise

        return failed.report


def _went_back(report: Report, *, check: bool) -> Report:
    """Take an abort for a rollback: what counts is what production serves."""
    return checked(report) if check and not report.production_as_before else report


def _environment(value: Environment | str) -> Environment:
    try:
        return Environment(value)
    except ValueError:
        raise InvalidInput(
            f"{value!r} is no environment: use staging or production."
        ) from None


def _user(parts: Parts) -> str:
    return parts.environ.get("USER") or parts.environ.get("LOGNAME") or "someone"


def _here() -> tuple[object, int, int]:
    return anyio.lowlevel.current_token(), threading.get_ident(), os.getpid()
