"""Probes of the local cloud's edge, and through HTTP clients."""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.abc
import httpx
import pytest
from attrs import define, evolve, field
from tests.api.desk import NAME, Desk

from esa_flows.errors import InvalidInput
from esa_flows.gates.expect import Expect, HeaderRule, TextRule
from esa_flows.gates.looks import Question
from esa_flows.gates.probe import EdgeAddress, Probe, open_probe_client, probe
from esa_flows.gates.sequential import ErrorRate
from esa_flows.gates.verdict import Verdict
from esa_flows.localcloud import Fault, Switches
from esa_flows.model import Duration, Environment, RoutineName
from esa_flows.wire import Secret
from esa_flows.wire.pools import Pools

STAGING = EdgeAddress("http://127.0.0.1:8082")
PRODUCTION = EdgeAddress("http://127.0.0.1:8081")
FRESH = RoutineName("fresh-edge")


def code(status: int) -> bytes:
    """Write a routine that answers with a status."""
    return b'export default { fetch: () => new Response("x", {status: %d}) };' % status


async def plan_for(desk: Desk, name: RoutineName = NAME, **more: Any) -> Probe:
    """Ask staging for a routine's default record."""
    record = (await desk.esa.observe(name)).record
    question = Question(host=record, **more)
    return Probe(question=question, addresses=(STAGING,))


# --- against the local cloud --------------------------------------------------------


@pytest.fixture
async def desk() -> Desk:
    """A cloud with a live routine, and a client of it."""
    return Desk()


async def test_live_routine_passes(desk: Desk) -> None:
    """One good answer is enough where it serves everything."""
    reading = await probe(desk.transport, await plan_for(desk))

    assert reading.verdict is Verdict.PASS
    assert reading.facts["status"] == 200
    assert reading.facts["waited"] == 0.0


async def test_broken_routine_fails_soon(desk: Desk) -> None:
    """Two bad answers, two seconds apart: a rollback waits for no patience."""
    version = desk.console.add_version(NAME, code(500))
    desk.console.deploy(NAME, "staging", {version: 100})
    started = anyio.current_time()

    reading = await probe(desk.transport, await plan_for(desk))

    assert reading.verdict is Verdict.FAIL
    assert anyio.current_time() - started == 2.0


async def test_one_bad_answer_is_no_verdict(desk: Desk) -> None:
    """An edge that is being changed may stumble once."""
    desk.cloud.inject(Fault(operation="edge", kind="error"))

    reading = await probe(desk.transport, await plan_for(desk))

    assert reading.verdict is Verdict.PASS
    assert reading.facts["looks"] == 2


async def test_unreachable_edge_is_waited_for(desk: Desk) -> None:
    """A name that does not resolve yet, a connection that breaks."""
    desk.cloud.inject(Fault(operation="edge", kind="reset", times=5))

    reading = await probe(desk.transport, await plan_for(desk))

    assert reading.verdict is Verdict.PASS
    assert reading.facts["waited"] == 10.0


async def test_edge_that_stays_unreachable_is_an_error(desk: Desk) -> None:
    """No evidence is no evidence, however long it takes; the patience is kept."""
    plan = evolve(
        await plan_for(desk), addresses=(STAGING, EdgeAddress("http://127.0.0.1:9"))
    )
    started = anyio.current_time()

    reading = await probe(desk.transport, plan)

    assert reading.verdict is Verdict.ERROR
    assert "127.0.0.1:9 gave no answer." in reading.reason
    assert "refused the connection" in reading.reason
    assert anyio.current_time() - started == 60.0


async def test_slow_edge_is_not_waited_for_for_ever(desk: Desk) -> None:
    """Ten seconds a look."""
    desk.cloud.inject(Fault(operation="edge", kind="slow", seconds=999, times=None))
    plan = evolve(await plan_for(desk), patience=Duration(15))

    reading = await probe(desk.transport, plan)

    assert "did not answer in time" in reading.reason
    assert reading.facts["waited"] == 22.0


async def fresh_routine(desk: Desk) -> None:
    """Make a routine whose default record is closed for half a minute."""
    desk.cloud.switch(Switches(fresh_edge_401=30.0))
    await desk.esa.create_routine(FRESH)
    version = desk.console.add_version(FRESH, code(200))
    desk.console.deploy(FRESH, "staging", {version: 100})


