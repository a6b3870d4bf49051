"""A small fleet is struck at every call and record: the same end, nothing doubled.

One scenario in several; with EACH = 1 every one of them is played.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

import anyio
import pytest
from attrs import frozen
from tests.crash.plays import BROKEN, ENVS, NEW, OLD

from esa_flows import Client
from esa_flows.fleet.report import Ended, RolloutReport
from esa_flows.fleet.spec import FailureBudget, Member, Rollout, Wave
from esa_flows.testing import virtual_backend
from esa_flows.testing.fate import Disturbance, Fate
from esa_flows.testing.rehearsal import Rehearsal

EACH = 9
"""Of so many scenarios one is played here."""

NAMES = ("aa", "bb", "cc")
DEATHS = ("die before", "die after")
FAULTS = ("lost", "reset", "throttle", "error")


@frozen(kw_only=True)
class Seen:
    """What a fleet came to.

    Attributes:
        ended: How the rollout ended.
        new: Routines whose production serves the new version, whole.
        old: Routines that serve what they did in both environments.
        tagged: How many versions of ours each routine has.
        calls: Calls that were made.
        records: Records that were written.
    """

    ended: Ended | None
    new: tuple[str, ...]
    old: tuple[str, ...]
    tagged: tuple[int, ...]
    calls: int
    records: int


async def _played(bad: str, disturbances: tuple[Disturbance, ...]) -> Seen:
    """Release three routines in two waves while something goes wrong."""
    rehearsal = Rehearsal(fate=Fate(disturbances))
    console, olds = rehearsal.cloud.console, dict[str, str]()
    for name in NAMES:
        olds[name] = console.add_version(name, OLD, "old")
        for env in ENVS:
            console.deploy(name, env, {olds[name]: 100})

    told: Any = None
    for _ in range(8):
        told = (await rehearsal.live(partial(_act, bad=bad))).value
        if told is not None:
            break

    report = rehearsal.cloud.report()

    assert () == report.violations
    splits = report.splits
    whole = {
        name: {env: next(iter(splits[name][env])) for env in ENVS} for name in NAMES
    }
    ours = {
        name: tuple(
            v.id
            for v in console.routine(name).versions.values()
            if v.description.startswith("ef1 ")
        )
        for name in NAMES
    }
    return Seen(
        ended=told.ended if isinstance(told, RolloutReport) else None,
        new=tuple(n for n in NAMES if whole[n]["production"] in ours[n]),
        old=tuple(n for n in NAMES if {*whole[n].values()} == {olds[n]}),
        tagged=tuple(len(ours[name]) for name in NAMES),
        calls=len(rehearsal.fate.calls),
        records=rehearsal.fate.records,
    )


async def _act(client: Client, *, bad: str) -> Any:
    """Plan and begin a rollout; where it was begun already, go on with it."""
    members = [
        Member(name, BROKEN if name == bad else NEW, canary="10:3s,100")
        for name in NAMES
    ]
    wanted = Rollout(
        members=members, waves=[Wave(1), Wave.rest()], budget=FailureBudget()
    )
    plan = await client.plan(wanted, run_id="fleet1")
    run = await client.start(plan)
    return await run.result()


def _seen(bad: str, *disturbances: Disturbance) -> Seen:
    name, options = virtual_backend("asyncio")
    return anyio.run(
        partial(_played, bad, disturbances), backend=name, backend_options=options
    )


def _struck(right: Seen, kinds: tuple[str, ...]) -> Iterator[Disturbance]:
    for number in range(1, right.calls + 1):
        for kind in kinds:
            yield Disturbance(at="call", number=number, kind=kind)

    for number in range(1, right.records + 1):
        for kind in set(kinds) & set(DEATHS):
            yield Disturbance(at="record", number=number, kind=kind)


@pytest.mark.parametrize("bad", ["", "cc"], ids=["good", "bad"])
def test_a_death_anywhere_changes_no_end(bad: str) -> None:
    """Released as planned; or the second wave back where it was, whoever went on."""
    right = _seen(bad)
    if bad:
        assert (Ended.ROLLED_BACK, ("aa",)) == (right.ended, right.new)
        assert ("bb", "cc") == right.old
    else:
        assert (Ended.DONE, NAMES) == (right.ended, right.new)

    unborn = Disturbance(at="record", number=1, kind="die before")
    for strike in (unborn, *islice(_struck(right, DEATHS), len(bad), None, EACH)):
        found = _seen(bad, strike)

        assert (str(strike), right.ended, right.new, right.old) == (
            str(strike),
            found.ended,
            found.new,
            found.old,
        )
        # Who goes on may know of the failure before it begins the others.
        assert right.tagged == found.tagged or (bad and max(found.tagged) == 1)


def test_a_fault_anywhere_is_got_over_or_ends_as_before() -> None:
    """A lost answer, a broken connection, a throttled call, an error of the server."""
    right = _seen("")
    for strike in islice(_struck(right, FAULTS), 0, None, EACH):
        found = _seen("", strike)
        is_right = found.new == NAMES and found.ended is Ended.DONE
        is_back = {*found.new} | {*found.old} == {*NAMES}

        assert (str(strike), True) == (str(strike), is_right or is_back)
