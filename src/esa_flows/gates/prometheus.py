"""Ask Prometheus for a number and hold it against its bounds.

Source: Prometheus, HTTP API, "Instant queries" and "Expression query result formats".
"""

import json
import math
from collections.abc import Mapping
from string import Template
from typing import Any
from urllib.parse import urlencode, urlsplit

from esa_flows.errors import CallError, InvalidInput
from esa_flows.gates.prometheus_check import PrometheusCheck
from esa_flows.gates.verdict import Reading, Verdict
from esa_flows.gates.watched import Watched
from esa_flows.wire.secret import Secret, redacted
from esa_flows.wire.transport import (
    HttpClient,
    HttpxTransport,
    Request,
    Timeout,
    Transport,
)

__all__ = ["ask_prometheus", "judge_numbers", "numbers_in"]

OK = 200


async def ask_prometheus(
    door: HttpClient | Transport,
    check: PrometheusCheck,
    watched: Watched,
    environ: Mapping[str, str],
) -> Reading:
    """Ask for a number and hold it against its bounds.

    Args:
        door: Sends the request.
        check: What to ask, and which numbers are good.
        watched: Fills in the query.
        environ: Has the token, where one is wanted.
    """
    token = environ.get(check.token_env, "") if check.token_env else ""
    if check.token_env and not token:
        return _error(f"The variable {check.token_env} holds no token.")

    secret = Secret(token) if token else None
    sender = HttpxTransport(door) if isinstance(door, HttpClient) else door
    try:
        response = await sender.send(_request(check, watched, secret))
    except CallError as error:
        return _error(f"{check.server} gave no answer. {error.message}")

    try:
        numbers = numbers_in(response.body)
    except InvalidInput as error:
        why = redacted(error.message, [secret])
        return _error(f"{check.server} answered {response.status}: {why}")

    return judge_numbers(check, numbers)


def _request(check: PrometheusCheck, watched: Watched, token: Secret | None) -> Request:
    query = Template(check.query).safe_substitute(watched.facts)
    server = check.server.rstrip("/")
    headers = {"host": urlsplit(server).netloc, "accept": "application/json"}
    if token is not None:
        headers["authorization"] = f"Bearer {token.reveal()}"

    return Request(
        method="GET",
        url=f"{server}/api/v1/query?{urlencode({'query': query})}",
        headers=tuple(headers.items()),
        timeout=Timeout.of(check.timeout.seconds),
    )


def numbers_in(body: bytes) -> tuple[float, ...]:
    """Read the numbers of an answer: pure.

    Args:
        body: JSON.

    Raises:
        InvalidInput: It is no answer, or says what is wrong with the query.
    """
    try:
        told = json.loads(body)
        if told["status"] != "success":
            raise InvalidInput(f"{told.get('errorType')}: {told.get('error')}")

        data = told["data"]
        return tuple(_samples(data["resultType"], data["result"]))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise InvalidInput("that is no answer of Prometheus.") from None


def _samples(kind: str, result: Any) -> list[float]:
    if kind == "scalar":
        return [float(result[1])]

    if kind == "vector":
        return [float(series["value"][1]) for series in result]

    raise InvalidInput(f"the query gives a {kind}, not one number for each series.")


def judge_numbers(check: PrometheusCheck, numbers: tuple[float, ...]) -> Reading:
    """Hold numbers against their bounds: pure.

    Args:
        check: The bounds.
        numbers: One for each series.

    Returns:
        What the worst of them tells; inconclusive where there is none.
    """
    if not numbers or any(map(math.isnan, numbers)):
        what = "a value that is no number" if numbers else "no value"
        return Reading(
            verdict=Verdict.INCONCLUSIVE, reason=f"The query gives {what} now."
        )

    bad = [n for n in numbers if not _is_within(check, n)]
    value = bad[0] if bad else numbers[0]
    facts: dict[str, Any] = {"series": len(numbers)}
    if math.isfinite(value):
        facts["value"] = value

    bounds = {"max": check.most, "min": check.least}
    facts |= {name: bound for name, bound in bounds.items() if bound is not None}
    facts["threshold"] = check.most if check.most is not None else check.least
    good = " and ".join(
        f"{'at most' if name == 'max' else 'at least'} {bound:g}"
        for name, bound in bounds.items()
        if bound is not None
    )
    return Reading(
        verdict=Verdict.FAIL if bad else Verdict.PASS,
        reason=f"The value is {value:g}, where {good} is good.",
        facts=facts,
    )


def _is_within(check: PrometheusCheck, number: float) -> bool:
    is_low = check.most is None or number <= check.most
    return is_low and (check.least is None or number >= check.least)


def _error(reason: str) -> Reading:
    return Reading(verdict=Verdict.ERROR, reason=reason)
