"""Where a run stands, read from its journal."""

from __future__ import annotations

from typing import Any

import anyio
from attrs import evolve
from tests.dcdn_house import ZHEJIANG, DcdnHouse
from tests.house import NEW, House

from esa_flows.cli.standing import (
    driver,
    moves,
    outcome,
    realm_of,
    served,
    standing,
    steps_of,
)
from esa_flows.engine.process import Life
from esa_flows.engine.view import RunView
from esa_flows.model import Cloud

CANARY = "10:5m,100"


async def view_of(house: House) -> RunView:
    """Look at the only run of a house."""
    async with house.client() as client:
        (view,) = await client.runs.list()
        return view


async def half_way(house: House) -> RunView:
    """Leave a release during its first bake, and look at it."""
    house.live()
    async with house.client() as client:
        with anyio.move_on_after(60):
            await client.release("shop", NEW, canary=CANARY)

    return await view_of(house)


def driven_by(view: RunView, life: Life | None) -> RunView:
    """Give the run as if another process held it."""
    owner = None
    if life is not None:
        from esa_flows.engine.journal import Owner

        owner = Owner("boot", 42, "0", "other")

    return evolve(view, beat=evolve(view.beat, owner=owner), life=life)


async def test_a_run_that_was_left_is_paused_with_its_moves() -> None:
    """It can be gone on with, or aborted; its reason is told."""
    with House() as house:
        view = await half_way(house)

    run = view.run.id
    assert standing(view) == "paused"
    assert driver(view) == "nobody"
    assert outcome(view) == "The host cancelled it."
    assert moves(view) == (f"esa-flows resume {run}", f"esa-flows abort {run}")


async def test_steps_are_told_in_their_order() -> None:
    """Each step has its state; the bake is under way."""
    with House() as house:
        view = await half_way(house)

    seen = steps_of(view)

    assert seen[0].identity == "observe#1"
    assert seen[-1].identity == "sleep[production:10]#1"
    assert seen[-1].state == "baking"
    assert {step.state for step in seen[:-1]} == {"done"}


async def test_what_served_is_what_the_run_saw_last() -> None:
    """The last look tells: production is split, staging is new."""
    with House() as house:
        view = await half_way(house)
        newest = house.versions()[-1]

    shares: list[Any] = served(view)["production"]["split"]["shares"]

    assert {"version": newest, "percentage": 10} in shares


async def test_who_drives_is_said_with_what_is_known() -> None:
    """Alive, gone, elsewhere, nobody: four different sentences."""
    with House() as house:
        view = await half_way(house)

    told = {life: driver(driven_by(view, life)) for life in (*Life, None)}

    assert told == {
        Life.ALIVE: "process 42, alive",
        Life.DEAD: "nobody; process 42 is gone",
        Life.ELSEWHERE: "process 42 of another machine or container",
        None: "nobody",
    }


async def test_a_driven_run_can_be_paused_or_aborted() -> None:
    """What makes sense depends on whether somebody drives it."""
    with House() as house:
        view = driven_by(await half_way(house), Life.ALIVE)

    run = view.run.id
    assert moves(view) == (f"esa-flows pause {run}", f"esa-flows abort {run}")


async def test_an_ended_run_has_its_outcome_and_nothing_to_do() -> None:
    """The release's own outcome is shown, and where to look next."""
    with House() as house:
        house.live()
        async with house.client() as client:
            await client.release("shop", NEW)

        view = await view_of(house)

    assert standing(view) == "succeeded"
    assert outcome(view) == "released"
    assert moves(view) == ("esa-flows versions list shop",)


async def test_moves_of_a_run_reach_its_cloud() -> None:
    """Whoever pastes them must not hit another routine of the same name."""
    with DcdnHouse() as house:
        house.live()
        house.areas(ZHEJIANG)
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("shop", NEW, canary="Zhejiang:5m,production")

        view = await view_of(house)
        async with house.client() as client:
            await client.resume(view.run.id)

        ended = await view_of(house)

    run = view.run.id
    assert realm_of(view).cloud is Cloud.DCDN
    assert moves(view) == (
        f"esa-flows resume {run} --cloud dcdn",
        f"esa-flows abort {run} --cloud dcdn",
    )
    assert moves(driven_by(view, Life.ALIVE)) == (
        f"esa-flows pause {run}",
        f"esa-flows abort {run} --cloud dcdn",
    )
    assert moves(ended) == ("esa-flows versions list shop --cloud dcdn",)
