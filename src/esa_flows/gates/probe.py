"""Ask an edge for a page, at addresses given beforehand, until the answer is settled.

The host's name goes into the request and the TLS handshake, the address is fixed: so
staging is reached without touching anybody's name resolution. A preview token travels
in the request line alone, where no client writes it into a log.

Source: ESA API 2024-09-10, GetRoutineStagingEnvIp (addresses to pin for staging) and
GetRoutineAccessToken (``esa_er_token``).
"""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Sequence
from contextlib import aclosing
from typing import Self
from urllib.parse import quote, urlsplit

import anyio
import httpx
from attrs import evolve, field, frozen

from esa_flows.errors import CallError, InvalidInput
from esa_flows.gates.expect import Answer
from esa_flows.gates.looks import Look, Named, Question, judge
from esa_flows.gates.verdict import Reading, Verdict
from esa_flows.model import WHOLE, Duration
from esa_flows.wire.body import whole_body
from esa_flows.wire.secret import Secret
from esa_flows.wire.site import is_loopback
from esa_flows.wire.transport import (
    HttpClient,
    Request,
    Timeout,
    Transport,
    open_client,
)
from esa_flows.wire.trouble import trouble

__all__ = ["EdgeAddress", "Probe", "open_probe_client", "probe"]

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_MOST_BYTES = 1024 * 1024
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)


def _reachable(_: object, __: object, url: str) -> None:
    parts = urlsplit(url)
    rest = parts.path or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in {"http", "https"} or not parts.hostname or rest:
        raise InvalidInput(
            f"{url!r} is not the address of an edge.",
            next_move="Write https:// and a host or IP address, without a path.",
        )

    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise InvalidInput(
            f"{url!r} would be asked in the clear.",
            next_move="Use https; http is for loopback only.",
        )


@frozen
class EdgeAddress:
    """Where an edge answers.

    Attributes:
        url: Scheme, host or IP address, and port.
    """

    url: str = field(validator=_reachable)

    @classmethod
    def pinned(cls, address: str) -> Self:
        """Give the address of an edge by its IP address, over HTTPS.

        Raises:
            InvalidInput: It is no IP address.
        """
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            raise InvalidInput(f"{address!r} is not an IP address.") from None

        literal = f"[{ip}]" if isinstance(ip, ipaddress.IPv6Address) else str(ip)
        return cls(f"https://{literal}")

    def __str__(self) -> str:
        return urlsplit(self.url).netloc


def _host_name(_: object, __: object, question: Question) -> None:
    if not _HOST.fullmatch(question.host):
        raise InvalidInput(
            f"{question.host!r} is not a host name.",
            next_move="Name the record under which the routine answers.",
        )


def _rooted(_: object, __: object, path: str) -> None:
    if not re.fullmatch(r"/[!-~]*", path) or "#" in path:
        raise InvalidInput(
            f"{path!r} is not a path to ask for.",
            next_move="Begin it with / and percent-encode what is not plain.",
        )


def _somewhere(_: object, __: object, addresses: tuple[EdgeAddress, ...]) -> None:
    if not addresses:
        raise InvalidInput(
            "A probe has no address to ask.",
            next_move="Give the addresses of staging, or those of your own edge.",
        )


@frozen(kw_only=True)
class Probe:
    """What to ask, where, and how patiently.

    Attributes:
        question: The host, and which answers are good.
        addresses: Where to ask; each is judged by itself.
        path: Path and query to ask for.
        requests: How many looks at each address; 0 for as many as it takes to tell.
        token: Opens a default record that is closed to visitors.
        patience: How long to go on while nothing is settled: a fresh record takes a
            while to resolve and to open.
        every: Pause after a round that was not good.
        between: Pause after a good round, where more are needed.
        timeout: How long one answer may take.
    """

    question: Question = field(validator=_host_name)
    addresses: tuple[EdgeAddress, ...] = field(validator=_somewhere)
    path: str = field(default="/", validator=_rooted)
    requests: int = 0
    token: Secret | None = None
    patience: Duration = Duration(60)
    every: Duration = Duration(2)
    between: Duration = Duration(0.05)
    timeout: Duration = Duration(10)

    @property
    def target(self) -> str:
        """What the request line asks for; holds the token."""
        if self.token is None:
            return self.path

        joint = "&" if "?" in self.path else "?"
        return f"{self.path}{joint}esa_er_token={quote(self.token.reveal(), safe='')}"


