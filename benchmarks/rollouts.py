"""Rollouts in virtual time, to a local cloud in this process.

`python -m benchmarks.rollouts ARM [SIZE]` prints one line of figures. What the house
of the tests does beside the client and the cloud is left out, as CPU is measured too.
"""

from __future__ import annotations

import gc
import itertools
import json
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
from attrs import define, field, frozen
from tests.house import BROKEN, EDGE, NEW, OLD, House

from esa_flows import Client
from esa_flows.engine.journal_sqlite import SQLiteJournal
from esa_flows.engine.observe import Moment
from esa_flows.fleet.plan import RolloutPlan
from esa_flows.fleet.report import RolloutReport
from esa_flows.fleet.spec import FailureBudget, Member, Rollout, Wave
from esa_flows.localcloud import Switches
from esa_flows.testing import virtual_backend
from esa_flows.wire.cap import Cap
from esa_flows.wire.rule import Rule

__all__ = ["SHAPES", "N"]

N, LATENCY, AWAY = 100, 0.02, 0.1
CREDIT = 0.98
ALL = FailureBudget(fleet="100%")
GATE = "http:/ status<500 at=production every=0.5s count=1"
KB = 1024.0

Figures = dict[str, float]


def strict(calls: float, latency: float = LATENCY) -> float:
    """Give the seconds that calls need where a slot rests after each answer."""
    return calls * (Rule().period + latency) / N


@define
class Site:
    """A cloud with routines that all serve something old, and what it counted.

    Attributes:
        house: The cloud and what its clients are made of.
        names: The routines.
        times: When each request was answered, and what it asked for.
    """

    house: House
    names: list[str]
    times: list[tuple[float, str]] = field(factory=list)

    @classmethod
    def of(cls, size: int, latency: float = LATENCY) -> Site:
        """Make routines that serve one version in both environments."""
        house = House(switches=Switches(latency=latency, routine_quota=1_000_000))
        house.transport.watch = lambda: (
            None
        )  # what the house notes there grows with the fleet
        made = cls(house, [f"routine-{number:05}" for number in range(size)])
        for name in made.names:
            made.live(name)

        return made

    def live(self, name: str, code: bytes = OLD) -> None:
        """Make a routine serve some code."""
        console = self.house.cloud.console
        version = console.add_version(name, code, "before")
        for env in EDGE:
            console.deploy(name, env, {version: 100})

    def watched(self) -> None:
        """Note from here on when each request is answered."""
        calls = self.house.transport.calls
        calls.clear()
        self.times.clear()
        self.house.transport.watch = lambda: self.times.append(
            (anyio.current_time(), calls[-1])
        )

    @property
    def calls(self) -> int:
        """Calls that the cloud counted against the cap."""
        told = self.house.cloud.report().calls
        return sum(count for name, count in told.items() if name != "PostObject")

    def fleet(self, names: Iterable[str] | None = None, **choices: Any) -> Rollout:
        """Give a rollout of the new code; by default to all, and all may fail."""
        members = [Member(name, NEW) for name in names or self.names]
        given: dict[str, Any] = {"members": members, "budget": ALL}
        return Rollout(**given | choices)


async def done(client: Client, plan: RolloutPlan) -> RolloutReport:
    """Carry a plan out, when the calls that made it do not count any more."""
    await anyio.sleep(2)
    report: RolloutReport = await (await client.start(plan)).result()
    assert report.is_good, report

    return report


async def forward(size: int, **parts: Any) -> Figures:
    """Release a fleet in one wave."""
    site = Site.of(size)
    async with site.house.client(**parts) as client:
        spent = time.process_time()
        plan = await client.plan(site.fleet())
        planning = time.process_time() - spent
        before, began = site.calls, anyio.current_time() + 2
        spent = time.process_time()
        await done(client, plan)
        spent = time.process_time() - spent

    calls = site.calls - before
    return {
        "seconds": anyio.current_time() - began,
        "calls": calls,
        "least": strict(calls),
        "fullest": site.house.cloud.report().peak_window,
        "planning": planning / size * 1e3,
        "ms": spent / size * 1e3,
    }


async def credit(size: int) -> Figures:
    """Release a fleet under a cap that takes the way of a call into account."""
    return await forward(size, cap=Cap(N, credit=CREDIT))


async def memory(size: int) -> Figures:
    """Measure what a plan holds, and its run: as it begins, and with all it may do."""
    with tempfile.TemporaryDirectory() as folder:
        site = Site.of(size)
        site.house.journal = SQLiteJournal(Path(folder) / "journal.db", writer="inline")
        async with site.house.client() as client:
            await client.plan(site.fleet(site.names[:1]))  # what is made once
            tracemalloc.start()
            plan = await client.plan(site.fleet())
            held = {"plan": traced()}
            del plan
            held["plan"] -= traced()
            tracemalloc.stop()
            return held | await _begun(client, site)


async def _begun(client: Client, site: Site) -> Figures:
    plan = await client.plan(site.fleet())
    found, after = [], (1, 4 * plan.concurrency)
    through, calls = anyio.Event(), itertools.count(1)

    def look() -> None:
        """Measure after the first call, and once as many are under way as may be."""
        call = next(calls)
        if call in after:
            found.append(traced())

        if call == after[-1]:
            through.set()

    site.house.transport.watch = look
    gc.collect()
    tracemalloc.start()
    run = await client.start(plan)
    await through.wait()
    tracemalloc.stop()
    await run.pause()
    first, later = found
    return {"first": first, "flight": (later - first) / plan.concurrency}


