"""Ask an account everything, with a scratch routine that is gone at the end.

The routine is taken away at every end: after the last question, after a failure, and
when the survey is cancelled; then for a minute at most, and what is left is told.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

import anyio
from attrs import evolve, frozen

from esa_flows.api.cloud import RoutineSummary
from esa_flows.api.reply import plain_text
from esa_flows.connection import Connection, Parts, connect
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import (
    BadCredentials,
    EsaFlowsError,
    InvalidInput,
    OutcomeUnknown,
)
from esa_flows.files import MemoryBlobs
from esa_flows.model import RoutineName
from esa_flows.settings import Settings
from esa_flows.survey.bench import Bench
from esa_flows.survey.ear import Ear
from esa_flows.survey.finding import Finding, Verdict
from esa_flows.survey.questions import Kind, Question, cost
from esa_flows.survey.scratch import (
    Scratch,
    leftovers,
    make,
    mark_of,
    name_of,
    take_away,
)
from esa_flows.wire.call import Caller
from esa_flows.wire.cap import Cap
from esa_flows.wire.transport import HttpxTransport, Transport, open_client

__all__ = ["Plan", "Report", "Told", "clean_up", "find_leftovers", "plan_for", "survey"]


_ONE_CALL = 0.1
_WAITS = {Kind.ALWAYS: 8.0, Kind.CAP: 12.0, Kind.SLOW: 1_805.0}
"""Seconds that are waited through; no document says how long a form is good."""


@frozen(kw_only=True)
class Plan:
    """What a survey will do.

    Attributes:
        name: Of the scratch routine.
        mark: Its description, which no other survey gives.
        questions: In the order of asking.
    """

    name: RoutineName
    mark: str
    questions: tuple[Question, ...]

    @property
    def seconds(self) -> float:
        """How long it takes about, where nothing is late."""
        kinds = {question.kind for question in self.questions}
        waits = sum(seconds for kind, seconds in _WAITS.items() if kind in kinds)
        # The bursts of the question about the cap are waited through already.
        paced = (each for each in self.questions if each.kind is not Kind.CAP)
        return waits + _ONE_CALL * sum(cost(paced).values())

    @property
    def calls(self) -> Mapping[str, int]:
        """How often each operation is called at most, where nothing is late."""
        return cost(self.questions)


@frozen(kw_only=True)
class Report:
    """What a survey found.

    Attributes:
        findings: One for each question, in the order of asking.
        left: What could not be taken away; empty where nothing was left.
        endpoint: Who was asked.
        sent: Calls made, repeats included, uploads left out.
    """

    findings: tuple[Finding, ...]
    left: str
    endpoint: str
    sent: int


class Told(Protocol):
    """Somebody who watches a survey."""

    def asks(self, question: Question) -> None:
        """Note that a question is asked now."""
        ...

    def found(self, finding: Finding) -> None:
        """Note what became of it."""
        ...

    def cleans(self, name: RoutineName) -> None:
        """Note that the scratch routine is taken away now."""
        ...

    def cleaned(self, left: str) -> None:
        """Note what could not be taken away; empty where nothing is left.

        It is told where the survey is cancelled, too.
        """
        ...


def plan_for(number: str, questions: tuple[Question, ...], *, name: str = "") -> Plan:
    """Say what a survey will do: pure.

    Args:
        number: Random hexadecimal digits, drawn for this survey.
        questions: To be asked.
        name: Of the scratch routine; drawn where it is empty.

    Raises:
        InvalidInput: The name is none.
    """
    return Plan(
        name=RoutineName(name) if name else name_of(number),
        mark=mark_of(number),
        questions=questions,
    )


async def survey(settings: Settings, parts: Parts, plan: Plan, told: Told) -> Report:
    """Make the scratch routine, ask everything, take the routine away.

    Args:
        settings: How to reach the provider.
        parts: What a client would be made of; its journal is not used.
        plan: What to do.
        told: Who watches.

    Raises:
        InvalidInput: The routine is there already.
        CallError: The routine could not be made, or the account is blocked.
    """
    async with _open(settings, parts) as (connection, ear):
        bench = _bench(connection, ear, plan)
        scratch = Scratch()
        findings: list[Finding] = []
        left = ""
        try:
            await make(bench, scratch)
            for question in plan.questions:
                told.asks(question)
                findings.append(await _asked(question, bench))
                told.found(findings[-1])
        finally:
            left = await _taken_away(bench, scratch, told)

        done = connection.caller.statistics()
        return Report(
            findings=tuple(findings), left=left, endpoint=done.endpoint, sent=done.sent
        )


async def _asked(question: Question, bench: Bench) -> Finding:
    """Ask one question; trouble leaves it open, and the survey goes on."""
    try:
        seen = await question.ask(bench)
    except BadCredentials:
        raise
    except EsaFlowsError as error:
        return Finding(
            question=question.name, verdict=Verdict.OPEN, answer=error.message
        )

    return Finding(
        question=question.name,
        verdict=Verdict.MEASURED,
        answer=seen.answer,
        settings=seen.settings,
    )


async def _taken_away(bench: Bench, scratch: Scratch, told: Told) -> str:
    """Take the routine away even where the survey was cancelled."""
    if not scratch.may_exist:
        return ""

    told.cleans(bench.name)
    with anyio.CancelScope(shield=True):
        left = await take_away(bench, scratch)

    told.cleaned(left)
    return left


async def find_leftovers(
    settings: Settings, parts: Parts, name: str = ""
) -> tuple[RoutineSummary, ...]:
    """Give the scratch routines that earlier surveys could not take away.

    One that belongs to a survey under way looks the same.

    Args:
        settings: How to reach the provider.
        parts: What a client would be made of.
        name: The only one to look at; empty for all.

    Raises:
        InvalidInput: The routine of this name carries no mark of a survey.
        CallError: They cannot be listed.
    """
    async with _open(settings, parts) as (connection, _):
        found = await leftovers(connection.cloud, name)

    if name and not found:
        raise InvalidInput(
            f"There is no routine {name} that a survey made; nothing was changed.",
            next_move="See: esa-flows conformance --clean",
        )

    return found


async def clean_up(
    settings: Settings, parts: Parts, found: tuple[RoutineSummary, ...]
) -> None:
    """Delete scratch routines, each only as long as it carries its mark.

    Args:
        settings: How to reach the provider.
        parts: What a client would be made of.
        found: As `find_leftovers` gave them.

    Raises:
        CallError: One could not be deleted; those before it are gone.
    """
    async with _open(settings, parts) as (connection, ear):
        for summary in found:
            plan = Plan(
                name=RoutineName(summary.name),
                mark=plain_text(summary.description),
                questions=(),
            )
            scratch = Scratch(may_exist=True)
            left = await take_away(_bench(connection, ear, plan), scratch)
            if left:
                raise OutcomeUnknown(left, operation="DeleteRoutine")


# --- what it is made of -------------------------------------------------------------


@asynccontextmanager
async def _open(
    settings: Settings, parts: Parts
) -> AsyncIterator[tuple[Connection, Ear]]:
    async with contextlib.AsyncExitStack() as stack:
        ear = Ear(await _transport(parts, stack))
        changed = evolve(
            parts, transport=ear, journal=MemoryJournal(), blobs=MemoryBlobs()
        )
        yield await stack.enter_async_context(connect(settings, changed)), ear


async def _transport(parts: Parts, stack: contextlib.AsyncExitStack) -> Transport:
    if parts.transport is not None:
        return parts.transport

    if parts.http is not None:
        return HttpxTransport(parts.http)

    client = await anyio.to_thread.run_sync(open_client)
    return HttpxTransport(await stack.enter_async_context(client))


def _bench(connection: Connection, ear: Ear, plan: Plan) -> Bench:
    parts = connection.parts

    def number() -> str:
        """Draw hexadecimal digits."""
        return f"{parts.random.getrandbits(128):032x}"

    def unpaced(calls: int) -> tuple[Caller, Ear]:
        """Make a caller that keeps to another cap."""
        apart = Ear(ear.inner)
        caller = Caller(
            apart,
            connection.credentials,
            # Known since the first call; without one no caller can be made.
            connection.caller.endpoint or (),
            cap=Cap(calls, burst=calls, learns=False),
            now=parts.now,
            nonce=number,
        )
        return caller, apart

    return Bench(
        cloud=connection.cloud,
        caller=connection.caller,
        ear=ear,
        cap=connection.cap,
        unpaced=unpaced,
        name=plan.name,
        description=plan.mark,
        now=parts.now,
        number=number,
    )
