"""What both clouds have in common: uploads, permits, counts."""

from __future__ import annotations

import anyio
import pytest
from attrs import evolve
from tests.api.dcdn_desk import DcdnDesk
from tests.api.desk import NAME

from esa_flows.api.cloud import Op
from esa_flows.api.provider import Provider, room_for
from esa_flows.errors import EsaFlowsError, InvalidInput, LeaseLost
from esa_flows.files import BytesBlob
from esa_flows.model import Environment, Split, VersionId
from esa_flows.wire import Request, Response, Verb


@pytest.fixture(params=["esa", "dcdn"])
async def provider(request: pytest.FixtureRequest) -> Provider:
    """Give each cloud in turn."""
    found: Provider = getattr(DcdnDesk(), request.param)
    return found


async def test_copies_count_together(provider: Provider) -> None:
    """What a step asked is seen on the whole client."""
    bound = provider.bound(permit=lambda _: None)
    slot = await bound.request_slot(NAME, "ef1")  # type: ignore[attr-defined]
    await bound.post(slot, BytesBlob(b"export default {};"))

    assert 1 == provider.statistics().calls[Op.POST]
    assert bound.statistics() == provider.statistics()
    assert type(provider) is type(bound)


async def test_an_upload_asks_the_permit_last(provider: Provider) -> None:
    """Who may not go on uploads nothing, and nothing is counted."""

    def refuse(verb: Verb) -> None:
        """Let nothing pass."""
        raise LeaseLost(f"{verb.name} is not yours any more.")

    slot = await provider.request_slot(NAME, "ef1")  # type: ignore[attr-defined]
    with pytest.raises(LeaseLost, match="POST is not yours"):
        await provider.bound(permit=refuse).post(slot, BytesBlob(b"//"))

    assert Op.POST not in provider.statistics().calls


class Crowd:
    """A way to the store on which everybody is for a while."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.now = self.most = self.whole = 0

    async def send(self, request: Request) -> Response:
        """Be one more for a second."""
        self.now += 1
        self.most = max(self.most, self.now)
        await anyio.sleep(1)
        self.now -= 1
        self.whole += 1
        return Response(status=200)


async def test_uploads_have_a_limit_of_their_own(provider: Provider) -> None:
    """Twenty uploads, on copies for twenty attempts: never more than eight at once."""
    slot = await provider.request_slot(NAME, "ef1")  # type: ignore[attr-defined]
    crowd = Crowd()
    crowded = evolve(provider, transport=crowd)
    begun = anyio.current_time()

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            bound = crowded.bound(permit=lambda _: None)
            tasks.start_soon(bound.post, slot, BytesBlob(b"//"))

    assert (8, 20) == (crowd.most, crowd.whole)
    assert 3 == anyio.current_time() - begun


async def test_a_permit_is_asked_after_the_wait_for_room(provider: Provider) -> None:
    """Who lost the right meanwhile uploads nothing."""
    slot = await provider.request_slot(NAME, "ef1")  # type: ignore[attr-defined]
    room, asked = room_for(1), list[float]()
    begun = anyio.current_time()

    def note(verb: Verb) -> None:
        """Remember when it was asked."""
        asked.append(anyio.current_time() - begun)

    waiting = evolve(provider, uploads=room, permit=note)
    await room.acquire()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(waiting.post, slot, BytesBlob(b"//"))
        await anyio.sleep(5)
        room.release()

    assert [5] == asked


@pytest.mark.parametrize("uploads", [0, -1])
def test_room_for_nothing_is_refused(uploads: int) -> None:
    """It would wait for ever."""
    with pytest.raises(InvalidInput, match=f"With {uploads} uploads .* at least one"):
        room_for(uploads)


async def test_a_glance_costs_a_call_a_second(provider: Provider) -> None:
    """The copies see together; what they change has to be looked at again."""
    first = await provider.glance(NAME)
    again = await provider.bound(permit=lambda _: None).glance(NAME)

    assert first is again
    assert 1 == provider.statistics().calls[Op.OBSERVE]

    await anyio.sleep(1.1)
    await provider.glance(NAME)

    assert 2 == provider.statistics().calls[Op.OBSERVE]


async def test_after_a_change_a_glance_looks(provider: Provider) -> None:
    """Whatever was answered, nobody knows any more what serves."""
    await provider.glance(NAME)
    with pytest.raises(EsaFlowsError):
        await provider.delete_version(NAME, VersionId("7"))  # type: ignore[attr-defined]

    await provider.glance(NAME)
    with pytest.raises(EsaFlowsError):
        await provider.deploy(  # type: ignore[attr-defined]
            NAME, Environment.PRODUCTION, Split.whole(VersionId("7"))
        )

    await provider.glance(NAME)

    assert 3 == provider.statistics().calls[Op.OBSERVE]
