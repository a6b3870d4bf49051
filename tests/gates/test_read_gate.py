"""Reading a gate once, whatever kind it is."""

from __future__ import annotations

import sys
from typing import Any

import anyio
import pytest
from tests.gates.test_ask_edge import only_read, watched
from tests.house import House

from esa_flows import Gate, Reading, Verdict, Watched, gate
from esa_flows.errors import Misuse
from esa_flows.gates.read_gate import AskGate, Surroundings
from esa_flows.gates.spec import Check
from esa_flows.gates.verdict import Verdict as Told
from esa_flows.wire.transport import Response


@gate(name="slow")
async def slow(_: Watched) -> Verdict:
    """Take two seconds."""
    await anyio.sleep(2)
    return Told.PASS


async def read(house: House, asked: Gate | str, **changes: Any) -> Reading:
    """Read a gate by itself."""
    about = watched(house)
    async with house.client(flows=(only_read,), gates=(slow,), **changes) as client:
        wanted = AskGate(gate=Gate.of(asked), watched=about)
        return await client.run(only_read, wanted)


@pytest.fixture
async def house() -> House:
    """A routine that serves."""
    made = House()
    made.live()
    return made


async def test_a_function_is_called(house: House) -> None:
    """And its time is told."""
    reading = await read(house, "python:slow")

    assert Verdict.PASS is reading.verdict
    assert 2.0 == reading.seconds


async def test_prometheus_is_asked_through_the_same_door(house: House) -> None:
    """Here the local cloud's API answers, which is no Prometheus."""
    house.transport.edit(
        "ask edge",
        lambda _: Response.of(
            200,
            b'{"status":"success","data":{"resultType":"scalar","result":[1,"0.5"]}}',
        ),
    )

    reading = await read(house, "prometheus:http://127.0.0.1:8080 query=up min=1")

    assert Verdict.FAIL is reading.verdict
    assert {"value": 0.5, "min": 1.0, "threshold": 1.0, "series": 1} == reading.facts


@pytest.mark.real_time
async def test_a_program_is_run_with_the_variables_of_the_client(house: House) -> None:
    """Those that it was promised."""
    check: Check = Gate.parse("env=MINE command: x").check
    code = "import os; print(os.environ['MINE'], len(os.environ) < 12)"
    asked = Gate(check=type(check)(argv=(sys.executable, "-c", code), env=("MINE",)))  # type: ignore[call-arg]

    reading = await read(house, asked, environ={"MINE": "yes", "OTHER": "no"})

    assert "saying: yes True." in reading.reason


@pytest.mark.real_time
async def test_a_function_that_is_nowhere_stops_the_run(house: House) -> None:
    """It is no verdict; a process that has it goes on."""
    with pytest.raises(Misuse, match="The gate function nowhere is not known here"):
        await read(house, "python:nowhere")


def test_surroundings_show_no_variable() -> None:
    """There may be an access key among them."""
    here = Surroundings(environ={"KEY": "fakeSecret0001"})

    assert "fakeSecret0001" not in repr(here)
