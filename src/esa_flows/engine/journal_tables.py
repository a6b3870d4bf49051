"""The journal's tables in SQLite, and what is asked of them; synchronous.

Any number of requests share one transaction, and so one disk sync. Each has a savepoint
of its own: one that is refused leaves nothing behind and does not disturb the others.
"""

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from attrs import define, field

from esa_flows.engine.journal import (
    Beat,
    Kind,
    Lease,
    NewRun,
    Owner,
    Record,
    Row,
    RunRow,
    Signal,
    SignalVerb,
    check_chain,
    seal,
)
from esa_flows.engine.journal_columns import (
    columns_of,
    read_owner,
    read_row,
    read_run,
    read_signal,
)
from esa_flows.engine.journal_refusals import lost, taken, unknown
from esa_flows.errors import EsaFlowsError, InvalidInput

__all__ = ["Request", "Tables"]

T = TypeVar("T")

_LAST_CHARACTER = "\U0010ffff"
_RUNS = "SELECT id, flow, subject, content, started_at, ended FROM runs"

# Values that no table can take: the fault of the one who gave them.
_UNFIT = (
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    OverflowError,
    UnicodeError,
)


@define(eq=False)
class Request(Generic[T]):
    """Something asked of the tables, and what came of it.

    Attributes:
        work: What to do with the tables.
        writes: Whether it writes.
    """

    work: Callable[["Tables"], T]
    writes: bool
    _answers: list[T] = field(factory=list, init=False)
    _error: EsaFlowsError | None = field(default=None, init=False)

    def serve(self, tables: "Tables") -> None:
        """Do it and keep the answer, or the error that is its own."""
        try:
            self._answers.append(self.work(tables))
        except EsaFlowsError as error:
            self._error = error
        except _UNFIT as error:
            self._error = InvalidInput(
                f"The journal {tables.source} cannot hold what it was given: {error}."
            )

    def fail(self, error: EsaFlowsError) -> None:
        """Forget the answer: what all of the transaction met is its outcome too."""
        self._error = type(error)(error.message, next_move=error.next_move)
        self._error.__cause__ = error.__cause__

    @property
    def refused(self) -> bool:
        """Whether it met an error."""
        return self._error is not None

    def result(self) -> T:
        """Give the answer.

        Raises:
            EsaFlowsError: What it met instead.
        """
        if self._error is not None:
            raise self._error

        return self._answers[-1]


