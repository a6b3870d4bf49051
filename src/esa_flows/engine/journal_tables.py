"""The journal's tables in SQLite, and what is asked of them; synchronous.

Any number of requests share one transaction, and so one disk sync. One that is refused
leaves nothing behind and does not disturb the others: where there is one, all are done
again, each with a savepoint of its own. So what a request does is repeatable.
"""

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

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
from esa_flows.engine.journal_heads import Head, Heads
from esa_flows.engine.journal_pack import backups_in, pack, unpack
from esa_flows.engine.journal_refusals import lost, taken, unknown
from esa_flows.engine.journal_request import UNFIT, RefusedError, Request

__all__ = ["Tables"]

_LAST_CHARACTER = "\U0010ffff"
_INSERT = "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_HEAD = (
    "NOT (id LIKE '%.%' AND EXISTS (SELECT 1 FROM runs AS parent"
    " WHERE parent.id = rtrim(rtrim(runs.id, '0123456789'), '.')))"
)
"""That no other run has begun it: the id of one has its parent's, and a number."""

_RUNS = "SELECT id, flow, subject, content, started_at, ended FROM runs"


@define(eq=False, repr=False)
class Tables:
    """One connection to the journal's file.

    Attributes:
        source: The file's name, for errors.
    """

    _db: sqlite3.Connection
    source: str
    _heads: Heads = field(init=False)
    _unwritten: list[tuple[Any, ...]] = field(factory=list, init=False)

    @_heads.default
    def _none_known(self) -> Heads:
        return Heads(self._db)

    def serve(self, requests: Sequence[Request[Any]]) -> bool:
        """Serve requests in one transaction, each with its own answer.

        Returns:
            Whether the transaction was one that writes.

        Raises:
            sqlite3.Error: The transaction failed, and with it all of them.
        """
        writes = any(request.writes for request in requests)
        if not self._together(requests, "BEGIN IMMEDIATE" if writes else "BEGIN"):
            self._apart(requests)

        return writes

    def shrink(self) -> None:
        """Give the file's empty pages back to the system; outside of transactions."""
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def count(self) -> int:
        """Give how many runs there are."""
        found: int = self.ask("SELECT count(*) FROM runs")[0][0]
        return found

    def flush(self) -> None:
        """Write the rows that were appended and wait for company."""
        rows, self._unwritten = self._unwritten, []
        if rows:
            self._db.executemany(_INSERT, rows)

    def _together(self, requests: Sequence[Request[Any]], begin: str) -> bool:
        """Serve all at once; False, and nothing done, where one of them is refused."""
        try:
            with self._transaction(begin):
                for request in requests:
                    request.serve(self)
                    request.refuse_all()

                self.flush()
        except (RefusedError, *UNFIT):
            return False

        return True

    def _apart(self, requests: Sequence[Request[Any]]) -> None:
        """Serve each within a savepoint, and undo those that are refused."""
        with self._transaction("BEGIN IMMEDIATE"):
            for request in requests:
                self._db.execute("SAVEPOINT request")
                request.serve_apart(self)
                if request.refused:
                    self._undo("ROLLBACK TO request")

                self._db.execute("RELEASE request")

    def _undo(self, rollback: str) -> None:
        self._heads.clear()
        self._unwritten.clear()
        self._db.execute(rollback)

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._db.execute(begin)
        try:
            self._heads.refresh()
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # After some failures SQLite has rolled back already.
            self._undo("ROLLBACK" if self._db.in_transaction else "SELECT 1")
            raise

    # --- runs and their leases

    def create(self, run: NewRun, owner: Owner) -> Lease:
        """List a new run and take its lease."""
        made = self.change(
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
        found = self.ask("SELECT owner, fence, beat FROM runs WHERE id = ?", run)
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
        self._heads.forget(run)
        self.change(
            "UPDATE runs SET owner = ?, fence = ?, beat = 0 WHERE id = ?",
            str(owner),
            fence,
            run,
        )
        return Lease(run=run, owner=owner, fence=fence)

    def renew(self, lease: Lease) -> None:
        """Beat."""
        self._hold(lease)
        self.change("UPDATE runs SET beat = beat + 1 WHERE id = ?", lease.run)

    def release(self, lease: Lease) -> None:
        """Give the lease back, where it is still held."""
        self._heads.forget(lease.run)
        if self.beat_of(lease.run).fence == lease.fence:
            self.change("UPDATE runs SET owner = '' WHERE id = ?", lease.run)

    def find(self, prefix: str) -> tuple[RunRow, ...]:
        """Give the runs whose id begins so."""
        found = self.ask(
            f"{_RUNS} WHERE id >= ? AND id < ? ORDER BY number",
            prefix,
            prefix + _LAST_CHARACTER,
        )
        return self._listed(found)

    def list(
        self, *, subject: str, unfinished: bool, heads: bool, most: int
    ) -> tuple[RunRow, ...]:
        """Give runs, newest first."""
        which = ["subject = ?"] if subject else []
        which += ["ended = 0"] if unfinished else []
        which += [_HEAD] if heads else []
        where = f" WHERE {' AND '.join(which)}" if which else ""
        values = (subject, most) if subject else (most,)
        found = self.ask(f"{_RUNS}{where} ORDER BY number DESC LIMIT ?", *values)
        return self._listed(found)

    # --- rows

    def append(self, lease: Lease, records: Iterable[Record]) -> tuple[Row, ...]:
        """Append rows under the lease."""
        head = self._heads.of(lease) or self._read_head(lease)
        rows = _sealed(head, records)
        self._unwritten += map(columns_of, rows)
        if not rows:
            return rows

        last = rows[-1]
        self._heads.keep(Head(lease, last.seq, last.crc))
        if last.record.kind is Kind.ENDED:
            self.change("UPDATE runs SET ended = 1 WHERE id = ?", lease.run)

        return rows

    def rows(self, run: str) -> tuple[Row, ...]:
        """Give a run's rows in order, checked."""
        self._know(run)
        found = self.ask(
            "SELECT run, seq, at, kind, step, attempt, fence, body, crc FROM records"
            " WHERE run = ? ORDER BY seq",
            run,
        )
        rows = [
            read_row(columns, source=self.source)
            for columns in (*self._packed(run), *found)
        ]
        return check_chain(rows, source=self.source)

    def pack(self, run: str) -> None:
        """Pack the rows of a run that has ended.

        Raises:
            JournalCorrupt: They are damaged; they stay as they are.
        """
        rows = self.rows(run)
        self._heads.forget(run)
        self.change(
            "INSERT INTO packs VALUES (?, ?, ?, ?, ?)",
            run,
            len(rows),
            rows[-1].crc if rows else 0,
            " ".join(sorted(backups_in(row.record.body for row in rows))),
            pack(rows),
        )
        self.change("DELETE FROM records WHERE run = ?", run)
        self.change("DELETE FROM signals WHERE run = ?", run)
        self.change("UPDATE runs SET packed = 1 WHERE id = ?", run)

    # --- signals

    def signal(self, run: str, verb: SignalVerb, by: str, at: dt.datetime) -> None:
        """Append to a run's signal inbox."""
        self._know(run)
        self.change(
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
        self._know(run)
        found = self.ask(
            "SELECT id, verb, by, at FROM signals WHERE run = ? AND id > ? ORDER BY id",
            run,
            after,
        )
        return tuple(
            read_signal(columns, run=run, source=self.source) for columns in found
        )

    def signalled(self, after: Mapping[str, int]) -> tuple[str, ...]:
        """Give those runs in whose inbox something lies after a place."""
        look = "SELECT 1 FROM signals WHERE run = ? AND id > ? LIMIT 1"
        return tuple(run for run, place in after.items() if self.ask(look, run, place))

    # --- the inside

    def _know(self, run: str) -> None:
        if not self.ask("SELECT 1 FROM runs WHERE id = ?", run):
            raise unknown(run)

    def _hold(self, lease: Lease) -> None:
        if not self.ask(
            "SELECT 1 FROM runs WHERE id = ? AND fence = ? AND owner = ?",
            lease.run,
            lease.fence,
            str(lease.owner),
        ):
            self._know(lease.run)
            raise lost(lease.run)

    def _read_head(self, lease: Lease) -> Head:
        self._hold(lease)
        last = self.ask(
            "SELECT seq, crc FROM records WHERE run = ? ORDER BY seq DESC LIMIT 1",
            lease.run,
        )
        last = last or self.ask("SELECT rows, crc FROM packs WHERE run = ?", lease.run)
        return Head(lease, *(last[0] if last else (0, 0)))

    def _packed(self, run: str) -> Iterator[tuple[Any, ...]]:
        for (content,) in self.ask("SELECT content FROM packs WHERE run = ?", run):
            yield from unpack(run, content, source=self.source)

    def _listed(self, found: Iterable[Any]) -> tuple[RunRow, ...]:
        return tuple(read_run(columns, source=self.source) for columns in found)

    def change(self, statement: str, *values: Any) -> int:
        """Change something; give how many rows of the table it was."""
        self.flush()
        return self._db.execute(statement, values).rowcount

    def ask(self, statement: str, *values: Any) -> Sequence[Any]:
        """Give what a question to the tables finds."""
        self.flush()
        return self._db.execute(statement, values).fetchall()


def _sealed(head: Head, records: Iterable[Record]) -> tuple[Row, ...]:
    seq, crc = head.seq, head.crc
    rows: list[Row] = []
    for record in records:
        seq += 1
        row = seal(
            record, run=head.lease.run, seq=seq, fence=head.lease.fence, previous=crc
        )
        rows.append(row)
        crc = row.crc

    return tuple(rows)
