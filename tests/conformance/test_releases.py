"""What a client promises of a release, held against every cloud.

Each test knows a cloud by its house alone: the flow, its steps and their words are one.
"""

from __future__ import annotations

import pytest
from tests.dcdn_house import DcdnHouse
from tests.house import NEW, OTHER, House

from esa_flows import Outcome, ReleaseFailed
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import RoutineNotFound
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault


@pytest.fixture(params=[House, DcdnHouse], ids=["esa", "dcdn"])
async def house(request: pytest.FixtureRequest) -> House:
    """Give a house of each cloud in turn."""
    made: House = request.param()
    return made


def _digests(house: House, env: str = "production") -> dict[str, int]:
    return {house.digest(v): share for v, share in house.serves(env=env).items()}


async def test_from_a_bundle_to_production(house: House) -> None:
    """Staging first, then production; the new bytes, and one version more."""
    with house:
        house.live()
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome
        assert {digest_of(NEW): 100} == _digests(house) == _digests(house, "staging")
        assert (report.version,) == house.tagged()
        deploys = [call for call in house.transport.calls if "deploy" in call]
        assert ["staging", "production"] == [call.split()[1] for call in deploys]


async def test_a_routine_that_is_not_there(house: House) -> None:
    """It is created where asked for, and refused where not."""
    with house:
        async with house.client() as client:
            with pytest.raises(ReleaseFailed) as caught:
                await client.release("shop", NEW)

            report = await client.release("shop", NEW, create=True)

        assert isinstance(caught.value.__cause__, RoutineNotFound)
        assert Outcome.RELEASED is report.outcome
        assert {digest_of(NEW): 100} == _digests(house)


async def test_the_same_again_changes_nothing(house: House) -> None:
    """What serves is read and compared; nothing is uploaded."""
    with house:
        house.live()
        async with house.client() as client:
            first = await client.release("shop", NEW)
            house.transport.forget()
            again = await client.release("shop", NEW)

        assert Outcome.UNCHANGED is again.outcome
        assert first.version == again.version
        assert "slot" not in house.transport.calls


async def test_a_version_that_holds_it_is_used(house: House) -> None:
    """An earlier release's version is deployed again, not made again."""
    with house:
        house.live()
        async with house.client() as client:
            first = await client.release("shop", NEW)
            await client.release("shop", OTHER)
            house.transport.forget()
            again = await client.release("shop", NEW)

        assert Outcome.RELEASED is again.outcome
        assert first.version == again.version
        assert "slot" not in house.transport.calls


async def test_the_oldest_version_makes_room_with_its_code_saved(house: House) -> None:
    """One goes, none that serves, and its bytes are kept."""
    with house:
        live = house.live(versions=10)
        oldest = house.versions()[0]
        async with house.client() as client:
            await client.release("shop", NEW)

        assert oldest not in house.versions()
        assert live in house.versions()
        assert 10 == len(house.versions())


async def test_the_way_back_needs_no_journal(house: House) -> None:
    """The live version's tag names what served before."""
    with house:
        old = house.live()
        async with house.client() as client:
            await client.release("shop", NEW)

        async with house.client(journal=MemoryJournal()) as client:
            report = await client.rollback("shop")

        assert Outcome.ROLLED_BACK is report.outcome
        assert {old: 100} == house.serves()


async def test_somebody_elses_deployment_is_left_alone(house: House) -> None:
    """Production that changed since the first look is a conflict."""
    with house:
        house.live()
        theirs = _add(house)
        house.transport.before("deploy staging", lambda: house.deploy({theirs: 100}))
        async with house.client() as client:
            with pytest.raises(ReleaseFailed) as caught:
                await client.release("shop", NEW)

        assert Outcome.CONFLICT is caught.value.report.outcome
        assert {theirs: 100} == house.serves()


async def test_a_release_that_was_left_is_gone_on_with(house: House) -> None:
    """Another process ends it with the same version, and no other one is made."""
    with house:
        house.live()
        house.transport.after("deploy staging", lambda: house.cloud.inject(DOWN))
        async with house.client() as client:
            paused = await client.release("shop", NEW, check=False)

        house.cloud.faults.clear()
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert Outcome.PAUSED is paused.outcome
        assert paused.run == report.run
        assert Outcome.RELEASED is report.outcome
        assert (report.version,) == house.tagged()


async def test_an_abort_puts_back_what_served(house: House) -> None:
    """In production and in staging."""
    with house:
        old = house.live()
        async with house.client() as client:
            house.transport.after("deploy staging", lambda: house.cloud.inject(DOWN))
            paused = await client.release("shop", NEW, check=False)

        assert {old: 100} != house.serves(env="staging")

        house.cloud.faults.clear()
        async with house.client() as client:
            report = await client.abort(paused.run)

        assert Outcome.ABORTED is report.outcome
        assert {old: 100} == house.serves() == house.serves(env="staging")


DOWN = Fault(operation="*", kind="html", times=None)


def _add(house: House) -> str:
    """Make a version as somebody at the console."""
    console = house.cloud.console
    add = console.add_revision if isinstance(house, DcdnHouse) else console.add_version
    return add("shop", OTHER)
