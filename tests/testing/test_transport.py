"""Signed requests to a cloud inside the process."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from attrs import define, field
from tests.wire.doubles import LOOK, NOW, PROBE

from esa_flows.errors import NotSent, OutcomeUnknown, RoutineNotFound
from esa_flows.localcloud import KEY, LocalCloud
from esa_flows.localcloud.values import Reply
from esa_flows.localcloud.values import Request as Arrival
from esa_flows.testing.transport import Latency, ProcessTransport
from esa_flows.wire import Caller, Cap, Credentials, Endpoint, Request, Static


@define
class Cloud:
    """Replies as told, and keeps what arrived and when."""

    reply: Reply = field(factory=lambda: Reply(status=200, body=b"{}"))
    arrivals: list[Arrival] = field(factory=list)
    times: list[float] = field(factory=list)

    def handle(self, request: Arrival) -> Reply:
        """Give the reply."""
        self.arrivals.append(request)
        self.times.append(anyio.current_time())
        return self.reply


class Pieces:
    """A body in pieces."""

    size = 4

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give them."""
        yield b"ab"
        yield b"cd"


def request_to(url: str = "http://127.0.0.1:8080/?a=1", **more: Any) -> Request:
    """Give a request."""
    facts: dict[str, Any] = {
        "method": "POST",
        "url": url,
        "headers": (("Host", "127.0.0.1:8080"),),
        "body": b"x",
    }
    return Request(**{**facts, **more})


async def test_the_cloud_sees_what_a_socket_would_bring() -> None:
    """Method, target, headers and body, byte for byte."""
    cloud = Cloud(Reply(status=404, headers=(("X-A", "1"),), body=b"no"))
    response = await ProcessTransport(cloud).send(request_to())
    arrival = cloud.arrivals[0]

    assert (arrival.method, arrival.target) == ("POST", "/?a=1")
    assert arrival.headers == (("host", "127.0.0.1:8080"), ("content-length", "1"))
    assert (arrival.body, arrival.listener, arrival.scheme) == (b"x", "api", "http")
    assert (response.status, response.body) == (404, b"no")
    assert response.headers == {"x-a": "1"}


async def test_a_stream_arrives_whole() -> None:
    """The cloud has no use for pieces."""
    cloud = Cloud()
    await ProcessTransport(cloud).send(request_to(body=Pieces()))

    assert cloud.arrivals[0].body == b"abcd"


@pytest.mark.parametrize(
    ("url", "listener"),
    [
        ("http://127.0.0.1:9000/", "api"),
        ("http://127.0.0.1:9000/oss-bucket", "oss"),
        ("http://127.0.0.1:9001/oss-bucket", "edge-production"),
        ("http://127.0.0.1:9002/", "edge-staging"),
    ],
)
async def test_ports_are_the_doors_of_the_served_cloud(url: str, listener: str) -> None:
    """API and object store, then production, then staging."""
    cloud = Cloud()
    await ProcessTransport(cloud, base_url="http://127.0.0.1:9000").send(
        request_to(url)
    )

    assert cloud.arrivals[0].listener == listener


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8083/", "http://127.0.0.1/", "https://esa.example:8080/"],
)
async def test_nobody_listens_elsewhere(url: str) -> None:
    """As a refused connection: surely not sent."""
    cloud = Cloud()
    with pytest.raises(NotSent, match="refused the connection"):
        await ProcessTransport(cloud).send(request_to(url))

    assert cloud.arrivals == []


async def test_the_cloud_says_how_long_it_takes() -> None:
    """The arrival is at once, the response comes later."""
    cloud = Cloud(Reply(status=200, delay=3.0))
    start = anyio.current_time()
    await ProcessTransport(cloud).send(request_to())

    assert cloud.times == [start]
    assert anyio.current_time() - start == pytest.approx(3.0)


