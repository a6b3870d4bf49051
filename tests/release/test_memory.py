"""What one release leaves, the next goes by, while nobody else deployed meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.house import NEW, OTHER, House
from tests.steps.bench import SHOP

from esa_flows import Client, Outcome
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import ReleaseFailed
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault
from esa_flows.release.memory import JournalMemory


async def _lists(client: Client, house: House, code: bytes, **choices: object) -> bool:
    """Release; tell whether the versions were listed."""
    house.transport.forget()
    await client.release("shop", code, **choices)  # type: ignore[arg-type]
    return "list" in house.transport.calls


async def test_the_versions_are_listed_once_in_five_releases() -> None:
    """The others go by what the one before wrote down."""
    with House() as house:
        house.live()
        async with house.client() as client:
            listed = [await _lists(client, house, b"//%d" % n) for n in range(8)]

    assert [True, False, False, False, False, True, False, False] == listed


async def test_what_is_written_down_is_what_there_is() -> None:
    """Ids, tags, order and whose variables, as a list would show them."""
    with House() as house:
        house.live_bound()
        async with house.client() as client:
            for code in (NEW, OTHER):
                await client.release("shop", code)

            memory = JournalMemory(client.connection.engine.journal)
            left = await memory.last(SHOP)
            shown = await client.connection.cloud.list_versions(SHOP)

        assert left is not None
        assert 1 == left.age
        assert [v.id for v in shown] == [v.id for v in left.versions]
        assert [v.tag for v in shown] == [v.tag for v in left.versions]
        assert [v.carries for v in shown] == [v.carries for v in left.versions]
        assert "<JournalMemory [journal: memory]>" == repr(memory)


async def test_what_was_deleted_is_forgotten() -> None:
    """A version that made room is not among those that are left."""
    with House() as house:
        house.live(versions=4)
        oldest = house.versions()[0]
        async with house.client(version_quota=4) as client:
            await client.release("shop", NEW)
            left = await JournalMemory(house.journal).last(SHOP)

        assert left is not None
        assert oldest not in left.ids
        assert set(house.versions()) == left.ids


@pytest.mark.parametrize("env", ["production", "staging"])
async def test_who_deployed_meanwhile_may_have_made_versions(env: str) -> None:
    """The deployment's id tells, even where the same version serves."""
    with House() as house:
        house.live()
        async with house.client() as client:
            made = (await client.release("shop", NEW)).version
            house.deploy({str(made): 100}, env=env)

            assert await _lists(client, house, OTHER)


async def _rolled_back(client: Client) -> None:
    await client.rollback("shop")


async def _failed(client: Client) -> None:
    with pytest.raises(ReleaseFailed):
        await client.release("shop", b"export default {", canary="10:5m,100")


async def _pruned(client: Client) -> None:
    await client.versions.prune("shop", keep=2)


@pytest.mark.parametrize("act", [_rolled_back, _pruned])
async def test_after_anything_but_a_release_the_versions_are_listed(
    act: Callable[[Client], object],
) -> None:
    """Only a release that ended well writes down what it leaves."""
    with House() as house:
        house.live(versions=4)
        async with house.client() as client:
            await client.release("shop", NEW)
            await act(client)  # type: ignore[misc]

            assert await _lists(client, house, OTHER)


async def test_another_journal_knows_nothing() -> None:
    """Nor does one whose only run is under way."""
    with House() as house:
        house.live()
        async with house.client() as client:
            await client.release("shop", NEW)

        async with house.client(journal=MemoryJournal()) as client:
            assert await _lists(client, house, OTHER)


async def test_a_release_that_may_have_made_more_writes_nothing_down() -> None:
    """After a lost commit nobody counts by heart."""
    with House() as house:
        house.live()
        house.cloud.inject(
            Fault(operation="CommitRoutineStagingCode", kind="lost", executed=False)
        )
        async with house.client() as client:
            await client.release("shop", NEW)

            assert await JournalMemory(house.journal).last(SHOP) is None
            assert await _lists(client, house, OTHER)


async def test_a_version_that_somebody_made_is_met_at_the_quota() -> None:
    """Nothing was deployed, so nobody knows of it: the provider counts by itself."""
    with House() as house:
        house.live(versions=8)
        async with house.client() as client:
            await client.release("shop", NEW)
            house.cloud.console.add_version("shop", OTHER)
            report = await client.release("shop", b"//more")

        assert Outcome.RELEASED is report.outcome
        assert 1 == len(report.pruned)
        assert 10 == len(house.versions())


async def test_a_version_that_somebody_deleted_need_not_make_room() -> None:
    """The release goes by what was written down, finds it gone, and goes on."""
    with House() as house:
        house.live(versions=9)
        oldest = house.versions()[0]
        async with house.client() as client:
            await client.release("shop", NEW)
            house.cloud.console.delete_version("shop", oldest)
            report = await client.release("shop", OTHER)

        assert Outcome.RELEASED is report.outcome
        assert digest_of(OTHER) == house.digest(str(report.version))
