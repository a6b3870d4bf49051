"""Making a version again, with nothing deployed."""

from __future__ import annotations

from tests.house import NEW, OLD, OTHER, House

from esa_flows import Client, Outcome, Report
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault
from esa_flows.model import Bundle, Tag
from esa_flows.release.restore import Restoring, restore
from esa_flows.release.spec import Release


async def _restored(client: Client, code: bytes) -> Report:
    digest = await client.connection.blobs.put_bytes(code)
    bundle = Bundle(digest=digest, size=len(code), message="restored")
    wanted = Restoring(release=Release(routine="shop", bundle=bundle))
    return await client.connection.engine.start(restore, wanted, subject=wanted.routine)


async def test_the_bytes_are_a_version_again_that_serves_nothing() -> None:
    """Uploaded, committed, read back; both environments stay as they are."""
    with House() as house:
        old = house.live()
        async with house.client() as client:
            report = await _restored(client, NEW)

        made = house.versions()[-1]
        (held,) = house.tagged()
        described = house.cloud.console.routine("shop").versions[held].description
        tag = Tag.find(described)
        assert tag is not None
        assert Outcome.RESTORED is report.outcome
        assert made == report.version
        assert digest_of(NEW) == house.digest(made)
        assert (digest_of(NEW).short, "restored") == (tag.content, tag.text)
        assert {old: 100} == house.serves() == house.serves(env="staging")


async def test_what_is_there_is_not_uploaded_again() -> None:
    """A version with the same content is found by its tag, and compared."""
    with House() as house:
        house.live()
        async with house.client() as client:
            await client.release("shop", NEW)
            there = house.versions()
            await client.release("shop", OTHER)
            house.transport.forget()
            report = await _restored(client, NEW)

        assert Outcome.UNCHANGED is report.outcome
        assert there[-1] == report.version
        assert "commit" not in house.transport.calls


async def test_room_is_made_for_it() -> None:
    """At the quota something else goes, and what goes is saved."""
    with House() as house:
        house.live(versions=10)
        oldest = house.versions()[0]
        async with house.client() as client:
            report = await _restored(client, NEW)

        assert [oldest] == [gone.version for gone in report.pruned]
        assert OLD == await house.blobs.read(digest_of(OLD))


async def test_a_refused_upload_fails_safely() -> None:
    """The report says why; nothing serves anything else."""
    with House() as house:
        old = house.live()
        house.cloud.inject(
            Fault(
                operation="CommitRoutineStagingCode",
                kind="refuse",
                code="InvalidParameter",
            )
        )
        async with house.client() as client:
            report = await _restored(client, NEW)

        assert Outcome.FAILED is report.outcome
        assert report.production_as_before
        assert {old: 100} == house.serves()