async def test_the_way_takes_time_too() -> None:
    """There, before the arrival; back, after the reply."""
    cloud = Cloud()
    way = Latency(there=0.5, back=0.25)
    transport = ProcessTransport(cloud, latency=lambda _request: way)
    start = anyio.current_time()
    await transport.send(request_to())

    assert cloud.times == [pytest.approx(start + 0.5)]
    assert anyio.current_time() - start == pytest.approx(0.75)


async def test_a_late_reply_is_unknown() -> None:
    """It was executed, and nobody here knows."""
    cloud = Cloud(Reply(status=200, delay=30.0))
    start = anyio.current_time()
    with pytest.raises(OutcomeUnknown, match="did not answer in time"):
        await ProcessTransport(cloud).send(request_to(timeout=5.0))

    assert anyio.current_time() - start == pytest.approx(5.0)
    assert len(cloud.arrivals) == 1


@pytest.mark.parametrize(
    ("cut", "message"),
    [("reset", "was lost after sending"), ("truncate", "broke the connection off")],
)
async def test_a_cut_connection_is_unknown(cut: Any, message: str) -> None:
    """With the words that the real transport has for it."""
    cloud = Cloud(Reply(status=200, body=b"{}", cut=cut))
    with pytest.raises(OutcomeUnknown, match=message):
        await ProcessTransport(cloud).send(request_to())


def test_repr_is_short() -> None:
    """Where to, and how much."""
    shown = repr(ProcessTransport(Cloud()))

    assert shown == "<ProcessTransport to http://127.0.0.1:8080, 0 sent>"


# --- the whole floor over the local cloud --------------------------------------------


def local_caller(cloud: LocalCloud, *, cap: Cap | None = None) -> Caller:
    """Give a caller with the sample account's key."""
    numbers = itertools.count()
    dice = random.Random(5)

    def way(_request: Request) -> Latency:
        return Latency(there=dice.random() / 20, back=dice.random() / 20)

    key = Credentials(access_key_id=KEY.id, access_key_secret=KEY.secret)
    dice = random.Random(5)
    return Caller(
        ProcessTransport(
            cloud,
            latency=lambda _: Latency(
                there=dice.random() / 20, back=dice.random() / 20
            ),
        ),
        Static(key),
        Endpoint.parse("127.0.0.1:8080"),
        cap=cap or Cap(),
        now=lambda: NOW,
        nonce=lambda: f"nonce-{next(numbers)}",
    )


def local_cloud() -> LocalCloud:
    """Give an empty cloud in virtual time."""
    return LocalCloud(
        now=lambda: NOW, monotonic=anyio.current_time, random=random.Random(1)
    )


async def test_a_signed_call_is_accepted_by_a_judge_of_its_own() -> None:
    """The local cloud verifies signatures with code that is not ours."""
    caller = local_caller(local_cloud())
    answer = await caller.call(PROBE)
    with pytest.raises(RoutineNotFound, match="RoutineNotExist"):
        await caller.call(LOOK)

    assert answer.request_id


async def test_a_wrong_clock_is_corrected_against_the_local_cloud() -> None:
    """Half an hour off: refused once, learned, accepted."""
    cloud = LocalCloud(
        now=lambda: NOW + dt.timedelta(minutes=30),
        monotonic=anyio.current_time,
        random=random.Random(1),
    )
    answer = await local_caller(cloud).call(PROBE)

    assert answer.attempts == 2


async def test_the_local_cloud_never_sees_more_than_the_cap() -> None:
    """A thousand calls from two hundred tasks: none throttled, the cap nearly used."""
    cloud = local_cloud()
    caller = local_caller(cloud)
    start = anyio.current_time()

    async def work() -> None:
        """Make a few calls."""
        for _ in range(5):
            await caller.call(PROBE)

    async with anyio.create_task_group() as tasks:
        for _ in range(200):
            tasks.start_soon(work)

    report = cloud.report()

    assert report.peak_window <= 100
    assert report.throttled == 0
    assert caller.statistics().answered == 1000
    assert 900 / (anyio.current_time() - start) >= 0.9 * 100 / 1.052
