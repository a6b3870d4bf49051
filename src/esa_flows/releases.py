"""Runs of releases and rollbacks: begun, joined or gone on with, ended with a report.

An end that is not what was asked for is raised as `ReleaseFailed`, with the report in
it. So is trouble that stopped a run: the report then says where it left things.
"""

import re
from collections.abc import Awaitable, Mapping
from types import MappingProxyType
from typing import Any

import anyio
from attrs import evolve, frozen

from esa_flows.engine.engine import Engine
from esa_flows.engine.flow import Flow
from esa_flows.engine.journal import NewRun
from esa_flows.engine.observe import Observer
from esa_flows.engine.view import RunView
from esa_flows.errors import (
    AlreadyRunning,
    EsaFlowsError,
    InvalidInput,
    JournalError,
    LeaseLost,
    Misuse,
    ReleaseFailed,
    RunInProgress,
    StepChanged,
    UnknownRun,
)
from esa_flows.release.legs import Leg, expose, prepare, ship
from esa_flows.release.migrate import Migration, migrate
from esa_flows.release.prune import prune_versions
from esa_flows.release.release import release
from esa_flows.release.report import Outcome, Report, stopped
from esa_flows.release.restore import Restoring, restore
from esa_flows.release.rollback import rollback
from esa_flows.release.shipped import LEGS, SHIPPED
from esa_flows.release.spec import Binding, Pruning, Release, Rollback
from esa_flows.runs import Runs

__all__ = [
    "GO_BACK",
    "Releases",
    "Wanted",
    "checked",
    "content_of",
    "ended",
]

Wanted = Release | Rollback | Pruning | Restoring | Migration
"""What one of them is asked to do."""

NOT_A_RELEASE = (
    AlreadyRunning,
    InvalidInput,
    JournalError,
    LeaseLost,
    Misuse,
    RunInProgress,
    StepChanged,
    UnknownRun,
)
"""Errors about the call itself: they are raised as they are."""

_BOUND: Mapping[Binding, str] = MappingProxyType(
    {
        Binding.AUTO: "",
        Binding.ON: " with variables",
        Binding.FRESH: " with the variables of that moment",
        Binding.OFF: " without variables",
    }
)
_DIGEST = 64
"""Digits of a whole digest, which people need not see."""

ANSWER_WITHIN = 10.0
"""Seconds that a living process has to obey an abort, before it is done without it."""

GO_BACK = frozenset(flow.name for flow in (release, migrate, prepare, ship, expose))
"""Flows whose abort takes a routine back to what it served before."""

_REPORTED = {each.name for each in SHIPPED} | {each.name for each in LEGS}
"""Flows whose runs can be reported wherever they stopped."""

_FLOWS: Mapping[type[Wanted], Flow[Any, Report]] = MappingProxyType(
    {
        Release: release,
        Rollback: rollback,
        Pruning: prune_versions,
        Restoring: restore,
        Migration: migrate,
    }
)
"""The flow that does what is wanted."""

_RUN_ID = re.compile(r"[0-9a-z]{4,32}")


