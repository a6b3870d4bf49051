"""The front door: release, roll back, resume, look.

A client belongs to the event loop, thread and process that opened it. Leaving it, or
cancelling a call of it, pauses what runs: the journal keeps everything, and nothing is
rolled back by accident.

Importing this module is cheap, so that programs may do it at their top. What stands
behind the door is written as it is found from outside, `esa_flows.…`, and is imported
when it is first used; most of it when a client is made.
"""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack, cast, overload

import anyio
import anyio.lowlevel
from anyio.abc import TaskGroup

import esa_flows
from esa_flows.errors import Misuse, WrongEventLoop
from esa_flows.model import (
    AreaCanary,
    Bundle,
    Canary,
    Duration,
    Environment,
    RoutineName,
    Selector,
)
from esa_flows.model.freeze import Override

__all__ = ["Client"]

I = TypeVar("I")  # noqa: E741  the field's letter for an input type
O = TypeVar("O")  # noqa: E741  the field's letter for an output type


class Client:
    """Releases routines and keeps their runs.

    Use it as an async context manager. Making the first one imports what it needs, so
    do that where your program starts.

    Args:
        settings: How to reach the provider; by default from no variable at all.
        parts: What the host brings itself, such as credentials or a journal.

    Example:
        ``async with Client.from_env() as client: await client.release(...)``
    """

    def __init__(
        self,
        settings: esa_flows.Settings | None = None,
        parts: esa_flows.Parts | None = None,
    ) -> None:
        self._settings = settings or esa_flows.Settings()
        self._parts = parts or esa_flows.Parts()
        self._stack = AsyncExitStack()
        self._connection: esa_flows.connection.Connection | None = None
        self._home: tuple[object, int, int] | None = None
        self._tasks: TaskGroup | None = None

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        parts: esa_flows.Parts | None = None,
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
        made = parts or esa_flows.Parts()
        return cls(
            esa_flows.Settings.from_env(
                made.environ if environ is None else environ, **changes
            ),
            made,
        )

    async def __aenter__(self) -> Self:
        if self._connection is not None:
            raise Misuse("This client is open already; make one per `async with`.")

        connection = await self._stack.enter_async_context(
            esa_flows.connection.connect(self._settings, self._parts)
        )
        self._tasks = await self._stack.enter_async_context(_cancelled_at_exit())
        self._home = _here()
        self._connection = connection  # last: from now on it is open
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
    def connection(self) -> esa_flows.connection.Connection:
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
    def runs(self) -> esa_flows.runs.Runs:
        """The runs in this client's journal."""
        realm = self.connection.settings.realm
        return esa_flows.runs.Runs(
            self.connection.engine, by=_user(self._parts), realm=realm
        )

    @property
    def versions(self) -> esa_flows.versions.Versions:
        """The versions of a routine: called to look, asked to prune or restore."""
        return esa_flows.versions.Versions(self.connection, self._releases)

    @property
    def migrations(self) -> esa_flows.migrations.Migrations:
        """Migrations from DCDN: plan one here; `migrate` does it."""
        return esa_flows.migrations.Migrations(self.connection, self._releases)

    async def release(  # noqa: PLR0913  the front door takes what a release can say
        self,
        routine: str,
        code: str | os.PathLike[str] | bytes,
        *,
        assets: str | os.PathLike[str] | None = None,
        not_found: str = "",
        canary: Canary | AreaCanary | str = "100",
        to: Environment | str = Environment.PRODUCTION,
        create: bool = False,
        message: str = "",
        commit: str = "",
        protect: tuple[str, ...] = (),
        prune_foreign: bool = True,
        probe: bool = True,
        bind: esa_flows.Binding | str = "auto",
        on_conflict: esa_flows.OnConflict | str = "refuse",
        gates: Sequence[esa_flows.Gate | esa_flows.GateFunction | str] = (),
        run_id: str = "",
        check: bool = True,
        observer: esa_flows.Observer | None = None,
    ) -> esa_flows.Report:
        """Release code to a routine; or join the unfinished run that does just that.

        Args:
            routine: Its name.
            code: Path of the bundle, or its bytes; read once, kept by digest. A folder
                with `index.js` and `assets/` is released with its assets.
            assets: A folder of static files to release with the code.
            not_found: What answers a path that no asset has: `spa` for the assets'
                index.html; by default the code.
            canary: Shares and bake times in production, such as `10:5m,50:5m,100`; on
                DCDN areas, such as `Zhejiang:10m,production`.
            to: Where it ends: `production` after staging, or `staging` alone.
            create: Whether a routine that does not exist is created.
            message: One line for people; goes into the version's description.
            commit: Git commit it was built from.
            protect: Versions that are never pruned.
            prune_foreign: Whether versions without our tag may be pruned.
            probe: Whether the staging gate asks the routine over HTTP.
            bind: Whether its versions carry environment variables: `auto` as what
                serves now, `on`, `fresh` for the variables of this moment, or `off`.
            on_conflict: During somebody's canary: `refuse`, `abort-first` or
                `supersede`.
            gates: What must be so for it to go on: texts such as
                `http:/health status<500`, `Gate` values, functions made with `gate`.
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
        wanted = await esa_flows.intake.release_of(
            self.connection,
            routine,
            code,
            assets=assets,
            not_found=not_found,
            canary=canary,
            to=to,
            create=create,
            message=message,
            commit=commit,
            protect=protect,
            prune_foreign=prune_foreign,
            probe=probe,
            bind=bind,
            on_conflict=on_conflict,
            gates=gates,
        )
        end = await self._releases.begin_or_join(
            wanted, run_id=run_id, observer=observer
        )
        report: esa_flows.Report = await esa_flows.releases.ended(end, check=check)
        return report

    @overload
    async def plan(
        self, wanted: esa_flows.Rollout, /, *, run_id: str = ""
    ) -> esa_flows.RolloutPlan: ...

    @overload
    async def plan(
        self,
        routine: str,
        code: str | os.PathLike[str] | bytes,
        *,
        run_id: str = "",
        **choices: Unpack[esa_flows.intake.Choices],
    ) -> esa_flows.Plan: ...

    async def plan(
        self,
        routine: str | esa_flows.Rollout,
        code: str | os.PathLike[str] | bytes = b"",
        *,
        run_id: str = "",
        **choices: Unpack[esa_flows.intake.Choices],
    ) -> esa_flows.Plan | esa_flows.RolloutPlan:
        """Say what a release or a rollout would do; only reads are made.

        Args:
            routine: The routine's name; or a rollout, and nothing else.
            code: As for `release`.
            run_id: The id that its run shall have; drawn where empty.
            choices: As for `release`.

        Raises:
            InvalidInput: Something given cannot be used; nothing was sent.
            Conflict: Somebody's canary is under way. In a rollout, that routine is
                refused in the plan.
            NothingPrunable: There is no room, and every version must stay. Likewise.
        """
        if isinstance(routine, esa_flows.Rollout):
            return await self._rollouts.plan(routine, run_id)

        wanted = await esa_flows.intake.release_of(
            self.connection, routine, code, **choices
        )
        return await self._plans.make(wanted, run_id)

    async def refused(
        self, plan: esa_flows.RolloutPlan
    ) -> Mapping[esa_flows.model.RoutineId, str]:
        """Say which routines of a rollout's plan would not be released, and why.

        Those that the plan refuses; and those whose production serves something else
        than when it was made, for which one look is made at each, if that was more than
        a minute ago. None where its run has begun: then each finds out by itself.

        Args:
            plan: The plan. `without` gives one of the rest.
        """
        return await self._rollouts.refused(plan)

    async def start(
        self,
        what: esa_flows.Rollout | esa_flows.RolloutPlan | esa_flows.Plan,
        *,
        wait: bool = False,
        ignore_freeze: str = "",
        observer: esa_flows.Observer | None = None,
    ) -> esa_flows.started.Started:
        """Begin a rollout, or what a plan says, and come back at once.

        The run belongs to this client: whoever started it may go. Closing the client
        pauses it. What the journal knows by this id already is gone on with.

        Args:
            what: A plan, or a rollout to plan and begin.
            wait: Whether a rollout may begin inside a freeze window: it makes ready and
                waits. What runs into a window later waits in any case.
            ignore_freeze: Why a rollout shall not heed its freeze windows; goes into
                the journal and the report.
            observer: Told what the run does.

        Raises:
            Frozen: A rollout would begin inside a freeze window; nothing was begun.
            InvalidInput: Something cannot be used; nothing was sent.
            RunInProgress: A routine has an unfinished run of something else.
        """
        plan = (
            await self._rollouts.plan(what)
            if isinstance(what, esa_flows.Rollout)
            else what
        )
        if isinstance(plan, esa_flows.RolloutPlan):
            run = plan.run
            leave = (
                Override(reason=ignore_freeze, by=_user(self._parts))
                if ignore_freeze
                else None
            )
            drive = await self._rollouts.carry_out(plan, waits=wait, override=leave)
        else:
            run, drive = plan.releases[0].run, partial(self.resume, plan)

        started = esa_flows.started.Started(id=run, runs=self.runs, observer=observer)
        self._group.start_soon(started.drive, drive)
        return started

    async def migrate(  # noqa: PLR0913  the front door takes what a migration can say
        self,
        source: str,
        *,
        to: str = "",
        version: str = "",
        canary: Canary | str = "100",
        create: bool = False,
        protect: tuple[str, ...] = (),
        probe: bool = True,
        run_id: str = "",
        check: bool = True,
        observer: esa_flows.Observer | None = None,
    ) -> esa_flows.Report:
        """Take what a routine of DCDN serves to ESA, where it is released.

        On DCDN everything stays as it is; the report's notes say what does not come
        along. An unfinished run that does just that is joined.

        Args:
            source: Its name on DCDN.
            to: The routine of ESA; of the same name by default.
            version: What it must still serve on DCDN; by default whatever it serves.
            canary: Shares and bake times in production of ESA.
            create: Whether a routine of ESA that does not exist is created.
            protect: Versions of it that are never pruned.
            probe: Whether the staging gate asks the routine over HTTP.
            run_id: An idempotency key of one's own; drawn where empty.
            check: Whether to raise where ESA does not serve the code after.
            observer: Told what the run does.

        Raises:
            ReleaseFailed: It ended otherwise; `.report` says how.
            InvalidInput: Something given cannot be used; nothing was sent.
            RunInProgress: The routine of ESA has an unfinished run of something else.
        """
        wanted = self.migrations.wanted(
            source,
            to=to,
            version=version,
            canary=canary,
            create=create,
            protect=protect,
            probe=probe,
        )
        end = self.migrations.run(wanted, run_id=run_id, observer=observer)
        report: esa_flows.Report = await esa_flows.releases.ended(end, check=check)
        return report

    async def rollback(
        self,
        routine: str,
        *,
        to: str = "",
        check: bool = True,
        observer: esa_flows.Observer | None = None,
    ) -> esa_flows.Report:
        """Take a routine back; an unfinished release of it is aborted, which does that.

        An unfinished rollback to the same version is gone on with. A process that
        drives the release and does not obey within seconds is fenced off. A version
        that is gone is made again where it was saved.

        Args:
            routine: Its name.
            to: Version to go back to; by default the one that served before.
            check: Whether to raise where production was not taken back.
            observer: Told what the run does.

        Raises:
            ReleaseFailed: Production was not taken back; `.report` says why.
        """
        rollbacks = esa_flows.rollbacks.Rollbacks(self.connection, self._releases)
        return await rollbacks.take_back(
            RoutineName(routine), to=to, check=check, observer=observer
        )

    async def undo(
        self, run: str, *, wave: int = 0, observer: esa_flows.Observer | None = None
    ) -> esa_flows.RolloutReport:
        """Take a rollout that has ended back, in a run of its own.

        Production of all that it released goes back first, then staging, in the first
        lane of the cap. What somebody else deployed since stays. Where it was ended
        where it was, what of it is under way is aborted first. An unfinished run that
        does just this is joined.

        Args:
            run: Its id, or four characters of it or more.
            wave: The number of a wave that alone goes back; 0 for all.
            observer: Told what the run does.

        Raises:
            RunInProgress: It has not ended: `abort` takes all of it back. Or another
                part of it is taken back.
            InvalidInput: It is no rollout, or released nothing.
        """
        with self._rollouts.watched(observer) as watch:
            return await self._undos.go(run, wave, watch)

    async def plan_undo(self, run: str, *, wave: int = 0) -> esa_flows.WayBack:
        """Say what `undo` would take back; nothing is asked of the provider.

        Args:
            run: Its id, or four characters of it or more.
            wave: The number of a wave that alone goes back; 0 for all.

        Raises:
            RunInProgress: It has not ended, or another part of it is taken back.
            InvalidInput: It is no rollout, or released nothing.
        """
        return await self._undos.plan(run, wave)

    async def plan_rollback(self, fleet: esa_flows.Rollout) -> esa_flows.WayBack:
        """Say where the routines of a rollout go if they are all rolled back.

        Only reads are made, in the first lane of the cap; what it would release is not
        looked at.

        Args:
            fleet: Which routines; `only` narrows them.

        Raises:
            InvalidInput: It means none.
            Refused: A pattern was given, and the provider does not show all routines.
        """
        routines = await self._rollouts.meant(fleet)
        name = fleet.name or "fleet"
        return await self._fallbacks.plan(name, routines, fleet.accounts)

    async def rollback_fleet(
        self,
        fleet: esa_flows.Rollout | esa_flows.WayBack,
        *,
        observer: esa_flows.Observer | None = None,
    ) -> esa_flows.RolloutReport:
        """Take all routines of a rollout back, each to the version that served before.

        It does for each what `rollback` does, whoever released it, in one run and in
        the first lane of the cap. One with an unfinished run stays, and so does one
        that serves something else than it did when this was planned. An unfinished run
        that takes just these back is joined.

        Args:
            fleet: What `plan_rollback` gave; or a rollout to plan and take back.
            observer: Told what the runs do.

        Raises:
            Conflict: None of them can go back, as others are at them.
            InvalidInput: None of them can go back.
        """
        if isinstance(fleet, esa_flows.Rollout):
            fleet = await self.plan_rollback(fleet)

        with self._rollouts.watched(observer) as watch:
            return await self._fallbacks.go(fleet, watch)

    def knows(self, flow: str) -> bool:
        """Tell whether this client has a flow, so that it can go on with runs of it."""
        return flow in self.connection.engine.flows

    async def run(
        self,
        flow: esa_flows.Flow[I, O],
        value: I,
        *,
        subject: str = "",
        run_id: str = "",
        deadline: Duration | dt.timedelta | str | None = None,
        observer: esa_flows.Observer | None = None,
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
        self,
        run: str | esa_flows.Plan | esa_flows.RolloutPlan,
        *,
        check: bool = True,
        observer: esa_flows.Observer | None = None,
    ) -> Any:
        """Go on with a run, or give the outcome of one that has ended.

        A plan goes on as the run it names. Where the journal does not know that run,
        its position is told from the tags of the versions, from what serves and from
        the plan; the bake in force begins anew.

        Args:
            run: Its id, or four characters of it or more; or its plan.
            check: Whether to raise where a release ends without serving its target.
            observer: Told what the run does.

        Raises:
            UnknownRun: The journal knows no such run.
            AlreadyRunning: A living process drives it.
            ReleaseFailed: A release ended, or stopped, without serving its target.
        """
        if isinstance(run, esa_flows.RolloutPlan):
            drive = await self._rollouts.carry_out(run, is_lost=True)
            return await drive(observer=observer)

        if isinstance(run, esa_flows.Plan):
            end = await self._plans.carry_out(run, observer=observer)
            return await esa_flows.releases.ended(end, check=check)

        with self._rollouts.watched(observer) as watch:
            end = self._releases.resume(run, observer=watch)
            return await esa_flows.releases.ended(end, check=check)

    async def abort(
        self,
        run: str,
        *,
        keep: bool = False,
        observer: esa_flows.Observer | None = None,
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
        with self._rollouts.watched(observer) as watch:
            end = self._releases.abort(view.run.id, observer=watch)
            return await esa_flows.releases.ended(end, check=False)

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
        return await esa_flows.intake.bundle_of(
            self.connection, code, message=message, commit=commit
        )

    @property
    def _plans(self) -> esa_flows.plans.Plans:
        return esa_flows.plans.Plans(self.connection, self._releases)

    @property
    def _rollouts(self) -> esa_flows.rollouts.Rollouts:
        return esa_flows.rollouts.Rollouts(self.connection, self._releases, self._plans)

    @property
    def _fallbacks(self) -> esa_flows.fallbacks.Fallbacks:
        return esa_flows.fallbacks.Fallbacks(self.connection, self._releases)

    @property
    def _undos(self) -> esa_flows.undos.Undos:
        return esa_flows.undos.Undos(self.connection, self._releases)

    @property
    def _group(self) -> TaskGroup:
        """Where the runs of this client go on, while it is open."""
        return cast("TaskGroup", self._tasks)

    async def routines(
        self, select: Selector | str = ""
    ) -> tuple[esa_flows.RoutineSummary, ...]:
        """Give the routines of the account, by name: all of them, or those selected.

        Args:
            select: Such as `name:cart-*`, with commas between several.

        Raises:
            InvalidInput: That selects nothing that there could be.
            Refused: The provider does not show all routines; says how many.
        """
        return await self._routines.list(select)

    async def routine(self, name: str) -> esa_flows.routines.Overview:
        """Give what serves where, the versions, and what leads to a routine.

        Raises:
            RoutineNotFound: There is no such routine.
        """
        return await self._routines.show(RoutineName(name))

    @property
    def _routines(self) -> esa_flows.routines.Routines:
        return esa_flows.routines.Routines(self.connection, self.runs)

    @property
    def _releases(self) -> esa_flows.releases.Releases:
        return esa_flows.releases.Releases(self.connection.engine, self.runs)


@asynccontextmanager
async def _cancelled_at_exit() -> AsyncIterator[TaskGroup]:
    """Give a place for tasks; what goes on there is cancelled at the end."""
    async with anyio.create_task_group() as tasks:
        try:
            yield tasks
        finally:
            tasks.cancel_scope.cancel()


def _user(parts: esa_flows.Parts) -> str:
    return parts.environ.get("USER") or parts.environ.get("LOGNAME") or "someone"


def _here() -> tuple[object, int, int]:
    return anyio.lowlevel.current_token(), threading.get_ident(), os.getpid()
