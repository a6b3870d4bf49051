"""Ask the routine for a page where it serves: staging's addresses, or production."""

from attrs import evolve

from esa_flows.api.cloud import RoutineCloud
from esa_flows.errors import AccessDenied, Refused
from esa_flows.gates.http_check import HttpCheck
from esa_flows.gates.looks import Question
from esa_flows.gates.probe import EdgeAddress, Probe, probe
from esa_flows.gates.staging import Prober
from esa_flows.gates.verdict import Reading, Verdict
from esa_flows.gates.watched import Watched
from esa_flows.model import Duration, Environment
from esa_flows.wire.secret import Secret

__all__ = ["ask_edge"]

_CLOSED = 401


async def ask_edge(
    cloud: RoutineCloud,
    prober: Prober,
    check: HttpCheck,
    watched: Watched,
    *,
    good: int = 0,
    bad: int = 0,
) -> Reading:
    """Ask for a page as often as it takes, and say what the answers tell.

    A routine's own record may be closed to visitors for a while: where its first answer
    says so, a preview token is brought along if there is one to be had.

    Args:
        cloud: Knows the addresses of staging, and the token.
        prober: Sends the requests.
        check: What to ask for, and which answers are good.
        watched: What is watched.
        good: Good answers that were had before, at the same share.
        bad: Bad ones.

    Source: ESA API 2024-09-10, GetRoutineStagingEnvIp, GetRoutineAccessToken.
    """
    host = check.host or watched.record
    if not host:
        return _error(
            f"{watched.routine} has no record to ask;"
            " name a host that leads to it, as in https://host/path."
        )

    try:
        addresses = await _addresses(cloud, prober, watched.environment, host)
    except AccessDenied as error:
        return _error(str(error))

    if not addresses:
        return _error("The provider names no staging address.")

    question = Question(
        host=host,
        expect=check.expect,
        share=watched.share,
        confidence=check.confidence,
        errors=check.errors,
        good=good,
        bad=bad,
    )
    first = Probe(
        question=question,
        addresses=addresses,
        path=check.path,
        patience=Duration(0),
        timeout=check.timeout,
    )
    reading = await probe(prober.door, first)
    if reading.verdict.is_settled and not check.looks:
        return reading

    is_closed = reading.facts.get("status") == _CLOSED and host == watched.record
    token = await _token(cloud, watched) if is_closed else None
    whole = evolve(first, patience=check.patience, requests=check.looks, token=token)
    return await probe(prober.door, whole)


async def _addresses(
    cloud: RoutineCloud, prober: Prober, environment: Environment, host: str
) -> tuple[EdgeAddress, ...]:
    if environment is Environment.STAGING:
        return await prober.addresses(cloud)

    return prober.production or (EdgeAddress(f"https://{host}"),)


async def _token(cloud: RoutineCloud, watched: Watched) -> Secret | None:
    """Get a preview token; where none is to be had the answers tell."""
    try:
        return await cloud.access_token(watched.routine)
    except (AccessDenied, Refused):
        return None


def _error(reason: str) -> Reading:
    return Reading(verdict=Verdict.ERROR, reason=reason)
