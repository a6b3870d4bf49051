"""Going back to an earlier version."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import define
from tests.cli.office import Office, bundle
from tests.house import NEW, OLD, OTHER

from esa_flows.engine.journal import Lease, Record, Row, RunRow
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import JournalUnavailable

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


async def test_the_target_is_shown_before_it_is_deployed(tmp_path: Path) -> None:
    """A rollback goes to the version that served before, and says so first."""
    office = Office()
    old = office.live()
    await office.run("release", "shop", bundle(tmp_path))
    new = office.versions()[-1]

    done = await office.run("rollback", "shop")

    assert 0 == done.code
    told = f"shop: production goes from {new} 100 % to {old} 100 %."
    assert told in done.err
    assert done.err.index(told) < done.err.index("deploy to production")
    assert "shop: rolled back" in done.out
    assert {old: 100} == office.serves()


async def test_to_a_version_of_one_s_own_choice(tmp_path: Path) -> None:
    """With --to any version that is there can be gone back to."""
    office = Office()
    office.live(versions=3)
    first = office.versions()[0]

    done = await office.run("rollback", "shop", "--to", first, "--json")

    assert 0 == done.code
    assert {first: 100} == done.json["production"] == office.serves()


async def test_an_unfinished_release_is_aborted(tmp_path: Path) -> None:
    """During a release the way back is the one its run has recorded."""
    office = Office()
    old = office.live()
    with anyio.move_on_after(60):
        await office.run("release", "shop", bundle(tmp_path), "--canary", "10:5m,100")

    done = await office.run("rollback", "shop")

    assert 0 == done.code
    assert "the unfinished run " in done.err
    assert "shop: aborted" in done.out
    assert {old: 100} == office.serves()


@pytest.mark.parametrize(
    ("to", "code", "sentence"),
    [
        ((), 2, "Nothing says which version of shop served before"),
        (("--to", "5"), 10, "Version 5 of shop is gone, and nothing of it was saved"),
        (("--to", "v5"), 2, "'v5' is not a version id"),
    ],
)
async def test_no_way_back(to: tuple[str, ...], code: int, sentence: str) -> None:
    """Where there is no target nothing is changed, and the next move is named."""
    office = Office()
    old = office.live()

    done = await office.run("rollback", "shop", *to)

    assert code == done.code
    assert sentence in done.err
    assert {old: 100} == office.serves()
    assert {} == office.changes


async def test_where_production_serves_what_is_wanted() -> None:
    """Going back to what serves is a success that changes nothing."""
    office = Office()
    old = office.live(code=OLD)

    done = await office.run("rollback", "shop", "--to", old)

    assert 0 == done.code
    assert "shop: unchanged" in done.out
    assert {} == office.changes


@define(eq=False)
class BrokenJournal(MemoryJournal):
    """A journal on a disk that fails from a certain row on.

    Attributes:
        left: Rows it still takes; None for all.
        lists: Whether it can still be read.
    """

    left: int | None = None
    lists: bool = True

    def __attrs_post_init__(self) -> None:
        MemoryJournal.__init__(self)

    async def append(self, lease: Lease, records: Iterable[Record]) -> tuple[Row, ...]:
        """Append while there is room."""
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise JournalUnavailable("The disk is full.")

        return await super().append(lease, records)

    async def list(self, **wanted: Any) -> tuple[RunRow, ...]:
        """Give runs while it can be read."""
        if not self.lists:
            raise JournalUnavailable("The journal is locked by another program.")

        return await super().list(**wanted)


async def _two_releases(office: Office, tmp_path: Path) -> list[str]:
    """Release twice over what was live; give the three versions."""
    office.live()
    for name, code in (("a.js", NEW), ("b.js", OTHER)):
        await office.run("release", "shop", bundle(tmp_path, code, name))
        await anyio.sleep(1)  # never both in the same instant

    return list(office.versions())


async def test_a_journal_that_cannot_be_read_holds_nothing_up(tmp_path: Path) -> None:
    """The live split and its tag say where to go; nothing is recorded."""
    journal = BrokenJournal()
    office = Office(journal=journal)
    _, second, _ = await _two_releases(office, tmp_path)
    journal.lists = False

    done = await office.run("rollback", "shop")

    assert 0 == done.code
    assert "The journal cannot be used: The journal is locked" in done.err
    assert "is taken back without it; nothing is recorded" in done.err
    assert {second: 100} == office.serves()


@pytest.mark.parametrize("rows", range(8))
async def test_a_disk_that_fills_up_half_way_takes_it_back_once(
    rows: int, tmp_path: Path
) -> None:
    """Wherever the journal fails, the goal stays: not one version further back."""
    journal = BrokenJournal()
    office = Office(journal=journal)
    _, second, _ = await _two_releases(office, tmp_path)
    journal.left = rows

    done = await office.run("rollback", "shop")

    assert 0 == done.code
    assert {second: 100} == office.serves()


@pytest.mark.parametrize("rows", range(12))
async def test_an_unfinished_release_is_taken_back_though_the_disk_is_full(
    rows: int, tmp_path: Path
) -> None:
    """What served before the run is kept in mind before the journal fails."""
    journal = BrokenJournal()
    office = Office(journal=journal)
    _, second, third = await _two_releases(office, tmp_path)
    with anyio.move_on_after(60):
        file = bundle(tmp_path, OLD + b"//4", "c.js")
        await office.run("release", "shop", file, "--canary", "10:5m,100")

    journal.left = rows

    done = await office.run("rollback", "shop")

    assert 0 == done.code
    assert second != third
    assert {third: 100} == office.serves()


async def test_without_a_journal_there_is_no_canary_left(tmp_path: Path) -> None:
    """A canary of a lost journal: the other version gets everything back."""
    office = Office()
    old = office.live()
    with anyio.move_on_after(60):
        await office.run("release", "shop", bundle(tmp_path), "--canary", "10:5m,100")

    broken = BrokenJournal(lists=False)
    done = await office.run("rollback", "shop", journal=broken)

    assert 0 == done.code
    assert {old: 100} == office.serves()


async def test_a_target_that_is_gone_is_told_before(tmp_path: Path) -> None:
    """The line that shows the goal says that it has to be made again."""
    office = Office()
    _, second, _ = await _two_releases(office, tmp_path)
    office.cloud.console.delete_version("shop", second)

    done = await office.run("rollback", "shop")

    assert 0 == done.code
    assert f"Version {second} is gone: it is made again, if it was saved" in done.err


@pytest.mark.real_time
async def test_a_file_that_is_no_journal_holds_nothing_up(tmp_path: Path) -> None:
    """Broken, or of another program: the way back is open all the same."""
    office = Office()
    old = office.live()
    new = office.cloud.console.add_version("shop", NEW)
    office.deploy({old: 50, new: 50})
    file = tmp_path / "journal.db"
    file.write_bytes(b"not a database, but long enough to be looked at" * 40)

    done = await office.run(
        "rollback", "shop", "--journal", str(file), journal=None, blobs=None
    )

    assert 0 == done.code
    assert "The journal cannot be used" in done.err
    assert {old: 100} == office.serves()


async def test_it_is_shown_and_nothing_is_done(tmp_path: Path) -> None:
    """With --dry-run the goal is what was asked for: it goes to standard output."""
    office = Office()
    old = office.live()
    await office.run("release", "shop", bundle(tmp_path))
    new = office.versions()[-1]
    before = office.changes

    done = await office.run("rollback", "shop", "--dry-run")
    told = await office.run("rollback", "shop", "--dry-run", "--json")

    assert before == office.changes
    assert f"shop: production goes from {new} 100 % to {old} 100 %.\n" == done.out
    assert ("shop", old) == (told.json["routine"], told.json["to"])


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("aa", "--run", "abcd"),
        ("--run", "abcd", "--to", "5"),
        ("aa", "--wave", "2"),
        ("aa", "--label", "tier=3"),
        ("--run", "abcd", "--fleet", "fleet.toml"),
        ("--fleet", "fleet.toml", "--to", "5"),
    ],
)
async def test_one_thing_goes_back(words: tuple[str, ...]) -> None:
    """Neither nothing nor several, and each with its own flags."""
    done = await Office().run("rollback", *words)

    assert 2 == done.code


async def test_a_release_goes_back_by_its_run(tmp_path: Path) -> None:
    """To what it served before, and no further, however often it is asked for."""
    office = Office()
    _, second, _ = await _two_releases(office, tmp_path)
    run = await _last_run(office)

    done = await office.run("rollback", "--run", run)
    again = await office.run("rollback", "--run", run)

    assert (0, 0) == (done.code, again.code)
    assert "shop: rolled back" in done.out
    assert "shop: unchanged" in again.out
    assert {second: 100} == office.serves()


async def _last_run(office: Office, flow: str = "release") -> str:
    """Give the newest run of a flow."""
    async with office.client() as client:
        return next(v.run.id for v in await client.runs.list() if v.run.flow == flow)


async def test_a_release_that_is_under_way_is_aborted_by_its_run(
    tmp_path: Path,
) -> None:
    """As its routine's name would do it."""
    office = Office()
    old = office.live()
    with anyio.move_on_after(60):
        await office.run("release", "shop", bundle(tmp_path), "--canary", "10:5m,100")

    done = await office.run("rollback", "--run", await _last_run(office))

    assert 0 == done.code
    assert "shop: aborted" in done.out
    assert {old: 100} == office.serves()


async def test_an_earlier_release_stays(tmp_path: Path) -> None:
    """Somebody wanted something else of the routine since: it is named."""
    office = Office()
    await _two_releases(office, tmp_path)
    async with office.client() as client:
        second, first = [v.run.id for v in await client.runs.list()]

    before = office.changes
    done = await office.run("rollback", "--run", first)

    assert 14 == done.code
    assert f"Run {second} has released shop since" in done.err
    assert f"esa-flows rollback --run {second}" in done.err
    assert before == office.changes


async def test_the_first_release_has_no_way_back(tmp_path: Path) -> None:
    """Nothing served production before it."""
    office = Office()
    await office.run("release", "shop", bundle(tmp_path), "--create")
    run = await _last_run(office)

    done = await office.run("rollback", "--run", run)

    assert 2 == done.code
    assert f"Nothing served production of shop before run {run}." in done.err


async def test_what_released_nothing_has_no_way_back(tmp_path: Path) -> None:
    """A rollback is none that could be taken back by its run."""
    office = Office()
    await _two_releases(office, tmp_path)
    await office.run("rollback", "shop")

    done = await office.run("rollback", "--run", await _last_run(office, "rollback"))

    assert 2 == done.code
    assert "is no rollout" in done.err