def traced() -> float:
    """Give the kilobytes that are held now, of those traced."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0] / KB


@frozen(kw_only=True)
class Shape:
    """A rollout whose plan is held against what it takes.

    Attributes:
        what: In words.
        size: Routines.
        latency: Seconds from a call to its answer.
        canary: Shares of each.
        choices: What else the rollout says.
        unchanged: How many serve the new code already.
    """

    what: str
    size: int = 60
    latency: float = LATENCY
    canary: str = "100"
    choices: Mapping[str, Any] = field(factory=dict)
    unchanged: int = 0

    async def held(self) -> Figures:
        """Plan it, carry it out; give both."""
        site = Site.of(self.size, self.latency)
        for name in site.names[: self.unchanged]:
            site.live(name, NEW)

        members = [Member(name, NEW, canary=self.canary) for name in site.names]
        choices = {"members": members} | dict(self.choices)
        async with site.house.client() as client:
            plan = await client.plan(site.fleet(**choices))
            before, began = site.calls, anyio.current_time() + 2
            await done(client, plan)
            seconds = anyio.current_time() - began

        planned = plan.minimum_time.seconds
        return {
            "calls": site.calls - before,
            "planned_calls": plan.capped_calls,
            "seconds": seconds,
            "planned_seconds": planned,
        }


WAVES = (Wave(1, bake="30s"), Wave(upto="20%", bake="20s"), Wave.rest())
SHAPES: dict[str, Shape] = {
    "cap": Shape(what="one share", size=200),
    "canary": Shape(
        what="three shares, a bake of 20 s each", canary="5:20s,25:20s,100"
    ),
    "unchanged": Shape(what="a third unchanged", size=90, unchanged=30),
    "waves": Shape(what="three waves with bakes", choices={"waves": WAVES}),
    "few": Shape(what="few, 300 ms away", size=5, latency=0.3),
    "strict": Shape(
        what="one exposed at a time", choices={"budget": FailureBudget(fleet=0)}
    ),
    "slow": Shape(what="a slow start", choices={"slow_start": True}),
    "narrow": Shape(what="four at once", choices={"concurrency": 4}),
    "mixed": Shape(
        what="waves, three shares, unchanged ones, two may fail",
        size=100,
        canary="5:5s,25:5s,100",
        choices={"waves": WAVES, "budget": FailureBudget(fleet=2)},
        unchanged=20,
    ),
}


async def plans(_: int) -> Figures:
    """Hold each shape's plan against its run."""
    found: Figures = {}
    for name, shape in SHAPES.items():
        held = await shape.held()
        found |= {f"{name} {figure}": value for figure, value in held.items()}

    return found


async def back(size: int) -> Figures:
    """Expose a fleet, then abort it while others upload."""
    others = max(10, size // 20)
    site = Site.of(size + 1 + others)
    mine, theirs = site.names[: size + 1], site.names[size + 1 :]
    waves = [Wave(size, approve=True), Wave.rest()]
    async with site.house.client() as client:
        plan = await client.plan(site.fleet(mine, waves=waves))
        uploads = await client.plan(site.fleet(theirs))
        run = await client.start(plan)
        async for happening in run.events():
            if happening.moment is Moment.ASKING:
                break

        await client.start(uploads)
        await anyio.sleep(0.1)
        before, began = site.calls, anyio.current_time()
        await run.abort()
        report: RolloutReport = await run.result()
        assert report.was_aborted, report
        assert not report.stuck, report
        seconds, calls = anyio.current_time() - began, site.calls - before
        fullest = site.house.cloud.report().peak_window

    return {"seconds": seconds, "calls": calls, "fullest": fullest}


async def alone(_: int) -> Figures:
    """Let one routine go back: by a gate that fails, and by an abort."""
    found: Figures = {"latency": AWAY}
    for why, way in {"gate": by_gate, "abort": by_abort}.items():
        site, began = await way()
        looks = [at - began for at, told in site.times if told == "observe"]
        deploys = [at - began for at, told in site.times if told.startswith("deploy")]
        asked = next(at for at in deploys if at > 0)
        found |= {why: next(at for at in looks if at > asked), f"{why} all": looks[-1]}

    return found


async def by_gate() -> tuple[Site, float]:
    """Let a gate fail; give what was seen, and when the gate was answered."""
    site = Site.of(1, AWAY)
    choices: Mapping[str, Any] = {"gates": (GATE,), "probe": False}
    member = Member(site.names[0], BROKEN, canary="50:30s,100", choices=choices)
    async with site.house.client(production_edge=EDGE["production"]) as client:
        plan = await client.plan(Rollout(members=[member]))
        site.watched()
        report = await (await client.start(plan)).result()
        assert not report.is_good, report

    return site, max(at for at, label in site.times if label == "ask edge")


async def by_abort() -> tuple[Site, float]:
    """Abort in a canary; give what was seen, and when that was."""
    site = Site.of(1, AWAY)
    member = Member(site.names[0], NEW, canary="5:60s,100")
    async with site.house.client() as client:
        plan = await client.plan(Rollout(members=[member]))
        run = await client.start(plan)
        await anyio.sleep(20)
        site.watched()
        began = anyio.current_time()
        await run.abort()
        report: RolloutReport = await run.result()
        assert report.was_aborted, report

    return site, began


ARMS: dict[str, Callable[[int], Awaitable[Figures]]] = {
    "forward": forward,
    "credit": credit,
    "memory": memory,
    "plans": plans,
    "back": back,
    "alone": alone,
}


def main(arm: str, size: Sequence[str]) -> None:
    """Run one arm; print its figures."""
    backend, options = virtual_backend("asyncio")
    number = int(size[0]) if size else 0
    work = ARMS[arm]
    print(json.dumps(anyio.run(work, number, backend=backend, backend_options=options)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
