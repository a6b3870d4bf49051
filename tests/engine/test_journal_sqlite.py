"""What is the SQLite journal's own: files, group commit, trouble, crashes."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from attrs import evolve

from esa_flows.engine import journal_schema
from esa_flows.engine.journal import (
    Journal,
    Kind,
    Lease,
    NewRun,
    Owner,
    Record,
    Row,
    SignalVerb,
)
from esa_flows.engine.journal_batch import WOKEN
from esa_flows.engine.journal_sqlite import (
    PACKED_ALONG,
    PACKED_AT_ONCE,
    SQLiteJournal,
    SQLiteStatistics,
    Writer,
)
from esa_flows.engine.journal_upkeep import PACK_AFTER
from esa_flows.errors import (
    InvalidInput,
    JournalCorrupt,
    JournalUnavailable,
    LeaseLost,
    UnknownRun,
)

pytestmark = pytest.mark.real_time

NOW = dt.datetime(2025, 3, 1, 12, 30, tzinfo=dt.UTC)
HERE = Owner("boot", 7, "100", "a")
RUN = "0123456789AB"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the place of a journal."""
    return tmp_path / "state" / "journal.sqlite"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[SQLiteJournal]:
    """Give an open journal that works in a thread."""
    made = await SQLiteJournal.open(path)
    yield made
    await made.close()


def new_run(run: str = RUN, *, subject: str = "edge") -> NewRun:
    """Give a run to start."""
    return NewRun(id=run, flow="f", subject=subject, content="c", started_at=NOW)


def record(n: int) -> Record:
    """Give a record that can be found in the file's bytes."""
    return Record.of(Kind.OUTCOME, NOW, {"value": f"body-{n}"}, step="s#1")


async def numbers(journal: Journal, run: str = RUN) -> list[str]:
    """Give the values of a run's rows."""
    return [row.data["value"] for row in await journal.rows(run)]


async def filled(path: Path, *, rows: int = 3) -> None:
    """Make a journal of one run, and close it."""
    journal = SQLiteJournal(path)
    lease = await journal.create(new_run(), HERE)
    await journal.append(lease, map(record, range(rows)))
    await journal.close()


async def trouble_of(path: Path) -> str:
    """Give what reading the run says that went wrong."""
    journal = SQLiteJournal(path)
    try:
        with pytest.raises(JournalCorrupt) as caught:
            await journal.rows(RUN)
    finally:
        await journal.close()

    return str(caught.value)


def is_there(path: Path) -> bool:
    """Give whether a file is there."""
    return path.exists()


def bytes_of(path: Path) -> bytes:
    """Give what a file holds."""
    return path.read_bytes()


def damage(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change the bytes of a file behind the journal's back."""
    content = path.read_bytes() if path.exists() else b""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(change(content))


# --- opening and closing


async def test_a_journal_opens_when_it_is_first_used(path: Path) -> None:
    """Making the object touches no file; its repr shows whether it is open."""
    journal = SQLiteJournal(path)

    assert not is_there(path)
    assert repr(journal) == f"<SQLiteJournal {path} [closed]>"

    await journal.create(new_run(), HERE)

    assert repr(journal) == f"<SQLiteJournal {path} [runs: 1]>"
    await journal.close()
    assert repr(journal) == f"<SQLiteJournal {path} [closed]>"


async def test_open_counts_the_runs_that_are_there(path: Path) -> None:
    """The repr of a journal just opened knows its runs."""
    await filled(path)

    journal = await SQLiteJournal.open(str(path))

    assert repr(journal) == f"<SQLiteJournal {path} [runs: 1]>"
    assert journal.name == str(path)
    await journal.close()


async def test_side_files_are_as_private_as_the_file(
    journal: SQLiteJournal, path: Path
) -> None:
    """Nobody else may read the journal, nor what SQLite puts beside it."""
    await journal.create(new_run(), HERE)

    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}

    assert modes == {
        "journal.sqlite": 0o600,
        "journal.sqlite-wal": 0o600,
        "journal.sqlite-shm": 0o600,
    }
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """Give a folder that its group may write to."""
    tmp_path.chmod(0o770)
    return tmp_path


