"""A run that another process drives, followed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.cli.office import Done, Office, bundle
from tests.fleet.yard import Yard
from tests.house import BROKEN

from esa_flows import Client
from esa_flows.engine.process import Life
from esa_flows.fleet.order import Order

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block

RELEASE = ("--canary", "10:60s,100", "--run-id", "mine0001")


async def _followed(
    office: Office, *argv: str, after: float = 10.0, **options: Any
) -> Done:
    """Release in one process, follow in another; give what that one wrote."""
    done: list[Done] = []
    driving = True

    async def follow() -> None:
        life = lambda _: Life.ALIVE if driving else Life.DEAD  # noqa: E731  one word
        desk = office.desk(life=life, **options)
        done.append(await office.run("status", "mine", "-w", desk=desk))

    async with anyio.create_task_group() as group:

        async def drive() -> None:
            nonlocal driving
            await office.run("release", "shop", *argv)
            driving = False

        group.start_soon(drive)
        await anyio.sleep(after)
        group.start_soon(follow)

    return done[0]


async def test_lines_come_as_they_are_recorded(tmp_path: Path) -> None:
    """Those that were before, those that follow, then where it stands."""
    office = Office()
    office.live()

    done = await _followed(office, bundle(tmp_path), *RELEASE)

    story, _, standing = done.out.partition("Run mine0001: release shop")
    assert 0 == done.code
    assert "12:00:00  run mine0001 begins\n" in story
    assert "12:01:00  bake at 10 %: done (1m 00s)\n" in story
    assert 1 == story.count("bake at 10 %: done")
    assert "  outcome     released\n" in standing


async def test_a_terminal_is_redrawn_and_says_whose_run_it_is(tmp_path: Path) -> None:
    """The bake counts down by the wall clock; Ctrl-C ends the watching alone."""
    office = Office()
    office.live()

    done = await _followed(office, bundle(tmp_path), *RELEASE, is_terminal=True)

    assert 0 == done.code
    assert "49.5 s left" in done.err
    assert "Ctrl-C ends the watching alone" in done.err
    assert 150 < done.err.count("Ctrl-C ends the watching") <= 275
    assert "outcome     released" in done.out


async def _rollout(office: Office, **options: Any) -> Done:
    """Roll out in one process, follow in another; give what that one wrote."""
    yard, done, driving = Yard(house=office, bad={"cart"}), list[Done](), True
    yard.live("shop", "cart", "blog")

    async def drive(client: Client, order: Order) -> None:
        nonlocal driving
        await yard.run(client, order)
        driving = False

    async with office.client() as client, anyio.create_task_group() as group:
        order = await yard.order(
            client, ("shop",), ("cart", "blog"), bake="30s", fleet=1
        )
        group.start_soon(drive, client, order)
        await anyio.sleep(10)
        life = lambda _: Life.ALIVE if driving else Life.DEAD  # noqa: E731  one word
        desk = office.desk(life=life, **options)
        done.append(await office.run("status", "fleet1", "-w", desk=desk))

    return done[0]


async def test_a_rollout_is_followed_in_lines() -> None:
    """With the turns of its routines, each once."""
    done = await _rollout(Office())

    assert 1 == done.out.count("shop: released")
    assert 1 == done.out.count("wave 2 begins: 2 routines")
    assert "cart: failed: The staging gate did not pass" in done.out
    assert done.out.count("blog: released") == 1
    assert 0 == done.code
    assert "  state       succeeded\n" in done.out
    assert "! wave 2           2/2 released 1 · failed 1\n" in done.out
    assert "STEP" not in done.out


async def test_a_rollout_is_followed_on_a_terminal() -> None:
    """As the picture that the process which drives it shows."""
    done = await _rollout(Office(), is_terminal=True)

    assert "✔ wave 1           1/1 released 1   bake 1" in done.err
    assert "Ctrl-C ends the watching alone · to go back" in done.err


async def test_a_run_that_failed_gives_its_exit_code(tmp_path: Path) -> None:
    """What follows it in CI fails as what drove it did."""
    office = Office()
    office.live()
    await office.run("release", "shop", bundle(tmp_path, BROKEN), *RELEASE)

    done = await office.run("status", "mine", "-w")
    plain = await office.run("status", "mine")

    assert (10, 0) == (done.code, plain.code)
    assert "12:00:00  run mine0001 begins" in done.out


async def test_a_routine_that_is_not_there_gives_its_exit_code(tmp_path: Path) -> None:
    """A run that ended with an error has no report; its error counts."""
    office = Office()
    await office.run("release", "gone", bundle(tmp_path), *RELEASE)

    assert 10 == (await office.run("status", "mine", "-w")).code


async def test_a_run_that_nobody_drives_is_not_waited_for(tmp_path: Path) -> None:
    """It is told where it stands, and the code says that it has not ended."""
    office = Office()
    office.live()
    with anyio.move_on_after(20):
        await office.run("release", "shop", bundle(tmp_path), *RELEASE)

    done = await office.run("status", "mine", "-w")

    assert 13 == done.code
    assert "  state       paused\n" in done.out
