"""Code with assets: one ZIP, released like any bundle."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.house import NEW, OTHER, House, edited

from esa_flows import Client, Outcome, ReleaseFailed
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import InvalidInput, JournalCorrupt
from esa_flows.files import BlobStore, MemoryBlobs, digest_of
from esa_flows.files.reading import SLICE
from esa_flows.localcloud import Fault, Switches
from esa_flows.model import Environment
from esa_flows.release import package as packages
from esa_flows.release.package import (
    Source,
    described,
    is_package,
    not_found_of,
    pack,
)

pytestmark = pytest.mark.may_block  # files are written for each test


def site(folder: Path, code: bytes = NEW, page: bytes = b"<h1>shop</h1>") -> Path:
    """Write a folder with code and two assets."""
    (folder / "assets" / "img").mkdir(parents=True, exist_ok=True)
    (folder / "index.js").write_bytes(code)
    (folder / "assets" / "index.html").write_bytes(page)
    (folder / "assets" / "img" / "b.svg").write_bytes(b"<svg/>")
    return folder


def _write_oddly(folder: Path) -> None:
    """Write an asset whose name is no UTF-8."""
    Path(os.fsdecode(os.fsencode(folder) + b"/assets/\xff")).write_bytes(b"x")


def _source(folder: Path, **changes: Any) -> Source:
    return Source(code=folder, **{"most_code": 5_000_000} | changes)


async def _release(client: Client, folder: Path, **changes: Any) -> Any:
    return await client.release("shop", folder, **changes)


async def test_the_same_files_give_the_same_digest(tmp_path: Path) -> None:
    """Neither times nor rights nor the order on disk count; contents and names do."""
    blobs = MemoryBlobs()
    one, held = await pack(blobs, _source(site(tmp_path / "one")))
    (tmp_path / "two" / "assets").mkdir(parents=True)
    (tmp_path / "two" / "assets" / "index.html").write_bytes(b"<h1>shop</h1>")
    two = site(tmp_path / "two")
    os.utime(two / "index.js", (1e9, 1e9))
    (two / "index.js").chmod(0o755)
    same, _ = await pack(blobs, _source(two))
    (two / "assets" / "img" / "b.svg").rename(two / "assets" / "b.svg")
    other, _ = await pack(blobs, _source(two))

    assert one.digest == same.digest
    assert one.digest != other.digest
    assert digest_of(NEW) == held.code
    assert 2 == held.assets
    assert str(tmp_path / "one") == one.source


async def test_the_zip_has_the_layout_of_the_provider(tmp_path: Path) -> None:
    """Sorted assets, then the code; and it lies in the store by its digest."""
    blobs = BlobStore(tmp_path / "blobs", mode="inline")
    bundle, _ = await pack(blobs, _source(site(tmp_path / "site")))
    with zipfile.ZipFile(tmp_path / "blobs" / bundle.digest) as packed:
        names = packed.namelist()
        code = packed.read("routine/index.js")

    assert ["assets/img/b.svg", "assets/index.html", "routine/index.js"] == names
    assert NEW == code
    assert [bundle.digest] == [p.name for p in (tmp_path / "blobs").iterdir()]


@pytest.mark.real_time
async def test_a_store_with_threads_packs_beside_the_event_loop(tmp_path: Path) -> None:
    """As it reads and writes."""
    blobs = BlobStore(tmp_path / "blobs")
    bundle, _ = await pack(blobs, _source(site(tmp_path / "site")))

    assert await blobs.has(bundle.digest)


async def test_large_files_go_through_in_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file is read as a whole: every read is bounded."""
    folder = site(tmp_path, page=b"x" * (SLICE * 3 + 1))
    whole: list[Path] = []
    monkeypatch.setattr(Path, "read_bytes", whole.append)
    bundle, _ = await pack(MemoryBlobs(), _source(folder))

    assert [] == whole
    assert bundle.size > SLICE * 3


