"""What networks do to bytes, between a client and a local cloud in another process."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import define, evolve, field, frozen
from tests.house import label_of
from tests.process.place import End, Place
from tests.process.proxy import Proxy, Rule, proxied
from tests.process.scenes import NEW, SCENES

from esa_flows import Client, Parts, Report, Settings
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import NotSent
from esa_flows.files import MemoryBlobs
from esa_flows.localcloud import Fault
from esa_flows.wire.credentials import Credentials, Static
from esa_flows.wire.exchange import Timeout
from esa_flows.wire.transport import (
    HttpxTransport,
    Request,
    Response,
    Transport,
    open_client,
)

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]

PATIENT = Timeout(connect=1.0, silence=1.0, total=1.5)
"""Nobody waits for twenty seconds here; what must end by time ends sooner."""

LARGE = b"// " + b"x" * 700_000 + b"\n" + NEW
WHOLE = End(
    outcome="released",
    versions=2,
    splits={"staging": {1: 100}, "production": {1: 100}},
    orphans=0,
)
CANARY = SCENES["canary"]

COMMIT = b"x-acs-action: CommitRoutineStagingCode"
DEPLOY = b"x-acs-action: CreateRoutineCodeDeployment"
READ = b"x-acs-action: GetRoutine\r\n"
FORM = b"multipart/form-data"
LOOKS = {COMMIT: ("commit", "list"), DEPLOY: ("deploy staging 100", "observe")}
"""What is sent, and what must come next when its reply is lost."""


@define
class Impatient:
    """A transport with short times, whose uploads go through a proxy too.

    Attributes:
        calls: What was sent, in order.
    """

    _inner: Transport
    _store: bytes
    _instead: bytes
    calls: list[str] = field(factory=list)

    async def send(self, request: Request) -> Response:
        """Send, and point what is answered to the proxy before the store."""
        self.calls.append(label_of(request))
        response = await self._inner.send(evolve(request, timeout=PATIENT))
        return evolve(response, body=response.body.replace(self._store, self._instead))


@frozen
class Wire:
    """Everything between a client and a local cloud.

    Attributes:
        client: The client.
        transport: What it sends with.
        api: The proxy before the API.
        store: The proxy before the store.
    """

    client: Client
    transport: Impatient
    api: Proxy
    store: Proxy

    async def release(self, code: bytes) -> Report:
        """Release code, and go on where it was paused."""
        report = await self.client.release("shop", code, check=False)
        for _ in range(3):
            if report.outcome != "paused":
                break

            report = await self.client.resume(report.run, check=False)

        return report


@asynccontextmanager
async def wired(
    place: Place,
    *,
    api: tuple[Rule, ...] = (),
    store: tuple[Rule, ...] = (),
    latency: float = 0.0,
) -> AsyncIterator[Wire]:
    """Put proxies between a client and the local cloud."""
    key = Credentials(
        access_key_id=place.access_key_id, access_key_secret=place.access_key_secret
    )
    async with (
        proxied(place.api, *api, latency=latency) as before_api,
        proxied(place.api, *store, latency=latency) as before_store,
        open_client() as http,
    ):
        transport = Impatient(
            HttpxTransport(http), place.api.encode(), before_store.url.encode()
        )
        parts = Parts(
            transport=transport,
            journal=MemoryJournal(),
            blobs=MemoryBlobs(),
            credentials=Static(key),
            environ={},
        )
        settings = Settings(
            endpoint=before_api.url,
            staging_edge=place.edge_staging,
            settle="0.5s",
            cap_sharing="process",
        )
        async with Client(settings, parts) as client:
            yield Wire(client, transport, before_api, before_store)


def ends_whole(place: Place, wire: Wire, report: Report) -> None:
    """Hold a release to its promises: one version, deployed twice, nothing twice."""
    calls = place.report()["calls"]

    assert WHOLE == place.end(CANARY, report.outcome), (report, wire.transport.calls)
    assert 1 == calls["CommitRoutineStagingCode"]
    assert 2 == calls["CreateRoutineCodeDeployment"]


BREAKS = [
    Rule(about=b"", kind="reset", way="there", after=60),
    Rule(about=b"", kind="reset", way="back"),
    Rule(about=b"", kind="close", way="back"),
    Rule(about=b"", kind="reset", way="back", after=40),
    Rule(about=b"", kind="close", way="back", after=40),
    Rule(about=b"", kind="close", way="back", after=150),
    Rule(about=b"", kind="stall", way="there"),
    Rule(about=b"", kind="stall", way="there", after=200),
    Rule(about=b"", kind="stall", way="back"),
    Rule(about=b"", kind="stall", way="back", after=100),
    Rule(about=b"", kind="drip", way="back", seconds=0.02),
]
"""F2: broken off at any place; F9: half an answer; F10: an answer that never comes."""


def _said(rule: Rule) -> str:
    return f"{rule.kind} {rule.way} after {rule.after}"


@pytest.mark.parametrize("rule", BREAKS, ids=_said)
@pytest.mark.parametrize(
    "about",
    [COMMIT, pytest.param(DEPLOY, marks=pytest.mark.slow)],
    ids=["commit", "deploy"],
)
async def test_a_lost_reply_is_looked_for_before_anything_is_repeated(
    about: bytes, rule: Rule, place: Place, tmp_path: Path
) -> None:
    """F2, F9, F10: whether it was done or not, in the end it was done once."""
    place.begin(CANARY, tmp_path)
    async with wired(place, api=(evolve(rule, about=about),)) as wire:
        report = await wire.release(NEW)

    ends_whole(place, wire, report)
    sent, look = LOOKS[about]
    calls = wire.transport.calls
    assert look == calls[calls.index(sent) + 1]
    assert 1 == len(wire.api.struck)


@pytest.mark.parametrize("rule", BREAKS[::3], ids=_said)
async def test_a_read_is_read_again(rule: Rule, place: Place, tmp_path: Path) -> None:
    """F2, F9, F10 for calls that change nothing."""
    place.begin(CANARY, tmp_path)
    async with wired(place, api=(evolve(rule, about=READ),)) as wire:
        report = await wire.release(NEW)

    ends_whole(place, wire, report)
    assert ["observe", "observe"] == wire.transport.calls[:2]


@pytest.mark.parametrize("kind", ["close", "reset"])
@pytest.mark.parametrize("about", LOOKS, ids=["commit", "deploy"])
async def test_a_connection_closed_while_it_is_used_again(
    about: bytes, kind: Any, place: Place, tmp_path: Path
) -> None:
    """F3: the other side ended an idle connection as we sent: reconciled like F2."""
    place.begin(CANARY, tmp_path)
    race = Rule(about=about, kind=kind, way="there")
    async with wired(place, api=(race,)) as wire:
        report = await wire.release(NEW)

    ends_whole(place, wire, report)
    sent, look = LOOKS[about]
    calls = wire.transport.calls
    assert look == calls[calls.index(sent) + 1]
    assert 2 <= wire.api.connections <= 3  # connections are used again


UPLOADS = [
    Rule(about=FORM, kind="reset", way="there", after=200_000),
    Rule(about=FORM, kind="close", way="there", after=200_000),
    Rule(about=FORM, kind="stall", way="there", after=200_000),
    Rule(about=FORM, kind="reset", way="back"),
    Rule(about=FORM, kind="stall", way="back"),
    Rule(about=FORM, kind="close", way="back", after=30),
]


@pytest.mark.parametrize("rule", UPLOADS, ids=_said)
async def test_an_upload_broken_off_is_sent_again(
    rule: Rule, place: Place, tmp_path: Path
) -> None:
    """F12: the same form, to the same place; nothing is committed before."""
    place.begin(CANARY, tmp_path)
    async with wired(place, store=(rule,)) as wire:
        report = await wire.release(LARGE)

    ends_whole(place, wire, report)
    calls = wire.transport.calls
    assert 1 == calls.count("slot")
    first = calls.index("post")
    assert ["post", "post", "commit"] == calls[first : first + 3]


async def test_a_store_that_is_ill_is_asked_again(place: Place, tmp_path: Path) -> None:
    """F12: an error of the store's own."""
    place.begin(CANARY, tmp_path)
    place.inject(Fault(operation="PostObject", kind="error", status=503))
    async with wired(place) as wire:
        report = await wire.release(NEW)

    ends_whole(place, wire, report)