def open_probe_client(*, ssl_context: ssl.SSLContext | None = None) -> HttpClient:
    """Make a client that goes straight to its address, never through a proxy.

    Args:
        ssl_context: Certificates to trust; by default those of ``SSL_CERT_FILE`` or
            ``SSL_CERT_DIR``, else the ones shipped with httpx.

    Raises:
        InvalidInput: A certificate file cannot be used.
    """
    if ssl_context is not None:
        return open_client(ssl_context=ssl_context, trust_env=False)

    try:
        context = httpx.create_ssl_context()
    except OSError as error:
        raise InvalidInput(
            "The certificates named by SSL_CERT_FILE or SSL_CERT_DIR cannot be read.",
            next_move="Point the variable at a PEM file that exists.",
        ) from error

    return open_client(ssl_context=context, trust_env=False)


async def probe(door: HttpClient | Transport, plan: Probe) -> Reading:
    """Look until the looks are settled or the patience is over.

    Args:
        door: Sends the requests: a client of `open_probe_client`, or a transport to a
            cloud inside this process.
        plan: What to ask, where, and how patiently.

    Returns:
        What the looks tell. It never raises for what the edge does.
    """
    started = anyio.current_time()
    looks: list[Look] = []
    while True:
        latest = [await _look(door, plan, address) for address in plan.addresses]
        looks += latest
        reading = judge(plan.question, looks)
        pause = _pause(plan, latest)
        waited = anyio.current_time() - started
        is_over = waited + pause > plan.patience.seconds
        if is_over or _is_enough(plan, reading, len(looks) // len(latest)):
            return evolve(reading, facts={**reading.facts, "waited": waited})

        await anyio.sleep(pause)


def _is_enough(plan: Probe, reading: Reading, rounds: int) -> bool:
    """Tell whether nobody needs to look again."""
    if reading.verdict is Verdict.FAIL or not plan.requests:
        return reading.verdict.is_settled

    is_sampled = plan.question.share < WHOLE or plan.question.errors is not None
    return rounds >= plan.requests and (is_sampled or reading.verdict.is_settled)


def _pause(plan: Probe, latest: Sequence[Look]) -> float:
    goes_on = {Verdict.PASS} | ({Verdict.FAIL} if plan.question.errors else set())
    good = (plan.question.tells(look) in goes_on for look in latest)
    return plan.between.seconds if all(good) else plan.every.seconds


async def _look(
    door: HttpClient | Transport, plan: Probe, address: EdgeAddress
) -> Look:
    started = anyio.current_time()
    try:
        if isinstance(door, httpx.AsyncClient):
            answer = await _answer(door, plan, address)
        else:
            answer = await _carried(door, plan, address)
    except CallError as error:
        elapsed = anyio.current_time() - started
        return Look(address=str(address), trouble=error.message, elapsed=elapsed)

    answer = evolve(answer, elapsed=anyio.current_time() - started)
    return Look(
        address=str(address),
        status=answer.status,
        fault=plan.question.expect.fault(answer),
        version=_version(answer, plan.question.named),
        elapsed=answer.elapsed,
    )


def _version(answer: Answer, named: Named | None) -> str:
    """Give the version that an answer names, where the edge tells."""
    if named is None:
        return ""

    header = named.header.lower()
    return next((v for k, v in answer.headers.items() if k.lower() == header), "")


async def _carried(door: Transport, plan: Probe, address: EdgeAddress) -> Answer:
    response = await door.send(_for_transport(plan, address))
    return Answer(status=response.status, headers=response.headers, body=response.body)


async def _answer(client: HttpClient, plan: Probe, address: EdgeAddress) -> Answer:
    try:
        with anyio.fail_after(plan.timeout.seconds):
            response = await client.send(
                _for_client(plan, address),
                stream=True,
                auth=None,
                follow_redirects=False,
            )
            async with aclosing(response):
                body = await _body(response, plan)
    except _FAILURES as error:
        raise trouble(error, str(address)) from None  # its frames hold the token

    return Answer(
        status=response.status_code, headers=dict(response.headers), body=body
    )


async def _body(response: httpx.Response, plan: Probe) -> bytes:
    """Read the body only where it counts."""
    if plan.question.expect.body is None:
        return b""

    return await whole_body(response, _MOST_BYTES)


def _for_client(plan: Probe, address: EdgeAddress) -> httpx.Request:
    """Build a request whose URL, which clients log, does not hold the token."""
    return httpx.Request(
        "GET",
        f"{address.url}{plan.path}",
        headers=_headers(plan),
        extensions={
            "sni_hostname": plan.question.host,
            "target": plan.target.encode(),
            "timeout": httpx.Timeout(plan.timeout.seconds).as_dict(),
        },
    )


def _for_transport(plan: Probe, address: EdgeAddress) -> Request:
    return Request(
        method="GET",
        url=f"{address.url}{plan.target}",
        headers=tuple(_headers(plan).items()),
        timeout=Timeout.of(plan.timeout.seconds),
    )


def _headers(plan: Probe) -> dict[str, str]:
    return {"host": plan.question.host, "user-agent": "esa-flows", "accept": "*/*"}
