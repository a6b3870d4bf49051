"""Questions about versions."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from attrs import evolve
from tests.cli.office import Office
from tests.survey.witness import (
    NAME,
    bent,
    bent_finding,
    finding,
    refused,
    surveyed,
)

from esa_flows.survey.finding import Verdict
from esa_flows.survey.version import casing_of, difference

INFO, COMMIT = "GetRoutineCodeVersionInfo", "CommitRoutineStagingCode"


@pytest.mark.parametrize(
    ("question", "switches"),
    [
        ("version ids", {"numeric_ids": True, "rounded_ids": False}),
        ("version ids", {"rounded_ids": True}),
        ("lags", {"list_lag": 2.5, "ready_after": 4.0}),
        ("states", {"status_case": "lower"}),
        ("states", {"status_case": "capital"}),
        ("slot in the list", {"list_unstable": True}),
        ("same slot twice", {"commit_repeats": "same"}),
    ],
)
async def test_each_switch_is_seen(question: str, switches: dict[str, Any]) -> None:
    """At another position than the usual one."""
    found = await finding(question, **switches)

    assert switches == found.settings


async def test_rounded_ids_open_what_needs_a_version() -> None:
    """Where no version can be named, nothing is guessed."""
    office = Office()
    office.cloud.switch(evolve(office.switches, rounded_ids=True))

    report = await surveyed(office)

    opened = {each.question for each in report.findings if each.verdict == "open"}
    assert {
        "lags",
        "states",
        "code",
        "same slot twice",
        "version description",
        "deployment lag",
        "same split twice",
        "version without code",
        "delete a live version",
        "version quota",
    } == opened
    assert {} == office.cloud.report().versions


async def test_what_is_never_seen_is_not_set() -> None:
    """Longer than half a minute is told as such."""
    found = await finding("lags", list_lag=31.0, ready_after=0.0)

    assert "available at once, listed not within 30 s" == found.answer
    assert {"ready_after": 0.0} == found.settings


async def test_states_of_a_version_that_is_not_listed() -> None:
    """The question stays open."""
    found = await finding("states", list_lag=31.0)

    assert Verdict.OPEN is found.verdict
    assert "The list did not show version" in found.answer


def test_an_unknown_casing() -> None:
    """It is told, not set."""
    seen = casing_of("AVAILABLE", "available")

    assert ("'AVAILABLE' in the list, 'available' for one version", {}) == (
        seen.answer,
        seen.settings,
    )


# --- code ---------------------------------------------------------------------------


async def test_code_is_given_back() -> None:
    """Odd bytes and many bytes too."""
    found = await finding("code")

    assert (
        "plain code: same; BOM, CRLF, NUL and no UTF-8: same; 4,194,285 bytes: same"
        == found.answer
    )


async def test_the_large_sample_fits_the_form() -> None:
    """A form that takes less gets less."""
    found = await finding("code", policy_max_size=3_000)

    assert found.answer.endswith("bytes: same")
    assert "2,9" in found.answer


async def test_code_that_is_refused() -> None:
    """Each sample for itself."""
    found = await finding("code", version_quota=1)
    few = await bent_finding("code", **{COMMIT: refused("InvalidParameter")})

    assert "same" in found.answer
    assert 3 == few.answer.count("refused (InvalidParameter)")


async def test_code_that_comes_back_changed() -> None:
    """Where the first difference is, and how many bytes there are."""

    def normalised(_: Any, response: Any) -> Any:
        """Change line ends."""
        told = json.loads(response.body)
        code = base64.b64decode(told["RoutineCode"]).replace(b"\r\n", b"\n")
        told["RoutineCode"] = base64.b64encode(code).decode()
        return evolve(response, body=json.dumps(told).encode())

    found = await bent_finding("code", GetRoutineCodeVersion=normalised)

    assert found.answer.startswith("plain code: same; BOM, CRLF, NUL and no UTF-8: DIF")


async def test_code_that_comes_late() -> None:
    """It is looked at again for some seconds."""
    looks = 0

    def late(_: Any, response: Any) -> Any:
        """Give nothing at first."""
        nonlocal looks
        looks += 1
        return refused("NoSuchKey")(_, response) if looks == 1 else response

    found = await bent_finding("code", GetRoutineCodeVersion=late)

    assert found.answer.startswith("plain code: same after 0.5 s;")


@pytest.mark.parametrize(
    ("sent", "got", "place"), [(b"ab", b"aX", 1), (b"ab", b"a", 1), (b"a", b"ab", 1)]
)
def test_where_bytes_differ(sent: bytes, got: bytes, place: int) -> None:
    """In a byte, or in how many there are."""
    assert f"DIFFERENT from byte {place} on" in difference(sent, got)


# --- descriptions -------------------------------------------------------------------


def _takes(characters: int, *, in_bytes: bool) -> Any:
    """Make an edit that refuses longer descriptions."""

    def edit(request: Any, response: Any) -> Any:
        text = parse_qs(request.body.decode())["CodeDescription"][0]
        length = len(text.encode()) if in_bytes else len(text)
        if length <= characters:
            return response

        return refused("InvalidParameter")(request, response)

    return edit


@pytest.mark.parametrize(
    ("edit", "answer"),
    [
        (_takes(255, in_bytes=True), "255 bytes;"),
        (_takes(1_000, in_bytes=False), "1,000 characters;"),
    ],
)
async def test_a_longest_description(edit: Any, answer: str) -> None:
    """Found by halving, with its unit; no switch of the local cloud has it."""
    office = Office()
    office.cloud.switch(evolve(office.switches, version_quota=40))

    found = await finding(
        "version description", office=office, transport=bent(office, **{COMMIT: edit})
    )

    assert found.answer.startswith(answer)
    assert {} == found.settings


async def test_a_description_that_is_cut() -> None:
    """What is given back counts, not what was taken."""

    def cut(_: Any, response: Any) -> Any:
        """Keep the first 300 characters."""
        told = json.loads(response.body)
        told["CodeDescription"] = told["CodeDescription"][:300]
        return evolve(response, body=json.dumps(told).encode())

    found = await bent_finding("version description", **{INFO: cut})

    assert found.answer.startswith("300 characters;")


async def test_long_descriptions_are_taken_whole() -> None:
    """The local cloud takes any."""
    found = await finding("version description")

    assert "2,048 characters and more; nothing is cut" == found.answer


async def test_no_room_for_descriptions() -> None:
    """A full routine refuses for another reason."""
    full = refused("CodeVersionNumberExceedQuotaLimit")

    found = await bent_finding("version description", **{COMMIT: full})

    assert (Verdict.OPEN, "The routine has as many versions as it may have.") == (
        found.verdict,
        found.answer,
    )


async def test_the_scratch_name_stands_in_every_call() -> None:
    """A description is never sent to another routine."""
    named = set()

    def note(request: Any, response: Any) -> Any:
        """Note the routine."""
        named.add(parse_qs(request.body.decode())["Name"][0])
        return response

    await bent_finding("version description", **{COMMIT: note})

    assert {NAME} == named
