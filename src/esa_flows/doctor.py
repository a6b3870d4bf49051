"""Look at everything a release needs, and say what is missing; it only reads.

Every check is made as far as the others allow, so that one visit shows all there is to
mend. What cannot be tried without changing something is not tried; the sentence says
so.
"""

from __future__ import annotations

import contextlib
import enum
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType

from attrs import evolve, frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.api.dcdn_operations import ram_actions as dcdn_actions
from esa_flows.api.esa import ram_actions as esa_actions
from esa_flows.connection import Connection, Parts, connect
from esa_flows.engine.journal import Journal
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.engine.journal_sqlite import SQLiteJournal
from esa_flows.errors import (
    AccessDenied,
    CallError,
    EsaFlowsError,
    InvalidInput,
    Refused,
)
from esa_flows.model import Cloud, Environment, RoutineName
from esa_flows.release.spec import QUOTA
from esa_flows.settings import Settings, state_folder
from esa_flows.wire.cap import CapStatistics
from esa_flows.wire.classify import ram_statement
from esa_flows.wire.gate_statistics import GateStatistics

__all__ = ["Check", "Verdict", "examine"]

MOST_SKEW = 60.0
"""Seconds that a clock may be off before it is worth a word; calls are corrected."""

RUNNING = "running"

_NEEDED = frozenset({Op.OBSERVE, Op.LIST, Op.READ_CODE, Op.INFO})
"""Reads without which there is no release; without the others one knows less."""

_ACTIONS: Mapping[Cloud, Callable[[Iterable[Op]], tuple[str, ...]]] = MappingProxyType(
    {Cloud.ESA: esa_actions, Cloud.DCDN: dcdn_actions}
)
_CONSOLES: Mapping[Cloud, str] = MappingProxyType(
    {
        Cloud.ESA: "Look at Functions and Pages in the console.",
        Cloud.DCDN: "Look at EdgeRoutine and at the bills in the console of DCDN.",
    }
)
_CHANGES = frozenset(op for op in Op if op.mutates) - {Op.POST, Op.DELETE_ROUTINE}
"""Changes of a release; a form needs no right, and only a person deletes a routine."""

_NOBODY = RoutineName("esa-flows-doctor")
_Looks = dict[Op, Callable[[], Awaitable[object]]]


class Verdict(enum.StrEnum):
    """What a check says."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@frozen(kw_only=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What.
        verdict: Whether it is as a release needs it.
        sentence: What was found.
        next_move: What to do now; empty where there is nothing to do.
        is_ours: Whether it is mended on this machine.
    """

    name: str
    verdict: Verdict
    sentence: str
    next_move: str = ""
    is_ours: bool = False


async def examine(settings: Settings, parts: Parts) -> AsyncIterator[Check]:
    """Check journal, credentials, endpoint, service, clock, rights, and so on.

    Args:
        settings: How a client would be made.
        parts: What it would be made of.
    """
    async with contextlib.AsyncExitStack() as stack:
        journal, check = await _journal(settings, parts, stack)
        yield check
        with_journal = evolve(parts, journal=journal)
        connection = await stack.enter_async_context(connect(settings, with_journal))
        credentials = await _credentials(connection)
        yield credentials
        if credentials.verdict is Verdict.FAIL:
            return

        reached, status = await _reach(connection)
        yield reached
        if reached.verdict is Verdict.FAIL:
            return

        yield _service(status, settings.cloud)
        yield _clock(connection)
        yield await _rights(connection.cloud)
        yield await _quota(connection)
        yield await _staging(connection)
        yield _cap(connection)


# --- this machine -------------------------------------------------------------------


async def _journal(
    settings: Settings, parts: Parts, stack: contextlib.AsyncExitStack
) -> tuple[Journal, Check]:
    """Open the journal; one that cannot be opened is replaced for the other checks."""
    journal = parts.journal or _file_journal(settings, parts, stack)
    try:
        unfinished = await journal.list(unfinished=True)
    except EsaFlowsError as error:
        return MemoryJournal(), _failed("journal", error, is_ours=True)

    advice = getattr(journal, "advice", ())
    runs = ", ".join(row.run.id for row in unfinished) or "none"
    return journal, Check(
        name="journal",
        verdict=Verdict.WARN if advice else Verdict.OK,
        sentence=f"{journal.name} can be read and written; unfinished runs: {runs}.",
        next_move=" ".join(advice),
        is_ours=True,
    )