async def test_fresh_routine_is_given_time(desk: Desk) -> None:
    """401 is no evidence for a while."""
    await fresh_routine(desk)

    reading = await probe(desk.transport, await plan_for(desk, FRESH))

    assert reading.verdict is Verdict.PASS
    assert reading.facts["waited"] == 30.0


async def test_closed_routine_without_patience_is_inconclusive(desk: Desk) -> None:
    """Nobody looked at the code yet."""
    await fresh_routine(desk)
    plan = evolve(await plan_for(desk, FRESH), patience=Duration(5))

    reading = await probe(desk.transport, plan)

    assert reading.verdict is Verdict.INCONCLUSIVE
    assert "closed to visitors" in reading.reason


async def test_token_opens_a_fresh_routine(desk: Desk) -> None:
    """The provider's preview token travels with the request and shows nowhere."""
    await fresh_routine(desk)
    token = await desk.esa.access_token(FRESH)
    plan = evolve(await plan_for(desk, FRESH), token=token, path="/?lang=de")

    reading = await probe(desk.transport, plan)

    assert reading.verdict is Verdict.PASS
    assert reading.facts["waited"] == 0.0
    assert token.reveal() not in f"{reading!r}{plan!r}"


async def test_small_share_is_asked_until_it_was_met(desk: Desk) -> None:
    """Twenty-nine good answers at a tenth of the traffic."""
    (live,) = (await desk.esa.observe(NAME)).live
    new = desk.console.add_version(NAME, code(200))
    desk.console.deploy(NAME, "production", {new: 10, live: 90})
    plan = evolve(await plan_for(desk, share=10), addresses=(PRODUCTION,))

    reading = await probe(desk.transport, plan)

    assert reading.verdict is Verdict.PASS
    assert reading.facts["looks"] == 29
    assert desk.cloud.report().visits[f"{NAME}/{Environment.PRODUCTION}/{new}"] >= 1


async def test_broken_small_share_is_found(desk: Desk) -> None:
    """The former version's good answers do not hide it."""
    (live,) = (await desk.esa.observe(NAME)).live
    new = desk.console.add_version(NAME, code(500))
    desk.console.deploy(NAME, "production", {new: 30, live: 70})
    plan = evolve(
        await plan_for(desk, share=30, confidence=0.9999), addresses=(PRODUCTION,)
    )

    reading = await probe(desk.transport, plan)

    assert reading.verdict is Verdict.FAIL


async def test_expected_status_is_judged(desk: Desk) -> None:
    """Staging with nothing deployed answers 404, which a user may forbid."""
    await desk.esa.create_routine(FRESH)
    lax = await plan_for(desk, FRESH)
    strict = await plan_for(desk, FRESH, expect=Expect(statuses=frozenset({200})))

    assert (await probe(desk.transport, lax)).verdict is Verdict.PASS
    assert (await probe(desk.transport, strict)).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("expect", "verdict"),
    [
        ({"body": TextRule(text="hello", is_whole=True)}, Verdict.PASS),
        ({"body": TextRule(text="bye")}, Verdict.FAIL),
        (
            {"headers": (HeaderRule(name="Server", rule=TextRule(text="ESA")),)},
            Verdict.PASS,
        ),
        ({"latency": Duration(1)}, Verdict.PASS),
    ],
)
async def test_body_and_headers_count(
    desk: Desk, expect: dict[str, Any], verdict: Verdict
) -> None:
    """A page that answers 200 with the wrong text is bad."""
    new = desk.console.add_version(
        NAME, b'export default { fetch() { return new Response("hello"); } };'
    )
    desk.console.deploy(NAME, "staging", {new: 100})

    reading = await probe(desk.transport, await plan_for(desk, expect=Expect(**expect)))

    assert verdict is reading.verdict


async def test_as_many_requests_as_wanted(desk: Desk) -> None:
    """All of them where they are good; as soon as it is settled where they are not."""
    plan = evolve(await plan_for(desk), requests=5)
    bad = await plan_for(desk, expect=Expect(statuses=frozenset({204})))

    assert 5 == (await probe(desk.transport, plan)).facts["looks"]
    assert 2 == (await probe(desk.transport, evolve(bad, requests=5))).facts["looks"]


