"""Sharing slots through a file, between clients and between processes."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest
from tests.wire.sharer import CALLS

from esa_flows.errors import InvalidInput, NotSent
from esa_flows.wire import slot_file as module
from esa_flows.wire.cap import Cap
from esa_flows.wire.learned import Learned
from esa_flows.wire.lives import Lives
from esa_flows.wire.slot_file import FileSlots, FileStores
from esa_flows.wire.slots import Fate, SlotStore, Wish

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]

KEY = "LTAI5tFakeKeyId0001"
WISH = Wish(calls=1)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[list[FileStores]]:
    """Three clients of one user."""
    made = [FileStores(tmp_path, place="boot", token=n) for n in (1, 2, 3)]
    yield made
    for stores in made:
        stores.close()


def path_in(folder: Path) -> Path:
    """Give the one file of slots in a folder."""
    (found,) = folder.glob("*.slots")
    return found


async def both(clients: list[FileStores]) -> tuple[SlotStore, SlotStore]:
    """Open the same gate as two clients."""
    return await clients[0].open("account", KEY), await clients[1].open("account", KEY)


async def test_two_clients_share_one_gate(clients: list[FileStores]) -> None:
    """What one has lent, and what it has learned, the other knows."""
    one, two = await both(clients)
    waits = [one.take(5.0, 2), two.take(5.0, 2), two.take(5.0, 2)]
    one.settle(6.0, Fate.ANSWERED)
    one.learned = Learned(calls=9.0, since=1.0, paused_until=2.0)

    assert waits[:2] == [0.0, 0.0]
    assert waits[2] > 0
    assert (two.in_flight, two.accepted(5.5), two.learned.calls) == (1, 1, 9.0)
    assert two.take(5.5, 2) == pytest.approx(0.5)
    assert two.take(6.0, 2) == 0.0


@pytest.fixture
def files(tmp_path: Path) -> Callable[[], list[Path]]:
    """Give the files of slots there are."""
    return lambda: list(tmp_path.glob("*.slots"))


async def test_other_gates_keys_and_clouds_are_apart(
    clients: list[FileStores], tmp_path: Path, files: Callable[[], list[Path]]
) -> None:
    """Each has a file of its own, whose name tells no key; nobody else may read it."""
    elsewhere = FileStores(tmp_path, place="another boot", token=4)
    stores = [
        await clients[0].open("account", KEY),
        await clients[0].open("account", "LTAI5tFakeKeyId0002"),
        await clients[0].open("esa.GetRoutine", KEY),
        await elsewhere.open("account", KEY),
    ]
    taken = [store.take(5.0, 1) for store in stores]
    elsewhere.close()

    assert taken == [0.0] * 4
    assert len(files()) == 4
    assert {path.stat().st_mode & 0o777 for path in files()} == {0o600}
    assert not any("LTAI" in path.name for path in files())


async def test_no_more_slots_than_the_table_has(clients: list[FileStores]) -> None:
    """Who is set to more calls than can be shared gets as many as can be."""
    one, _ = await both(clients)
    waits = [one.take(5.0, 5_000) for _ in range(1_025)]

    assert waits[1_023] == 0.0
    assert waits[1_024] > 0


async def test_slots_of_a_client_that_is_gone_come_back(
    clients: list[FileStores],
) -> None:
    """They rest a grace and a period from when somebody noticed."""
    one, two = await both(clients)
    one.take(5.0, 1)
    await two.care(5.0, WISH)
    before = two.in_flight
    clients.pop(0).close()
    await two.care(6.0, WISH)

    assert (before, two.in_flight) == (1, 0)
    assert two.take(7.9, 1) > 0
    assert two.take(8.1, 1) == 0.0


async def test_care_is_due_once_a_second(clients: list[FileStores]) -> None:
    """Looking after the others costs a thread, so not at every call."""
    one, _ = await both(clients)
    before = one.needs_care(5.0, WISH)
    await one.care(5.0, WISH)

    due = [before, one.needs_care(5.9, WISH), one.needs_care(6.0, WISH)]

    assert due == [True, False, True]


@pytest.mark.parametrize("whose", ["slots", "lives"])
async def test_a_file_that_vanishes_stops_everybody(
    clients: list[FileStores], tmp_path: Path, whose: str
) -> None:
    """Others would make a new one and not see our calls: nothing is sent, each time."""
    cap = Cap(5, stores=clients[0], clock=time.monotonic)
    async with cap.slot(key=KEY):
        pass

    left = path_in(tmp_path) if whose == "slots" else tmp_path / "lives" / f"{1:016x}"
    left.unlink()
    await anyio.sleep(1.1)
    for _ in range(2):
        with pytest.raises(NotSent, match="was removed while in use"):
            async with cap.slot(key=KEY):
                pass


async def test_a_lock_held_for_a_moment_is_waited_for(
    clients: list[FileStores], tmp_path: Path
) -> None:
    """Somebody is busy: a look later it goes, and nobody was blocked."""
    one, two = await both(clients)
    with path_in(tmp_path).open("r+b") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        await two.care(5.0, WISH)
        busy = one.take(5.0, 1)

    assert 0 < busy < 0.01
    assert one.take(5.0, 1) == 0.0


async def test_a_lock_held_for_ever_is_an_error(
    clients: list[FileStores], tmp_path: Path
) -> None:
    """A process stopped at the wrong moment: nothing is sent, and who may be asked."""
    one, _ = await both(clients)
    with path_in(tmp_path).open("r+b") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        one.take(5.0, 1)
        with pytest.raises(NotSent, match="for 5 s another process has held the lock"):
            one.take(10.0, 1)

        assert 0 < one.take(11.0, 1) < 0.01


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"esa-flows slots\nversion 2\n", "another version of esa-flows made it"),
        (b"esa-flows slots\nversion 1\n".ljust(64, b"\0"), "another version"),
        (b"something else", "it is not a file of slots"),
    ],
)
async def test_a_file_of_another_form_is_refused(
    tmp_path: Path, content: bytes, words: str
) -> None:
    """Reading it wrongly would lend slots twice."""
    one = FileStores(tmp_path, place="boot", token=1)
    await one.open("account", KEY)
    path_in(tmp_path).write_bytes(content)
    two = FileStores(tmp_path, place="boot", token=2)
    with pytest.raises(InvalidInput, match=words):
        await two.open("account", KEY)

    two.close()


async def test_a_file_whose_maker_died_is_finished(
    clients: list[FileStores], tmp_path: Path
) -> None:
    """Nobody uses it before it has its title."""
    await clients[0].open("account", KEY)
    found = path_in(tmp_path)
    found.write_bytes(b"\0" * 100)
    two = await clients[1].open("account", KEY)

    assert two.take(5.0, 1) == 0.0


DAY = 24 * 3600


def aged(path: Path, days: float) -> Path:
    """Make a file look as if nobody had used it for some days."""
    then = path.stat().st_mtime - days * DAY
    os.utime(path, (then, then))
    return path


async def test_files_that_nobody_uses_any_more_are_swept(
    clients: list[FileStores], files: Callable[[], list[Path]]
) -> None:
    """Of other keys and of earlier boots; not what was used within a day."""
    for number in (1, 2, 3):
        await clients[0].open("account", f"LTAI5tFakeKeyId000{number}")

    clients.pop(0).close()
    old, recent, own = sorted(files())
    aged(old, 2)
    aged(recent, 0.5)
    await clients[0].open("other", KEY)

    assert not old.exists()
    assert recent.exists()
    assert own.exists()


async def test_nothing_is_swept_while_others_live(
    clients: list[FileStores], tmp_path: Path
) -> None:
    """They may have it open, and would not see our calls in another one."""
    await clients[0].open("account", KEY)
    old = aged(path_in(tmp_path), 2)
    two = await clients[1].open("other", KEY)

    assert old.exists()
    assert two.take(5.0, 1) == 0.0


async def test_who_comes_while_a_file_is_swept_makes_a_new_one(
    clients: list[FileStores], tmp_path: Path
) -> None:
    """The lock is waited for; what it was on is gone, and is not used."""
    await clients[0].open("account", KEY)
    clients.pop(0).close()
    path = path_in(tmp_path)
    before = path.stat().st_ino
    with path.open("r+b") as sweeping:
        fcntl.flock(sweeping, fcntl.LOCK_EX)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(clients[0].open, "account", KEY)
            await anyio.sleep(0.2)
            kept = path.with_suffix(".kept")
            path.rename(kept)
            fcntl.flock(sweeping, fcntl.LOCK_UN)

    assert path.stat().st_ino != before


async def test_somebody_who_comes_at_the_last_moment_keeps_its_file(
    clients: list[FileStores], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked again under the lock whether anybody lives."""
    await clients[0].open("account", KEY)
    clients.pop(0).close()
    old = aged(path_in(tmp_path), 2)
    answers = iter([True, False])
    monkeypatch.setattr(Lives, "is_alone", lambda _: next(answers))
    await clients[0].open("other", KEY)

    assert old.exists()