@frozen
class Releases:
    """Begins, joins and goes on with releases and rollbacks.

    Attributes:
        runs: The runs of the same journal.
    """

    _engine: Engine
    runs: Runs

    async def start(
        self,
        wanted: Wanted,
        *,
        run_id: str = "",
        observer: Observer | None = None,
    ) -> Report:
        """Start a run and drive it to its end.

        Raises:
            ReleaseFailed: It ended, or stopped, otherwise than asked.
        """
        seen, flow = list[str](), _FLOWS[type(wanted)]
        try:
            report = await self._engine.start(
                flow,
                wanted,
                subject=_subject(wanted),
                content=content_of(wanted),
                run_id=run_id,
                observer=_noting(seen, observer),
            )
        except NOT_A_RELEASE:
            raise
        except EsaFlowsError as error:
            raise await self._stopped(seen[0], flow.name, error) from error

        return checked(report)

    async def begin_or_join(
        self,
        wanted: Wanted,
        *,
        run_id: str = "",
        observer: Observer | None = None,
    ) -> Awaitable[Any]:
        """Give the end to wait for: of the unfinished run that does just this, or new.

        Raises:
            RunInProgress: The routine has an unfinished run that is not this one.
            InvalidInput: The run id was used for something else.
        """
        joined = await self.known(wanted, run_id)
        if joined:
            return self.join_or_start(wanted, run_id=joined, observer=observer)

        return self.start(wanted, run_id=run_id, observer=observer)

    async def resume(
        self, run: str, *, observer: Observer | None = None, force: bool = False
    ) -> Any:
        """Go on with a run of any flow, or give the outcome of one that has ended.

        Args:
            run: Its id, or the beginning of it.
            observer: Told what the run does.
            force: Whether to take it from a process that drives it.

        Raises:
            ReleaseFailed: A release ended, or stopped, otherwise than asked.
        """
        found = (await self._engine.resolve(run)).run
        try:
            ended = await self._engine.resume(found.id, observer=observer, force=force)
        except NOT_A_RELEASE:
            raise
        except EsaFlowsError as error:
            stop = await self._stopped(found.id, found.flow, error)
            raise stop from (None if stop is error else error)

        told = ended.report if isinstance(ended, Leg) else ended
        return checked(told) if isinstance(told, Report) else told

    async def join(self, run: str, *, observer: Observer | None = None) -> Any:
        """Wait while a living process drives a run, then give its end or go on.

        Raises:
            ReleaseFailed: A release ended, or stopped, otherwise than asked.
        """
        await self.runs.left(run)
        return await self.resume(run, observer=observer)

    async def abort(self, run: str, *, observer: Observer | None = None) -> Any:
        """Wait for the end of a run that was asked to abort, or bring it about here.

        Raises:
            ReleaseFailed: A release ended, or stopped, otherwise than asked.
            StepChanged: This code did not begin it, and it is no release.
        """
        return await self._or_restored(run, self.join(run, observer=observer), observer)

    async def abandon(self, run: str) -> None:
        """End a run where it is; one that is driven is paused first.

        Raises:
            UnknownRun: The journal knows no such run.
        """
        found = (await self._engine.resolve(run)).run.id
        if (await self.runs.get(found)).is_driven:
            await self.runs.pause(found)
            await self.runs.left(found)

        await self._engine.abandon(found, by=self.runs.by)

    async def _or_restored(
        self, run: str, end: Awaitable[Any], observer: Observer | None
    ) -> Any:
        """Give an end; where this code did not begin the run, that by its records."""
        try:
            return await end
        except StepChanged as error:
            view = await self._engine.view(run)
            if view.run.flow not in {release.name, migrate.name}:
                raise

            return await self._restore(view, error, observer)

    async def _restore(
        self, view: RunView, error: StepChanged, observer: Observer | None
    ) -> Report:
        """Take a release back by what is recorded of it, without its code.

        Dying in between leaves the run as it was, or ended: then `esa-flows rollback`
        does the rest.
        """
        subject = view.run.subject
        seen = stopped(view.history, run=view.run.id, routine=subject, error=error)
        await self._engine.abandon(view.run.id, by=self.runs.by)
        if seen.production_as_before or seen.before is None:
            return evolve(seen, outcome=Outcome.ABORTED, next_move="")

        to = seen.before.split.majority
        wanted = Rollback(
            routine=seen.routine, to=to, cloud=seen.cloud, account=seen.account
        )
        return await self.start(wanted, observer=observer)

    async def join_or_start(
        self,
        wanted: Wanted,
        *,
        run_id: str,
        observer: Observer | None = None,
    ) -> Any:
        """Join a run; where its process died before it recorded anything, begin it.

        Raises:
            ReleaseFailed: It ended, or stopped, otherwise than asked.
        """
        view = await self.runs.left(run_id)
        if view.history.started:
            return await self.resume(run_id, observer=observer)

        return await self.start(wanted, run_id=run_id, observer=observer)

    async def take_back(self, run: str, *, observer: Observer | None = None) -> Any:
        """Abort a run, whoever drives it: one who does not answer is fenced off.

        Raises:
            ReleaseFailed: A release ended, or stopped, otherwise than asked.
        """
        view = await self.runs.ask_to_abort(run)
        with anyio.move_on_after(ANSWER_WITHIN):
            await self.runs.left(view.run.id)

        end = self.resume(view.run.id, observer=observer, force=True)
        return await self._or_restored(view.run.id, end, observer)

    async def known(self, wanted: Wanted, run_id: str) -> str:
        """Give the run to join; empty where a new one is to be started.

        Args:
            wanted: What is to be released.
            run_id: The user's own id for it, if any.

        Raises:
            RunInProgress: The routine has an unfinished run that is not this one.
            InvalidInput: The run id was used for something else.
        """
        if run_id and not _RUN_ID.fullmatch(run_id):
            raise InvalidInput(
                f"{run_id!r} is not a run id: use 4 to 32 lower-case letters and"
                " digits.",
            )

        content = content_of(wanted)
        for row in await self.runs.unfinished(wanted.routine):
            if row.run.content == content and run_id in {"", row.run.id}:
                return row.run.id

            raise _in_progress(wanted, row.run)

        known = await self._engine.journal.find(run_id) if run_id else ()
        for row in known:
            is_same = (row.run.subject, row.run.content) == (_subject(wanted), content)
            if row.run.id == run_id and is_same:
                return run_id

            if row.run.id == run_id:
                raise InvalidInput(
                    f"The run id {run_id!r} was used for another release, of"
                    f" {row.run.subject} on {row.run.started_at:%Y-%m-%d}.",
                    next_move="Give each release an id of its own, or none.",
                )

        return ""

    async def _stopped(
        self, run: str, flow: str, error: EsaFlowsError
    ) -> EsaFlowsError:
        """Tell where a run that was stopped left things; others keep their error."""
        if flow not in _REPORTED:
            return error

        view = await self._engine.view(run)
        return _failed(
            stopped(view.history, run=run, routine=view.run.subject, error=error)
        )


