"""What is the memory journal's own; its rules are in the conformance suite."""

from __future__ import annotations

import datetime as dt

from esa_flows.engine.journal import Kind, NewRun, Owner, Record
from esa_flows.engine.journal_memory import MemoryJournal

NOW = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)


def run_of(id_: str, subject: str) -> NewRun:
    """Give a new run about something."""
    return NewRun(id=id_, flow="f", subject=subject, content="c", started_at=NOW)


async def test_each_memory_journal_is_empty_at_first() -> None:
    """Two journals of one process know nothing of each other."""
    run = run_of("R", "s")
    first, second = MemoryJournal(), MemoryJournal()
    await first.create(run, Owner("b", 1, "1", "t"))

    assert repr(first) == "<MemoryJournal [runs: 1]>"
    assert repr(second) == "<MemoryJournal [runs: 0]>"
    assert await second.list() == ()


async def test_what_ended_long_ago_is_not_looked_through() -> None:
    """The few runs that have not ended are found among many by themselves."""
    journal, owner = MemoryJournal(), Owner("b", 1, "1", "t")
    for number in range(20):
        lease = await journal.create(run_of(f"R{number:02}", f"s{number % 2}"), owner)
        if number not in {3, 6}:
            await journal.append(lease, [Record(kind=Kind.ENDED, at=NOW)])

    assert ["R03", "R06"] == list(journal._open)
    assert ["R06", "R03"] == [row.run.id for row in await journal.list(unfinished=True)]
    assert ["R06"] == [
        row.run.id for row in await journal.list(unfinished=True, subject="s0")
    ]
    assert () == await journal.list(unfinished=True, subject="s2")
