"""Where the chains of the runs we drive end, remembered between transactions.

An append has to know who holds the run and what its last row was. Both are in the file;
but as long as nobody else committed to it, they are what we left there, and need not be
read again. SQLite tells whether somebody did: `PRAGMA data_version`.
"""

import sqlite3

from attrs import define, field, frozen

from esa_flows.engine.journal import Lease

__all__ = ["Head", "Heads"]


@frozen
class Head:
    """The end of a run's chain, under the lease that wrote it.

    Attributes:
        lease: The lease that the file names.
        seq: Number of the last row; 0 where there is none.
        crc: Checksum of the last row; 0 where there is none.
    """

    lease: Lease
    seq: int
    crc: int


@define
class Heads:
    """What is known of the ends of chains; true while nobody else writes.

    Args:
        db: The connection whose transactions these are.
    """

    _db: sqlite3.Connection
    _known: dict[str, Head] = field(factory=dict, init=False)
    _version: int = field(default=-1, init=False)

    def __repr__(self) -> str:
        return f"<Heads [runs: {len(self._known)}]>"

    def refresh(self) -> None:
        """Forget all where another connection wrote; in a transaction that writes.

        Source: SQLite, "PRAGMA data_version": unchanged by commits of the connection
        that asks, changed by those of any other.
        """
        version: int = self._db.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self._known.clear()
            self._version = version

    def of(self, lease: Lease) -> Head | None:
        """Give the end of a chain, where it is known and the lease is that one."""
        head = self._known.get(lease.run)
        if head is None or not (head.lease is lease or head.lease == lease):
            return None

        return head

    def keep(self, head: Head) -> None:
        """Remember the end of a chain."""
        self._known[head.lease.run] = head

    def forget(self, run: str) -> None:
        """Know no more about a run: its lease moves, or it has ended."""
        self._known.pop(run, None)

    def clear(self) -> None:
        """Know nothing: what was done is undone."""
        self._known.clear()
