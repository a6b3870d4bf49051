"""The rollouts that are disturbed at every point: a wave of one, then the others.

Nobody may fail: the first that does ends the rollout, and its wave goes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import anyio
from tests.crash.plays import BROKEN, ENVS, NEW, OLD, SETTLED, Journal, Play
from tests.crash.waves import waves_verdict

from esa_flows import Client
from esa_flows.fleet.plan import RolloutPlan
from esa_flows.fleet.rollout import rollout
from esa_flows.fleet.spec import FailureBudget, Member, Rollout, Wave
from esa_flows.model import RoutineName
from esa_flows.testing.rehearsal import Rehearsal
from esa_flows.testing.witness import Act

Fleet = Mapping[RoutineName, bytes]

FIRST, *OTHERS = map(RoutineName, ("aa", "bb", "cc"))
GOOD: Fleet = dict.fromkeys((FIRST, *OTHERS), NEW)
BAD: Fleet = {**GOOD, OTHERS[-1]: BROKEN}
PAIR: Fleet = dict.fromkeys((FIRST, OTHERS[0]), NEW)
SHARES = (10, 100)
CANARY = "10:3s,100"


def live(rehearsal: Rehearsal, fleet: Fleet) -> None:
    """Make routines that serve the same code everywhere."""
    console = rehearsal.cloud.console
    for name in fleet:
        version = console.add_version(name, OLD, "old")
        for env in ENVS:
            console.deploy(name, env, {version: 100})


async def _live(rehearsal: Rehearsal, fleet: Fleet = GOOD) -> None:
    live(rehearsal, fleet)
    await anyio.sleep(SETTLED)


async def _rolled_out(rehearsal: Rehearsal) -> None:
    """Roll a version out to all of them."""
    await _live(rehearsal, PAIR)
    await rehearsal.live(partial(_rollout, fleet=PAIR))
    await anyio.sleep(SETTLED)


async def _plan(client: Client, fleet: Fleet) -> RolloutPlan:
    members = [Member(name, code, canary=CANARY) for name, code in fleet.items()]
    waves = [Wave(1), Wave.rest()]
    wanted = Rollout(members=members, waves=waves, budget=FailureBudget())
    return await client.plan(wanted)


async def _rollout(client: Client, fleet: Fleet) -> Any:
    run = await client.start(await _plan(client, fleet))
    return await run.result()


async def _undo(client: Client) -> Any:
    runs = await client.runs.list()
    (found,) = (view.run for view in runs if view.run.flow == rollout.name)
    return await client.undo(found.id)


def _waves(
    acts: tuple[Act, ...], journal: Journal, about: Mapping[str, str], fleet: Fleet
) -> Iterable[str]:
    return waves_verdict(((FIRST,), tuple(fleet)[1:]), acts, journal, about)


def _played(name: str, fleet: Fleet, **more: Any) -> Play:
    """Make the play of a rollout."""
    return Play(
        name=name,
        prepare=partial(_live, fleet=fleet),
        act=partial(_rollout, fleet=fleet),
        plan=partial(_plan, fleet=fleet),
        also=partial(_waves, fleet=fleet),
        fleet=fleet,
        shares=SHARES,
        **more,
    )


FLEETS = (
    _played("fleet", GOOD),
    _played(
        "fleet with a bad one",
        BAD,
        kept=frozenset(OTHERS[-1:]),
        loose=frozenset(OTHERS[:1]),
        settings={"edge_lag": "1s"},  # a gate that hears the old code is content
    ),
    Play(
        name="fleet taken back",
        prepare=_rolled_out,
        act=_undo,
        fleet=dict.fromkeys(PAIR, OLD),
        goes_back=True,
    ),
)
"""Every rollout that may be disturbed anywhere."""