async def test_advice_is_given_once_the_journal_is_open(shared: Path) -> None:
    """A folder that its group may write to is used, and remarked upon."""
    journal = await SQLiteJournal.open(shared / "journal.sqlite")

    assert journal.advice == (
        f"The group of {shared} may write to it; to stop that: chmod g-w {shared}",
    )
    await journal.close()


async def test_every_commit_is_synced(journal: SQLiteJournal) -> None:
    """The connection syncs each commit to a write-ahead log, and checks references."""
    await journal.find("")
    assert journal._tables is not None
    db = journal._tables._db

    def setting(name: str) -> object:
        """Give a setting of the connection."""
        return db.execute(f"PRAGMA {name}").fetchone()[0]

    assert setting("journal_mode") == "wal"
    assert setting("synchronous") == 2
    assert setting("foreign_keys") == 1
    assert setting("fullfsync") == 1


async def test_two_journals_share_a_file(path: Path) -> None:
    """What one process writes another one reads at once, and fences hold for both."""
    one, two = SQLiteJournal(path), SQLiteJournal(path)
    lease = await one.create(new_run(), HERE)
    taken = await two.take(RUN, Owner("b", 8, "1", "t"), seen=await two.beat_of(RUN))

    assert taken is not None
    await two.append(taken, [record(1)])
    with pytest.raises(LeaseLost):
        await one.append(lease, [record(2)])

    assert await numbers(one) == ["body-1"]
    await one.close()
    await two.close()


# --- group commit


async def test_appends_of_a_moment_share_a_sync(journal: SQLiteJournal) -> None:
    """A hundred runs that append at once cost a few commits, not a hundred."""
    leases = [await journal.create(new_run(f"R{n:03}"), HERE) for n in range(100)]
    before = journal.statistics()

    async with anyio.create_task_group() as tasks:
        for n, lease in enumerate(leases):
            tasks.start_soon(journal.append, lease, [record(n)])

    after = journal.statistics()
    assert after.appends - before.appends == 100
    assert after.commits - before.commits <= 3
    for n, lease in enumerate(leases):
        assert await numbers(journal, lease.run) == [f"body-{n}"]


async def test_many_that_wait_go_on_a_few_at_a_time(journal: SQLiteJournal) -> None:
    """Between two groups of them the loop can serve others, such as its timers."""
    leases = [await journal.create(new_run(f"R{n:03}"), HERE) for n in range(100)]
    log: list[str] = []

    async def append(lease: Lease) -> None:
        """Append and note it."""
        await journal.append(lease, [record(1)])
        log.append(".")

    async def other() -> None:
        """Note each turn of the loop once rows are durable."""
        while log.count(".") < 100:
            await anyio.lowlevel.checkpoint()
            log.append(" ")

    async with anyio.create_task_group() as tasks:
        for lease in leases:
            tasks.start_soon(append, lease)

        tasks.start_soon(other)

    longest = max(map(len, "".join(log).split()))
    assert longest <= 2 * WOKEN + 1  # two groups may meet in one turn


@pytest.mark.may_block
async def test_an_inline_journal_commits_each_append(path: Path) -> None:
    """In the loop there is nobody to wait with."""
    journal = SQLiteJournal(path, writer="inline")
    lease = await journal.create(new_run(), HERE)
    await journal.append(lease, [record(1)])
    await journal.append(lease, [record(2)])
    await journal.beat_of(RUN)

    assert journal.statistics() == SQLiteStatistics(requests=4, appends=2, commits=3)
    await journal.close()


async def test_an_unfit_value_does_not_disturb_the_others(
    journal: SQLiteJournal,
) -> None:
    """Among many that share a sync, a text that is no text is refused alone."""
    lease = await journal.create(new_run(), HERE)
    other = await journal.create(new_run("OTHER0000000"), HERE)
    refused = []

    async def append(to: Lease, *records: Record) -> None:
        """Append, and note a refusal."""
        try:
            await journal.append(to, records)
        except InvalidInput as error:
            refused.append(error.message)

    unfit = Record(kind=Kind.OUTCOME, at=NOW, step="\ud800")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(append, other, record(1))
        tasks.start_soon(append, lease, record(2), unfit)
        tasks.start_soon(append, other, record(3))

    assert len(refused) == 1
    assert "cannot hold what it was given" in refused[0]
    assert await numbers(journal) == []
    assert sorted(await numbers(journal, other.run)) == ["body-1", "body-3"]