async def test_a_rate_is_asked_for_without_long_pauses(desk: Desk) -> None:
    """Its reading ends with the requests wanted, settled or not."""
    (live,) = (await desk.esa.observe(NAME)).live
    new = desk.console.add_version(NAME, code(500))
    desk.console.deploy(NAME, "production", {new: 5, live: 95})
    rate = ErrorRate(limit=60.0, usual=50.0)
    plan = evolve(
        await plan_for(desk, errors=rate), addresses=(PRODUCTION,), requests=10
    )

    reading = await probe(desk.transport, plan)

    assert Verdict.INCONCLUSIVE is reading.verdict
    assert 10 == reading.facts["looks"]
    assert reading.facts["waited"] == pytest.approx(0.45)


# --- with a client ------------------------------------------------------------------


@define
class Edge(httpx.AsyncBaseTransport):
    """What stands under an HTTP client: keeps requests, answers by a function."""

    answer: Callable[[httpx.Request], httpx.Response]
    seen: list[httpx.Request] = field(factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Keep and answer."""
        self.seen.append(request)
        return self.answer(request)


def plan(**more: Any) -> Probe:
    """Ask a pinned address."""
    return Probe(
        question=Question(host="shop.example"),
        addresses=(EdgeAddress.pinned("203.0.113.7"),),
        **more,
    )


async def test_name_goes_into_the_request_and_the_handshake() -> None:
    """The address is fixed, the name is the record's; the token is in no URL."""
    edge = Edge(lambda _: httpx.Response(200))
    asked = plan(path="/health?a=b", token=Secret("fake+token"))

    async with httpx.AsyncClient(transport=edge, headers={"x-own": "1"}) as client:
        reading = await probe(client, asked)

    (request,) = edge.seen
    assert reading.verdict is Verdict.PASS
    assert str(request.url) == "https://203.0.113.7/health?a=b"
    assert request.headers["host"] == "shop.example"
    assert "x-own" not in request.headers
    assert request.extensions["sni_hostname"] == "shop.example"
    assert request.extensions["target"] == b"/health?a=b&esa_er_token=fake%2Btoken"


async def test_redirects_are_looked_at_not_followed() -> None:
    """Where a routine sends its visitors is not our business."""
    edge = Edge(lambda _: httpx.Response(302, headers={"location": "https://x.y/"}))

    async with httpx.AsyncClient(transport=edge, follow_redirects=True) as client:
        reading = await probe(client, plan())

    assert reading.verdict is Verdict.PASS
    assert len(edge.seen) == 1


async def test_the_body_is_read_where_it_counts() -> None:
    """Over a real client, too; and no more of it than fits."""
    edge = Edge(lambda _: httpx.Response(200, stream=httpx.ByteStream(b"all is well")))
    question = Question(
        host="shop.example", expect=Expect(body=TextRule(text="is well"))
    )
    huge = Edge(
        lambda _: httpx.Response(200, stream=httpx.ByteStream(b"x" * 2_000_000))
    )

    async with httpx.AsyncClient(transport=edge) as client:
        reading = await probe(client, evolve(plan(), question=question))

    async with httpx.AsyncClient(transport=huge) as client:
        asked = evolve(plan(), question=question, patience=Duration(0))
        large = await probe(client, asked)

    assert reading.verdict is Verdict.PASS
    assert large.verdict is Verdict.ERROR
    assert "too large" in large.reason


async def test_trouble_of_the_client_is_told_in_words() -> None:
    """As the wire's own errors are."""

    def fail(_: httpx.Request) -> httpx.Response:
        """Be a firewall."""
        raise httpx.ConnectTimeout("too late")

    async with httpx.AsyncClient(transport=Edge(fail)) as client:
        reading = await probe(client, plan(patience=Duration(0)))

    assert reading.verdict is Verdict.ERROR
    assert "No connection to 203.0.113.7 came about in time." in reading.reason


async def test_client_that_hangs_is_left_alone() -> None:
    """The whole answer gets ten seconds, whatever the client's own limits are."""

    @define
    class Hanging(httpx.AsyncBaseTransport):
        """A connection on which nothing ever comes."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            """Wait for ever."""
            await anyio.sleep_forever()
            raise AssertionError

    started = anyio.current_time()

    async with httpx.AsyncClient(transport=Hanging()) as client:
        reading = await probe(client, plan(patience=Duration(0)))

    assert "did not answer in time" in reading.reason
    assert anyio.current_time() - started == 10.0


@pytest.mark.real_time
async def test_token_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """HTTP clients log the URL of every request; the token is not in it."""
    caplog.set_level(logging.DEBUG)
    received: list[bytes] = []

    async def answer(stream: anyio.abc.SocketStream) -> None:
        """Read a request and be done."""
        async with stream:
            received.append(await stream.receive())
            await stream.send(b"HTTP/1.1 204 No Content\r\n\r\n")

    async with served(answer) as port, open_probe_client() as client:
        reading = await probe(
            client,
            Probe(
                question=Question(host="shop.example"),
                addresses=(EdgeAddress(f"http://127.0.0.1:{port}"),),
                token=Secret("fakeToken0001"),
            ),
        )

    assert reading.verdict is Verdict.PASS
    assert received[0].startswith(b"GET /?esa_er_token=fakeToken0001 HTTP/1.1\r\n")
    assert b"\r\nhost: shop.example\r\n" in received[0].lower()
    assert "HTTP Request: GET http://127.0.0.1" in caplog.text
    assert "fakeToken0001" not in caplog.text


@pytest.mark.real_time
async def test_pinned_addresses_are_never_asked_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A proxy would resolve the name by itself."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async with open_probe_client() as client:
        ways = {type(way) for way in client._mounts.values()}

    assert ways == {Pools, type(None)}


@pytest.mark.real_time
async def test_certificates_are_those_given_or_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A company's own authority is trusted, and a missing file is told."""
    async with open_probe_client(ssl_context=ssl.create_default_context()) as client:
        assert not client.is_closed

    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    with pytest.raises(InvalidInput, match="SSL_CERT_FILE or SSL_CERT_DIR"):
        open_probe_client()


@asynccontextmanager
async def served(
    answer: Callable[[anyio.abc.SocketStream], Awaitable[None]],
) -> AsyncIterator[int]:
    """Serve on a free loopback port."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port: int = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, answer)
        yield port
        group.cancel_scope.cancel()


# --- values -------------------------------------------------------------------------


def test_pinned_addresses_are_ip_addresses() -> None:
    """Of both kinds, over HTTPS."""
    assert EdgeAddress.pinned("203.0.113.7").url == "https://203.0.113.7"
    assert EdgeAddress.pinned("2001:db8::1").url == "https://[2001:db8::1]"
    assert str(EdgeAddress.pinned("203.0.113.7")) == "203.0.113.7"

    with pytest.raises(InvalidInput, match="is not an IP address"):
        EdgeAddress.pinned("shop.example")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("shop.example", "is not the address of an edge"),
        ("ftp://shop.example", "is not the address of an edge"),
        ("https://", "is not the address of an edge"),
        ("https://shop.example/", "without a path"),
        ("https://me@shop.example", "without a path"),
        ("http://shop.example", "would be asked in the clear"),
    ],
)
def test_odd_addresses_are_refused(url: str, why: str) -> None:
    """A token may travel there."""
    with pytest.raises(InvalidInput, match=why):
        EdgeAddress(url)


@pytest.mark.parametrize("path", ["", "health", "/a b", "/a#b", "/ü", "/a\r\nx: y"])
def test_odd_paths_are_refused(path: str) -> None:
    """A path goes into the request line as it is."""
    with pytest.raises(InvalidInput, match="is not a path to ask for"):
        plan(path=path)


@pytest.mark.parametrize("host", ["", "a b", "shop.example:80", "a\r\nb", "-x"])
def test_odd_hosts_are_refused(host: str) -> None:
    """A host name goes into a header as it is."""
    with pytest.raises(InvalidInput, match="is not a host name"):
        Probe(question=Question(host=host), addresses=(STAGING,))


def test_probe_needs_an_address() -> None:
    """Nowhere is no place to look at."""
    with pytest.raises(InvalidInput, match="no address to ask"):
        Probe(question=Question(host="shop.example"), addresses=())
