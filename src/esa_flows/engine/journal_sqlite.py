"""The durable journal: one SQLite file, one worker thread, one disk sync for many.

Whatever is asked while the disk is busy waits together and is served together: one
transaction and one sync for all, and to each its own answer. The first of a batch
takes it to the thread, the others wait for its end.

A batch is never abandoned: the wait for it, two disk writes at most, is shielded from
cancellation. A host that cancels a task by its loop's own means passes through shields;
then another waiter takes the batch to the thread, where it is served once in any case.
"""

import datetime as dt
import os
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import anyio
import anyio.lowlevel
from anyio import to_thread
from attrs import define, field, frozen, setters

from esa_flows.engine.journal import (
    Beat,
    Lease,
    NewRun,
    Owner,
    Record,
    Row,
    RunRow,
    Signal,
    SignalVerb,
)
from esa_flows.engine.journal_batch import Batch
from esa_flows.engine.journal_file import identity, prepare
from esa_flows.engine.journal_refusals import gone
from esa_flows.engine.journal_request import Request
from esa_flows.engine.journal_schema import connect
from esa_flows.engine.journal_tables import Tables
from esa_flows.engine.journal_trouble import TROUBLE, told
from esa_flows.engine.journal_upkeep import PACK_AFTER, named, pack_old
from esa_flows.errors import EsaFlowsError

__all__ = ["SQLiteJournal", "SQLiteStatistics", "Writer"]

T = TypeVar("T")

Writer = Literal["thread", "inline"]

PACKED_ALONG, PACKED_AT_ONCE = 4, 100
"""Old runs that are packed when a run begins, and in one transaction of `compact`."""


@frozen(kw_only=True)
class SQLiteStatistics:
    """What a journal did since it was made.

    Attributes:
        requests: What was asked of it.
        appends: How many of these appended rows.
        commits: Transactions that wrote, each with one disk sync.
    """

    requests: int
    appends: int
    commits: int