async def test_a_cancelled_waiter_learns_of_its_rows(journal: SQLiteJournal) -> None:
    """Cancelling while the disk writes hides nothing: each caller gets its rows."""
    lease = await journal.create(new_run(), HERE)
    told: list[Row] = []

    async def append(n: int) -> None:
        """Append and note what the journal said."""
        told.extend(await journal.append(lease, [record(n)]))

    journal._busy.acquire()
    async with anyio.create_task_group() as tasks:
        for n in range(3):
            tasks.start_soon(append, n)

        await anyio.sleep(0.05)
        tasks.cancel_scope.cancel()
        journal._busy.release()

    assert sorted(await numbers(journal)) == ["body-0", "body-1", "body-2"]
    assert set(told) == set(await journal.rows(RUN))


async def test_who_is_cancelled_before_asking_writes_nothing(
    journal: SQLiteJournal,
) -> None:
    """A cancelled task does not begin a write."""
    lease = await journal.create(new_run(), HERE)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await journal.append(lease, [record(1)])

    assert scope.cancelled_caught
    assert await numbers(journal) == []


def test_a_leader_cancelled_by_its_host_loses_nobody(path: Path) -> None:
    """Asyncio's own cancellation passes through shields; each row is written once."""

    async def main() -> None:
        """Cancel two leaders, each with somebody behind."""
        journal = SQLiteJournal(path)
        lease = await journal.create(new_run(), HERE)
        journal._busy.acquire()

        def append(n: int) -> asyncio.Task[object]:
            """Append in a task of its own."""
            return asyncio.create_task(journal.append(lease, [record(n)]))

        at_work, beside = append(0), append(1)
        await asyncio.sleep(0.05)
        in_lane, behind = append(2), append(3)
        await asyncio.sleep(0.05)
        at_work.cancel()
        in_lane.cancel()
        await asyncio.sleep(0.05)
        journal._busy.release()
        await asyncio.gather(beside, behind)

        assert at_work.cancelled()
        assert in_lane.cancelled()
        assert sorted(await numbers(journal)) == [f"body-{n}" for n in range(4)]
        await journal.close()

    asyncio.run(main())


def test_nobody_joins_what_a_cancelled_leader_left(path: Path) -> None:
    """Nobody stood behind it, so nobody would wake whoever came later."""

    async def main() -> None:
        """Cancel a leader that waits for the lane, with nobody behind."""
        journal = SQLiteJournal(path)
        lease = await journal.create(new_run(), HERE)
        journal._busy.acquire()
        at_work = asyncio.create_task(journal.append(lease, [record(0)]))
        await asyncio.sleep(0.05)
        in_lane = asyncio.create_task(journal.append(lease, [record(1)]))
        await asyncio.sleep(0.05)
        in_lane.cancel()
        await asyncio.sleep(0.05)
        journal._busy.release()
        await at_work
        async with asyncio.timeout(10):
            later = await numbers(journal)

        assert in_lane.cancelled()
        assert ["body-0"] == later
        await journal.close()

    asyncio.run(main())


# --- staying small


def ended(n: int) -> list[Record]:
    """Give the rows of a run that ended."""
    end = Record.of(Kind.ENDED, NOW, {"event": "succeed", "value": n})
    return [*map(record, range(50)), end]


@pytest.mark.may_block
async def test_a_new_run_packs_a_few_that_ended_long_ago(
    journal: SQLiteJournal,
) -> None:
    """Nobody has to think of it, and no run pays for all the others."""
    for n in range(PACKED_ALONG + 2):
        lease = await journal.create(new_run(f"OLD{n}"), HERE)
        await journal.append(lease, ended(n))

    later = evolve(new_run("LATER"), started_at=NOW + 2 * PACK_AFTER)
    await journal.create(later, HERE)

    assert journal._tables is not None
    packed = journal._tables.ask("SELECT run FROM packs ORDER BY run")
    assert [f"OLD{n}" for n in range(PACKED_ALONG)] == [run for (run,) in packed]
    assert 51 == len(await journal.rows("OLD0"))


