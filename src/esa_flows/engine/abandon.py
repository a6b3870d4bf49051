"""Ending a run without its flow: it is stopped, and what it did is kept.

For a person who wants just that, and for a run whose code no longer exists, which could
otherwise neither be finished nor aborted.
"""

import datetime as dt

from esa_flows.engine.failure import encode_error
from esa_flows.engine.journal import Journal, Kind, Lease, Record
from esa_flows.engine.state import Event
from esa_flows.errors import Aborted

__all__ = ["abandon"]


async def abandon(journal: Journal, lease: Lease, *, at: dt.datetime, by: str) -> None:
    """Record that a run was asked to abort and ended there. One durable step.

    Args:
        journal: Where it is recorded.
        lease: The right to write its rows.
        at: Wall time, UTC.
        by: Who asked.
    """
    error = Aborted(
        f"Run {lease.run} was ended by {by} where it was; nothing was put back."
    )
    ended = {"event": Event.SUCCEED.value, "error": encode_error(error)}
    records = (
        Record.of(Kind.SIGNALLED, at, {"event": Event.ABORT.value, "by": by}),
        Record.of(Kind.ENDED, at, ended),
    )
    await journal.append(lease, records)
