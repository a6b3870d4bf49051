"""A leg as a run of its own: whoever asked is told how it ended."""

from __future__ import annotations

import anyio
import pytest
from tests.fleet.yard import RUN, Yard

from esa_flows import Aborted, Client, Context, flow
from esa_flows.errors import AccessDenied, InvalidInput, Misuse, StepMisuse
from esa_flows.fleet.account import Account
from esa_flows.fleet.children import End, run_leg
from esa_flows.fleet.course import Course
from esa_flows.fleet.order import Order
from esa_flows.release.legs import Leg, Setting


@flow
async def odd(ctx: Context, wanted: str) -> Leg:
    """End as it is told to."""
    if wanted == "misuse":
        raise StepMisuse("This program breaks a rule.")

    if wanted == "denied":
        raise AccessDenied("Not you.")

    if wanted == "wait":
        try:
            await ctx.sleep("1h", key="long")
        except Aborted:
            raise InvalidInput("It went wrong on the way back.") from None

    raise InvalidInput("It cannot be released.")


@flow
async def parent(ctx: Context, setting: Setting) -> list[str]:
    """Run a leg twice, told to fail; give what was told."""
    told: list[End] = []
    word = setting.release.bundle.message
    course = Course(run=ctx.run_id, order=Order(waves=(), accounts={"eu": Account()}))
    take = told.append
    try:
        await run_leg(
            ctx, odd, word, setting.release, key="x", course=course, take=take
        )
        course.refuse_blocked()
    except Aborted:
        told.append(InvalidInput("aborted"))

    return [str(each) for each in told]


async def _parent(client: Client, yard: Yard, word: str) -> list[str]:
    yard.live("shop")
    task = await yard.task(client, "shop", message=word)
    return await client.run(parent, task.setting, run_id=RUN)


async def _abort(client: Client) -> None:
    await anyio.sleep(60)
    await client.runs.ask_to_abort(RUN)


async def test_what_ended_its_run_is_told() -> None:
    """It is an end like others, and the rollout goes on."""
    yard = Yard()
    async with yard.house.client(flows=(parent, odd)) as client:
        assert ["It cannot be released."] == await _parent(client, yard, "fail")


async def test_what_ended_it_is_told_although_an_abort_is_met() -> None:
    """The abort reaches the rollout after it knows how the leg ended."""
    yard = Yard()
    async with yard.house.client(flows=(parent, odd)) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_abort, client)
            told = await _parent(client, yard, "wait")

        assert ["It went wrong on the way back.", "aborted"] == told


async def test_a_broken_rule_of_the_program_is_no_end_of_a_routine() -> None:
    """It stops the rollout, so that the program can be mended."""
    yard = Yard()
    async with yard.house.client(flows=(parent, odd)) as client:
        with pytest.raises(Misuse):
            await _parent(client, yard, "misuse")


async def test_a_block_that_ended_a_run_is_an_end() -> None:
    """One that was met before anything was begun is recorded, and comes again."""
    yard = Yard()
    async with yard.house.client(flows=(parent, odd)) as client:
        assert ["Not you."] == await _parent(client, yard, "denied")
