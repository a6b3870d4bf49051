"""A gate over HTTP, asked where the routine serves."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from tests.house import BROKEN, EDGE, NEW, House, edited

from esa_flows import Context, flow
from esa_flows.gates.probe import EdgeAddress
from esa_flows.gates.read_gate import AskGate, read_gate
from esa_flows.gates.spec import Gate
from esa_flows.gates.staging import Prober
from esa_flows.gates.verdict import Reading, Verdict
from esa_flows.gates.watched import Watched
from esa_flows.localcloud import Switches
from esa_flows.model import Environment, RoutineName, VersionId


@flow
async def only_read(ctx: Context, asked: AskGate) -> Reading:
    """Read a gate once and do nothing else."""
    return await ctx.do(read_gate, asked)


def watched(house: House, **more: Any) -> Watched:
    """Watch the shop in production."""
    (record,) = house.cloud.state.records
    given: dict[str, Any] = {
        "routine": RoutineName("shop"),
        "version": VersionId(house.versions()[-1]),
        "environment": Environment.PRODUCTION,
        "record": record,
    }
    return Watched(**given | more)


async def read(
    house: House, gate: str, about: Watched, good: int = 0, **settings: Any
) -> Reading:
    """Read a gate by itself."""
    asked = AskGate(gate=Gate.parse(gate), watched=about, good=good)
    async with house.client(flows=(only_read,), **settings) as client:
        return await client.run(only_read, asked)


async def test_production_is_asked_once_where_it_is_whole() -> None:
    """One good answer is enough, and it says how long it took."""
    house = House()
    house.live()

    reading = await read(house, "http:/health", watched(house))

    assert Verdict.PASS is reading.verdict
    assert ["ask edge"] == house.transport.calls
    assert 0.0 == reading.seconds


async def test_staging_is_asked_at_its_own_addresses() -> None:
    """What production serves does not count there."""
    house = House()
    house.live()
    new = house.cloud.console.add_version("shop", BROKEN)
    house.deploy({new: 100}, env="staging")
    about = watched(house, environment=Environment.STAGING)

    staging = await read(house, "http:/", about)
    production = await read(house, "http:/", watched(house))

    assert Verdict.FAIL is staging.verdict
    assert "answered 500: 2 bad answers" in staging.reason
    assert Verdict.PASS is production.verdict


async def test_a_small_share_is_asked_often_enough() -> None:
    """Twenty-nine times at a tenth, and the reading says with which probability."""
    house = House()
    live = house.live()
    new = house.cloud.console.add_version("shop", NEW)
    house.deploy({new: 10, live: 90})

    reading = await read(house, "http:/", watched(house, share=10))
    later = await read(house, "http:/", watched(house, share=10), good=28)

    assert Verdict.PASS is reading.verdict
    assert 29 == reading.facts["looks"]
    assert "with a probability of 95.3%" in reading.reason
    assert 1 == later.facts["looks"]


async def test_too_few_requests_are_inconclusive() -> None:
    """Whoever allows but five of them gets no verdict, and the number needed."""
    house = House()
    live = house.live()
    new = house.cloud.console.add_version("shop", NEW)
    house.deploy({new: 10, live: 90})

    reading = await read(house, "http:/ requests=5", watched(house, share=10))

    assert Verdict.INCONCLUSIVE is reading.verdict
    assert "29 looks would be enough" in reading.reason


async def test_a_closed_record_is_opened_with_a_token() -> None:
    """In production, too; only where its own record says that it is closed."""
    house = House(switches=Switches(fresh_edge_401=600.0))
    house.live()

    reading = await read(house, "http:/", watched(house))

    assert Verdict.PASS is reading.verdict
    assert ["ask edge", "token", "ask edge"] == house.transport.calls


async def test_a_token_that_may_not_be_had_is_done_without() -> None:
    """The answers tell that it is closed."""
    denied = frozenset({"esa:GetRoutineAccessToken"})
    house = House(switches=Switches(fresh_edge_401=600.0, denied=denied))
    house.live()

    reading = await read(house, "http:/ patience=4s", watched(house))

    assert Verdict.INCONCLUSIVE is reading.verdict
    assert "closed to visitors or wants a login" in reading.reason


async def test_a_host_of_ones_own_is_asked_where_its_name_leads() -> None:
    """Nobody listens there in this house; no token is spent on it."""
    house = House()
    house.live()

    reading = await read(
        house,
        "https://www.example.com/ patience=1s",
        watched(house),
        production_edge="",
    )

    assert Verdict.ERROR is reading.verdict
    assert "www.example.com at www.example.com gave no answer" in reading.reason
    assert "token" not in house.transport.calls


async def test_a_token_goes_to_no_other_host() -> None:
    """Whoever is behind it could use it."""
    house = House(switches=Switches(fresh_edge_401=600.0))
    house.live()
    about = watched(house)

    reading = await read(
        house, f"https://{about.record}/ patience=2s", evolve(about, record="b.example")
    )

    assert Verdict.INCONCLUSIVE is reading.verdict
    assert "token" not in house.transport.calls


async def test_without_a_record_a_host_is_to_be_named() -> None:
    """There is nothing that could be asked."""
    house = House()
    house.live()

    reading = await read(house, "http:/", watched(house, record=""))

    assert Verdict.ERROR is reading.verdict
    assert "shop has no record to ask; name a host" in reading.reason


async def test_addresses_that_cannot_be_had_are_an_error() -> None:
    """Forbidden, or none at all: no evidence."""
    action = "esa:GetRoutineStagingEnvIp"
    closed = House(switches=Switches(denied=frozenset({action})))
    empty = House()
    empty.transport.edit("addresses", edited(IPV4=[]))
    found = []
    for house in (closed, empty):
        house.live()
        about = evolve(watched(house), environment=Environment.STAGING)
        found.append(await read(house, "http:/", about, staging_edge=""))

    assert [Verdict.ERROR] * 2 == [reading.verdict for reading in found]
    assert action in found[0].reason
    assert "The provider names no staging address." == found[1].reason


@pytest.mark.parametrize("gate", ["http:/ 'body=old'", "http:/ errors<5% requests=70"])
async def test_what_is_asked_for_is_judged(gate: str) -> None:
    """The body, or a rate over many requests."""
    house = House()
    house.live()

    reading = await read(house, gate, watched(house))

    assert Verdict.PASS is reading.verdict, reading.reason


def test_production_leads_where_it_is_told() -> None:
    """A prober of a local cloud knows the address."""
    edge = EdgeAddress(EDGE["production"])
    prober = Prober(door=House().transport, production=(edge,))

    assert (edge,) == prober.production
