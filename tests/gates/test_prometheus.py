"""Asking Prometheus for a number."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from attrs import define, field
from tests.gates.test_watched import WATCHED

from esa_flows.errors import InvalidInput, OutcomeUnknown
from esa_flows.gates.prometheus import ask_prometheus, judge_numbers, numbers_in
from esa_flows.gates.prometheus_check import PrometheusCheck
from esa_flows.gates.verdict import Verdict
from esa_flows.wire.transport import Request, Response


def body(*values: str, kind: str = "vector") -> bytes:
    """Write an answer as Prometheus does."""
    series = [
        {"metric": {"n": str(n)}, "value": [1.5, v]} for n, v in enumerate(values)
    ]
    result: Any = [1.5, values[0]] if kind == "scalar" else series
    data = {"resultType": kind, "result": result}
    return json.dumps({"status": "success", "data": data}).encode()


@define
class Server:
    """Answers as it is told, and keeps what it was asked."""

    answer: Callable[[Request], Response]
    seen: list[Request] = field(factory=list)

    async def send(self, request: Request) -> Response:
        """Keep and answer."""
        self.seen.append(request)
        return self.answer(request)


def check(**more: Any) -> PrometheusCheck:
    """Ask for a rate of errors."""
    given: dict[str, Any] = {
        "server": "https://prom.example/p/",
        "query": 'e{routine="$routine",share="${share}"} > $unknown',
        "most": 0.01,
    }
    return PrometheusCheck(**given | more)


async def test_the_query_is_filled_in() -> None:
    """With what is watched; what is none of it stays."""
    server = Server(lambda _: Response.of(200, body("0.001")))

    reading = await ask_prometheus(server, check(), WATCHED, {})

    (request,) = server.seen
    asked = urlsplit(request.url)
    assert "/p/api/v1/query" == asked.path
    assert ['e{routine="shop",share="10"} > $unknown'] == parse_qs(asked.query)["query"]
    assert Verdict.PASS is reading.verdict
    assert "The value is 0.001, where at most 0.01 is good." == reading.reason
    assert {
        "value": 0.001,
        "max": 0.01,
        "threshold": 0.01,
        "series": 1,
    } == reading.facts


async def test_a_token_goes_along_and_nowhere_else() -> None:
    """It comes from the variable that is named."""
    told = b'{"status":"error","errorType":"bad_data","error":"no fakeToken0001"}'
    server = Server(lambda _: Response.of(400, told))
    asked = check(token_env="PROM_TOKEN")

    reading = await ask_prometheus(
        server, asked, WATCHED, {"PROM_TOKEN": "fakeToken0001"}
    )
    without = await ask_prometheus(server, asked, WATCHED, {})

    headers = dict(server.seen[0].headers)
    assert "Bearer fakeToken0001" == headers["authorization"]
    assert "https://prom.example/p/ answered 400: bad_data: no ***" == reading.reason
    assert Verdict.ERROR is reading.verdict
    assert "The variable PROM_TOKEN holds no token." == without.reason
    assert 1 == len(server.seen)


async def test_no_answer_is_an_error() -> None:
    """The sentence says who did not give one."""

    def fail(_: Request) -> Response:
        """Be silent."""
        raise OutcomeUnknown("It did not answer in time.")

    reading = await ask_prometheus(Server(fail), check(), WATCHED, {})

    assert Verdict.ERROR is reading.verdict
    assert "gave no answer. It did not answer in time." in reading.reason


async def test_an_http_client_will_do() -> None:
    """As the one that gates have."""
    door = httpx.MockTransport(
        lambda _: httpx.Response(200, stream=httpx.ByteStream(body("2")))
    )

    async with httpx.AsyncClient(transport=door) as client:
        reading = await ask_prometheus(client, check(), WATCHED, {})

    assert Verdict.FAIL is reading.verdict


@pytest.mark.parametrize(
    ("numbers", "bounds", "verdict"),
    [
        ((0.01,), {"most": 0.01}, Verdict.PASS),
        ((0.02,), {"most": 0.01}, Verdict.FAIL),
        ((0.0, 0.02, 0.0), {"most": 0.01}, Verdict.FAIL),
        ((0.99,), {"most": None, "least": 0.99}, Verdict.PASS),
        ((0.98,), {"most": None, "least": 0.99}, Verdict.FAIL),
        ((5.0,), {"most": 9.0, "least": 1.0}, Verdict.PASS),
        ((), {"most": 0.01}, Verdict.INCONCLUSIVE),
        ((0.0, float("nan")), {"most": 0.01}, Verdict.INCONCLUSIVE),
        ((float("inf"),), {"most": 0.01}, Verdict.FAIL),
    ],
)
def test_numbers_are_held_against_their_bounds(
    numbers: tuple[float, ...], bounds: dict[str, Any], verdict: Verdict
) -> None:
    """Each series must be good; none at all tells nothing."""
    assert verdict is judge_numbers(check(**bounds), numbers).verdict


def test_answers_are_read() -> None:
    """A number for each series, or one alone."""
    assert (0.5, 1.0) == numbers_in(body("0.5", "1"))
    assert (3.0,) == numbers_in(body("3", kind="scalar"))
    assert () == numbers_in(body())


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (b"<html>", "that is no answer of Prometheus"),
        (b"[]", "that is no answer of Prometheus"),
        (b'{"status":"success"}', "that is no answer of Prometheus"),
        (body("x"), "that is no answer of Prometheus"),
        (body("1", kind="matrix"), "the query gives a matrix, not one number"),
        (
            b'{"status":"error","errorType":"bad_data","error":"parse error"}',
            "bad_data: parse error",
        ),
    ],
)
def test_what_is_no_answer_is_told(told: bytes, why: str) -> None:
    """And what is wrong with the query."""
    with pytest.raises(InvalidInput, match=why):
        numbers_in(told)
