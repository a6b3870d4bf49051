"""Questions about upload forms and their store."""

from __future__ import annotations

import base64
import datetime as dt
import json
from datetime import timedelta
from typing import Any

import anyio
import pytest
from attrs import evolve
from tests.cli.office import Office
from tests.house import BEGIN
from tests.survey.witness import bent, bent_finding, finding

from esa_flows.localcloud import Switches
from esa_flows.survey.finding import Verdict
from esa_flows.survey.upload import life_of

SLOT = "GetRoutineStagingCodeUploadInfo"


@pytest.mark.parametrize(
    ("question", "switch", "value", "told"),
    [
        ("older form", "old_forms", False, False),
        ("upload answer", "callback_body", "fine\x7f", "fine\x7f"),
        ("upload answer", "callback_body", "", ""),
        ("upload form", "oss_token", False, False),
        ("upload form", "slot_version", "number", "number"),
        ("upload form", "policy_max_size", 77_777, 77_777),
        ("upload form", "policy_life", timedelta(minutes=5), 300),
    ],
)
async def test_each_switch_is_seen(
    question: str, switch: str, value: Any, told: Any
) -> None:
    """At another position than the usual one."""
    found = await finding(question, **{switch: value})

    assert told == found.settings[switch]


async def test_a_form_in_words() -> None:
    """All of it in one line."""
    found = await finding("upload form")

    assert (
        "good for 1800 s; at most 5,242,879 bytes; the slot is called unstable;"
        " with a security token" == found.answer
    )


async def test_without_a_date_our_own_clock_serves() -> None:
    """Answers without a date, or with one that is none."""
    found = await finding("upload form", date_header=False)
    odd = await bent_finding(
        "upload form",
        **{SLOT: lambda _, r: evolve(r, headers={**r.headers, "date": "soon"})},
    )

    assert 1800 == found.settings["policy_life"] == odd.settings["policy_life"]


@pytest.mark.parametrize(
    ("seconds", "life"), [(1799.2, 1800), (3601.9, 3600), (0.4, 1), (-3, 1)]
)
def test_lives_are_rounded(seconds: float, life: int) -> None:
    """Clocks differ by a second or two; no life is shorter than a second."""
    assert life == life_of(BEGIN + dt.timedelta(seconds=seconds), BEGIN)


def _bare(_: Any, response: Any) -> Any:
    """Take version and policy out of a form."""
    body = json.loads(response.body)
    body["CodeVersion"] = ""
    body["OssPostConfig"]["policy"] = base64.b64encode(b"{}").decode()
    return evolve(response, body=json.dumps(body).encode())


async def test_a_form_that_says_little() -> None:
    """What it does not say is not set."""
    found = await bent_finding("upload form", **{SLOT: _bare})

    assert {"oss_token": True} == found.settings
    assert "an unknown number of s; at most any number of bytes" in found.answer


@pytest.mark.parametrize(
    ("body", "answer"),
    [(b"x" * 2_001, "2,001 bytes, too many"), (b"\xff", "1 bytes that are no text")],
)
async def test_answers_that_are_no_setting(body: bytes, answer: str) -> None:
    """Too long, or no text."""
    found = await bent_finding(
        "upload answer", PostObject=lambda _, r: evolve(r, body=body)
    )

    assert answer in found.answer
    assert {} == found.settings


async def test_an_expired_form() -> None:
    """It is waited for; the local cloud refuses it, and so has no switch."""
    began = anyio.current_time()

    found = await finding("expired form")

    assert ("refused, as the local cloud always does", {}) == (
        found.answer,
        found.settings,
    )
    assert 1_800 < anyio.current_time() - began < 1_820


async def test_an_expired_form_that_is_taken() -> None:
    """Told, because the local cloud is stricter."""
    found = await bent_finding(
        "expired form", PostObject=lambda _, r: evolve(r, status=200, body=b"{}")
    )

    assert "taken, where the local cloud always refuses it" == found.answer


async def test_a_form_that_never_ends() -> None:
    """Nothing to wait for."""
    office = Office(switches=Switches())
    found = await finding(
        "expired form", office=office, transport=bent(office, **{SLOT: _bare})
    )

    assert (Verdict.OPEN, "The form does not say when it ends.") == (
        found.verdict,
        found.answer,
    )