async def test_an_asset_that_is_too_large_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider takes less than 25 MB of each."""
    monkeypatch.setattr(packages, "MOST_ASSET", 10)

    with pytest.raises(InvalidInput, match=r"index\.html has more than 10 bytes"):
        await pack(MemoryBlobs(), _source(site(tmp_path)))


async def test_code_that_is_too_large_is_named(tmp_path: Path) -> None:
    """The code has its own, smaller limit."""
    with pytest.raises(InvalidInput, match=r"index\.js has more than 9 bytes"):
        await pack(MemoryBlobs(), _source(site(tmp_path), most_code=9))


async def test_a_strategy_needs_its_page(tmp_path: Path) -> None:
    """Without index.html there is nothing to answer unknown paths with."""
    folder = site(tmp_path)
    (folder / "assets" / "index.html").unlink()

    with pytest.raises(InvalidInput, match=r"has no index\.html"):
        await pack(MemoryBlobs(), _source(folder, not_found="SinglePageApplication"))


async def test_folders_that_cannot_be_packed_are_refused(tmp_path: Path) -> None:
    """Each with a sentence about the file."""
    empty = tmp_path / "empty"
    (empty / "assets").mkdir(parents=True)
    with pytest.raises(InvalidInput, match="There is no file in"):
        await pack(MemoryBlobs(), _source(empty))

    linked = site(tmp_path / "linked")
    (linked / "assets" / "more").symlink_to(tmp_path)
    with pytest.raises(InvalidInput, match="more is a link to a folder"):
        await pack(MemoryBlobs(), _source(linked))

    bare = site(tmp_path / "bare")
    (bare / "index.js").unlink()
    with pytest.raises(InvalidInput, match=r"There is no file .*index\.js"):
        await pack(MemoryBlobs(), _source(bare))

    void = site(tmp_path / "void", code=b"")
    with pytest.raises(InvalidInput, match=r"index\.js is empty"):
        await pack(MemoryBlobs(), _source(void))

    pipe = site(tmp_path / "pipe")
    os.mkfifo(pipe / "assets" / "fifo")
    with pytest.raises(InvalidInput, match="is not a file but a folder or a device"):
        await pack(MemoryBlobs(), _source(pipe))

    odd = site(tmp_path / "odd")
    _write_oddly(odd)
    with pytest.raises(InvalidInput, match="is no UTF-8"):
        await pack(MemoryBlobs(), _source(odd))

    loop = site(tmp_path / "loop")
    (loop / "assets" / "self").symlink_to("self")
    with pytest.raises(InvalidInput, match="self cannot be read"):
        await pack(MemoryBlobs(), _source(loop))


async def test_what_is_a_package(tmp_path: Path) -> None:
    """A folder with assets, or code and a folder of them; else it is a bundle."""
    blobs = MemoryBlobs()

    assert await is_package(blobs, site(tmp_path), None)
    assert await is_package(blobs, "worker.js", "public")
    assert not await is_package(blobs, tmp_path / "assets", None)
    assert not await is_package(blobs, b"code", None)


def test_strategies_have_a_short_word() -> None:
    """Any casing; no other word passes."""
    assert "SinglePageApplication" == not_found_of("SPA")
    assert "SinglePageApplication" == not_found_of("singlePageApplication")
    assert "" == not_found_of("")
    with pytest.raises(InvalidInput, match="'404' is no strategy"):
        not_found_of("404")


async def test_a_folder_is_released_with_its_assets(tmp_path: Path) -> None:
    """Production serves code and assets, and the report says what was not compared."""
    with House() as house:
        house.live()
        async with house.client() as client:
            report = await _release(client, site(tmp_path), not_found="spa")

        assert report.version is not None
        held = house.cloud.console.routine("shop").versions[report.version]
        assert Outcome.RELEASED is report.outcome
        assert {report.version: 100} == house.serves()
        assert {"index.html", "img/b.svg"} == set(held.assets)
        assert "SinglePageApplication" == held.not_found
        assert "The 2 assets of shop cannot be read back" in report.notes[0]
        assert [
            "observe",
            "list",
            "package",
            "post",
            "info",
            "read code",
            "info",
            "deploy staging 100",
        ] == house.transport.calls[:8]


async def test_code_and_assets_may_be_apart(tmp_path: Path) -> None:
    """A script and a folder of static files make the same package."""
    folder = site(tmp_path)
    with House() as house:
        house.live()
        async with house.client() as client:
            report = await client.release(
                "shop", str(folder / "index.js"), assets=folder / "assets"
            )
            again = await _release(client, folder)

        assert Outcome.RELEASED is report.outcome
        assert Outcome.UNCHANGED is again.outcome


async def test_other_assets_are_another_release(tmp_path: Path) -> None:
    """The same code with another page is not taken for what serves already."""
    with House() as house:
        house.live(code=NEW)
        async with house.client() as client:
            first = await _release(client, site(tmp_path))
            second = await _release(client, site(tmp_path, page=b"<h1>new</h1>"))
            third = await _release(client, site(tmp_path), not_found="spa")

        assert 3 == len({first.version, second.version, third.version})
        assert 3 == house.transport.calls.count("package")


async def test_an_earlier_package_is_taken_again(tmp_path: Path) -> None:
    """Going back to earlier files needs no upload: the tag names the ZIP."""
    with House() as house:
        house.live()
        async with house.client() as client:
            first = await _release(client, site(tmp_path))
            await client.release("shop", OTHER)
            house.transport.forget()
            again = await _release(client, site(tmp_path))

        assert first.version == again.version
        assert "package" not in house.transport.calls


async def test_a_version_that_waits_for_its_zip_is_never_taken(tmp_path: Path) -> None:
    """What another run left half-made is no candidate, however it is tagged."""
    with House() as house:
        house.live()
        async with house.client() as client:
            await _release(client, site(tmp_path), to=Environment.STAGING)
            tag = house.cloud.console.routine("shop").versions[house.tagged()[0]]
            await client.release("shop", OTHER)
            house.cloud.console.delete_version("shop", tag.id)
            left = await client.connection.cloud.request_assets_slot(
                "shop",  # type: ignore[arg-type]
                tag.description,
            )
            house.transport.forget()

        # One with another journal, who cannot go by what the last release left.
        async with house.client(journal=MemoryJournal()) as client:
            report = await _release(client, site(tmp_path))

        assert left.version != report.version
        assert 2 == house.transport.calls.count("info")


@pytest.mark.parametrize("times", [1, None])
async def test_an_expired_form_leaves_nothing_behind(
    tmp_path: Path, times: int | None
) -> None:
    """Its version is deleted before another one is asked for, and at the end."""
    with House(switches=Switches(version_quota=3)) as house:
        old = house.live(versions=2)
        house.cloud.inject(Fault(operation="PostObject", kind="expired", times=times))
        async with house.client(version_quota=3) as client:
            report = await _release(client, site(tmp_path), check=False)

        made = () if times is None else (report.version,)
        assert made == house.tagged()
        assert 2 == house.transport.calls.count("package")
        assert 0 == house.transport.calls.count("quota")
        assert (old in house.versions()) is True
        assert report.production_as_before is (times is None)


async def test_a_form_for_another_host_leaves_nothing_behind(tmp_path: Path) -> None:
    """Where the form may not be sent, the version goes that was allocated with it."""
    with House() as house:
        old = house.live()
        form = {"Url": "http://evil.example/", "Key": "k", "Policy": "e30="}
        more = {"OSSAccessKeyId": "LTAI5tFakeKeyId0001", "Signature": "x"}
        house.transport.edit("package", edited(OssPostConfig=form | more))
        async with house.client() as client:
            with pytest.raises(InvalidInput, match="no bucket of OSS"):
                await _release(client, site(tmp_path))

        assert (old,) == house.versions()


async def test_why_it_ended_matters_more_than_what_is_left(tmp_path: Path) -> None:
    """A sweep that is refused does not hide the reason."""
    with House() as house:
        house.live()
        house.cloud.inject(
            Fault(operation="PostObject", kind="refuse", code="EntityTooLarge")
        )
        house.cloud.inject(
            Fault(
                operation="ListRoutineCodeVersions",
                kind="refuse",
                call=2,
                code="InvalidParameter",
            )
        )
        async with house.client() as client:
            with pytest.raises(InvalidInput, match="more bytes than the form allows"):
                await _release(client, site(tmp_path))

        assert 1 == len(house.tagged())


async def test_a_zip_that_the_provider_cannot_use_is_deleted(tmp_path: Path) -> None:
    """The version fails; production is as before."""
    with House(switches=Switches(asset_max_size=3)) as house:
        old = house.live()
        async with house.client() as client:
            with pytest.raises(ReleaseFailed) as caught:
                await _release(client, site(tmp_path))

        assert "is failed, not available" in caught.value.report.reason
        assert (old,) == house.versions()


async def test_deleting_a_version_with_assets_is_noted(tmp_path: Path) -> None:
    """Ours by its tag, and its package is lost: the backup is the code alone."""
    with House() as house:
        house.live()
        async with house.client(version_quota=3) as client:
            first = await _release(client, site(tmp_path))
            await client.release("shop", OTHER)
            for digest in await house.blobs.find(""):
                await house.blobs.remove(digest)

            report = await client.release("shop", NEW, protect=(house.versions()[0],))

        note = f"Version {first.version} was deleted with its assets"
        assert [True] == [note in each for each in report.notes]


async def test_a_package_in_the_store_is_a_whole_backup(tmp_path: Path) -> None:
    """The store keeps what was uploaded, files and all: nothing is lost."""
    with House() as house:
        house.live()
        async with house.client(version_quota=3) as client:
            first = await _release(client, site(tmp_path))
            await client.release("shop", OTHER)
            report = await client.release("shop", NEW, protect=(house.versions()[0],))

        (gone,) = report.pruned
        assert () == report.notes
        assert (first.version, False) == (gone.version, gone.has_assets)
        assert gone.backup in await house.blobs.find("")


@pytest.mark.parametrize("shared", [0, 1_000_000])
async def test_a_package_is_described_from_where_it_lies(
    tmp_path: Path, shared: int
) -> None:
    """A large one is read in its file, never into memory; plain code is no package."""
    blobs = BlobStore(tmp_path / "blobs", mode="inline", shared=shared)
    bundle, packed = await pack(blobs, _source(site(tmp_path / "site")))
    code = await blobs.put_bytes(NEW)

    assert packed == await described(blobs, await blobs.open(bundle.digest))
    assert await described(blobs, await blobs.open(code)) is None


async def test_a_damaged_package_is_not_described(tmp_path: Path) -> None:
    """What a large file holds is compared with its digest before anybody looks in."""
    blobs = BlobStore(tmp_path / "blobs", mode="inline", shared=0)
    bundle, _ = await pack(blobs, _source(site(tmp_path / "site")))
    path = blobs.folder / bundle.digest
    path.write_bytes(path.read_bytes()[:-1] + b"?")

    with pytest.raises(JournalCorrupt, match="does not hold the bytes it is named"):
        await described(blobs, await blobs.open(bundle.digest))


async def test_deleting_somebody_elses_assets_is_noted(tmp_path: Path) -> None:
    """Theirs by what the provider tells of the version."""
    with House() as house:
        house.live(versions=5)
        oldest = house.versions()[0]
        house.transport.edit("info", edited(HasAssets=True))
        async with house.client(version_quota=5) as client:
            report = await client.release("shop", NEW)

        assert f"Version {oldest} was deleted with its assets" in report.notes[0]


async def test_words_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    """Before anything is sent."""
    with House() as house:
        async with house.client() as client:
            with pytest.raises(InvalidInput, match="not_found is about assets"):
                await client.release("shop", NEW, not_found="spa")

            with pytest.raises(InvalidInput, match="named by its path"):
                await client.release("shop", NEW, assets=tmp_path)

        assert [] == house.transport.calls


async def test_a_run_that_stopped_names_its_version(tmp_path: Path) -> None:
    """The report of a paused release knows the version that has its ZIP."""
    with House() as house:
        house.live()
        fault = Fault(
            operation="CreateRoutineCodeDeployment",
            kind="lost",
            executed=False,
            times=None,
        )
        house.cloud.inject(fault)
        async with house.client() as client:
            report = await _release(client, site(tmp_path), check=False)

        assert Outcome.PAUSED is report.outcome
        assert house.tagged() == (report.version,)
