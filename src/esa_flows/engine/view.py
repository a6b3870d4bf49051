"""Looking at runs without touching them."""

from collections.abc import Callable, Iterable

from attrs import frozen

from esa_flows.engine.history import History
from esa_flows.engine.journal import Beat, Journal, NewRun, Owner, Row, RunRow
from esa_flows.engine.process import Life
from esa_flows.errors import UnknownRun

__all__ = ["RunView", "look", "resolve"]

SHORTEST_PREFIX = 4


@frozen(kw_only=True)
class RunView:
    """A run as anybody can see it.

    Attributes:
        run: What it was started as.
        history: What it did.
        rows: Its rows.
        beat: Who drives it.
        life: Whether that process lives; None where nobody holds the lease.
    """

    run: NewRun
    history: History
    rows: tuple[Row, ...]
    beat: Beat
    life: Life | None

    @property
    def is_driven(self) -> bool:
        """Whether a process that may be alive holds the lease."""
        return self.life is not None and self.life is not Life.DEAD


async def look(
    journal: Journal, prefix: str, *, life: Callable[[Owner], Life]
) -> RunView:
    """Look at a run.

    Args:
        journal: Where it is recorded.
        prefix: Its id, or four characters of it or more.
        life: Whether another owner's process lives.

    Raises:
        UnknownRun: No run, or more than one, begins so.
    """
    found = await resolve(journal, prefix)
    beat = await journal.beat_of(found.run.id)
    rows = await journal.rows(found.run.id)
    return RunView(
        run=found.run,
        history=History.of(rows),
        rows=rows,
        beat=beat,
        life=life(beat.owner) if beat.owner else None,
    )


async def resolve(journal: Journal, prefix: str) -> RunRow:
    """Find the run whose id begins so; of a run and its children the run itself.

    Args:
        journal: Where it is recorded.
        prefix: Four characters of its id or more.

    Raises:
        UnknownRun: No run, or more than one, begins so.
    """
    found = await journal.find(prefix) if len(prefix) >= SHORTEST_PREFIX else ()
    heads = [row for row in found if not _is_child(row, found)]
    for row in found:
        if row.run.id == prefix or heads == [row]:
            return row

    many = f"{len(heads)} runs begin" if heads else "no run begins"
    raise UnknownRun(
        f"In the journal {journal.name} {many} with {prefix!r}.",
        next_move="List them with: esa-flows runs",
    )


def _is_child(row: RunRow, others: Iterable[RunRow]) -> bool:
    return any(row.run.id.startswith(f"{other.run.id}.") for other in others)
