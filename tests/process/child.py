"""What a child process does: a scene, the resuming of it, or a command line.

On its way it passes moments, each with a name: `before commit 1`, `after deploy 2`,
`inside row 7`. At the moment that its job names, something happens to it.
"""

from __future__ import annotations

import json
import os
import pty
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from attrs import define, field, frozen
from tests.house import label_of
from tests.process import troubles
from tests.process.scenes import SCENES, Scene, asking

from esa_flows import Client, Parts
from esa_flows.cli import app as command_line
from esa_flows.cli import main as esa_flows
from esa_flows.engine import lease, watch
from esa_flows.engine.journal import Kind, Lease, Record, Row
from esa_flows.engine.journal_sqlite import SQLiteJournal
from esa_flows.errors import EsaFlowsError, JournalError
from esa_flows.wire.transport import (
    HttpxTransport,
    Request,
    Response,
    Transport,
    open_client,
)

WARM = (command_line, pty)
"""Imported before anybody is born."""


@frozen(kw_only=True)
class Job:
    """What a child shall do.

    Attributes:
        do: `act` or `resume` a scene, or `command`: what `argv` says.
        folder: Its working folder; the bundle lies there, and what it writes.
        environ: All its environment variables.
        scene: The scene's name.
        backend: `asyncio` or `trio`.
        moment: When something happens to it; empty for a quiet life.
        trouble: What happens then; a name in `troubles`.
        lease: Seconds a lease lasts, the same for all, and other waits accordingly; 0
            for the usual times.
        name: Tells the files of two children of one folder apart.
        argv: Arguments of the command line.
        terminal: Path of the terminal it is started in; empty for none.
    """

    do: str
    folder: Path
    environ: Mapping[str, str]
    scene: str = ""
    backend: str = "asyncio"
    moment: str = ""
    trouble: str = "die"
    lease: float = 0.0
    name: str = "child"
    argv: tuple[str, ...] = ()
    terminal: str = ""

    @property
    def answer(self) -> Path:
        """Where it writes what it has to say, as JSON."""
        return self.folder / f"{self.name}.json"

    @property
    def words(self) -> Path:
        """Where it writes what people read."""
        return self.folder / f"{self.name}.txt"


@define
class Moments:
    """The moments that a process passed, and when.

    Attributes:
        fatal: Which moment brings the trouble.
        trouble: What happens then.
        passed: Names and times, on the clock that all processes of a machine share.
    """

    fatal: str = ""
    trouble: str = "die"
    passed: list[tuple[str, float]] = field(factory=list)
    _counts: Counter[str] = field(factory=Counter)

    def count(self, what: str) -> str:
        """Give something that happens again and again a name with its number."""
        self._counts[what] += 1
        return f"{what} {self._counts[what]}"

    def meet(self, moment: str) -> None:
        """Pass a moment; perhaps something happens."""
        self.passed.append((moment, time.monotonic()))
        if moment == self.fatal:
            troubles.BY_NAME[self.trouble]()


@define
class WatchedTransport:
    """A transport whose every call is a moment before and a moment after."""

    _inner: Transport
    _moments: Moments

    async def send(self, request: Request) -> Response:
        """Send, and tell."""
        name = self._moments.count(label_of(request))
        self._moments.meet(f"before {name}")
        response = await self._inner.send(request)
        self._moments.meet(f"after {name}")
        return response


class WatchedJournal(SQLiteJournal):
    """A journal file whose every row is a moment before, one inside, one after.

    A moment of its own is that after an intent: what follows next is the call.
    """

    moments: Moments

    async def append(self, lease: Lease, records: Iterable[Record]) -> tuple[Row, ...]:
        """Append, and tell."""
        given = list(records)
        name = self.moments.count("row")
        self.moments.meet(f"before {name}")
        with WatchedConnection.commits(partial(self.moments.meet, f"inside {name}")):
            try:
                rows = await super().append(lease, given)
            except JournalError:
                self.moments.meet(f"without {name}")
                raise

        self.moments.meet(f"after {name}")
        for record in given:
            if record.kind is Kind.INTENT:
                self.moments.meet(f"intent {record.step}")

        return rows


