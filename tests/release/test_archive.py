"""What a machine has kept of versions that are gone."""

from __future__ import annotations

import json

from attrs import evolve
from tests.house import NEW, OLD, OTHER, House, edited

from esa_flows.files import digest_of
from esa_flows.model import RoutineName, VersionId
from esa_flows.steps.find_backup import Missing
from esa_flows.wire.exchange import Response

SHOP = RoutineName("shop")


def _missing(version: str, content: str = "") -> Missing:
    return Missing(routine=SHOP, version=VersionId(version), content=content)


async def test_the_run_that_made_it_knows_it() -> None:
    """A release's bundle is what its version held."""
    with House() as house:
        house.live()
        async with house.client() as client:
            made = (await client.release("shop", NEW)).version
            found = await client.connection.archive.find(_missing(str(made)))

        assert found is not None
        assert (digest_of(NEW), len(NEW)) == (found.bundle.digest, found.bundle.size)
        assert found.is_whole
        assert f"restored {digest_of(NEW).short}" == found.bundle.message


async def test_bytes_that_were_lost_are_no_backup() -> None:
    """The journal may know of them: without the store they cannot be had."""
    with House() as house:
        house.live()
        async with house.client() as client:
            made = (await client.release("shop", NEW)).version
            await house.blobs.remove(digest_of(NEW))

            assert await client.connection.archive.find(_missing(str(made))) is None


async def test_a_tag_is_enough_without_a_run() -> None:
    """Another journal's version, whose bytes this store happens to have."""
    with House() as house:
        await house.blobs.put_bytes(OTHER)
        async with house.client() as client:
            archive = client.connection.archive
            found = await archive.find(_missing("7", digest_of(OTHER).short))

            assert found is not None
            assert digest_of(OTHER) == found.bundle.digest
            assert await archive.find(_missing("7", "0" * 16)) is None
            assert await archive.find(_missing("7")) is None


async def test_code_alone_is_the_last_resort() -> None:
    """What lacks its assets says so."""
    with House() as house:
        oldest = house.cloud.console.add_version("shop", OLD)
        house.live(code=NEW)
        async with house.client() as client:
            house.transport.edit("info", edited(HasAssets=True))
            await client.versions.prune("shop", keep=1)
            found = await client.connection.archive.find(_missing(oldest))

        assert found is not None
        assert not found.is_whole


def _untagged(response: Response) -> Response:
    told = json.loads(response.body)
    for row in told["CodeVersions"]:
        row["CodeDescription"] = ""

    return evolve(response, body=json.dumps(told).encode())


async def test_a_whole_backup_is_better_than_code_alone() -> None:
    """Though the run that saved the code alone is the later one."""
    with House() as house:
        house.live()
        async with house.client() as client:
            made = (await client.release("shop", NEW)).version
            await client.release("shop", OTHER)
            house.transport.edit("list", _untagged)
            house.transport.edit("info", edited(HasAssets=True), nth=2)
            pruned = await client.versions.prune("shop", keep=1)
            found = await client.connection.archive.find(_missing(str(made)))

        assert (made, True) in [(one.version, one.has_assets) for one in pruned.pruned]
        assert found is not None
        assert found.is_whole


async def test_it_says_where_it_looks() -> None:
    """A line for people."""
    with House() as house:
        async with house.client() as client:
            assert "<JournalArchive [journal: memory]>" == repr(
                client.connection.archive
            )
