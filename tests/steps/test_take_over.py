"""Taking the live code of a routine of DCDN."""

from __future__ import annotations

from typing import Any

import pytest
from tests.dcdn_house import DcdnHouse
from tests.house import NEW, OLD, OTHER, House, edited
from tests.steps.bench import perform

from esa_flows.api.source import SourceEnvironment, SourceRoutine
from esa_flows.engine.step import Effect
from esa_flows.errors import Conflict, ContentMismatch, NotFound, RoutineNotFound
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault
from esa_flows.model import SourceName, VersionId
from esa_flows.steps.take_over import TakenOver, TakeOver, live_version, take_over


async def _taken(house: House, **changes: Any) -> TakenOver:
    """Take the routine over by a client of ESA."""
    async with house.client(cloud="esa") as client:
        wanted = TakeOver(**{"routine": "shop"} | changes)
        found: TakenOver = await perform(client, take_over, wanted)
        assert found.bundle.digest == digest_of(
            await client.connection.blobs.read(found.bundle.digest)
        )
        return found


async def test_what_serves_production_is_kept_by_its_digest() -> None:
    """Byte for byte, with where it came from."""
    with DcdnHouse() as house:
        old = house.live()
        house.cloud.console.add_revision("shop", OTHER)
        taken = await _taken(house)

        assert (old, digest_of(OLD), len(OLD)) == (
            taken.version,
            taken.bundle.digest,
            taken.bundle.size,
        )
        assert f"dcdn/shop {old}" == taken.bundle.message
        assert {"DescribeRoutine": 1, "DescribeRoutineCodeRevision": 1} == house.called


def test_nothing_can_be_changed_by_it() -> None:
    """It is declared as a read: a call that changes something would be refused."""
    assert Effect.READ is take_over.effect
    assert not any(verb.mutates for verb in take_over.calls)


async def test_another_version_than_the_one_asked_for_is_a_conflict() -> None:
    """Somebody published since a person looked."""
    with DcdnHouse() as house:
        old = house.live()
        assert old == (await _taken(house, version=VersionId(old))).version

        house.deploy({house.cloud.console.add_revision("shop", OTHER): 100})
        with pytest.raises(Conflict, match=f"now, not {old}"):
            await _taken(house, version=VersionId(old))


async def test_a_routine_that_is_not_there() -> None:
    """Or that serves nothing: there is nothing to take."""
    with DcdnHouse() as house:
        with pytest.raises(RoutineNotFound):
            await _taken(house)

        house.cloud.console.add_revision("shop", OLD)
        with pytest.raises(NotFound, match="serves nothing in production"):
            await _taken(house)


async def test_the_stores_error_document_is_no_code() -> None:
    """Where the object is missing, the provider answers with it as if it were."""
    with DcdnHouse() as house:
        house.live()
        fault = Fault(operation="DescribeRoutineCodeRevision", kind="missing", times=3)
        house.cloud.inject(fault)
        with pytest.raises(ContentMismatch, match="is not its code"):
            await _taken(house)


async def test_an_object_that_is_missing_for_a_moment_is_read_again() -> None:
    """The store may lag: it is believed when it said so three times."""
    with DcdnHouse() as house:
        house.live()
        fault = Fault(operation="DescribeRoutineCodeRevision", kind="missing", times=2)
        house.cloud.inject(fault)

        assert digest_of(OLD) == (await _taken(house)).bundle.digest


@pytest.mark.parametrize("code", [b"", b"  \n"])
async def test_no_code_at_all_is_refused(code: bytes) -> None:
    """An empty script would be released as one."""
    with DcdnHouse() as house:
        house.live()
        house.transport.edit("read code", edited(Content={"ErCode": code.decode()}))
        with pytest.raises(ContentMismatch, match="is not its code"):
            await _taken(house)


async def test_a_tag_of_ours_says_which_bytes_are_right() -> None:
    """A version that this library made holds what its tag says, or is not taken."""
    with DcdnHouse() as house:
        house.live()
        async with house.client() as client:
            await client.release("shop", NEW)

        assert digest_of(NEW) == (await _taken(house)).bundle.digest

        house.transport.edit("read code", edited(Content={"ErCode": OTHER.decode()}))
        with pytest.raises(ContentMismatch, match="is not its code"):
            await _taken(house)


def test_an_area_alone_is_nothing_to_take() -> None:
    """Production decides what a routine is."""
    area = SourceEnvironment(version=VersionId("1"))
    source = SourceRoutine(
        name=SourceName("shop"), environments={"presetCanaryJilin": area}
    )
    with pytest.raises(NotFound):
        live_version(source)
