"""How far each routine of a rollout came, told from its runs."""

from __future__ import annotations

import datetime as dt

import anyio
from tests.fleet.yard import RUN, Yard

from esa_flows import Client
from esa_flows.engine.history import History
from esa_flows.engine.journal import NewRun
from esa_flows.fleet.order import Order
from esa_flows.fleet.report import RoutineEnd
from esa_flows.fleet.salvage import Salvage

CANARY = "10:5m,100"


async def _salvage(client: Client, order: Order) -> Salvage:
    salvage = Salvage(order)
    async for run, rows in client.runs.children(RUN):
        salvage.take(run, History.of(rows))

    return salvage


async def test_what_is_ready_and_what_is_released_is_given() -> None:
    """What is under way is named; it has to end first."""
    yard = Yard(canaries={"bb": CANARY})
    yard.live("aa", "bb")
    async with yard.house.client() as client:
        order = await yard.order(client, ["aa", "bb"], fleet=1)
        with anyio.move_on_after(60):
            await yard.run(client, order)

        salvage = await _salvage(client, order)
        (bb,) = [row.run.id for row in await client.runs.unfinished("bb")]

    ((run, report, leg),) = salvage.undoable()
    assert run.id == report.run == leg.report.run
    assert ("aa", 1, RoutineEnd.RELEASED) == (report.routine, report.wave, report.end)
    assert (bb,) == salvage.unfinished
    assert "<Salvage of 2 routines, 1 unfinished>" == repr(salvage)


async def test_it_can_be_narrowed_to_a_wave() -> None:
    """The others are neither given nor told."""
    yard = Yard()
    yard.live("aa", "bb")
    async with yard.house.client() as client:
        order = await yard.order(client, ["aa"], ["bb"])
        await yard.run(client, order)
        salvage = await _salvage(client, order)

    waves = [[r.routine for _, r, _ in salvage.undoable(n)] for n in range(4)]
    assert [["aa", "bb"], ["aa"], ["bb"], []] == waves


async def test_what_went_back_is_told_and_what_failed_is_not() -> None:
    """Nothing is left to do for either."""
    yard = Yard(bad=("bb",), canaries={"cc": CANARY})
    yard.live("aa", "bb", "cc")
    async with yard.house.client() as client:
        order = await yard.order(client, ["aa", "bb", "cc"], fleet=2)
        with anyio.move_on_after(60):
            await yard.run(client, order)

        for row in await client.runs.unfinished("cc"):
            await client.abort(row.run.id)

        salvage = await _salvage(client, order)

    assert ["aa"] == [report.routine for _, report, _ in salvage.undoable()]
    assert [("cc", RoutineEnd.TAKEN_BACK)] == [
        (report.routine, report.end) for report in salvage.others()
    ]


async def test_a_run_that_was_only_listed_did_nothing() -> None:
    """Its process died before it recorded what it was to do."""
    yard = Yard()
    yard.live("aa")
    async with yard.house.client() as client:
        order = await yard.order(client, ["aa"])
        salvage = Salvage(order)
        at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
        listed = NewRun(
            id=f"{RUN}.1", flow="prepare", subject="aa", content="", started_at=at
        )
        salvage.take(listed, History())

    assert () == salvage.unfinished
    assert [] == [*salvage.undoable()]
