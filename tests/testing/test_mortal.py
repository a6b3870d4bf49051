"""Processes that die, and what is left of them."""

from __future__ import annotations

import datetime as dt
import pickle

import anyio
import pytest
from tests.crash.plays import NEW, live

from esa_flows import Client
from esa_flows.engine.journal import Kind, NewRun, Owner, Record
from esa_flows.errors import JournalUnavailable, OutcomeUnknown
from esa_flows.testing.fate import Disturbance, Fate
from esa_flows.testing.mortal import Killed, MortalJournal, Process
from esa_flows.testing.rehearsal import Rehearsal
from esa_flows.testing.witness import Witness

AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
ME = Owner("boot", 1, "0", "me")
RUN = NewRun(id="abcd", flow="f", subject="s", content="", started_at=AT)
ROW = Record.of(Kind.STARTED, AT, {"v": 1})


def _attended(kind: str) -> tuple[MortalJournal, Process]:
    process, journal = Process("me"), MortalJournal()
    struck = Disturbance(at="record", number=1, kind=kind)
    journal.attend(process, Fate((struck,)), Witness())
    return journal, process


@pytest.mark.parametrize(
    ("kind", "error", "rows"),
    [
        ("die before", Killed, 0),
        ("die after", Killed, 1),
        ("unwritten", JournalUnavailable, 0),
        ("doubtful", JournalUnavailable, 1),
    ],
)
async def test_a_record_is_struck(
    kind: str, error: type[BaseException], rows: int
) -> None:
    """Before it is durable, or after; by death, or by a word."""
    journal, process = _attended(kind)
    lease = await journal.create(RUN, ME)
    with pytest.raises(error):
        await journal.append(lease, [ROW])

    assert rows == len(await journal.rows("abcd"))
    assert (error is Killed) is process.is_dead


async def test_the_dead_write_nothing_more() -> None:
    """No row, no beat, no lease taken or given back."""
    journal, process = _attended("die after")
    lease = await journal.create(RUN, ME)
    seen = await journal.beat_of("abcd")
    with pytest.raises(Killed):
        process.die()

    for write in (
        journal.create(RUN, ME),
        journal.append(lease, [ROW]),
        journal.take("abcd", ME, seen=seen),
        journal.renew(lease),
        journal.release(lease),
    ):
        with pytest.raises(Killed):
            await write

    assert seen == await journal.beat_of("abcd")
    assert () == await journal.rows("abcd")


async def test_a_journal_serves_whom_it_does_not_know() -> None:
    """As any other does; nothing is noted of them."""
    journal = MortalJournal()
    lease = await journal.create(RUN, ME)
    await journal.append(lease, [ROW])
    await journal.renew(lease)
    await journal.release(lease)
    taken = await journal.take("abcd", ME, seen=await journal.beat_of("abcd"))
    copy = pickle.loads(pickle.dumps(journal))

    assert taken is not None
    assert await journal.rows("abcd") == await copy.rows("abcd")
    for asked in ({"subject": "s"}, {"unfinished": True}):
        assert await journal.list(**asked) == await copy.list(**asked) != ()


@pytest.mark.parametrize(
    ("kind", "executed"),
    [("die before", False), ("die after", True), ("cancel", True)],
)
async def test_a_call_is_struck(kind: str, *, executed: bool) -> None:
    """Before the cloud sees it, or after it took effect."""
    rehearsal = Rehearsal()
    live(rehearsal)
    await anyio.sleep(60)
    await rehearsal.live(lambda client: client.release("shop", NEW))
    at = rehearsal.fate.calls.index("CommitRoutineStagingCode") + 1
    other = Rehearsal(fate=Fate((Disturbance(at="call", number=at, kind=kind),)))
    live(other)
    await anyio.sleep(60)
    ended = await other.live(lambda client: client.release("shop", NEW))

    assert ended.was_stopped
    assert (1 + executed) == len(other.cloud.report().versions["shop"])


async def test_the_dead_send_nothing_more() -> None:
    """Neither do their handlers."""
    rehearsal = Rehearsal(
        fate=Fate((Disturbance(at="call", number=1, kind="die before"),))
    )
    live(rehearsal)
    tried = []

    async def work(client: Client) -> None:
        """Call twice, whatever happens."""
        for _ in range(2):
            with anyio.CancelScope(shield=True):
                try:
                    await client.versions("shop")
                except Killed:
                    tried.append("killed")

    ended = await rehearsal.live(work)

    assert ["killed", "killed"] == tried
    assert [] == rehearsal.witness.acts
    assert ended.value is None


async def test_a_call_is_struck_by_a_fault_of_the_cloud() -> None:
    """Once; the next one passes."""
    rehearsal = Rehearsal(fate=Fate((Disturbance(at="call", number=1, kind="lost"),)))
    live(rehearsal)
    lost = await rehearsal.live(lambda client: client.versions("shop"))
    again = await rehearsal.live(lambda client: client.versions("shop"))
    answers = [act.answer for act in rehearsal.witness.acts]

    assert isinstance(lost.error, OutcomeUnknown)
    assert ["unknown", "ok", "ok"] == answers
    assert 1 == len(again.value.ids)


async def test_a_process_is_told_by_its_name() -> None:
    """In its transport too."""
    rehearsal = Rehearsal()
    live(rehearsal)

    async def work(client: Client) -> str:
        """Show what it sends by."""
        return repr(client.connection.parts.transport)

    ended = await rehearsal.live(work, name="ann")

    assert "<MortalTransport of ann>" == ended.value
