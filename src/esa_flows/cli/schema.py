"""`esa-flows schema`: what an editor needs to know of a rollout's file."""

from __future__ import annotations

import json
from typing import Annotated

from cyclopts import Parameter

from esa_flows.cli.desk import Answer, Desk
from esa_flows.fleet.file_schema import fleet_schema

__all__ = ["schema"]


async def schema(*, desk: Annotated[Desk, Parameter(parse=False)]) -> Answer:
    """Print the JSON schema of a rollout's file, for editors.

    Args:
        desk: Where to write.
    """
    found = fleet_schema()
    desk.say(json.dumps(found, indent=2))
    return Answer(payload=found)