def size_of(path: Path) -> int:
    """Give the size of a file."""
    return path.stat().st_size


@pytest.mark.parametrize("writer", ["thread", "inline"])
@pytest.mark.may_block
async def test_compacting_gives_room_back(path: Path, writer: Writer) -> None:
    """All old runs are packed, the file shrinks, and every row is still there."""
    journal = SQLiteJournal(path, writer=writer)
    for n in range(PACKED_AT_ONCE + 5):
        lease = await journal.create(new_run(f"R{n:03}"), HERE)
        await journal.append(lease, ended(n))

    await journal.close()
    before = size_of(path)

    assert PACKED_AT_ONCE + 5 == await journal.compact(before=NOW + PACK_AFTER)

    assert before > 3 * size_of(path)
    assert 0 == size_of(Path(f"{path}-wal"))
    assert 51 == len(await journal.rows("R007"))
    assert 0 == await journal.compact(before=NOW + PACK_AFTER)
    await journal.close()


async def test_compacting_disturbs_nobody_who_reads(path: Path) -> None:
    """Who looked before sees what was there; the room comes back when all are gone."""
    journal = await SQLiteJournal.open(path)
    lease = await journal.create(new_run(), HERE)
    await journal.append(lease, ended(1))
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM records").fetchall()

    assert 1 == await journal.compact(before=NOW + PACK_AFTER)
    assert (51,) == reader.execute("SELECT count(*) FROM records").fetchone()
    assert 51 == len(await journal.rows(RUN))

    reader.close()
    await journal.close()


