"""The journal: the append-only record of what runs did, and the truth for resuming.

Rules every journal keeps (one conformance suite holds them all to it):

1. A row is durable when `append` returns; no mutating call leaves before its intent is.
   A cancelled `append` writes all of its rows or none.
2. The rows of a run are numbered densely from 1 and chained: each checksum covers the
   one before, so that a missing, changed or swapped row is noticed.
3. Only the holder of a run's lease appends, and each row carries the lease's fence. A
   holder that lost its lease gets `LeaseLost` and writes nothing.
4. Anybody may append to a run's signal inbox; only the holder turns a signal
   into a row.
5. A torn tail is dropped and the run resumes from what is left; a row that does not
   match its checksum is refused.
"""

import datetime as dt
import enum
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, Self

from attrs import field, frozen

from esa_flows.engine.codec import dumps
from esa_flows.errors import JournalCorrupt

__all__ = [
    "Beat",
    "Journal",
    "Kind",
    "Lease",
    "NewRun",
    "Owner",
    "Record",
    "Row",
    "RunRow",
    "Signal",
    "SignalVerb",
    "check_chain",
    "seal",
]


class Kind(enum.StrEnum):
    """What a row records."""

    STARTED = "run.started"
    INTENT = "intent"
    OUTCOME = "outcome"
    SLEPT = "slept"
    ASKED = "asked"
    SIGNALLED = "signalled"
    ENDED = "run.ended"


class SignalVerb(enum.StrEnum):
    """What a person or a host asks of a run."""

    PAUSE = "pause"
    RESUME = "resume"
    ABORT = "abort"
    APPROVE = "approve"
    DENY = "deny"


@frozen(kw_only=True)
class Record:
    """A row before the journal numbers it.

    Attributes:
        kind: What it records.
        at: Wall time, UTC; for people, never for a decision about an effect.
        step: Identity of the step; empty where it is about the run.
        attempt: Which attempt of the step; 0 where it is about none.
        body: The rest, as canonical JSON.
        stamp: `at` as text, which checksum and table have in common.
    """

    kind: Kind
    at: dt.datetime
    step: str = ""
    attempt: int = 0
    body: str = "{}"
    stamp: str = field(init=False, eq=False, repr=False)

    @stamp.default
    def _written(self) -> str:
        return self.at.isoformat()

    @classmethod
    def of(
        cls,
        kind: Kind,
        at: dt.datetime,
        body: dict[str, Any],
        *,
        step: str = "",
        attempt: int = 0,
    ) -> Self:
        """Make a record of a body that JSON can say."""
        return cls(kind=kind, at=at, step=step, attempt=attempt, body=dumps(body))


@frozen(kw_only=True)
class Row:
    """A record in its place.

    Attributes:
        run: The run's id.
        seq: Its place in the run, from 1.
        fence: Fence of the lease under which it was written.
        record: The record.
        crc: CRC-32 over the previous row's crc and everything in this row.
    """

    run: str
    seq: int
    fence: int
    record: Record
    crc: int

    @property
    def data(self) -> dict[str, Any]:
        """The parsed body."""
        found: dict[str, Any] = json.loads(self.record.body)
        return found


def seal(record: Record, *, run: str, seq: int, fence: int, previous: int) -> Row:
    """Give a record its place and its checksum.

    Args:
        record: What to record.
        run: The run's id.
        seq: Its place, from 1.
        fence: Fence of the writer's lease.
        previous: Checksum of the row before; 0 for the first.
    """
    fields = (
        run,
        seq,
        record.stamp,
        record.kind.value,
        record.step,
        record.attempt,
        fence,
        record.body,
    )
    crc = zlib.crc32(repr(fields).encode(), previous)
    return Row(run=run, seq=seq, fence=fence, record=record, crc=crc)


def check_chain(rows: Sequence[Row], *, source: str) -> tuple[Row, ...]:
    """Hold rows to their numbers and checksums.

    Args:
        rows: A run's rows in order.
        source: The journal's name, for the error.

    Raises:
        JournalCorrupt: A row is missing, changed or in the wrong place.
    """
    previous = 0
    for place, row in enumerate(rows, start=1):
        right = seal(
            row.record, run=row.run, seq=place, fence=row.fence, previous=previous
        )
        if row.seq != place or row.crc != right.crc:
            raise JournalCorrupt(
                f"{source}: record {place} of run {row.run} does not match its"
                " checksum; the file was damaged or edited.",
                next_move="Restore it from a backup; nothing was changed.",
            )

        previous = row.crc

    return tuple(rows)


