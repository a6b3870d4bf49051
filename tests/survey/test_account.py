"""Questions about the account and its gateway."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from tests.survey.witness import answered, bent_finding, finding, refused

from esa_flows.errors import Refused
from esa_flows.survey.account import code_of
from esa_flows.survey.finding import Open, Verdict


@pytest.mark.parametrize(
    ("question", "switch", "value"),
    [
        ("service", "service_status", "online"),
        ("routines", "routine_quota", 20),
        ("unknown site", "unknown_site_code", "NoSuchSite"),
        ("other API version", "wrong_version_status", 400),
        ("date", "date_header", False),
        ("what remains", "ratelimit_headers", True),
    ],
)
async def test_each_switch_is_seen(question: str, switch: str, value: Any) -> None:
    """At another position than the usual one."""
    found = await finding(question, **{switch: value})

    assert {switch: value} == found.settings


def test_a_refusal_without_a_code() -> None:
    """There is nothing to tell."""
    with pytest.raises(Open, match="without a code: No"):
        code_of(Refused("No."))


async def test_a_site_that_is_there() -> None:
    """A made-up number that somebody has settles nothing."""
    found = await bent_finding("unknown site", ListSiteRoutes=answered(Configs=[]))

    assert (Verdict.OPEN, "The account has a site with the number 1.") == (
        found.verdict,
        found.answer,
    )


async def test_another_version_is_answered() -> None:
    """Where the gateway does not mind, no switch says so."""
    described = answered(Description="Scratch", Envs=[])

    def second(request: Any, response: Any) -> Any:
        """Answer under another version."""
        version = dict(request.headers)["x-acs-version"]
        return described(request, response) if version < "2020" else response

    found = await bent_finding("other API version", GetRoutine=second)

    assert ("answered as if it had been named rightly", {}) == (
        found.answer,
        found.settings,
    )


async def test_another_version_with_an_odd_status() -> None:
    """A status that the local cloud cannot play is told, not set."""

    def odd(request: Any, response: Any) -> Any:
        """Change the status under another version."""
        version = dict(request.headers)["x-acs-version"]
        return evolve(response, status=403) if version < "2020" else response

    found = await bent_finding("other API version", GetRoutine=odd)

    assert "HTTP status 403" in found.answer
    assert {} == found.settings


async def test_a_nonce_is_refused_twice() -> None:
    """As the local cloud does; there is no switch for it."""
    found = await finding("nonce")

    assert ("refused with SignatureNonceUsed, as the local cloud always does", {}) == (
        found.answer,
        found.settings,
    )


async def test_a_nonce_is_taken_twice() -> None:
    """Told, because the local cloud is stricter."""
    found = await bent_finding("nonce", GetErService=answered(Status="Running"))

    assert "answered again; the local cloud always refuses it" == found.answer


async def test_a_nonce_that_gets_no_code() -> None:
    """The status says something all the same."""
    asked = 0

    def page(_: Any, response: Any) -> Any:
        """Give a page of a proxy to all but the first."""
        nonlocal asked
        asked += 1
        return evolve(response, status=403, body=b"no") if asked > 1 else response

    found = await bent_finding("nonce", GetErService=page)

    assert "HTTP status 403" in found.answer


async def test_what_is_denied_stays_open() -> None:
    """A missing right leaves a question open and names the operation."""
    found = await bent_finding(
        "unknown site", ListSiteRoutes=refused("Forbidden.RAM", 403)
    )

    assert Verdict.OPEN is found.verdict
    assert "ListSiteRoutes is not allowed" in found.answer
