"""The cap is found by being refused, and nobody is refused for longer than needed."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from attrs import evolve
from tests.cli.office import Office
from tests.house import BASE
from tests.survey.witness import bent_finding, finding, refused, surveyed

from esa_flows.localcloud import Switches
from esa_flows.survey.finding import Verdict
from esa_flows.survey.pace import Burst, Signs, signs_say
from esa_flows.testing.transport import Latency, ProcessTransport

ACCOUNT, OPERATION, BOTH = ("account",), ("operation",), ("account", "operation")
BURST = Burst(passed=50, seconds=0.1, code="Throttling.Api", status=400, back=1.0)


@pytest.mark.parametrize("scope", [ACCOUNT, OPERATION, BOTH])
@pytest.mark.parametrize("window", ["sliding", "fixed", "bucket"])
@pytest.mark.parametrize("cap", [20, 100])
async def test_a_cap_is_found(scope: Any, window: Any, cap: int) -> None:
    """Its number, its window, and what it is counted by."""
    await anyio.sleep(0.3)

    found = await finding("cap", cap=cap, cap_scope=scope, cap_window=window)

    assert (cap, window, scope) == (
        found.settings["cap"],
        found.settings["cap_window"],
        found.settings["cap_scope"],
    )


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        ("throttle_status", 429),
        ("throttle_code", "TooManyRequests"),
        ("retry_after", True),
    ],
)
async def test_how_a_refusal_looks(switch: str, value: Any) -> None:
    """Status, code and header."""
    found = await finding("cap", **{switch: value})

    assert value == found.settings[switch]


async def test_a_refusal_with_another_code() -> None:
    """It does not say whose gate it was; the rest is set."""
    found = await finding("cap", throttle_code="TooManyRequests")

    assert "cap_scope" not in found.settings
    assert "by account, and perhaps operation" in found.answer


async def test_no_cap() -> None:
    """After so many calls nobody goes on."""
    office = Office(switches=Switches(cap=None))

    found = await finding("cap", office=office)

    assert Verdict.OPEN is found.verdict
    assert found.answer.startswith("300 calls in 0.0 s were all answered")
    assert office.cloud.report().calls["GetRoutine"] < 310


async def test_a_slow_way_to_the_provider() -> None:
    """What cannot be sent within a second meets no cap; it says how many there were."""
    office = Office()
    slow = ProcessTransport(
        office.cloud, base_url=BASE, latency=lambda _: Latency(back=0.4)
    )

    found = await finding("cap", office=office, transport=slow)

    assert found.answer.startswith("48 calls in 1.2 s were all answered")


async def test_a_burst_ends_with_its_first_refusal() -> None:
    """Only what is on its way already follows it."""
    office = Office()
    await surveyed(office, "cap", cap=True)

    assert office.cloud.report().throttled < 3 * 16 + 2 * 12


async def test_nothing_passes_again() -> None:
    """Then nothing is said about the window."""
    seen = 0

    def closed(request: Any, response: Any) -> Any:
        """Refuse for a long while."""
        nonlocal seen
        seen += 1
        full = 50 < seen < 80
        return refused("Throttling.Api")(request, response) if full else response

    found = await bent_finding("cap", GetRoutine=closed)

    assert "cap_window" not in found.settings
    assert "window: unknown" in found.answer


async def test_calls_in_trouble_do_not_count() -> None:
    """Neither as let pass nor as refused for their number."""
    seen = 0

    def troubled(request: Any, response: Any) -> Any:
        """Be in trouble for a while."""
        nonlocal seen
        seen += 1
        busy = 10 < seen < 15
        return (
            refused("ServiceUnavailable", 503)(request, response) if busy else response
        )

    found = await bent_finding("cap", GetRoutine=troubled)

    assert Verdict.MEASURED is found.verdict
    assert 95 <= found.settings["cap"] <= 100  # type: ignore[operator]


@pytest.mark.parametrize(
    ("first", "second", "window"),
    [
        ({}, {}, "sliding"),
        ({}, {"back": 0.5}, "fixed"),
        ({"back": 0.2}, {"back": 0.2}, "bucket"),
        ({"back": 0.0}, {}, None),
        ({"seconds": 0.8}, {}, None),
        ({"passed": 5}, {}, None),
    ],
)
def test_windows(first: Any, second: Any, window: str | None) -> None:
    """By when a call passes again; where that says nothing, nothing is set."""
    mixed = evolve(BURST, back=0.0)
    signs = Signs(
        first=evolve(BURST, **first), second=evolve(BURST, **second), mixed=mixed
    )

    assert window == signs_say(signs).settings.get("cap_window")


def test_a_burst_over_the_edge_of_a_second() -> None:
    """The smaller of two bursts counts, where the second one met the cap at all."""
    twice = evolve(BURST, passed=90)
    none = evolve(BURST, code="", passed=20)

    assert (
        50 == signs_say(Signs(first=twice, second=BURST, mixed=BURST)).settings["cap"]
    )
    assert 90 == signs_say(Signs(first=twice, second=none, mixed=BURST)).settings["cap"]


def test_a_bucket_fills_during_the_burst() -> None:
    """What flowed in meanwhile is taken off."""
    burst = evolve(BURST, passed=60, seconds=0.2, back=0.3)

    assert (
        50 == signs_say(Signs(first=burst, second=burst, mixed=burst)).settings["cap"]
    )


def test_a_status_that_cannot_be_played() -> None:
    """It is told, not set."""
    odd = evolve(BURST, status=418)
    seen = signs_say(Signs(first=odd, second=odd, mixed=odd))

    assert "throttle_status" not in seen.settings
    assert "HTTP status 418" in seen.answer
