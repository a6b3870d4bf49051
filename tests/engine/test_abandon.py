"""A run is ended without its flow."""

from __future__ import annotations

from tests.engine.desk import BEGIN, RUN

from esa_flows.engine.abandon import abandon
from esa_flows.engine.history import History
from esa_flows.engine.journal import Kind, NewRun, Owner, Record
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.engine.state import State


async def test_both_rows_say_who_asked() -> None:
    """That it was asked to abort, and that nothing was put back."""
    journal = MemoryJournal()
    new = NewRun(id=RUN, flow="one", subject="", content="", started_at=BEGIN)
    lease = await journal.create(new, Owner("boot", 1, "0", "test"))
    body = {"flow": "one", "v": 1, "input": "x"}
    await journal.append(lease, [Record.of(Kind.STARTED, BEGIN, body)])
    await abandon(journal, lease, at=BEGIN, by="ann")
    history = History.of(await journal.rows(RUN))

    assert State.ABORTED is history.state
    assert "Aborted" == (history.ended or {})["error"]["type"]
    assert (
        "by ann where it was; nothing was put back."
        in ((history.ended or {})["error"]["message"])
    )
