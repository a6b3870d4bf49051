"""The default staging gate, through whole releases and as a step of its own."""

from __future__ import annotations

import pytest
from tests.house import BROKEN, NEW, House, edited

from esa_flows import Context, ReleaseFailed, flow
from esa_flows.gates.staging import AskStaging, Prober, ask_staging
from esa_flows.gates.verdict import Reading, Verdict
from esa_flows.localcloud import Switches
from esa_flows.model import RoutineName


@flow
async def only_ask(ctx: Context, asked: AskStaging) -> Reading:
    """Ask staging and nothing else."""
    return await ctx.do(ask_staging, asked)


async def ask(house: House, asked: AskStaging, **changes: str) -> Reading:
    """Run the gate alone."""
    async with house.client(flows=(only_ask,), **changes) as client:
        return await client.run(only_ask, asked)


async def test_a_routine_that_answers_passes_at_the_first_question() -> None:
    """An open routine is asked once, and no token is spent on it."""
    with House() as house:
        house.live()

        async with house.client() as client:
            await client.release("shop", NEW)

        assert house.transport.calls.count("ask edge") == 1
        assert "token" not in house.transport.calls


async def test_a_closed_routine_is_opened_with_a_token() -> None:
    """A fresh routine answers 401; the gate asks again with a preview token."""
    with House(switches=Switches(fresh_edge_401=600.0)) as house:
        async with house.client() as client:
            await client.release("shop", NEW, create=True)

        asked = [c for c in house.transport.calls if c in {"ask edge", "token"}]
        assert asked == ["ask edge", "token", "ask edge"]


async def test_a_routine_that_fails_on_staging_never_reaches_production() -> None:
    """A bundle that answers 500 fails the gate; production was never touched."""
    with House() as house:
        old = house.live()

        async with house.client() as client:
            with pytest.raises(ReleaseFailed, match="staging gate did not pass"):
                await client.release("shop", BROKEN)

        assert {old: 100} == house.serves()
        assert not any(c.startswith("deploy production") for c in house.transport.calls)


async def test_without_a_record_only_the_read_back_counts() -> None:
    """A routine that has no record cannot be asked; the gate says so and passes."""
    house = House()

    reading = await ask(house, AskStaging(routine=RoutineName("shop")))

    assert reading.verdict is Verdict.PASS
    assert reading.reason == (
        "shop has no record to ask; only the deployment was read back."
    )
    assert [] == house.transport.calls


async def test_addresses_that_may_not_be_read_are_an_error_with_the_action() -> None:
    """Without the right to read the addresses there is no evidence, hence no pass."""
    house = House(switches=Switches(denied=frozenset({"esa:GetRoutineStagingEnvIp"})))
    asked = AskStaging(routine=RoutineName("shop"), record="shop.example.net")

    reading = await ask(house, asked, staging_edge="")

    assert reading.verdict is Verdict.ERROR
    assert "esa:GetRoutineStagingEnvIp" in reading.reason


async def test_no_address_at_all_is_an_error() -> None:
    """A provider that names no staging address leaves no evidence to be had."""
    house = House()
    house.transport.edit("addresses", edited(IPV4=[]))
    asked = AskStaging(routine=RoutineName("shop"), record="shop.example.net")

    reading = await ask(house, asked, staging_edge="")

    assert reading.verdict is Verdict.ERROR
    assert reading.reason == "The provider names no staging address."


async def test_the_addresses_are_asked_for_once() -> None:
    """They are the account's, not the routine's: two gates ask the provider once."""
    house = House()
    asked = AskStaging(routine=RoutineName("shop"), record="shop.example.net")

    async with house.client(flows=(only_ask,), staging_edge="") as client:
        first = await client.run(only_ask, asked)
        await client.run(only_ask, asked)

    assert house.transport.calls.count("addresses") == 1
    assert first.verdict is Verdict.ERROR  # nobody listens at the pinned address here


def test_a_prober_says_what_it_knows() -> None:
    """Its repr shows where it will ask."""
    assert repr(Prober(door=House().transport)) == (
        "<Prober [staging: asked for when needed]>"
    )
