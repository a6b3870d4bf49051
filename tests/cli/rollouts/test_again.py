"""A rollout that is gone on with, shown as one."""

from __future__ import annotations

import re
from typing import Any

import anyio
import pytest
from tests.cli.office import Done, Office
from tests.fleet.yard import RUN, Yard

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


async def _left(office: Office, **choices: Any) -> None:
    """Leave a rollout half-way: its first wave is through."""
    yard = Yard(house=office)
    yard.live("shop", "cart")
    async with office.client() as client:
        order = await yard.order(client, ("shop",), ("cart",), bake="30s", **choices)
        with anyio.move_on_after(20):
            await yard.run(client, order)


async def _resumed(office: Office, *argv: str, **options: Any) -> Done:
    return await office.run(*argv, desk=office.desk(**options))


async def test_a_resume_knows_what_was_done_before() -> None:
    """Waves that are through are shown so, and told no second time."""
    office = Office()
    await _left(office)

    done = await _resumed(office, "resume", RUN)

    assert 0 == done.code
    assert "shop: released" not in done.err
    assert "cart: released" in done.err
    assert "wave 2: 1 released" in done.err
    assert done.out.startswith(f"rollout: done (run {RUN})\n")
    assert "Safe to roll back: yes, with esa-flows rollback --run" in done.out


async def test_a_resume_on_a_terminal() -> None:
    """The picture has all waves and calls; the bake goes on where it was."""
    office = Office()
    await _left(office)

    done = await _resumed(office, "resume", RUN, is_terminal=True)
    told = (await office.run("report", RUN, "--json")).json
    shown = re.findall(r"calls (\d+)", done.err)

    assert "✔ wave 1           1/1 released 1" in done.err
    assert "2/2" in done.err
    assert "resumed" in done.err
    assert told["capped_calls"] == int(shown[-1])


async def test_an_abort_takes_all_of_it_back() -> None:
    """Which was asked for, so that it is a success."""
    office = Office()
    await _left(office)

    done = await _resumed(office, "abort", RUN)
    told = (await office.run("report", RUN, "--json")).json

    assert 0 == done.code
    assert "shop: goes back" in done.err
    assert "shop: taken back" in done.err
    assert "rollout: rolled back" in done.out
    assert "Safe to roll back: nothing is left to roll back" in done.out
    assert ("warn", 2) == (told["verdict"], len(told["routines"]))


async def test_an_approval_goes_on_with_it() -> None:
    """Where nobody drives it any more."""
    office = Office()
    await _left(office, approve=True)
    with anyio.move_on_after(40):
        await office.run("resume", RUN)

    done = await _resumed(office, "approve", RUN, "--json")

    assert 0 == done.code
    assert ("done", 2) == (done.json["outcome"], len(done.json["routines"]))


async def test_a_rollout_that_ended_otherwise_says_why() -> None:
    """With the next move, as an error, and its code."""
    office = Office()
    yard = Yard(house=office, bad={"shop"})
    yard.live("shop", "cart")
    async with office.client() as client:
        await yard.run(client, await yard.order(client, ("shop",), ("cart",)))

    done = await office.run("resume", RUN)

    assert 10 == done.code
    assert "1 failed, and 0 were tolerated" in done.err
    assert f"esa-flows status {RUN}" in done.err
