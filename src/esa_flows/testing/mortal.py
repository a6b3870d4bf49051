"""Processes that die when they are told to, as by SIGKILL: nothing more is written."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any, NoReturn

import anyio
from attrs import define, evolve, field

from esa_flows.engine.journal import Beat, Lease, NewRun, Owner, Record, Row
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import JournalUnavailable
from esa_flows.localcloud import LocalCloud
from esa_flows.localcloud.values import Reply, Request
from esa_flows.testing.fate import Fate, fault_of
from esa_flows.testing.witness import (
    Act,
    Sight,
    Witness,
    answer_of,
    routine_of,
    verb_of,
)
from esa_flows.wire.transport import Request as Signed
from esa_flows.wire.transport import Response, Transport

__all__ = ["Door", "Killed", "MortalJournal", "MortalTransport", "Process"]

_LOOKS = ("Describe", "Get", "List")
_noted_of_call: ContextVar[list[int]] = ContextVar("noted_of_call")
"""Places in the witness's list of what a call did: a process has several under way."""


class Killed(BaseException):
    """The process is dead. No handler of the flow may see it, so it is no Exception."""


@define(eq=False)
class Process:
    """One life of a program.

    Attributes:
        name: Who it is in the trace.
        scope: Around everything it does.
        is_dead: Whether it was killed.
    """

    name: str
    scope: anyio.CancelScope = field(factory=anyio.CancelScope, repr=False)
    is_dead: bool = False

    def breathe(self) -> None:
        """Go on, if it is alive.

        Raises:
            Killed: It is not.
        """
        if self.is_dead:
            raise Killed

    def die(self) -> NoReturn:
        """Be dead from now on.

        Raises:
            Killed: Always.
        """
        self.is_dead = True
        self.scope.cancel()
        raise Killed


@define(eq=False)
class Door:
    """One process's way into a cloud, where its calls go wrong and are noted.

    Attributes:
        process: Who calls.
        cloud: Who answers.
        fate: What goes wrong.
        witness: Notes it.
    """

    process: Process
    cloud: LocalCloud
    fate: Fate
    witness: Witness

    def handle(self, request: Request) -> Reply:
        """Answer a request that arrives now, or be struck."""
        self.process.breathe()
        verb = verb_of(request)
        struck = self.fate.at_call(verb)
        if struck is None or struck.kind == "die after":
            reply = self._noted(request, verb)
        elif struck.kind == "die before":
            self.process.die()
        elif struck.kind == "cancel":
            self.process.scope.cancel()
            reply = self._noted(request, verb)
        else:
            self.cloud.inject(fault_of(struck, verb))
            reply = self._noted(request, verb)
            self.cloud.faults.clear()

        if struck is not None and struck.kind == "die after":
            self.process.die()

        return reply

    def _noted(self, request: Request, verb: str) -> Reply:
        is_look = verb.startswith(_LOOKS) or verb == "edge"
        before = None if is_look else Sight.of(self.cloud)
        reply = self.cloud.handle(request)
        act = Act(
            at=anyio.current_time(),
            actor=self.process.name,
            verb=verb,
            answer=answer_of(reply),
            routine=routine_of(request),
            sent=b"" if verb == "PostObject" else request.body,
            got=reply.body,
        )
        if before is not None:
            effect = before.until(Sight.of(self.cloud))
            act = evolve(act, effect=effect)

        place = self.witness.note(act)
        _noted_of_call.get().append(place)
        return reply


@define(repr=False, eq=False)
class MortalTransport:
    """A transport that belongs to one process and notes which answers were heard.

    Args:
        door: Where the process's calls go wrong.
        inner: Carries requests to that door; a `ProcessTransport`, as a rule.
    """

    door: Door
    _inner: Transport

    async def send(self, request: Signed) -> Response:
        """Send, unless the process is dead."""
        self.door.process.breathe()
        noted: list[int] = []
        _noted_of_call.set(noted)
        try:
            return await self._inner.send(request)
        except BaseException:
            for place in noted[-1:]:
                self.door.witness.unheard(place)

            raise

    def __repr__(self) -> str:
        return f"<MortalTransport of {self.door.process.name}>"


class MortalJournal(MemoryJournal):
    """A journal in memory whose rows outlive the processes that write them.

    A pickled copy holds the runs and knows no process any more.
    """

    def __init__(self) -> None:
        super().__init__()
        self._processes: dict[str, Process] = {}
        self._checked: dict[str, tuple[Row, ...]] = {}
        self._fate = Fate()
        self._witness = Witness()

    def __getstate__(self) -> dict[str, Any]:
        return {name: vars(self)[name] for name in vars(MemoryJournal())}

    def __setstate__(self, state: dict[str, Any]) -> None:
        MortalJournal.__init__(self)
        vars(self).update(state)

    def attend(self, process: Process, fate: Fate, witness: Witness) -> None:
        """Know a process by the token of its owner, and what befalls its records."""
        self._processes[process.name] = process
        self._fate, self._witness = fate, witness

    async def create(self, run: NewRun, owner: Owner) -> Lease:
        """List a new run, unless its process is dead."""
        self._of(owner).breathe()
        return await super().create(run, owner)

    async def append(self, lease: Lease, records: Iterable[Record]) -> tuple[Row, ...]:
        """Append, unless the process is dead, dies of it, or the journal fails."""
        process = self._of(lease.owner)
        process.breathe()
        struck = self._fate.at_record() if process.name in self._processes else None
        kind = struck.kind if struck else ""
        if kind == "die before":
            process.die()

        if kind == "unwritten":
            raise JournalUnavailable("No space is left for the journal.")

        rows = await super().append(lease, records)
        for row in rows:
            self._note(process, row)

        if kind == "die after":
            process.die()

        if kind == "doubtful":
            raise JournalUnavailable("The journal could not be synced.")

        return rows

    async def rows(self, run: str) -> tuple[Row, ...]:
        """Give a run's rows; checked where one was added since the last look."""
        held = self._run(run).rows
        if len(self._checked.get(run, ())) != len(held):
            self._checked[run] = await super().rows(run)

        return self._checked.get(run, ())

    async def take(self, run: str, owner: Owner, *, seen: Beat) -> Lease | None:
        """Take a lease, unless the process is dead."""
        self._of(owner).breathe()
        return await super().take(run, owner, seen=seen)

    async def renew(self, lease: Lease) -> None:
        """Beat, unless the process is dead."""
        self._of(lease.owner).breathe()
        await super().renew(lease)

    async def release(self, lease: Lease) -> None:
        """Give a lease back; the dead keep theirs."""
        self._of(lease.owner).breathe()
        await super().release(lease)

    def _of(self, owner: Owner) -> Process:
        return self._processes.get(owner.token) or Process(owner.token)

    def _note(self, process: Process, row: Row) -> None:
        self._witness.note(
            Act(
                at=anyio.current_time(),
                actor=process.name,
                verb=row.record.kind.value,
                subject=row.record.step,
                record=row,
            )
        )