def _file_journal(
    settings: Settings, parts: Parts, stack: contextlib.AsyncExitStack
) -> Journal:
    path = settings.journal or state_folder(parts.environ, parts.home) / "journal.db"
    journal = SQLiteJournal(path)
    stack.push_async_callback(journal.close)
    return journal


async def _credentials(connection: Connection) -> Check:
    try:
        found = await connection.credentials.get()
    except EsaFlowsError as error:
        return _failed("credentials", error, is_ours=True)

    return Check(
        name="credentials",
        verdict=Verdict.OK,
        sentence=f"Access key {found.masked_id}, {found.source}.",
    )


def _clock(connection: Connection) -> Check:
    seconds = connection.caller.skew.total_seconds()
    is_off = abs(seconds) > MOST_SKEW
    told = f"{abs(seconds):.0f} s {'behind' if seconds > 0 else 'ahead of'}"
    return Check(
        name="clock",
        verdict=Verdict.WARN if is_off else Verdict.OK,
        sentence=f"This machine's clock is {told} the provider's; calls are corrected."
        if is_off
        else "This machine's clock is near enough to the provider's.",
        next_move="Set the clock, for instance by NTP." if is_off else "",
        is_ours=True,
    )


# --- the provider -------------------------------------------------------------------


async def _reach(connection: Connection) -> tuple[Check, str]:
    """Make the first call: it finds the site and tells the service's status."""
    try:
        status = await connection.cloud.service_status()
    except AccessDenied as error:
        return _reached(connection), f"unknown: {error.message}"
    except CallError as error:
        is_cap = connection.cap.statistics().is_lost
        return _failed("cap" if is_cap else "endpoint", error, is_ours=is_cap), ""
    except InvalidInput as error:  # the cap is shared through what we cannot use
        return _failed("cap", error, is_ours=True), ""

    return _reached(connection), status


def _reached(connection: Connection) -> Check:
    endpoint = connection.caller.endpoint
    return Check(
        name="endpoint",
        verdict=Verdict.OK,
        sentence=f"{endpoint} answers and knows the access key.",
    )


def _service(status: str, cloud: Cloud) -> Check:
    is_running = status.lower() == RUNNING
    return Check(
        name="service",
        verdict=Verdict.OK if is_running else Verdict.WARN,
        sentence=f"The service's status is {status}.",
        next_move="" if is_running else _CONSOLES[cloud],
    )


async def _rights(cloud: RoutineCloud) -> Check:
    """Try every read a release makes, on the first routine there is."""
    actions = _ACTIONS[cloud.facts.cloud]
    try:
        denied, routine = await _routines(cloud)
        denied |= await _denied(_looks(cloud, routine or _NOBODY))
        denied |= await _denied(await _looks_at_code(cloud, routine))
    except CallError as error:
        return _failed("rights", error)

    if not denied:
        on = f" on {routine}" if routine else ""
        return Check(
            name="rights",
            verdict=Verdict.OK,
            sentence=f"Every read was allowed{on}; changes cannot be tried without"
            f" making them and need {', '.join(actions(_CHANGES))}.",
        )

    return Check(
        name="rights",
        verdict=Verdict.FAIL if denied & _NEEDED else Verdict.WARN,
        sentence=f"The access key may not call {', '.join(actions(denied))}.",
        next_move="Attach this policy to its RAM user or role:"
        f" {ram_statement(*actions(denied))}",
    )


async def _routines(cloud: RoutineCloud) -> tuple[set[Op], RoutineName | None]:
    try:
        found = await cloud.list_routines()
    except AccessDenied:
        return {Op.ROUTINES}, None

    for summary in found:
        with contextlib.suppress(InvalidInput):  # an old name that breaks today's rule
            return set(), RoutineName(summary.name)

    return set(), None


