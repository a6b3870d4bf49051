"""Types of composing, proved by the type checker; never run.

A line that must not pass carries an ignore: were it to pass, the checker would report
the ignore as unused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import assert_type

from esa_flows.engine.context import Approval, Context
from esa_flows.engine.engine import Engine
from esa_flows.engine.flow import Flow, flow
from esa_flows.engine.step import Chain, Happened, Intent, NotHappened, Step, step
from esa_flows.errors import Conflict


@step.read()
async def length(ctx: Context, text: str) -> int:
    """Give a text's length."""
    return len(text)


@step.idempotent(name="other", version=2)
async def half(ctx: Context, number: int) -> float:
    """Give the half."""
    return number / 2


async def find(
    ctx: Context, number: float, intent: Intent
) -> Happened[bytes] | NotHappened | Conflict:
    """Look for what was written."""
    return NotHappened()


@step.guarded(reconcile=find)
async def write(ctx: Context, number: float) -> bytes:
    """Write a number."""
    return str(number).encode()


async def find_text(
    ctx: Context, number: float, intent: Intent
) -> Happened[str] | NotHappened | Conflict:
    """Look for something else."""
    return NotHappened()


async def write_body(ctx: Context, number: float) -> bytes:
    """Write a number."""
    return str(number).encode()


@flow
async def whole(ctx: Context, text: str) -> bytes:
    """Do everything, one after the other."""
    number = assert_type(await ctx.do(length, text), int)
    part = assert_type(await ctx.do(half, number, key="k", round=2), float)
    written = assert_type(await ctx.do(write, part), bytes)
    assert_type(await ctx.do(length >> half >> write, text), bytes)
    await ctx.sleep("10m", key="bake")
    return written


@flow
async def composed(ctx: Context, text: str) -> int:
    """Use every primitive."""

    async def one(ctx: Context) -> int:
        """Do one thing."""
        return await ctx.do(length, text)

    async def other(ctx: Context) -> float:
        """Do another thing."""
        return await ctx.do(half, 1)

    two = assert_type(await ctx.gather(one, other), tuple[int, float])
    assert_type(await ctx.gather(one, other, one), tuple[int, float, int])
    assert_type(await ctx.gather(*[one, one], limit=1), tuple[int, ...])
    assert_type(await ctx.each(length, {"a": text}), dict[str, int])
    assert_type(await ctx.run(whole, text, key="own"), bytes)
    approval = assert_type(await ctx.approve(what="Go on?"), Approval)
    assert_type(approval.by, str)
    async with ctx.timeout("10m", key="gate") as limit:
        assert_type(limit.expired, bool)

    return two[0]


@flow(name="named", version=2)
async def outer(ctx: Context, text: str) -> int:
    """Do a flow in a flow."""
    found = await ctx.do(whole, text)
    assert_type(found, bytes)
    return len(found)


def steps_have_types() -> None:
    """A step knows what it takes and gives."""
    assert_type(length, Step[str, int])
    assert_type(half, Step[int, float])
    assert_type(write, Step[float, bytes])


def chains_have_types() -> None:
    """A chain takes what its first step takes, and gives what its last one gives."""
    assert_type(length >> half, Chain[str, float])
    assert_type(length >> half >> write, Chain[str, bytes])


def only_what_fits_is_chained() -> None:
    """An output that is not the next input is an error, and so is a flow."""
    length >> write >> length  # type: ignore[operator]
    half >> length  # type: ignore[operator]
    length >> outer  # type: ignore[operator]


def flows_have_types() -> None:
    """A flow knows what it takes and gives, with parentheses and without."""
    assert_type(whole, Flow[str, bytes])
    assert_type(outer, Flow[str, int])


async def only_what_fits_is_done(ctx: Context) -> None:
    """An input of another type is an error."""
    await ctx.do(length, 1)  # type: ignore[misc]
    await ctx.do(length >> half, 1)  # type: ignore[misc]
    await ctx.do(whole, 1)  # type: ignore[misc]


def a_guard_finds_what_its_step_gives() -> None:
    """A reconcile that finds something else is an error."""
    step.guarded(reconcile=find)(write_body)
    step.guarded(reconcile=find_text)(write_body)  # type: ignore[arg-type]
    step.guarded()(write_body)  # type: ignore[call-arg,arg-type]


async def a_run_gives_what_its_flow_gives(engine: Engine) -> None:
    """Starting a flow gives its output; its input is checked."""
    assert_type(await engine.start(outer, "text"), int)
    await engine.start(outer, 1)  # type: ignore[misc]


async def ports_have_types(ctx: Context) -> None:
    """What a step needs, it gets as that."""
    assert_type(ctx.need(Engine), Engine)


def bodies_stay_functions() -> Callable[[Context, str], Awaitable[int]]:
    """What was decorated can still be had."""
    return length.body
