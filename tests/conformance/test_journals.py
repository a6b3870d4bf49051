"""The rules at the head of `engine.journal`, held against every journal."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio
import pytest

from esa_flows.engine.journal import (
    Beat,
    Journal,
    Kind,
    Lease,
    NewRun,
    Owner,
    Record,
    SignalVerb,
    check_chain,
)
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.engine.journal_sqlite import SQLiteJournal
from esa_flows.errors import LeaseLost, RunInProgress, UnknownRun

NOW = dt.datetime(2025, 3, 1, 12, 30, 15, 123456, tzinfo=dt.UTC)
HERE = Owner("boot", 7, "100", "a")
THERE = Owner("boot", 8, "200", "b")

MAKERS: dict[str, Callable[[Path], Journal]] = {
    "memory": lambda path: MemoryJournal(),
    "inline": lambda path: SQLiteJournal(path, writer="inline"),
    "thread": SQLiteJournal,
}


@pytest.fixture(
    params=[
        "memory",
        pytest.param("inline", marks=pytest.mark.may_block),
        pytest.param("thread", marks=pytest.mark.real_time),
    ]
)
async def journal(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Journal]:
    """Give each journal in turn, and close it."""
    made = MAKERS[request.param](tmp_path / "journal.sqlite")
    yield made
    await made.close()


def new_run(
    run: str = "0123456789AB", *, subject: str = "edge", content: str = "c0ffee"
) -> NewRun:
    """Give a run to start."""
    return NewRun(
        id=run, flow="release", subject=subject, content=content, started_at=NOW
    )


def record(kind: Kind = Kind.OUTCOME, **body: object) -> Record:
    """Give a record to append."""
    return Record.of(kind, NOW, body, step="upload#1", attempt=2)


async def test_create_gives_the_first_lease(journal: Journal) -> None:
    """Who starts a run holds its lease, with fence 1."""
    lease = await journal.create(new_run(), HERE)

    assert Lease(run="0123456789AB", owner=HERE, fence=1) == lease
    assert Beat(owner=HERE, fence=1, beat=0) == await journal.beat_of(lease.run)


async def test_create_refuses_a_taken_id(journal: Journal) -> None:
    """An id names one run; the one that has it stays as it is."""
    await journal.create(new_run(), HERE)

    with pytest.raises(RunInProgress, match=r"There is a run 0123456789AB already\."):
        await journal.create(new_run(subject="other"), THERE)

    assert [row.run.subject for row in await journal.list()] == ["edge"]
    assert (await journal.beat_of("0123456789AB")).owner == HERE


async def test_rows_come_back_as_they_were_given(journal: Journal) -> None:
    """What `append` returns is what `rows` returns, numbered from 1 and chained."""
    lease = await journal.create(new_run(), HERE)
    first = record(Kind.STARTED, text="Grüße, 世界 \u2028 '\"\\", n=1.5, none=None)
    second, third = record(Kind.INTENT), record(value=[1, {"a": True}])

    written = await journal.append(lease, [first])
    written += await journal.append(lease, iter([second, third]))

    read = await journal.rows(lease.run)
    assert written == read
    assert (first, second, third) == tuple(row.record for row in read)
    assert [row.seq for row in read] == [1, 2, 3]
    assert read == check_chain(read, source="test")


async def test_appending_nothing_is_allowed(journal: Journal) -> None:
    """An append without records gives no rows."""
    lease = await journal.create(new_run(), HERE)

    assert await journal.append(lease, []) == ()
    assert await journal.rows(lease.run) == ()


async def test_rows_of_runs_do_not_mix(journal: Journal) -> None:
    """Each run counts and chains its rows for itself."""
    one = await journal.create(new_run("AAAAAAAAAAAA"), HERE)
    two = await journal.create(new_run("BBBBBBBBBBBB"), HERE)

    await journal.append(one, [record(of="one")])
    await journal.append(two, [record(of="two")])

    assert [row.data for row in await journal.rows(one.run)] == [{"of": "one"}]
    assert [(row.seq, row.data) for row in await journal.rows(two.run)] == [
        (1, {"of": "two"})
    ]


async def test_concurrent_appends_keep_each_runs_order(journal: Journal) -> None:
    """Many runs append at once; each gets its own rows, dense and in order."""
    read = {}

    async def drive(number: int) -> None:
        """Start a run and append to it."""
        lease = await journal.create(new_run(f"RUN{number:09}"), HERE)
        for n in range(5):
            rows = await journal.append(lease, [record(run=number, n=n)])
            assert [{"run": number, "n": n}] == [row.data for row in rows]

        read[number] = [row.data["n"] for row in await journal.rows(lease.run)]

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(drive, number)

    assert read == {number: list(range(5)) for number in range(20)}


async def test_a_lost_lease_writes_nothing(journal: Journal) -> None:
    """After a takeover the old holder can neither append nor beat."""
    old = await journal.create(new_run(), HERE)
    new = await journal.take(old.run, THERE, seen=await journal.beat_of(old.run))

    assert new is not None
    with pytest.raises(
        LeaseLost, match=r"Another process took over run 0123456789AB; this one stops\."
    ):
        await journal.append(old, [record(by="old")])

    with pytest.raises(LeaseLost):
        await journal.renew(old)

    await journal.append(new, [record(by="new")])

    assert [(row.fence, row.data) for row in await journal.rows(old.run)] == [
        (2, {"by": "new"})
    ]


async def test_a_fence_is_not_enough_without_its_owner(journal: Journal) -> None:
    """A lease counts only with the owner to whom it was given."""
    lease = await journal.create(new_run(), HERE)

    with pytest.raises(LeaseLost):
        await journal.append(Lease(run=lease.run, owner=THERE, fence=1), [record()])

    assert await journal.rows(lease.run) == ()


async def test_an_earlier_lease_of_the_same_owner_is_lost(journal: Journal) -> None:
    """Who takes a lease again holds the new one only: fences never go back."""
    first = await journal.create(new_run(), HERE)
    second = await journal.take(first.run, HERE, seen=await journal.beat_of(first.run))

    assert second is not None
    with pytest.raises(LeaseLost):
        await journal.append(first, [record()])

    with pytest.raises(LeaseLost):
        await journal.renew(first)

    await journal.release(first)
    await journal.append(second, [record()])
    assert [row.fence for row in await journal.rows(first.run)] == [2]


async def test_one_lost_lease_does_not_disturb_the_others(journal: Journal) -> None:
    """Among appends that share a sync, one that is refused fails alone."""
    lost = await journal.create(new_run("AAAAAAAAAAAA"), HERE)
    held = await journal.create(new_run("BBBBBBBBBBBB"), HERE)
    await journal.take(lost.run, THERE, seen=await journal.beat_of(lost.run))
    refused = []

    async def append(lease: Lease) -> None:
        """Append, and note a refusal."""
        try:
            await journal.append(lease, [record()])
        except LeaseLost as error:
            refused.append(error.message)

    async with anyio.create_task_group() as tasks:
        for lease in (held, lost, held, lost, held):
            tasks.start_soon(append, lease)

    assert len(refused) == 2
    assert len(await journal.rows(held.run)) == 3
    assert await journal.rows(lost.run) == ()


async def test_a_lease_is_taken_only_as_seen(journal: Journal) -> None:
    """A beat between looking and taking keeps the lease with its holder."""
    lease = await journal.create(new_run(), HERE)
    seen = await journal.beat_of(lease.run)
    await journal.renew(lease)

    assert None is await journal.take(lease.run, THERE, seen=seen)
    assert Beat(owner=HERE, fence=1, beat=1) == await journal.beat_of(lease.run)


async def test_of_two_takers_one_gets_the_lease(journal: Journal) -> None:
    """Takers who saw the same beat do not both hold the lease."""
    lease = await journal.create(new_run(), HERE)
    seen = await journal.beat_of(lease.run)
    third = Owner("boot", 9, "300", "c")
    taken = []

    async def take(owner: Owner) -> None:
        """Try to take the lease."""
        taken.append(await journal.take(lease.run, owner, seen=seen))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(take, THERE)
        tasks.start_soon(take, third)

    (winner,) = [lease for lease in taken if lease is not None]
    assert winner.fence == 2
    assert Beat(owner=winner.owner, fence=2, beat=0) == await journal.beat_of(lease.run)


async def test_a_released_lease_has_no_owner(journal: Journal) -> None:
    """After a release anybody may take the lease, with the next fence."""
    lease = await journal.create(new_run(), HERE)
    await journal.release(lease)

    seen = await journal.beat_of(lease.run)
    assert (seen.owner, seen.fence) == (None, 1)
    with pytest.raises(LeaseLost):
        await journal.append(lease, [record()])

    again = await journal.take(lease.run, HERE, seen=seen)
    assert Lease(run=lease.run, owner=HERE, fence=2) == again


async def test_releasing_a_lost_lease_does_nothing(journal: Journal) -> None:
    """The new holder keeps what the old one gives back."""
    lease = await journal.create(new_run(), HERE)
    await journal.take(lease.run, THERE, seen=await journal.beat_of(lease.run))
    await journal.release(lease)

    assert (await journal.beat_of(lease.run)).owner == THERE


async def test_runs_are_listed_newest_first(journal: Journal) -> None:
    """The list can be cut, and narrowed to a subject and to what has not ended."""
    for number, subject in enumerate(["edge", "shop", "edge", "edge"], start=1):
        lease = await journal.create(new_run(f"RUN{number:09}", subject=subject), HERE)
        kind = Kind.ENDED if number == 3 else Kind.STARTED
        await journal.append(lease, [record(kind)])

    async def listed(*, subject: str = "", unfinished: bool = False) -> list[int]:
        """Give the numbers of the runs listed."""
        rows = await journal.list(subject=subject, unfinished=unfinished)
        return [int(row.run.id[3:]) for row in rows]

    assert await listed() == [4, 3, 2, 1]
    assert await listed(subject="edge") == [4, 3, 1]
    assert await listed(unfinished=True) == [4, 2, 1]
    assert await listed(subject="edge", unfinished=True) == [4, 1]
    assert await listed(subject="none") == []
    assert len(await journal.list(most=2)) == 2


async def test_runs_that_another_one_has_begun_can_be_left_out(
    journal: Journal,
) -> None:
    """They are called after it; a dot or a number by itself makes none."""
    ids = ("7k2f", "7k2f.1", "7k2f.12", "7k2f9", "mine.1")
    for id_ in ids:
        await journal.create(new_run(id_), HERE)

    heads = [row.run.id for row in await journal.list(heads=True)]
    assert ["mine.1", "7k2f9", "7k2f"] == heads
    assert len(ids) == len(await journal.list())


async def test_a_listed_run_is_what_was_started(journal: Journal) -> None:
    """The list gives back the run with its content, and whether it ended."""
    lease = await journal.create(new_run(), HERE)
    (before,) = await journal.list()
    await journal.append(lease, [record(), record(Kind.ENDED)])
    (after,) = await journal.list()

    assert (new_run(), False) == (before.run, before.ended)
    assert (new_run(), True) == (after.run, after.ended)


async def test_runs_are_found_by_the_beginning_of_their_id(journal: Journal) -> None:
    """A prefix finds all that begin so, oldest first; no character is a wildcard."""
    for run in ("AAB000000000", "AAC000000000", "AAC000000000.1", "B_%000000000"):
        await journal.create(new_run(run), HERE)

    async def found(prefix: str) -> list[str]:
        """Give the ids found."""
        return [row.run.id for row in await journal.find(prefix)]

    assert await found("AAC") == ["AAC000000000", "AAC000000000.1"]
    assert await found("AAB000000000") == ["AAB000000000"]
    assert await found("B_%") == ["B_%000000000"]
    assert await found("%") == []
    assert await found("*") == []
    assert len(await found("")) == 4


async def test_anybody_may_signal_a_run(journal: Journal) -> None:
    """Signals need no lease, keep their order and are read from a place on."""
    lease = await journal.create(new_run(), HERE)
    await journal.signal(lease.run, SignalVerb.PAUSE, by="Ana", at=NOW)
    await journal.signal(lease.run, SignalVerb.ABORT, by="José", at=NOW)

    both = await journal.signals(lease.run, after=0)
    assert [(signal.id, signal.verb, signal.by, signal.at) for signal in both] == [
        (1, "pause", "Ana", NOW),
        (2, "abort", "José", NOW),
    ]
    assert both[1:] == await journal.signals(lease.run, after=1)
    assert await journal.signals(lease.run, after=2) == ()
    assert await journal.rows(lease.run) == ()


async def test_inboxes_count_for_themselves(journal: Journal) -> None:
    """The first signal of each run has number 1."""
    for run in ("AAAAAAAAAAAA", "BBBBBBBBBBBB"):
        await journal.create(new_run(run), HERE)
        await journal.signal(run, SignalVerb.RESUME, by="Ana", at=NOW)

    assert [s.id for s in await journal.signals("BBBBBBBBBBBB", after=0)] == [1]


async def test_one_look_tells_which_inboxes_hold_something_new(
    journal: Journal,
) -> None:
    """Behind the place that is named for each; unknown runs have none."""
    for run in ("AAAAAAAAAAAA", "BBBBBBBBBBBB", "CCCCCCCCCCCC"):
        await journal.create(new_run(run), HERE)

    for run in ("AAAAAAAAAAAA", "BBBBBBBBBBBB", "BBBBBBBBBBBB"):
        await journal.signal(run, SignalVerb.RESUME, by="Ana", at=NOW)

    after = {"AAAAAAAAAAAA": 1, "BBBBBBBBBBBB": 1, "CCCCCCCCCCCC": 0, "NOSUCHRUN": 0}
    assert ("BBBBBBBBBBBB",) == await journal.signalled(after)
    assert () == await journal.signalled({})


async def test_every_question_about_an_unknown_run_says_so(journal: Journal) -> None:
    """No method takes an unknown run for an empty one."""
    lease = Lease(run="NOSUCHRUN000", owner=HERE, fence=1)
    seen = Beat(owner=HERE, fence=1, beat=0)
    for ask in (
        lambda: journal.append(lease, [record()]),
        lambda: journal.rows(lease.run),
        lambda: journal.beat_of(lease.run),
        lambda: journal.take(lease.run, THERE, seen=seen),
        lambda: journal.renew(lease),
        lambda: journal.release(lease),
        lambda: journal.signal(lease.run, SignalVerb.ABORT, by="Ana", at=NOW),
        lambda: journal.signals(lease.run, after=0),
    ):
        with pytest.raises(
            UnknownRun, match=r"The journal knows no run 'NOSUCHRUN000'\."
        ):
            await ask()


async def test_a_closed_journal_keeps_what_it_has(journal: Journal) -> None:
    """Closing lets go of files only; who asks again gets an answer."""
    lease = await journal.create(new_run(), HERE)
    await journal.append(lease, [record(n=1)])
    await journal.close()
    await journal.close()

    assert [row.data for row in await journal.rows(lease.run)] == [{"n": 1}]


async def test_a_cancelled_append_is_whole_or_absent(journal: Journal) -> None:
    """Whoever is cancelled while appending leaves all of the rows or none."""
    lease = await journal.create(new_run(), HERE)
    acknowledged = []

    async def append(number: int) -> None:
        """Append two rows; every other task is cancelled."""
        with anyio.CancelScope() as scope:
            if number % 2:
                scope.cancel()

            await journal.append(lease, [record(n=number), record(n=number)])
            acknowledged.append(number)

    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(append, number)

    written = [row.data["n"] for row in await journal.rows(lease.run)]
    assert set(acknowledged) <= set(written)
    assert written == [n for n in dict.fromkeys(written) for _ in range(2)]


async def test_a_journal_tells_what_it_is(
    journal: Journal, request: pytest.FixtureRequest
) -> None:
    """Name and repr say where the runs are and how many."""
    await journal.create(new_run(), HERE)

    assert repr(journal).startswith(f"<{type(journal).__name__}")
    assert repr(journal).endswith("[runs: 1]>")
    assert journal.name.endswith(("memory", "journal.sqlite"))