# Its counters change with every request; hooks are for the path, which does not change.
@define(eq=False, repr=False, on_setattr=setters.NO_OP)
class SQLiteJournal:
    """A journal in an SQLite file; opened when it is first used.

    Args:
        path: The file; it and its folder are made where they are missing.
        writer: `thread` does the work in one worker thread at a time; `inline` does it
            in the event loop, for virtual time, which sees no threads.

    Attributes:
        advice: Sentences about what could be safer, known once it is open.
    """

    _path: Path = field(converter=Path)
    _writer: Writer = field(default="thread", kw_only=True)
    advice: tuple[str, ...] = field(default=(), init=False)
    _tables: Tables | None = field(default=None, init=False)
    _place: Path = field(init=False)
    _file: tuple[int, int] | None = field(default=None, init=False)
    _joining: Batch | None = field(default=None, init=False)
    _lane: anyio.Lock = field(init=False)
    _thread: anyio.CapacityLimiter = field(init=False)
    _busy: threading.Lock = field(factory=threading.Lock, init=False)
    _runs: int = field(default=0, init=False)
    _requests: int = field(default=0, init=False)
    _appends: int = field(default=0, init=False)
    _commits: int = field(default=0, init=False)

    @_lane.default
    def _one_batch(self) -> anyio.Lock:
        return anyio.Lock(fast_acquire=True)

    @_thread.default
    def _one_thread(self) -> anyio.CapacityLimiter:
        return anyio.CapacityLimiter(1)

    def __repr__(self) -> str:
        state = "closed" if self._tables is None else f"runs: {self._runs}"
        return f"<SQLiteJournal {self._path} [{state}]>"

    @classmethod
    async def open(
        cls, path: str | os.PathLike[str], *, writer: Writer = "thread"
    ) -> Self:
        """Make a journal and open its file at once.

        Args:
            path: The file; it and its folder are made where they are missing.
            writer: As for the class.

        Raises:
            InvalidInput: The file may not lie there, or is another program's.
            JournalTooNew: A newer release wrote it.
            JournalCorrupt: It is damaged, or no database.
            JournalUnavailable: The system does not let us use it.
        """
        journal = cls(path, writer=writer)
        await journal.list(most=1)
        return journal

    @property
    def name(self) -> str:
        """The file's path."""
        return str(self._path)

    def statistics(self) -> SQLiteStatistics:
        """Give what it did so far."""
        return SQLiteStatistics(
            requests=self._requests, appends=self._appends, commits=self._commits
        )

    async def create(self, run: NewRun, owner: Owner) -> Lease:
        """List a new run and take its lease; pack a few that ended long ago."""
        before = run.started_at - PACK_AFTER

        def work(tables: Tables) -> Lease:
            """Do both in the writer's transaction."""
            lease = tables.create(run, owner)
            pack_old(tables, before=before, most=PACKED_ALONG)
            return lease

        lease = await self._write(work)
        self._runs += 1
        return lease

    async def append(self, lease: Lease, records: Iterable[Record]) -> tuple[Row, ...]:
        """Append rows under the lease: all of them, or none."""
        self._appends += 1
        given = tuple(records)
        return await self._write(lambda tables: tables.append(lease, given))

    async def rows(self, run: str) -> tuple[Row, ...]:
        """Give a run's rows in order, checked."""
        return await self._read(lambda tables: tables.rows(run))

    async def find(self, prefix: str) -> tuple[RunRow, ...]:
        """Give the runs whose id begins so."""
        return await self._read(lambda tables: tables.find(prefix))

    async def list(
        self,
        *,
        subject: str = "",
        unfinished: bool = False,
        heads: bool = False,
        most: int = 100,
    ) -> tuple[RunRow, ...]:
        """Give runs, newest first."""
        return await self._read(
            lambda tables: tables.list(
                subject=subject, unfinished=unfinished, heads=heads, most=most
            )
        )

    async def beat_of(self, run: str) -> Beat:
        """Give what can be seen of a run's lease."""
        return await self._read(lambda tables: tables.beat_of(run))

    async def take(self, run: str, owner: Owner, *, seen: Beat) -> Lease | None:
        """Take a run's lease if it is still as seen."""
        return await self._write(lambda tables: tables.take(run, owner, seen))

    async def renew(self, lease: Lease) -> None:
        """Beat."""
        await self._write(lambda tables: tables.renew(lease))

    async def release(self, lease: Lease) -> None:
        """Give the lease back."""
        await self._write(lambda tables: tables.release(lease))

    async def signal(
        self, run: str, verb: SignalVerb, *, by: str, at: dt.datetime
    ) -> None:
        """Append to a run's signal inbox."""
        await self._write(lambda tables: tables.signal(run, verb, by, at))

    async def signals(self, run: str, *, after: int) -> tuple[Signal, ...]:
        """Give the signals of a run's inbox after a place."""
        return await self._read(lambda tables: tables.signals(run, after))

    async def signalled(self, after: Mapping[str, int]) -> tuple[str, ...]:
        """Give those runs in whose inbox something lies after a place."""
        asked = dict(after)
        return await self._read(lambda tables: tables.signalled(asked))

    async def compact(self, *, before: dt.datetime) -> int:
        """Pack the runs that ended, and give the room back to the system.

        Args:
            before: Only runs that began before this.

        Returns:
            How many runs were packed.

        Raises:
            JournalUnavailable: Another process is at work with the journal.
        """
        packed = 0
        while some := await self._write(
            lambda tables: pack_old(tables, before=before, most=PACKED_AT_ONCE)
        ):
            packed += some

        await self._aside(lambda: self._or_told(lambda: self._opened().shrink()))
        return packed

    async def named(self) -> frozenset[str]:
        """Give every digest that somebody may still need the bytes of."""
        return await self._read(named)

    async def close(self) -> None:
        """Let go of the file; whoever asks something later opens it again."""
        await self._aside(self._shut)

    async def _aside(self, work: Callable[[], T]) -> T:
        """Do something with the file between two batches."""
        if self._writer == "inline":
            return work()

        with anyio.CancelScope(shield=True):
            async with self._lane:
                found = await to_thread.run_sync(work, limiter=self._thread)

        return found

    # --- how what is asked reaches the tables

    def _write(self, work: Callable[[Tables], T]) -> Awaitable[T]:
        return self._ask(Request(work, writes=True))

    def _read(self, work: Callable[[Tables], T]) -> Awaitable[T]:
        return self._ask(Request(work, writes=False))

    async def _ask(self, request: Request[T]) -> T:
        self._requests += 1
        if self._writer == "inline":
            self._serve(Batch([request]))
            return request.result()

        batch = self._joining
        if batch is None:
            batch = await self._begin(request)
        else:
            await batch.over(request)

        # The first leads; another one where that was cancelled by its host.
        if not batch.served:
            await self._lead(batch)

        return request.result()

    async def _begin(self, request: Request[Any]) -> Batch:
        """Open a batch that others may join; who is cancelled opens none."""
        await anyio.lowlevel.checkpoint_if_cancelled()
        self._joining = Batch([request])
        return self._joining

    async def _lead(self, batch: Batch) -> None:
        with anyio.CancelScope(shield=True):
            try:
                async with self._lane:
                    # Whoever was woken with us joins first: one sync for all of them.
                    await anyio.lowlevel.checkpoint()
                    self._depart(batch)
                    await to_thread.run_sync(self._serve, batch, limiter=self._thread)
                    await batch.tell()  # whoever goes on now shares the next sync
            finally:
                self._shut_out(batch)
                batch.wake()

    def _depart(self, batch: Batch) -> None:
        """Begin to serve; an orphaned batch may have departed before."""
        batch.departed = True
        self._shut_out(batch)

    def _shut_out(self, batch: Batch) -> None:
        """Let nobody join any more: where the leader is gone nobody would wake them."""
        if self._joining is batch:
            self._joining = None

    def _serve(self, batch: Batch) -> None:
        # A cancelled leader may have left its thread at work: never two at once.
        with self._busy:
            if batch.served:
                return

            try:
                self._transact(batch.requests)
            except EsaFlowsError as error:
                for request in batch.requests:
                    request.fail(error)

            batch.served = True

    def _transact(self, requests: Sequence[Request[Any]]) -> None:
        tables = self._or_told(self._opened)
        if identity(self._place) != self._file:
            raise gone(self.name)

        self._commits += self._or_told(lambda: tables.serve(requests))

    def _or_told(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except TROUBLE as error:
            raise told(error, source=self.name) from error

    def _opened(self) -> Tables:
        if self._tables is None:
            self._place = self._path.absolute()
            self.advice = prepare(self._place)
            self._tables = Tables(connect(self._place), self.name)
            self._file = identity(self._place)
            self._runs = self._tables.count()

        return self._tables

    def _shut(self) -> None:
        with self._busy:
            if self._tables is not None:
                self._tables.close()
                self._tables = None
