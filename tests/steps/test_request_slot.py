"""Asking for an upload form."""

from __future__ import annotations

import json

import anyio
import pytest
from attrs import evolve
from tests.dcdn_house import DcdnHouse
from tests.house import NEW, House
from tests.steps.bench import perform, stage

from esa_flows.engine.codec import encode
from esa_flows.errors import QuotaExceeded
from esa_flows.localcloud import Fault, Switches
from esa_flows.steps.commit import stage_code
from esa_flows.steps.request_slot import request_slot
from esa_flows.wire import Response


async def test_a_form_is_never_recorded() -> None:
    """The journal gets key, expiry and digest; whoever has the form could overwrite."""
    with House() as house:
        house.live()
        async with house.client() as client:
            asked = await stage(client)
            slotted = await perform(client, request_slot, asked)

        assert asked is slotted.stage
        assert {
            "key": slotted.slot.key,
            "expires_at": slotted.slot.expires_at.isoformat(),
            "digest": asked.bundle.digest,
        } == encode(slotted)


async def test_a_lost_form_is_asked_for_again_at_once() -> None:
    """Asking allocates nothing: there is nothing to look for."""
    with House() as house:
        house.live()
        house.cloud.inject(
            Fault(operation="GetRoutineStagingCodeUploadInfo", kind="lost")
        )
        async with house.client() as client:
            await perform(client, request_slot, await stage(client))

        assert ["slot", "slot"] == house.transport.calls


async def test_a_full_routine_is_an_answer() -> None:
    """The quota is for the flow to act on."""
    with House(switches=Switches(version_quota=1)) as house:
        house.live()
        async with house.client() as client:
            with pytest.raises(QuotaExceeded):
                await perform(client, request_slot, await stage(client))


def _no_code(response: Response) -> Response:
    """Refuse to show code, as DCDN words it."""
    told = {
        "Code": "EdgeRoutine.GeneralError",
        "Message": "A server error occurred: the code revision does not exist",
    }
    return evolve(response, status=400, body=json.dumps(told).encode())


# --- where asking for a form makes a version -----------------------------------------


def _upload(house: DcdnHouse) -> None:
    """Let the code of the newest version of ours arrive."""
    versions = house.cloud.console.function("shop").versions
    newest = house.tagged()[-1]
    held = versions[newest]
    versions[newest] = evolve(held, content=NEW, ready_at=held.created)


async def test_the_version_that_came_with_the_form_is_recorded() -> None:
    """A person who reads the journal finds it at the provider."""
    with DcdnHouse() as house:
        house.live()
        async with house.client() as client:
            slotted = await perform(client, request_slot, await stage(client))

        assert house.tagged() == (encode(slotted)["version"],)


async def test_an_empty_version_is_deleted_before_another_is_asked_for() -> None:
    """Its form is lost: nobody could fill it, and it takes one of ten places."""
    with DcdnHouse() as house:
        house.live()
        house.cloud.inject(Fault(operation="UploadRoutineCode", kind="lost"))
        async with house.client() as client:
            slotted = await perform(client, request_slot, await stage(client))

        assert (slotted.slot.version,) == house.tagged()
        assert 2 == house.called["UploadRoutineCode"]
        assert 1 == house.called["DeleteRoutineCodeRevision"]


async def test_as_soon_as_it_is_seen_nobody_waits_for_more() -> None:
    """The one that may be there was found: it cannot appear a second time."""
    with DcdnHouse() as house:
        house.live()
        house.cloud.inject(Fault(operation="UploadRoutineCode", kind="lost"))
        async with house.client() as client:
            before = anyio.current_time()
            await perform(client, request_slot, await stage(client))

        assert anyio.current_time() - before < 5


async def test_one_that_shows_late_is_waited_for() -> None:
    """A listing may lag: a second one is asked for only when none can appear."""
    with DcdnHouse(switches=Switches(list_lag=20.0)) as house:
        house.live()
        house.cloud.inject(Fault(operation="UploadRoutineCode", kind="lost"))
        async with house.client() as client:
            slotted = await perform(client, request_slot, await stage(client))

        assert (slotted.slot.version,) == house.tagged()
        assert 1 == house.called["DeleteRoutineCodeRevision"]


async def test_one_that_got_its_code_is_used() -> None:
    """The upload arrived although nobody heard: nothing is asked for or sent again."""
    with DcdnHouse() as house:
        house.live()
        house.cloud.inject(Fault(operation="UploadRoutineCode", kind="lost"))
        house.transport.after("slot", lambda: _upload(house))
        async with house.client() as client:
            made = await perform(client, stage_code, await stage(client))

        assert (made.version,) == house.tagged()
        assert 1 == house.called["UploadRoutineCode"]
        assert "PostObject" not in house.called


async def test_one_that_cannot_be_read_is_empty() -> None:
    """Where nothing was uploaded, the provider may refuse to show it."""
    with DcdnHouse() as house:
        house.live()
        house.cloud.inject(Fault(operation="UploadRoutineCode", kind="lost"))
        house.transport.edit("read code", _no_code)
        async with house.client() as client:
            slotted = await perform(client, request_slot, await stage(client))

        assert (slotted.slot.version,) == house.tagged()
