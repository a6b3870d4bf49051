"""Flows that tests of the engine run."""

from __future__ import annotations

from tests.engine.desk import book, paint, put, ride, see

from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.errors import Aborted, EsaFlowsError


@flow
async def inner(ctx: Context, name: str) -> str:
    """Change one thing, inside."""
    return await ctx.do(put, f"{name} inside")


@flow
async def errand(ctx: Context, name: str) -> list[str]:
    """Do one of everything there is."""
    before = await ctx.do(see, name)
    first = await ctx.do(put, name)
    await ctx.sleep("20s", key="bake")
    rode = await ctx.do(book >> ride >> paint, name)
    again = await ctx.do(put, f"{name} again", key="k", round=2)
    nested = await ctx.do(inner, name, key="n")
    return [str(before), first, rode, again, nested]


DONE = ["False", "x!", "ride x!!", "x again!", "x inside!"]
EFFECTS = ["x", "ticket x", "ride x", "ride x!", "x again", "x inside"]


@flow
async def one(ctx: Context, name: str) -> str:
    """Change one thing."""
    return await ctx.do(put, name)


@flow
async def stubborn(ctx: Context, name: str) -> str:
    """Catch whatever a step raises, and go on."""
    try:
        return await ctx.do(put, name)
    except EsaFlowsError as error:
        await ctx.do(put, "stubborn", key="after")
        return f"went on after {type(error).__name__}"


@flow
async def careful(ctx: Context, name: str) -> list[str]:
    """Change two things with a bake between; go back when asked to abort."""
    done: list[str] = []
    try:
        done.append(await ctx.do(put, "a"))
        await ctx.sleep("20s", key="bake")
        done.append(await ctx.do(put, "b", key="b"))
        await ctx.sleep("20s", key="soak")
    except Aborted:
        done.append("aborted")
        await ctx.sleep("10s", key="breath")
        done.append(await ctx.do(paint, "back"))

    return done
