"""A journal that lives as long as its process: tests, dry runs, rollbacks in need."""

import datetime as dt
from collections.abc import Iterable, Mapping
from itertools import islice

from attrs import define, evolve, field

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
from esa_flows.engine.journal_refusals import lost, taken, unknown

__all__ = ["MemoryJournal"]


@define
class _Run:
    listed: RunRow
    beat: Beat
    rows: list[Row] = field(factory=list)
    signals: list[Signal] = field(factory=list)


class MemoryJournal:
    """A journal in a dictionary, with every rule of the durable ones but durability."""

    name = "memory"

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}
        self._open: dict[str, _Run] = {}
        self._about: dict[str, dict[str, _Run]] = {}

    def __repr__(self) -> str:
        return f"<MemoryJournal [runs: {len(self._runs)}]>"

    async def create(self, run: NewRun, owner: Owner) -> Lease:
        """List a new run and take its lease."""
        if run.id in self._runs:
            raise taken(run.id)

        beat = Beat(owner=owner, fence=1, beat=0)
        made = _Run(RunRow(run=run, ended=False), beat)
        self._runs[run.id] = self._open[run.id] = made
        self._about.setdefault(run.subject, {})[run.id] = made
        return Lease(run=run.id, owner=owner, fence=1)

    async def append(self, lease: Lease, records: Iterable[Record]) -> tuple[Row, ...]:
        """Append rows under the lease."""
        run = self._held(lease)
        added = []
        for record in tuple(records):
            previous = run.rows[-1].crc if run.rows else 0
            row = seal(
                record,
                run=lease.run,
                seq=len(run.rows) + 1,
                fence=lease.fence,
                previous=previous,
            )
            run.rows.append(row)
            added.append(row)
            if record.kind is Kind.ENDED:
                run.listed = evolve(run.listed, ended=True)
                self._open.pop(lease.run, None)

        return tuple(added)

    async def rows(self, run: str) -> tuple[Row, ...]:
        """Give a run's rows in order, checked."""
        return check_chain(self._run(run).rows, source=self.name)

    async def find(self, prefix: str) -> tuple[RunRow, ...]:
        """Give the runs whose id begins so."""
        return tuple(r.listed for i, r in self._runs.items() if i.startswith(prefix))

    async def list(
        self,
        *,
        subject: str = "",
        unfinished: bool = False,
        heads: bool = False,
        most: int = 100,
    ) -> tuple[RunRow, ...]:
        """Give runs, newest first."""
        known = self._about.get(subject, {}) if subject else self._runs
        among = self._open if unfinished else known
        wanted = (
            run.listed
            for id_, run in reversed(min(among, known, key=len).items())
            if id_ in known
            and id_ in among
            and not (heads and id_.rpartition(".")[0] in self._runs)
        )
        return tuple(islice(wanted, most))

    async def beat_of(self, run: str) -> Beat:
        """Give what can be seen of a run's lease."""
        return self._run(run).beat

    async def take(self, run: str, owner: Owner, *, seen: Beat) -> Lease | None:
        """Take a run's lease if it is still as seen."""
        found = self._run(run)
        if found.beat != seen:
            return None

        found.beat = Beat(owner=owner, fence=seen.fence + 1, beat=0)
        return Lease(run=run, owner=owner, fence=found.beat.fence)

    async def renew(self, lease: Lease) -> None:
        """Beat."""
        run = self._held(lease)
        run.beat = evolve(run.beat, beat=run.beat.beat + 1)

    async def release(self, lease: Lease) -> None:
        """Give the lease back."""
        run = self._run(lease.run)
        if run.beat.fence == lease.fence:
            run.beat = evolve(run.beat, owner=None)

    async def signal(
        self, run: str, verb: SignalVerb, *, by: str, at: dt.datetime
    ) -> None:
        """Append to a run's signal inbox."""
        inbox = self._run(run).signals
        inbox.append(Signal(id=len(inbox) + 1, verb=verb, by=by, at=at))

    async def signals(self, run: str, *, after: int) -> tuple[Signal, ...]:
        """Give the signals of a run's inbox after a place."""
        return tuple(self._run(run).signals[after:])

    async def signalled(self, after: Mapping[str, int]) -> tuple[str, ...]:
        """Give those runs in whose inbox something lies after a place."""
        known = after.keys() & self._runs.keys()
        return tuple(run for run in known if self._runs[run].signals[after[run] :])

    async def close(self) -> None:
        """Keep everything: the object may be used again."""

    def _run(self, run: str) -> _Run:
        if run not in self._runs:
            raise unknown(run)

        return self._runs[run]

    def _held(self, lease: Lease) -> _Run:
        run = self._run(lease.run)
        if run.beat.fence != lease.fence or run.beat.owner != lease.owner:
            raise lost(lease.run)

        return run