def _subject(wanted: Wanted) -> str:
    """Give what the journal calls the routine: both clouds may have one name."""
    return wanted.realm.subject(wanted.routine)


def content_of(wanted: Wanted) -> str:
    """Tell what does the same thing to the same place from all others."""
    if isinstance(wanted, Rollback):
        return f"rollback:{wanted.to or ''}"

    if isinstance(wanted, Pruning):
        return f"prune:{wanted.keep}"

    if isinstance(wanted, Restoring):
        return f"restore:{wanted.release.bundle.digest}"

    if isinstance(wanted, Migration):
        what = f"dcdn/{wanted.source} {wanted.version or 'as it serves'}"
        return f"{what}:{wanted.target}"

    not_found = wanted.package.not_found if wanted.package else ""
    what = f"{wanted.bundle.digest}+{not_found}" if not_found else wanted.bundle.digest
    return f"{what}:{wanted.target}{_BOUND[wanted.binding]}"


def _in_progress(wanted: Wanted, found: NewRun) -> RunInProgress:
    return RunInProgress(
        f"{wanted.routine} has an unfinished run {found.id}, begun as"
        f" {_named(found.content)}; this is {_named(content_of(wanted))}.",
        next_move=f"Finish it with: esa-flows resume {found.id}{wanted.realm.flag}"
        f" or go back with: esa-flows abort {found.id}{wanted.realm.flag}",
    )


def _named(content: str) -> str:
    """Write what a run brings where so that a person can tell two apart."""
    what, _, where = content.partition(":")
    short = what[:12] if len(what) >= _DIGEST else what
    return f"{short} to {where}" if what and where else what or "a flow of its own"


async def ended(end: Awaitable[Any], *, check: bool) -> Any:
    """Give how something ended; raise where it should not have, if asked to.

    Args:
        end: What `Releases` gave.
        check: Whether to raise.

    Raises:
        ReleaseFailed: It ended otherwise than asked, and that is to be raised.
    """
    try:
        return await end
    except ReleaseFailed as failed:
        if check:
            raise

        return failed.report


def checked(report: Report) -> Report:
    """Raise where a release did not end as it was asked to.

    Raises:
        ReleaseFailed: With the report in it.
    """
    if report.is_good:
        return report

    raise _failed(report)


def _failed(report: Report) -> ReleaseFailed:
    return ReleaseFailed(
        f"{report.routine}: {report.outcome}. {report.reason}".strip(),
        next_move=report.next_move,
        report=report,
        production_as_before=report.production_as_before,
    )


def _noting(seen: list[str], observer: Observer | None) -> Observer:
    """Note the run's id as soon as it has one, then tell the observer."""

    def note(happening: Any) -> None:
        seen.append(happening.run)
        if observer is not None:
            observer(happening)

    return note
