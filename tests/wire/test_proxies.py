"""Who is never asked through a proxy, over real sockets."""

from __future__ import annotations

import ssl
import sys

import httpx
import pytest
from tests.wire.loopback import always, answer, serving

from esa_flows.errors import InvalidInput, NotSent
from esa_flows.wire.proxies import past_proxies
from esa_flows.wire.transport import HttpxTransport, Request, open_client

pytestmark = pytest.mark.real_time

ELSEWHERE = pytest.param(
    "127.9.8.7",
    marks=pytest.mark.skipif(
        sys.platform != "linux", reason="Linux alone listens on all of 127/8"
    ),
)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the proxies of whoever runs the tests out of them."""
    for name in (*PROXIES, *map(str.lower, PROXIES)):
        monkeypatch.delenv(name, raising=False)


async def send(url: str, *, direct: bool = False) -> bytes:
    """Send with a client of the environment's proxies."""
    request = Request(method="GET", url=url, headers=(), timeout=3.0, direct=direct)
    async with open_client() as client:
        return (await HttpxTransport(client).send(request)).body


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", ELSEWHERE])
async def test_the_whole_loopback_network_goes_past_proxies(
    monkeypatch: pytest.MonkeyPatch, variable: str, host: str
) -> None:
    """Not its usual address alone."""
    async with (
        serving(always(answer(b"proxy"))) as proxy,
        serving(always(answer(b"cloud")), host=host) as cloud,
    ):
        monkeypatch.setenv(variable, f"127.0.0.1:{proxy.port}")
        got = await send(f"http://{host}:{cloud.port}")

    assert b"cloud" == got
    assert [] == proxy.requests


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
async def test_everything_else_goes_through_them(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """As whoever set the variable wants."""
    async with serving(always(answer(b"proxy"))) as proxy:
        monkeypatch.setenv(variable, proxy.url)
        got = await send("http://esa.cn-hangzhou.invalid/")

    assert b"proxy" == got
    assert proxy.requests[0].startswith(b"GET http://esa.cn-hangzhou.invalid/ HTTP/1.1")


@pytest.mark.parametrize(
    "exception", ["*", "far.invalid", ".invalid", "x, far.invalid"]
)
async def test_no_proxy_still_counts(
    monkeypatch: pytest.MonkeyPatch, exception: str
) -> None:
    """For the hosts it names."""
    async with serving(always(answer(b"proxy"))) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", exception)
        with pytest.raises(NotSent):
            await send("http://far.invalid/")

    assert [] == proxy.requests


@pytest.mark.parametrize("trust_env", [True, False])
def test_the_metadata_service_is_never_asked_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch, *, trust_env: bool
) -> None:
    """Its address has a way of its own; nothing leaves this machine to show it."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    context = ssl.create_default_context()
    ways = past_proxies(context, httpx.Limits(), trust_env=trust_env)

    assert ways["all://100.100.100.200"] is None
    assert trust_env is ("http://" in ways)


async def test_a_direct_request_passes_the_proxy_of_a_client_of_ones_own() -> None:
    """It cannot be told otherwise by anybody's client."""
    async with (
        serving(always(answer(b"proxy"))) as proxy,
        serving(always(answer(b"service"))) as service,
        httpx.AsyncClient(proxy=proxy.url) as client,
    ):
        transport = HttpxTransport(client)
        url = service.url
        direct = Request(method="PUT", url=url, headers=(), direct=True)
        asked = await transport.send(direct)
        usual = await transport.send(Request(method="PUT", url=url, headers=()))

    assert (b"service", b"proxy") == (asked.body, usual.body)


async def test_a_proxy_without_a_port_to_speak_of_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When the client is opened, not at the first call."""
    monkeypatch.setenv("HTTPS_PROXY", "gopher://x")
    with pytest.raises(InvalidInput, match="A proxy named by"):
        open_client()
