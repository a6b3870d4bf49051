"""A routine is removed for good, and what can be kept of it is kept."""

from __future__ import annotations

import anyio
import pytest
from tests.house import NEW, OLD, House

from esa_flows.errors import Aborted, Conflict, Refused, RoutineNotFound
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault
from esa_flows.release.remove import Removal, Removed, remove


def stored(house: House) -> tuple[str, ...]:
    """Make a routine of two versions that serves nothing."""
    console = house.cloud.console
    return tuple(console.add_version("shop", code) for code in (OLD, NEW))


async def test_every_version_is_saved_before_the_delete() -> None:
    """The code of all of them is in the store, by digest."""
    with House() as house:
        first, second = stored(house)
        async with house.client() as client:
            gone = await client.run(remove, Removal(routine="shop"), subject="shop")

        calls = house.transport.calls
        assert isinstance(gone, Removed)
        assert [second, first] == [one.version for one in gone.saved]
        assert [digest_of(NEW), digest_of(OLD)] == [one.backup for one in gone.saved]
        assert {first, second} == gone.before.ids
        assert OLD == await house.blobs.read(digest_of(OLD))
        assert NEW == await house.blobs.read(digest_of(NEW))
        assert "gone" == calls[-1]
        assert 1 == calls.count("gone")


async def test_what_cannot_be_saved_is_not_deleted() -> None:
    """No backup, no delete."""
    with House() as house:
        stored(house)
        house.cloud.inject(
            Fault(operation="GetRoutineCodeVersion", kind="refuse", code="Odd")
        )
        async with house.client() as client:
            with pytest.raises(Refused):
                await client.run(remove, Removal(routine="shop"))

        assert "gone" not in house.transport.calls


async def test_a_version_that_never_became_usable_holds_nothing_up() -> None:
    """It has no code to save."""
    with House() as house:
        async with house.client() as client:
            cloud, wanted = client.connection.cloud, Removal(routine="shop")
            await cloud.create_routine(wanted.routine)
            await cloud.request_assets_slot(wanted.routine, "half made")
            gone = await client.run(remove, wanted)

        assert 1 == len(gone.before.versions)
        assert () == gone.saved


async def test_what_serves_production_stays() -> None:
    """Unless it was said that it may go; nothing is asked of the provider then."""
    with House() as house:
        house.live()
        async with house.client() as client:
            with pytest.raises(Conflict, match="serves production"):
                await client.run(remove, Removal(routine="shop"))

        assert "gone" not in house.transport.calls


async def test_what_is_not_there_cannot_be_removed() -> None:
    """A typing error is told as one."""
    with House() as house:
        async with house.client() as client:
            with pytest.raises(RoutineNotFound):
                await client.run(remove, Removal(routine="shop"))


async def test_an_abort_leaves_it_as_it_is() -> None:
    """As long as the delete was not asked for."""
    with House() as house:
        stored(house)
        async with house.client() as client:
            with anyio.CancelScope() as leave:
                house.transport.before("read code", leave.cancel)
                await client.run(remove, Removal(routine="shop"), run_id="aaaa")

            with pytest.raises(Aborted):
                await client.abort("aaaa")

        assert "gone" not in house.transport.calls
        assert 2 == len(house.versions())


async def test_a_removal_is_gone_on_with_in_another_process() -> None:
    """Died right after the delete: found done, and not done again."""
    with House() as house:
        stored(house)
        async with house.client() as client:
            with anyio.CancelScope() as leave:
                house.transport.after("gone", leave.cancel)
                await client.run(remove, Removal(routine="shop"), run_id="aaaa")

        async with house.client() as client:
            gone = await client.resume("aaaa")

        assert "shop" == gone.routine
        assert 2 == len(gone.saved)
        assert 1 == house.transport.calls.count("gone")