@frozen
class Owner:
    """The process that drives a run.

    Attributes:
        boot: Id of the machine's present boot.
        pid: Process id.
        started: When the process started, in the machine's own ticks: process ids
            are used again.
        token: Tells two clients of one process apart.
    """

    boot: str
    pid: int
    started: str
    token: str

    def __str__(self) -> str:
        return f"{self.boot}:{self.pid}:{self.started}:{self.token}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str()` gave."""
        boot, pid, started, token = text.split(":")
        return cls(boot, int(pid), started, token)


@frozen(kw_only=True)
class Lease:
    """The right to drive a run.

    Attributes:
        run: The run's id.
        owner: Who holds it.
        fence: Rises with every taking; rows carry it.
    """

    run: str
    owner: Owner
    fence: int


@frozen(kw_only=True)
class Beat:
    """What another process can see of a lease.

    Attributes:
        owner: Who holds it; None where nobody does.
        fence: Fence of the last taking.
        beat: Rises with every renewal.
    """

    owner: Owner | None
    fence: int
    beat: int


@frozen(kw_only=True)
class NewRun:
    """What the journal lists of a run without reading its rows.

    Attributes:
        id: 12 random Crockford base-32 characters.
        flow: Name of the flow.
        subject: What it is about, such as a routine; unfinished runs are found by it.
        content: Digest of what it brings there; tells a repeat from another release.
        started_at: Wall time, UTC.
    """

    id: str
    flow: str
    subject: str
    content: str
    started_at: dt.datetime


@frozen(kw_only=True)
class RunRow:
    """A run as the journal lists it.

    Attributes:
        run: What it was started as.
        ended: Whether its last row says so.
    """

    run: NewRun
    ended: bool


@frozen(kw_only=True)
class Signal:
    """Something asked of a run by a person or another process.

    Attributes:
        id: Its place in the run's inbox, from 1.
        verb: What is asked.
        by: Who asks.
        at: Wall time, UTC.
    """

    id: int
    verb: SignalVerb
    by: str
    at: dt.datetime


class Journal(Protocol):
    """Where runs are recorded. All methods raise `JournalUnavailable` on trouble."""

    @property
    def name(self) -> str:
        """What people call it: a path, or `memory`."""
        ...

    async def create(self, run: NewRun, owner: Owner) -> Lease:
        """List a new run and take its lease.

        Raises:
            RunInProgress: The id is taken.
        """
        ...

    async def append(self, lease: Lease, records: Iterable[Record]) -> tuple[Row, ...]:
        """Append rows, durably.

        Raises:
            LeaseLost: The fence is no longer the run's.
        """
        ...

    async def rows(self, run: str) -> tuple[Row, ...]:
        """Give a run's rows in order, checked.

        Raises:
            JournalCorrupt: A row does not match its checksum.
        """
        ...

    async def find(self, prefix: str) -> tuple[RunRow, ...]:
        """Give the runs whose id begins so."""
        ...

    async def list(
        self,
        *,
        subject: str = "",
        unfinished: bool = False,
        heads: bool = False,
        most: int = 100,
    ) -> tuple[RunRow, ...]:
        """Give runs, newest first.

        Args:
            subject: Only runs about this; empty for all.
            unfinished: Only runs that have not ended.
            heads: Only runs that no other run has begun.
            most: At most so many.
        """
        ...

    async def beat_of(self, run: str) -> Beat:
        """Give what can be seen of a run's lease."""
        ...

    async def take(self, run: str, owner: Owner, *, seen: Beat) -> Lease | None:
        """Take a run's lease if it is still as seen; None where it is not."""
        ...

    async def renew(self, lease: Lease) -> None:
        """Beat.

        Raises:
            LeaseLost: Somebody else took the lease.
        """
        ...

    async def release(self, lease: Lease) -> None:
        """Give the lease back; nothing happens where it is lost already."""
        ...

    async def signal(
        self, run: str, verb: SignalVerb, *, by: str, at: dt.datetime
    ) -> None:
        """Append to a run's signal inbox."""
        ...

    async def signals(self, run: str, *, after: int) -> tuple[Signal, ...]:
        """Give the signals of a run's inbox after a place, in order."""
        ...

    async def signalled(self, after: Mapping[str, int]) -> tuple[str, ...]:
        """Give those runs in whose inbox something lies after a place.

        One question for all runs of a process; those it does not know are left out.

        Args:
            after: The place, for each run that is asked about.
        """
        ...

    async def close(self) -> None:
        """Let go of files."""
        ...
