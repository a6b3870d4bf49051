"""Calls cancelled at any moment take no connection with them."""

from __future__ import annotations

import gc
import random
import ssl
from pathlib import Path

import anyio
import pytest
from anyio.abc import ByteStream
from attrs import define, field
from tests.process.place import Place
from tests.process.scenes import SCENES
from tests.wire.loopback import CERTIFICATE, answer, serving

from esa_flows import Client, Parts, Settings
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.files import MemoryBlobs
from esa_flows.wire.credentials import Credentials, Static
from esa_flows.wire.transport import HttpxTransport, Request, open_client

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]

CONNECTIONS = 8
CALLS = 200
AT_ONCE = 25
LONGEST = 0.04
"""Seconds after which a call is cancelled at the latest, and answered at the latest."""


@define
class Moody:
    """A server that answers when it likes; later, only when all are there.

    Attributes:
        dice: When it likes.
        is_strict: Whether it waits for as many requests as there are connections.
    """

    dice: random.Random
    is_strict: bool = False
    _waiting: int = 0
    _all_there: anyio.Event = field(factory=anyio.Event)

    async def handle(self, _request: bytes, stream: ByteStream) -> None:
        """Answer one request."""
        if self.is_strict:
            self._waiting += 1
            if self._waiting == CONNECTIONS:
                self._all_there.set()

            await self._all_there.wait()
        else:
            await anyio.sleep(self.dice.uniform(0, LONGEST))

        await stream.send(answer(b"{}"))


async def _cancelled(transport: HttpxTransport, request: Request, after: float) -> None:
    with anyio.move_on_after(after):
        await transport.send(request)


@pytest.mark.parametrize("seed", [1, 2])
async def test_after_two_hundred_cancelled_calls_the_pool_is_whole(seed: int) -> None:
    """As many calls as there are connections are under way at once afterwards."""
    await _cancel_and_count("http", seed)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", [1, 2])
async def test_calls_cancelled_in_a_handshake_leave_the_pool_whole(seed: int) -> None:
    """The same over TLS, where connecting takes longer."""
    await _cancel_and_count("https", seed)
    # httpcore leaves the socket of a cancelled handshake to the garbage collector.
    gc.collect()


async def _cancel_and_count(scheme: str, seed: int) -> None:
    """Cancel calls at any moment; then hold as many at once as the pool has room."""
    dice = random.Random(seed)
    moody = Moody(dice)
    context = ssl.create_default_context(cafile=str(CERTIFICATE))
    async with (
        serving(moody.handle, tls=scheme == "https") as server,
        open_client(ssl_context=context, connections=CONNECTIONS) as client,
    ):
        transport = HttpxTransport(client, at_once=CONNECTIONS)
        url = f"{scheme}://localhost:{server.port}"
        request = Request(
            method="POST",
            url=url,
            headers=(("host", "h.example"),),
            body=b"a=1",
            timeout=30.0,
        )
        for _ in range(CALLS // AT_ONCE):
            async with anyio.create_task_group() as crowd:
                for _ in range(AT_ONCE):
                    after = dice.uniform(0, LONGEST)
                    crowd.start_soon(_cancelled, transport, request, after)

        moody.is_strict = True
        with anyio.fail_after(20):
            async with anyio.create_task_group() as crowd:
                for _ in range(CONNECTIONS):
                    crowd.start_soon(transport.send, request)

    assert transport.statistics().answered < transport.statistics().sent


async def test_after_two_hundred_cancelled_reads_a_client_is_whole(
    place: Place, tmp_path: Path
) -> None:
    """The cap has all its slots again, and everybody is answered."""
    place.begin(SCENES["at quota"], tmp_path)
    dice = random.Random(3)
    parts = Parts(
        journal=MemoryJournal(),
        blobs=MemoryBlobs(),
        credentials=Static(
            Credentials(
                access_key_id=place.access_key_id,
                access_key_secret=place.access_key_secret,
            )
        ),
        environ={},
    )
    async with Client(Settings(endpoint=place.api), parts) as client:
        for _ in range(CALLS // AT_ONCE):
            async with anyio.create_task_group() as crowd:
                for _ in range(AT_ONCE):
                    crowd.start_soon(_looked, client, dice.uniform(0, LONGEST))

        worlds = [await client.versions("shop") for _ in range(CONNECTIONS)]
        left = client.connection.cap.statistics()

    assert {10} == {len(world.versions) for world in worlds}
    assert 0 == left.in_flight
    assert [] == place.report()["violations"]


async def _looked(client: Client, after: float) -> None:
    with anyio.move_on_after(after):
        await client.versions("shop")