async def test_compacting_names_who_writes(impatient: None, path: Path) -> None:
    """While another process writes, nothing is packed and nothing is lost."""
    await filled(path)
    journal = await SQLiteJournal.open(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(JournalUnavailable, match="Another process holds it"):
        await journal.compact(before=NOW + PACK_AFTER)

    holder.close()
    assert 3 == len(await journal.rows(RUN))
    await journal.close()


async def test_needed_digests_are_known(journal: SQLiteJournal) -> None:
    """Those of an unfinished run among them."""
    await journal.create(evolve(new_run(), content=f"{'a' * 64}:staging"), HERE)

    assert {"a" * 64} == await journal.named()


# --- trouble


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for other processes but a moment."""
    monkeypatch.setattr(journal_schema, "PATIENCE", 0.05)


@pytest.fixture
def folder(path: Path) -> Path:
    """Put a folder where the journal's file should be."""
    path.mkdir(parents=True)
    return path


async def test_a_locked_file_is_unavailable(impatient: None, path: Path) -> None:
    """Another process that does not let go is named as the trouble."""
    await filled(path)
    holder = sqlite3.connect(path, isolation_level=None)
    journal = await SQLiteJournal.open(path)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(JournalUnavailable) as caught:
        await journal.signal(RUN, SignalVerb.ABORT, by="Ana", at=NOW)

    assert str(caught.value) == (
        f"The journal {path} does not work now: database is locked; nothing was"
        " recorded. Another process holds it: let that one finish, then try again."
    )
    assert len(await journal.rows(RUN)) == 3
    holder.close()
    await journal.signal(RUN, SignalVerb.ABORT, by="Ana", at=NOW)
    await journal.close()


async def test_a_file_that_may_not_be_written_is_unavailable(
    journal: SQLiteJournal,
) -> None:
    """Reading goes on where writing is forbidden."""
    lease = await journal.create(new_run(), HERE)
    assert journal._tables is not None
    journal._tables._db.execute("PRAGMA query_only = ON")

    with pytest.raises(
        JournalUnavailable, match=r"attempt to write a readonly database.*--journal\."
    ):
        await journal.append(lease, [record(1)])

    assert await numbers(journal) == []


def vanish(path: Path) -> None:
    """Delete a journal's folder, as a careless cleaning does."""
    shutil.rmtree(path.parent)


def replace(path: Path) -> None:
    """Put another file in its place, as a restored backup is."""
    copy = path.with_suffix(".copy")
    shutil.copy(path, copy)
    copy.replace(path)


@pytest.mark.parametrize("harm", [vanish, replace])
async def test_a_file_that_is_gone_takes_no_rows(
    journal: SQLiteJournal, path: Path, harm: Callable[[Path], None]
) -> None:
    """What is written to a file that lies nowhere is lost: so nothing is, aloud."""
    lease = await journal.create(new_run(), HERE)
    harm(path)

    with pytest.raises(
        JournalUnavailable, match=r"deleted or replaced while it was in use.*rebuild"
    ):
        await journal.append(lease, [record(1)])


async def test_a_path_that_is_a_folder_is_unavailable(folder: Path) -> None:
    """What cannot be opened is named, with SQLite's words."""
    with pytest.raises(JournalUnavailable, match="unable to open database file"):
        await SQLiteJournal.open(folder)


async def test_everybody_in_a_failed_batch_gets_an_error_of_their_own(
    folder: Path,
) -> None:
    """Errors are not shared between tasks, who would write into each other's trace."""
    journal = SQLiteJournal(folder)
    errors = []

    async def ask() -> None:
        """Ask, and note the error."""
        try:
            await journal.rows(RUN)
        except JournalUnavailable as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(ask)

    assert len(set(map(id, errors))) == 3
    assert len(set(map(str, errors))) == 1
    assert {type(error.__cause__) for error in errors} == {sqlite3.OperationalError}


def remove(folder: Path) -> None:
    """Take the trouble away."""
    folder.rmdir()


async def test_a_failed_opening_is_tried_again(folder: Path) -> None:
    """A journal that could not be opened works once the trouble is over."""
    journal = SQLiteJournal(folder)
    with pytest.raises(JournalUnavailable):
        await journal.create(new_run(), HERE)

    remove(folder)
    await journal.create(new_run(), HERE)

    assert len(await journal.list()) == 1
    await journal.close()


async def test_a_file_that_is_no_database_is_corrupt(path: Path) -> None:
    """Whatever lies there stays as it is."""
    damage(path, lambda _: b"no database" * 1000)

    trouble = await trouble_of(path)

    assert trouble == (
        f"The journal {path} cannot be read: file is not a database."
        " Restore it from a backup, or choose another file with --journal;"
        " nothing was changed."
    )
    assert bytes_of(path) == b"no database" * 1000


async def test_a_damaged_page_is_corrupt(path: Path) -> None:
    """A file whose structure is broken is refused with SQLite's words."""
    await filled(path)
    damage(path, lambda content: content[:4096].ljust(len(content), b"\xff"))

    assert f"The journal {path} cannot be read: " in await trouble_of(path)


@pytest.mark.parametrize("byte", [b"X", b"\xff"], ids=["other text", "no text"])
async def test_a_flipped_byte_is_named(path: Path, byte: bytes) -> None:
    """A row changed behind our back is refused by run and record."""
    await filled(path)
    damage(path, lambda content: content.replace(b"body-1", b"body-" + byte))

    assert await trouble_of(path) == (
        f"{path}: record 2 of run {RUN} does not match its checksum; the file was"
        " damaged or edited. Restore it from a backup; nothing was changed."
    )


async def test_a_removed_row_is_named(path: Path) -> None:
    """A gap in the numbers of a run is damage."""
    await filled(path)
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM records WHERE seq = 2")

    db.close()

    assert f"record 2 of run {RUN} does not match" in await trouble_of(path)


def copy_torn(path: Path, copy: Path) -> None:
    """Copy a journal in use as a crash leaves it: the last commit half written."""
    shutil.copy(path, copy)
    log = Path(f"{path}-wal").read_bytes()
    Path(f"{copy}-wal").write_bytes(log[:-100])


async def test_a_torn_tail_is_dropped_and_the_run_goes_on(
    journal: SQLiteJournal, path: Path, tmp_path: Path
) -> None:
    """Of a log whose end is half written, the whole commits count."""
    lease = await journal.create(new_run(), HERE)
    for n in range(3):
        await journal.append(lease, [record(n)])

    copy_torn(path, tmp_path / "torn.sqlite")
    resumed = SQLiteJournal(tmp_path / "torn.sqlite")

    assert await numbers(resumed) == ["body-0", "body-1"]
    await resumed.append(lease, [record(9)])
    assert await numbers(resumed) == ["body-0", "body-1", "body-9"]
    await resumed.close()


# --- crashes

WRITER = """
import anyio, datetime as dt, resource, sys
from esa_flows.engine.journal import Kind, NewRun, Owner, Record
from esa_flows.engine.journal_sqlite import SQLiteJournal
from esa_flows.errors import JournalUnavailable

NOW = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)

async def main(path, most_bytes):
    journal = SQLiteJournal(path)
    run = NewRun(id="0123456789AB", flow="f", subject="s", content="c", started_at=NOW)
    lease = await journal.create(run, Owner("b", 1, "1", "t"))
    if most_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    written = 0
    try:
        while written < 5000:
            body = {"value": f"{written}", "filling": "x" * 1000}
            await journal.append(lease, [Record.of(Kind.OUTCOME, NOW, body)])
            written += 1
            print(written, flush=True)
    except JournalUnavailable as error:
        print(error, flush=True)
        print(len(await journal.rows(lease.run)), flush=True)

anyio.run(main, sys.argv[1], int(sys.argv[2]))
"""


def read(path: Path, ask: Callable[[Journal], Awaitable[list[str]]]) -> list[str]:
    """Ask a journal something outside of any loop."""

    async def main() -> list[str]:
        """Open, ask and close."""
        journal = SQLiteJournal(path)
        try:
            return await ask(journal)
        finally:
            await journal.close()

    return anyio.run(main)


def test_what_was_acknowledged_survives_a_kill(path: Path) -> None:
    """After kill -9 in the middle every acknowledged row is there, and none is torn."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, path, "0"], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        while int(writer.stdout.readline()) < 50:
            pass

        writer.kill()
        acknowledged = max(map(int, writer.stdout.read().split()), default=50)

    rows = read(path, numbers)

    assert len(rows) - acknowledged in {0, 1}
    assert rows == [str(n) for n in range(len(rows))]


def test_a_full_disk_is_unavailable_and_costs_nothing(path: Path) -> None:
    """No row is acknowledged that is not there, and the journal stays whole."""
    done = subprocess.run(
        [sys.executable, "-c", WRITER, path, "300000"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    *_, acknowledged, error, left = done.stdout.splitlines()

    assert error.startswith(f"The journal {path} does not work now: ")
    assert error.endswith("then resume the run.")
    assert acknowledged == left
    assert len(read(path, numbers)) == int(acknowledged)


def test_processes_that_make_the_journal_at_once_share_it(path: Path) -> None:
    """Of several processes that start together one makes the tables, all use them."""
    writers = [
        subprocess.Popen([sys.executable, "-c", OPENER, path, f"R{n}"])
        for n in range(4)
    ]

    assert [writer.wait() for writer in writers] == [0] * 4
    assert sorted(read(path, known)) == ["R0", "R1", "R2", "R3"]


OPENER = """
import anyio, datetime as dt, sys
from esa_flows.engine.journal import NewRun, Owner
from esa_flows.engine.journal_sqlite import SQLiteJournal

async def main(path, id):
    journal = SQLiteJournal(path)
    now = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
    run = NewRun(id=id, flow="f", subject="s", content="c", started_at=now)
    await journal.create(run, Owner("b", 1, "1", "t"))
    await journal.close()

anyio.run(main, *sys.argv[1:])
"""


async def known(journal: Journal) -> list[str]:
    """Give the ids of all runs."""
    return [row.run.id for row in await journal.list()]


async def test_an_unknown_run_is_told_apart_from_trouble(
    journal: SQLiteJournal,
) -> None:
    """A question nobody can answer does not cost the journal its connection."""
    with pytest.raises(UnknownRun):
        await journal.rows("NOSUCHRUN000")

    assert await known(journal) == []