class WatchedConnection(sqlite3.Connection):
    """A connection that tells of a writing transaction right before it is committed."""

    tell: Callable[[], None] | None = None
    committed: int = 0

    @classmethod
    def commits(cls, tell: Callable[[], None]) -> _Telling:
        """Tell of the next commit, while the block runs."""
        return _Telling(tell)

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Execute, and tell."""
        writes = sql == "COMMIT" and self.total_changes > self.committed
        if writes and WatchedConnection.tell is not None:
            tell, WatchedConnection.tell = WatchedConnection.tell, None
            tell()

        if writes:
            self.committed = self.total_changes

        return super().execute(sql, *values)


@define
class _Telling:
    _tell: Callable[[], None]

    def __enter__(self) -> None:
        WatchedConnection.tell = self._tell

    def __exit__(self, *_: object) -> None:
        WatchedConnection.tell = None


def live(job: Job) -> None:
    """Do a job, and end with its exit code."""
    _move_in(job)
    if job.do == "command":
        sys.exit(esa_flows(job.argv))

    said: dict[str, Any] = {"outcome": "", "error": "", "stopped": ""}
    try:
        anyio.run(_heeding, job, said, backend=job.backend)
    except* KeyboardInterrupt:
        said["stopped"] = "interrupted"

    troubles.end_all()
    job.answer.write_text(json.dumps(said))


def _move_in(job: Job) -> None:
    """Be what a process is that somebody starts in a folder, perhaps in a terminal."""
    os.environ.clear()
    os.environ.update(job.environ)
    os.chdir(job.folder)
    for number in (signal.SIGINT, signal.SIGTERM):
        # The parent of all children ignores Ctrl-C; a shell's children do not.
        signal.signal(
            number,
            signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL,
        )

    vars(sqlite3)["connect"] = partial(sqlite3.connect, factory=WatchedConnection)
    if job.lease:
        lease.LEASE, lease.LOOK = job.lease, job.lease / 15
        vars(watch)["BEAT"] = job.lease / 5
        deploying = sys.modules["esa_flows.steps.deploy"]  # that name is a step, too
        vars(deploying)["READ_BACK_WITHIN"] = 2 * job.lease

    _take_streams(job)


def _take_streams(job: Job) -> None:
    """Write to the job's file, or live in its terminal, where Ctrl-C comes from."""
    if job.terminal:
        os.setsid()
        place = os.open(job.terminal, os.O_RDWR)
        os.dup2(place, 0)
    else:
        place = os.open(job.words, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    os.dup2(place, 1)
    os.dup2(place, 2)

    # What the parent of all made of its streams was made for others.
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)


async def _heeding(job: Job, said: dict[str, Any]) -> None:
    """Be a program that cancels what it does when it gets SIGTERM."""
    async with anyio.create_task_group() as beside:
        with anyio.CancelScope() as work:
            beside.start_soon(_until_told, work)
            await _work(job, said)

        said["stopped"] = "cancelled" if work.cancelled_caught else ""
        beside.cancel_scope.cancel()


async def _until_told(work: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM) as signals:
        async for _ in signals:
            work.cancel()


async def _work(job: Job, said: dict[str, Any]) -> None:
    """Do a scene and write down how it ended."""
    moments = Moments(job.moment, job.trouble, said.setdefault("passed", []))
    journal = WatchedJournal(os.environ["ESA_FLOWS_JOURNAL"])
    journal.moments = moments
    async with open_client() as http:
        transport = WatchedTransport(HttpxTransport(http), moments)
        parts = Parts(transport=transport, journal=journal, flows=(asking,))
        async with Client.from_env(parts=parts) as client:
            try:
                found = await _found(client, SCENES[job.scene], job)
                said.update(outcome=getattr(found, "outcome", found))
            except EsaFlowsError as error:
                said.update(error=type(error).__name__, words=str(error))

    # A journal on a full disk cannot be closed any better than by this process's end.
    with anyio.move_on_after(5):
        await journal.close()


async def _found(client: Client, scene: Scene, job: Job) -> Any:
    if job.do == "act":
        return await scene.act(client, job.folder)

    return await _go_on(client, scene, job)


async def _go_on(client: Client, scene: Scene, job: Job) -> Any:
    """Do what a person does after a death: resume, or begin where nothing was done."""
    for row in (await client.runs.list(routine=scene.routine))[:1]:
        found = await client.resume(row.run.id, check=False)
        if "nothing was done" not in getattr(found, "reason", ""):
            return found

    return await scene.act(client, job.folder)
