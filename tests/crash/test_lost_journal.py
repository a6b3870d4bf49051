"""A process dies at any record, and journal and store with it: a plan is left."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import anyio
import pytest
from attrs import define, field, frozen
from tests.house import NEW, OTHER, House

from esa_flows import Outcome, Report
from esa_flows.engine.journal import Lease, Record, Row
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import EsaFlowsError, JournalUnavailable
from esa_flows.files import MemoryBlobs
from esa_flows.localcloud import Switches
from esa_flows.release.planned import Plan

SETTLED = 60.0
"""Seconds after which everybody sees what was done before."""


@frozen(kw_only=True)
class End:
    """What is left when a release is over, told without ids and times.

    Attributes:
        outcome: How it ended.
        production: Digests of what serves, with their shares.
        staging: The same.
        tagged: Versions that carry our tag.
        versions: All versions.
    """

    outcome: str
    production: dict[str, int]
    staging: dict[str, int]
    tagged: int
    versions: int


def end_of(house: House, report: Report) -> End:
    """Say what is left."""
    production, staging = (
        {house.digest(v): share for v, share in house.serves(env=env).items()}
        for env in ("production", "staging")
    )
    return End(
        outcome=report.outcome.value,
        production=production,
        staging=staging,
        tagged=len(house.tagged()),
        versions=len(house.versions()),
    )


@define
class MortalJournal(MemoryJournal):
    """A journal whose process dies at a certain row.

    Attributes:
        left: Rows until death; None for a long life.
        keeps: Whether the row of death is written.
    """

    left: int | None = field(default=None, init=False)
    keeps: bool = field(default=True, init=False)

    def __attrs_post_init__(self) -> None:
        MemoryJournal.__init__(self)

    def die_at(self, row: int, *, keeps: bool) -> None:
        """Let the present process die at the so-manieth row from now."""
        self.left, self.keeps = row, keeps

    async def append(self, lease: Lease, records: Iterable[Record]) -> tuple[Row, ...]:
        """Append, unless the process is dead or dies of it."""
        if self.left is None:
            return await super().append(lease, records)

        self.left -= 1
        if self.left > 0:
            return await super().append(lease, records)

        if self.left == 0 and self.keeps:
            await super().append(lease, records)

        raise JournalUnavailable("The process is dead.")


async def _empty(_: House) -> None:
    pass


async def _live(house: House) -> None:
    house.live()
    await anyio.sleep(SETTLED)


async def _full(house: House) -> None:
    house.live(versions=10)
    await anyio.sleep(SETTLED)


async def _bound(house: House) -> None:
    house.live_bound()
    await anyio.sleep(SETTLED)


async def _released_twice(house: House) -> None:
    await _live(house)
    async with house.client() as client:
        for code in (NEW, OTHER):
            await client.release("shop", code)
            await anyio.sleep(SETTLED)


async def _foreign_canary(house: House) -> None:
    stable = house.live()
    other = house.cloud.console.add_version("shop", OTHER)
    house.deploy({stable: 70, other: 30})
    await anyio.sleep(SETTLED)


Prepare = Callable[[House], Awaitable[None]]
PREPARED: dict[str, Prepare] = {
    "canary": _live,
    "fresh": _empty,
    "at quota": _full,
    "adopt": _released_twice,
    "abort first": _foreign_canary,
    "variables": _bound,
    "supersede": _foreign_canary,
}
CANARY = "10:3s,50:3s,100"
CASES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("canary", {"canary": CANARY}),
    ("fresh", {"canary": "10:3s,100:3s", "create": True}),
    ("at quota", {"canary": "100"}),
    ("adopt", {"canary": CANARY}),
    ("abort first", {"canary": "10:3s,100", "on_conflict": "abort-first"}),
    ("variables", {"canary": "10:3s,100"}),
    ("supersede", {"canary": "10:3s,100", "on_conflict": "supersede"}),
)


async def _planned(house: House, choices: dict[str, Any]) -> Plan:
    async with house.client() as client:
        plan = await client.plan("shop", NEW, **choices)

    return Plan.parse(plan.to_json())


async def _release(house: House, plan: Plan, choices: dict[str, Any]) -> Any:
    run = plan.releases[0].run
    async with house.client() as client:
        return await client.release("shop", NEW, run_id=run, check=False, **choices)


async def _undisturbed(name: str, choices: dict[str, Any]) -> tuple[End, int]:
    """Give the end of an undisturbed release, and how many rows it writes."""
    with House(journal=MortalJournal()) as house:
        await PREPARED[name](house)
        plan = await _planned(house, choices)
        report = await _release(house, plan, choices)
        rows = await house.journal.rows(report.run)
        return end_of(house, report), len(rows)


async def _from_plan(house: House, plan: Plan) -> End:
    """Go on with nothing but the plan and the bundle's bytes."""
    blobs = MemoryBlobs()
    await blobs.put_bytes(NEW)
    async with house.client(journal=MemoryJournal(), blobs=blobs) as client:
        report = await client.resume(plan, check=False)

    assert report.outcome is not Outcome.PAUSED
    return end_of(house, report)


@pytest.mark.parametrize("keeps", [True, False], ids=["written", "not written"])
@pytest.mark.parametrize("lag", [0.0, 20.0], ids=["seen at once", "seen late"])
@pytest.mark.parametrize(("name", "choices"), CASES, ids=[name for name, _ in CASES])
async def test_a_plan_comes_to_the_same_end(
    name: str,
    choices: dict[str, Any],
    lag: float,
    *,
    keeps: bool,
    anyio_backend_name: str,
) -> None:
    """Wherever the process died: no second version, no step back, no promise broken."""
    right, rows = await _undisturbed(name, choices)

    for row in range(1, rows + 1):
        if row % 2 == (anyio_backend_name == "trio"):
            continue

        journal = MortalJournal()
        house = House(
            journal=journal, switches=Switches(live_lag=lag, list_lag=lag / 2)
        )
        await PREPARED[name](house)
        plan = await _planned(house, choices)
        journal.die_at(row, keeps=keeps)
        with contextlib.suppress(EsaFlowsError):
            await _release(house, plan, choices)

        end = await _from_plan(house, plan)

        assert (row, right) == (row, end)
        house.judge()
