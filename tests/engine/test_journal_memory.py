"""What is the memory journal's own; its rules are in the conformance suite."""

from __future__ import annotations

import datetime as dt

from esa_flows.engine.journal import NewRun, Owner
from esa_flows.engine.journal_memory import MemoryJournal


async def test_each_memory_journal_is_empty_at_first() -> None:
    """Two journals of one process know nothing of each other."""
    run = NewRun(
        id="R",
        flow="f",
        subject="s",
        content="c",
        started_at=dt.datetime(2025, 3, 1, tzinfo=dt.UTC),
    )
    first, second = MemoryJournal(), MemoryJournal()
    await first.create(run, Owner("b", 1, "1", "t"))

    assert repr(first) == "<MemoryJournal [runs: 1]>"
    assert repr(second) == "<MemoryJournal [runs: 0]>"
    assert await second.list() == ()
