"""One step at a time, run as a flow of its own against the local cloud."""

from __future__ import annotations

from typing import Any

from tests.house import NEW

from esa_flows import Client, Context, flow
from esa_flows.engine.step import Chain, Step
from esa_flows.model import Bundle, RoutineName
from esa_flows.steps.stage import Stage

SHOP = RoutineName("shop")


async def perform(
    client: Client,
    work: Step[Any, Any] | Chain[Any, Any],
    value: Any,
    *,
    run_id: str = "",
) -> Any:
    """Do a step or a chain in a run of its own; give what it gives."""

    @flow(name=f"bench-{id(value)}")
    async def alone(ctx: Context, given: Any) -> Any:
        """Do the one piece of work."""
        return await ctx.do(work, given)

    return await client.run(alone, value, run_id=run_id)


async def stage(client: Client, code: bytes = NEW, **changes: Any) -> Stage:
    """Put a bundle into the client's store; give it on its way."""
    digest = await client.connection.blobs.put_bytes(code)
    bundle = Bundle(digest=digest, size=len(code), commit="0123abc", message="hello")
    return Stage(routine=SHOP, bundle=bundle, **changes)