def _looks(cloud: RoutineCloud, name: RoutineName) -> _Looks:
    return {
        Op.OBSERVE: lambda: cloud.observe(name),
        Op.LIST: lambda: cloud.list_versions(name),
        Op.VARIABLES: lambda: cloud.variables(name, Environment.PRODUCTION),
    }


async def _looks_at_code(cloud: RoutineCloud, name: RoutineName | None) -> _Looks:
    """Give the reads of a version; none where there is no version to read."""
    try:
        versions = await cloud.list_versions(name) if name else ()
    except AccessDenied:
        return {}

    if name is None or not versions:
        return {}

    routine, version = name, versions[0].id
    return {
        Op.READ_CODE: lambda: cloud.read_code(routine, version),
        Op.INFO: lambda: cloud.version_info(routine, version),
    }


async def _denied(looks: _Looks) -> set[Op]:
    """Give the reads that are refused for want of a right; other refusals are none."""
    found = set()
    for op, look in looks.items():
        try:
            await look()
        except AccessDenied:
            found.add(op)
        except Refused:
            continue  # no such routine: asked after the right was checked

    return found


async def _quota(connection: Connection) -> Check:
    given = connection.settings.version_quota
    try:
        quota = await connection.cloud.version_quota()
    except CallError as error:
        return Check(
            name="quota",
            verdict=Verdict.WARN,
            sentence=f"The version quota is unknown; {given or QUOTA} is used."
            f" {error.message}",
            next_move=error.next_move,
        )

    if given in {None, quota}:
        return Check(
            name="quota",
            verdict=Verdict.OK,
            sentence=f"A routine may have {quota} versions.",
        )

    return Check(
        name="quota",
        verdict=Verdict.WARN,
        sentence=f"A routine may have {quota} versions; {given} is used.",
        next_move="Leave out ESA_FLOWS_VERSION_QUOTA and --version-quota: the plan is"
        " asked then.",
        is_ours=True,
    )


async def _staging(connection: Connection) -> Check:
    facts, fixed = connection.cloud.facts, connection.settings.staging_edge
    if not facts.has_staging_addresses:
        return Check(
            name="staging",
            verdict=Verdict.OK,
            sentence=f"{facts.cloud.label} names no address of staging: what serves"
            " there is read back and not asked over HTTP.",
        )

    if fixed:
        return Check(
            name="staging",
            verdict=Verdict.OK,
            sentence=f"Staging is asked at {fixed}, as set.",
        )

    try:
        addresses = await connection.cloud.staging_addresses()
    except CallError as error:
        return evolve(_failed("staging", error), verdict=Verdict.WARN)

    return Check(
        name="staging",
        verdict=Verdict.OK if addresses else Verdict.WARN,
        sentence=f"Staging answers at {', '.join(addresses) or 'no address'}.",
        next_move="" if addresses else "Release with --no-probe.",
    )


def _cap(connection: Connection) -> Check:
    """Tell how many calls are made, and what refusals have taught about it."""
    now = connection.cap.statistics()
    learned = {
        f"{gate.allowed} of {gate.calls} calls a second{of}"
        for of, gate in (("", now), *_by_operation(now))
        if gate.allowed < gate.calls
    }
    if not learned:
        return Check(
            name="cap",
            verdict=Verdict.OK,
            sentence=f"At most {now.calls} calls a second, counted for {now.shared}.",
        )

    return Check(
        name="cap",
        verdict=Verdict.WARN,
        sentence="The provider refused calls for being too many; made now are"
        f" {', '.join(sorted(learned))}.",
        next_move="Others may be using the account; if it stays so, set"
        " ESA_FLOWS_CALLS_PER_SECOND to fewer.",
    )


def _by_operation(now: CapStatistics) -> Iterable[tuple[str, GateStatistics]]:
    return ((f" of {name}", gate) for name, gate in now.operations.items())


def _failed(name: str, error: EsaFlowsError, *, is_ours: bool = False) -> Check:
    return Check(
        name=name,
        verdict=Verdict.FAIL,
        sentence=error.message,
        next_move=error.next_move.strip(),
        is_ours=is_ours,
    )
