"""The command that prints the schema of a rollout's file."""

from __future__ import annotations

import json

from tests.cli.office import Office

from esa_flows.fleet.file_schema import fleet_schema


async def test_the_schema_is_printed_whole() -> None:
    """As it is, so that it can be written to a file."""
    done = await Office().run("schema")

    assert (0, fleet_schema()) == (done.code, json.loads(done.out))