async def test_a_file_of_another_user_is_refused(
    clients: list[FileStores], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who owns it could take our slots."""
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(InvalidInput, match="it belongs to another user"):
        await clients[0].open("account", KEY)


class Turns:
    """A lock that tells when a second one comes, before that one waits."""

    def __init__(self) -> None:
        self.came = 0
        self.second = threading.Event()
        self._lock = threading.Lock()

    def note(self) -> int:
        """Note that somebody comes; give how many did."""
        self.came += 1
        if self.came > 1:
            self.second.set()

        return self.came

    def __enter__(self) -> None:
        self.note()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


async def test_the_caps_of_two_accounts_begin_one_life_together(
    clients: list[FileStores], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both come for the first time at once; a second life would wait for ever."""
    turns, births = Turns(), Turns()

    def born(folder: Path, token: int) -> Lives:
        """Begin a life as slowly as can be: when somebody else has come."""
        if births.note() > 1:
            turns.second.set()
            raise AssertionError("A second life of one client was begun.")

        turns.second.wait()
        return Lives(folder, token)

    monkeypatch.setattr(clients[0], "_opening", turns)
    monkeypatch.setattr(module, "Lives", born)
    async with anyio.create_task_group() as tasks:
        for key in (KEY, "LTAI5tFakeKeyId0002"):
            cap = Cap(5, stores=clients[0], clock=time.monotonic)
            tasks.start_soon(_called, cap, key)

    assert (births.came, turns.came > 1) == (1, True)


async def _called(cap: Cap, key: str) -> None:
    async with cap.slot(key=key) as slot:
        slot.answered()


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """The error says where and what else can be done."""
    (tmp_path / "file").touch()
    stores = FileStores(tmp_path / "file" / "cap", place="", token=1)
    with pytest.raises(InvalidInput, match="The cap cannot be shared through"):
        await stores.open("account", KEY)

    stores.close()


async def test_a_store_shows_its_state(clients: list[FileStores]) -> None:
    """A line for a log; the name tells no key."""
    one, _ = await both(clients)

    assert isinstance(one, FileSlots)
    assert repr(one).endswith(".slots, 0 in flight>")


async def test_two_caps_together_keep_to_one(clients: list[FileStores]) -> None:
    """As the server counts: two clients in one process make N calls a second."""
    caps = [Cap(20, stores=stores, clock=time.monotonic) for stores in clients[:2]]
    moments: list[float] = []

    async def call(cap: Cap) -> None:
        """Make calls one after the other."""
        for _ in range(8):
            async with cap.slot(key=KEY) as slot:
                moments.append(time.monotonic())
                slot.answered()

    async with anyio.create_task_group() as tasks:
        for cap in caps * 3:
            tasks.start_soon(call, cap)

    assert most_in_a_second(moments) <= 20
    assert len(moments) == 48


# --- processes ------------------------------------------------------------------------


def most_in_a_second(moments: list[float]) -> int:
    """Give the highest number of calls in any sliding second."""
    times = sorted(moments)
    return max(
        sum(1 for later in times[first:] if later < time + 1.0)
        for first, time in enumerate(times)
    )


def start(folder: Path, log: Path, *more: str) -> subprocess.Popen[bytes]:
    """Start one that shares the cap for some seconds."""
    program = [sys.executable, "-m", "tests.wire.sharer"]
    return subprocess.Popen([*program, str(folder), "6", str(log), *more], cwd=ROOT)


def moments_in(*logs: Path) -> list[float]:
    """Give when calls were counted, by the clock that all processes share."""
    return [float(line) for log in logs for line in log.read_text().split()]


@pytest.mark.timeout(120)
def test_four_processes_one_killed_while_it_holds_slots(tmp_path: Path) -> None:
    """Never above the cap; the slots of the dead come back; everybody gets a share."""
    logs = [tmp_path / f"{n}.log" for n in range(4)]
    processes = [
        start(tmp_path / "cap", log, *(["hold"] if log == logs[0] else []))
        for log in logs
    ]
    deadline = time.monotonic() + 60
    while not all(log.exists() for log in logs) and time.monotonic() < deadline:
        time.sleep(0.05)

    time.sleep(1.5)
    processes[0].send_signal(signal.SIGKILL)
    codes = [process.wait(timeout=60) for process in processes]
    moments = sorted(moments_in(*logs))
    late = [m for m in moments if moments[-1] - 2.0 < m]

    assert codes == [-signal.SIGKILL, 0, 0, 0]
    assert most_in_a_second(moments) <= CALLS
    assert all(moments_in(log) for log in logs)
    assert len(late) >= CALLS + CALLS // 3
    assert [] == list((tmp_path / "cap" / "lives").glob("*"))
