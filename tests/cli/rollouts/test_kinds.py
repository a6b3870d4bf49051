"""Runs about many routines, told apart from the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from tests.cli.fleet_office import FleetOffice, files, fleet_office
from tests.fleet.yard import rollout_of
from tests.house import NEW

from esa_flows import Client, Rollout
from esa_flows.cli.rollouts.kinds import is_fleet, is_way_back, outline_of
from esa_flows.cli.rollouts.outline import Outline
from esa_flows.engine.history import History
from esa_flows.engine.view import RunView
from esa_flows.fleet.fallback import fallback
from esa_flows.fleet.undo import undo

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block

FLEET: Rollout = rollout_of("aa", "bb")


async def _released(office: FleetOffice, folder: Path) -> str:
    done = await office.run("rollout", files(folder), "--json")
    return str(done.json["run"])


async def _view(client: Client, flow: str) -> RunView:
    (view,) = [v for v in await client.runs.list() if v.run.flow == flow]
    return view


async def test_what_a_way_back_planned_is_in_its_journal(tmp_path: Path) -> None:
    """It is outlined as it was while it ran."""
    office = fleet_office()
    with office:
        run = await _released(office, tmp_path)
        async with office.client() as client:
            every = await client.plan_rollback(FLEET)
            await client.rollback_fleet(every)
            fell = await _view(client, fallback.name)
            plan = await client.plan_undo(run)
            await client.undo(run)
            undone = await _view(client, undo.name)

    assert Outline.back(every) == outline_of(fell)
    assert Outline.back(plan) == outline_of(undone)
    assert [["aa", "bb"], ["aa"], ["bb"]] == [
        [*wave.routines] for view in (fell, undone) for wave in outline_of(view).waves
    ]
    assert ("roll back fleet", "roll back spring") == (
        outline_of(fell).title,
        outline_of(undone).title,
    )
    assert 50 == outline_of(fell, cap=50).cap


async def test_only_ways_back_go_back(tmp_path: Path) -> None:
    """A rollout is about many routines, too; a release is not."""
    office = fleet_office()
    with office:
        rollout = await _released(office, tmp_path)
        async with office.client() as client:
            single = (await client.release("aa", NEW)).run
            await client.undo(rollout)
            undone = await _view(client, undo.name)
            views = [await client.runs.get(run) for run in (rollout, single)]

    told = [(is_fleet(view), is_way_back(view)) for view in (*views, undone)]
    assert [(True, False), (False, False), (True, True)] == told
    assert "rollout spring" == outline_of(views[0]).title


async def test_one_that_died_before_it_did_anything_planned_nothing(
    tmp_path: Path,
) -> None:
    """Its journal has its name alone."""
    office = fleet_office()
    with office:
        run = await _released(office, tmp_path)
        async with office.client() as client:
            view = await client.runs.get(run)

    found = outline_of(evolve(view, history=History.of(())))

    assert ((), False) == (found.waves, found.is_back)
