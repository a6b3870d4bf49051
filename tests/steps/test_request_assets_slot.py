"""A version that is allocated before its ZIP, and never left without one."""

from __future__ import annotations

import io
import zipfile

import anyio
import pytest
from attrs import evolve
from tests.house import NEW, House
from tests.steps.bench import SHOP, perform

from esa_flows import Client, Context, flow
from esa_flows.engine.codec import encode
from esa_flows.errors import QuotaExceeded
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault, Switches
from esa_flows.model import Bundle, Environment, VersionId
from esa_flows.steps.post_package import stage_package
from esa_flows.steps.request_assets_slot import AssetsStage, Package, Reserved

LOST = "CreateRoutineWithAssetsCodeVersion"


def zipped(code: bytes = NEW) -> bytes:
    """Give a ZIP with code and one asset."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("assets/index.html", "<h1>shop</h1>")
        packed.writestr("routine/index.js", code)

    return file.getvalue()


async def stage(client: Client, not_found: str = "") -> AssetsStage:
    """Put a ZIP into the client's store; give it on its way."""
    content = zipped()
    digest = await client.connection.blobs.put_bytes(content)
    return AssetsStage(
        routine=SHOP,
        bundle=Bundle(digest=digest, size=len(content)),
        package=Package(code=digest_of(NEW), assets=1, not_found=not_found),
    )


async def test_a_zip_becomes_a_version() -> None:
    """Two calls: the version, then its ZIP; it carries our tag and the strategy."""
    with House() as house:
        house.live()
        async with house.client() as client:
            given = await stage(client, "SinglePageApplication")
            made = await perform(client, stage_package, given)

        held = house.cloud.console.routine("shop").versions[made.version]
        assert ["package", "post"] == house.transport.calls
        assert {"index.html"} == set(held.assets)
        assert NEW == held.content
        assert "SinglePageApplication" == held.not_found
        assert f"s={given.content} " in held.description


async def test_a_bound_package_carries_its_environments_variables() -> None:
    """Like a version of code alone."""
    with House() as house:
        house.live_bound()
        async with house.client() as client:
            given = evolve(await stage(client), bound_to=Environment.PRODUCTION)
            made = await perform(client, stage_package, given)

        held = house.cloud.console.routine("shop").versions[made.version]
        assert "old-production" == held.variables["TOKEN"].value
        assert " e=p " in held.description


def test_the_strategy_tells_packages_apart() -> None:
    """The same ZIP with another strategy is another version."""
    digest = digest_of(zipped())
    plain = Package(code=digest_of(NEW), assets=1)
    spa = Package(code=digest_of(NEW), assets=1, not_found="SinglePageApplication")

    assert digest.short == plain.content(digest)
    assert plain.content(digest) != spa.content(digest)
    assert 16 == len(spa.content(digest))


@pytest.mark.parametrize("executed", [True, False])
async def test_a_lost_answer_leaves_no_version_without_its_zip(
    *, executed: bool
) -> None:
    """A version whose form nobody has is deleted before another one is asked for."""
    with House() as house:
        house.live()
        house.cloud.inject(Fault(operation=LOST, kind="lost", executed=executed))
        async with house.client() as client:
            made = await perform(client, stage_package, await stage(client))

        assert 2 == house.transport.calls.count("package")
        assert (made.version,) == house.tagged()
        assert int(executed) == house.transport.calls.count("delete")


async def test_a_lost_answer_at_the_quota_makes_its_own_room() -> None:
    """Its own half-made version is what stands in the way."""
    with House(switches=Switches(version_quota=2)) as house:
        house.live()
        house.cloud.inject(Fault(operation=LOST, kind="lost"))
        async with house.client() as client:
            made = await perform(client, stage_package, await stage(client))

        assert (made.version,) == house.tagged()


async def test_an_upload_without_an_answer_is_made_again() -> None:
    """The same form for the same version: no second version."""
    with House() as house:
        house.live()
        house.cloud.inject(Fault(operation="PostObject", kind="lost"))
        async with house.client() as client:
            made = await perform(client, stage_package, await stage(client))

        assert 1 == house.transport.calls.count("package")
        assert 2 == house.transport.calls.count("post")
        assert (made.version,) == house.tagged()


async def test_no_room_is_told() -> None:
    """The quota counts here as at a commit."""
    with House(switches=Switches(version_quota=1)) as house:
        house.live()
        async with house.client() as client:
            with pytest.raises(QuotaExceeded):
                await perform(client, stage_package, await stage(client))


async def test_the_form_stays_out_of_the_journal() -> None:
    """What is recorded is the version and the key; a form is a capability."""
    with House() as house:
        house.live()
        async with house.client() as client:
            given = await stage(client)
            reserved = await client.connection.cloud.request_assets_slot(SHOP, "x")

    told = Reserved(stage=given, version=reserved.version, slot=reserved.slot)
    bare = Reserved(stage=given, version=reserved.version)
    assert {"version", "key", "digest"} == set(encode(told))
    assert reserved.slot.key == encode(told)["key"]
    assert "" == encode(bare)["key"]
    assert reserved.version == reserved.slot.version


@flow(name="staged-package")
async def staged(ctx: Context, given: AssetsStage) -> VersionId:
    """Upload a package; what is made is another process's to find."""
    made = await ctx.do(stage_package, given)
    return made.version


async def test_a_zip_that_arrived_is_found_by_its_tag() -> None:
    """Died after the upload, before its record: nothing is allocated or sent again."""
    with House() as house:
        house.live()
        house.cloud.inject(Fault(operation="PostObject", kind="lost"))
        async with house.client(flows=(staged,)) as client:
            with anyio.CancelScope() as leave:
                house.transport.after("post", leave.cancel)
                await client.run(staged, await stage(client), run_id="aaaa")

        async with house.client(flows=(staged,)) as client:
            made = await client.resume("aaaa")

        assert (made,) == house.tagged()
        assert 1 == house.transport.calls.count("package")
        assert 1 == house.transport.calls.count("post")
        assert "delete" not in house.transport.calls