@define(eq=False, repr=False)
class Tables:
    """One connection to the journal's file.

    Attributes:
        source: The file's name, for errors.
    """

    _db: sqlite3.Connection
    source: str

    def serve(self, requests: Sequence[Request[Any]]) -> bool:
        """Serve requests in one transaction, each with its own answer.

        Returns:
            Whether the transaction was one that writes.

        Raises:
            sqlite3.Error: The transaction failed, and with it all of them.
        """
        writes = any(request.writes for request in requests)
        with self._transaction("BEGIN IMMEDIATE" if writes else "BEGIN"):
            for request in requests:
                self._serve(request)

        return writes

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def count(self) -> int:
        """Give how many runs there are."""
        found: int = self._all("SELECT count(*) FROM runs")[0][0]
        return found

    def _serve(self, request: Request[Any]) -> None:
        if not request.writes:
            request.serve(self)
            return

        self._db.execute("SAVEPOINT request")
        request.serve(self)
        if request.refused:
            self._db.execute("ROLLBACK TO request")

        self._db.execute("RELEASE request")

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._db.execute(begin)
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # After some failures SQLite has rolled back already.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

            raise

    # --- runs and their leases

    def create(self, run: NewRun, owner: Owner) -> Lease:
        """List a new run and take its lease."""
        made = self._change(
            "INSERT OR IGNORE INTO runs (id, flow, subject, content, started_at, owner)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            run.id,
            run.flow,
            run.subject,
            run.content,
            run.started_at.isoformat(),
            str(owner),
        )
        if not made:
            raise taken(run.id)

        return Lease(run=run.id, owner=owner, fence=1)

    def beat_of(self, run: str) -> Beat:
        """Give what can be seen of a run's lease."""
        found = self._all("SELECT owner, fence, beat FROM runs WHERE id = ?", run)
        if not found:
            raise unknown(run)

        owner, fence, beat = found[0]
        holder = read_owner(owner, run=run, source=self.source)
        return Beat(owner=holder, fence=fence, beat=beat)

    def take(self, run: str, owner: Owner, seen: Beat) -> Lease | None:
        """Take a run's lease if it is still as seen."""
        if self.beat_of(run) != seen:
            return None

        fence = seen.fence + 1
        self._change(
            "UPDATE runs SET owner = ?, fence = ?, beat = 0 WHERE id = ?",
            str(owner),
            fence,
            run,
        )
        return Lease(run=run, owner=owner, fence=fence)

    def renew(self, lease: Lease) -> None:
        """Beat."""
        self._hold(lease)
        self._change("UPDATE runs SET beat = beat + 1 WHERE id = ?", lease.run)

    def release(self, lease: Lease) -> None:
        """Give the lease back, where it is still held."""
        if self.beat_of(lease.run).fence == lease.fence:
            self._change("UPDATE runs SET owner = '' WHERE id = ?", lease.run)

    def find(self, prefix: str) -> tuple[RunRow, ...]:
        """Give the runs whose id begins so."""
        found = self._all(
            f"{_RUNS} WHERE id >= ? AND id < ? ORDER BY number",
            prefix,
            prefix + _LAST_CHARACTER,
        )
        return self._listed(found)

    def list(self, *, subject: str, unfinished: bool, most: int) -> tuple[RunRow, ...]:
        """Give runs, newest first."""
        about = "subject = ?" if subject else "? = ''"
        open_only = " AND ended = 0" if unfinished else ""
        found = self._all(
            f"{_RUNS} WHERE {about}{open_only} ORDER BY number DESC LIMIT ?",
            subject,
            most,
        )
        return self._listed(found)

    # --- rows

    def append(self, lease: Lease, records: Iterable[Record]) -> tuple[Row, ...]:
        """Append rows under the lease."""
        self._hold(lease)
        rows = self._sealed(lease, records)
        self._db.executemany(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            map(columns_of, rows),
        )
        if any(row.record.kind is Kind.ENDED for row in rows):
            self._change("UPDATE runs SET ended = 1 WHERE id = ?", lease.run)

        return rows

    def rows(self, run: str) -> tuple[Row, ...]:
        """Give a run's rows in order, checked."""
        self.beat_of(run)
        found = self._all(
            "SELECT run, seq, at, kind, step, attempt, fence, body, crc FROM records"
            " WHERE run = ? ORDER BY seq",
            run,
        )
        rows = [read_row(columns, source=self.source) for columns in found]
        return check_chain(rows, source=self.source)

    # --- signals

    def signal(self, run: str, verb: SignalVerb, by: str, at: dt.datetime) -> None:
        """Append to a run's signal inbox."""
        self.beat_of(run)
        self._change(
            "INSERT INTO signals SELECT ?, coalesce(max(id), 0) + 1, ?, ?, ?"
            " FROM signals WHERE run = ?",
            run,
            verb.value,
            by,
            at.isoformat(),
            run,
        )

    def signals(self, run: str, after: int) -> tuple[Signal, ...]:
        """Give the signals of a run's inbox after a place."""
        self.beat_of(run)
        found = self._all(
            "SELECT id, verb, by, at FROM signals WHERE run = ? AND id > ? ORDER BY id",
            run,
            after,
        )
        return tuple(
            read_signal(columns, run=run, source=self.source) for columns in found
        )

    # --- the inside

    def _hold(self, lease: Lease) -> None:
        if not self._all(
            "SELECT 1 FROM runs WHERE id = ? AND fence = ? AND owner = ?",
            lease.run,
            lease.fence,
            str(lease.owner),
        ):
            self.beat_of(lease.run)
            raise lost(lease.run)

    def _sealed(self, lease: Lease, records: Iterable[Record]) -> tuple[Row, ...]:
        last = self._all(
            "SELECT seq, crc FROM records WHERE run = ? ORDER BY seq DESC LIMIT 1",
            lease.run,
        )
        seq, crc = last[0] if last else (0, 0)
        rows: list[Row] = []
        for record in records:
            seq += 1
            row = seal(record, run=lease.run, seq=seq, fence=lease.fence, previous=crc)
            rows.append(row)
            crc = row.crc

        return tuple(rows)

    def _listed(self, found: Iterable[Any]) -> tuple[RunRow, ...]:
        return tuple(read_run(columns, source=self.source) for columns in found)

    def _change(self, statement: str, *values: Any) -> int:
        return self._db.execute(statement, values).rowcount

    def _all(self, statement: str, *values: Any) -> Sequence[Any]:
        return self._db.execute(statement, values).fetchall()