async def test_a_page_in_place_of_an_answer(place: Place, tmp_path: Path) -> None:
    """F9: what a proxy in between writes says nothing about the call."""
    place.begin(CANARY, tmp_path)
    place.inject(
        Fault(operation="CommitRoutineStagingCode", kind="html", executed=True),
        Fault(operation="GetRoutine", kind="html"),
    )
    async with wired(place) as wire:
        report = await wire.release(NEW)

    ends_whole(place, wire, report)


async def test_everything_is_far_away(place: Place, tmp_path: Path) -> None:
    """Latency in both directions is no trouble at all."""
    place.begin(CANARY, tmp_path)
    async with wired(place, latency=0.03) as wire:
        report = await wire.release(NEW)

    ends_whole(place, wire, report)


async def test_nobody_listens_for_a_while(place: Place, tmp_path: Path) -> None:
    """F1: surely not sent, so that it is just sent again, without a look."""
    place.begin(CANARY, tmp_path)
    ended: list[Report] = []

    async def release() -> None:
        """Release, beside the test."""
        ended.append(await wire.release(NEW))

    async with wired(place) as wire:
        await wire.api.deafen()
        async with anyio.create_task_group() as beside:
            beside.start_soon(release)
            await anyio.sleep(0.5)
            await wire.api.listen()

    ends_whole(place, wire, ended[0])
    assert ["observe", "observe"] == wire.transport.calls[:2]


async def test_a_host_that_swallows_connections() -> None:
    """F1: no connection comes about, so that nothing was sent."""
    with socket.socket() as deaf, socket.socket() as one, socket.socket() as two:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for filler in (one, two):
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())

        await anyio.sleep(0.1)
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        async with open_client() as http:
            request = Request(method="POST", url=url, headers=(), timeout=PATIENT)
            with pytest.raises(NotSent, match="came about in time"):
                await HttpxTransport(http).send(request)


HANDSHAKES = [
    Rule(about=b"\x16\x03", kind="reset", way="there"),
    Rule(about=b"\x16\x03", kind="close", way="there", after=100),
    Rule(about=b"\x16\x03", kind="reset", way="back", after=100),
    Rule(about=b"\x16\x03", kind="close", way="back", after=500),
    Rule(about=b"\x16\x03", kind="stall", way="back", after=100),
]


@pytest.mark.parametrize("rule", HANDSHAKES, ids=_said)
async def test_a_handshake_that_fails(rule: Rule, tls_place: Place) -> None:
    """F1: without TLS nothing was sent; the next connection is whole."""
    context = ssl.create_default_context(cafile=tls_place.ca)
    async with (
        proxied(tls_place.api, rule) as proxy,
        open_client(ssl_context=context) as http,
    ):
        transport = HttpxTransport(http)
        request = Request(
            method="GET",
            url=f"https://127.0.0.1:{proxy.port}/__control__/report",
            headers=(),
            timeout=PATIENT,
        )
        with pytest.raises(NotSent):
            await transport.send(request)

        response = await transport.send(request)

    assert 200 == response.status
    assert [rule] == proxy.struck
