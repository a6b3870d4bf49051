"""Every call of every flow goes wrong once in every way; every record is the last."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from tests.crash.scenes import RESUMES, SCENES, End, MortalJournal, Scene, end_of
from tests.house import OTHER, House

from esa_flows import Client, Outcome, Report
from esa_flows.errors import EsaFlowsError
from esa_flows.localcloud import Fault, Switches
from esa_flows.localcloud.faults import Kind

KINDS: tuple[Kind, ...] = ("reset", "lost", "error", "html", "throttle", "truncate")
ON_BOTH = ("lost", "error")
"""Faults that try the looking before a repeat: each on asyncio and on trio."""


async def _undisturbed(scene: Scene, **switches: Any) -> tuple[End, list[str], int]:
    """Give a scene's end, its calls, and how many rows it writes."""
    with House(journal=MortalJournal(), switches=Switches(**switches)) as house:
        await scene.prepare(house)
        house.transport.forget()
        async with house.client() as client:
            report = await scene.act(client)
            rows = (await client.runs.get(report.run)).rows

        return end_of(house, report), list(house.transport.calls), len(rows)


async def _to_the_end(client: Client, report: Report) -> Report:
    """Go on with a run that was paused."""
    for _ in range(RESUMES):
        if report.outcome is not Outcome.PAUSED:
            break

        report = await client.resume(report.run, check=False)

    return report


def _fault(kind: Kind, number: int, call: str) -> Fault:
    """Make a fault for the n-th call; the object store has no code for throttling."""
    if kind == "throttle" and call == "post":
        return Fault(
            operation="*",
            call=number,
            kind="error",
            status=503,
            code="ServiceUnavailable",
        )

    return Fault(operation="*", call=number, kind=kind)


async def _with_fault(scene: Scene, fault: Fault, **switches: Any) -> tuple[End, House]:
    house = House(switches=Switches(**switches))
    await scene.prepare(house)
    house.cloud.inject(fault)
    async with house.client() as client:
        report = await _to_the_end(client, await scene.act(client))

    return end_of(house, report), house


async def _with_death(house: House, scene: Scene, row: int, *, keeps: bool) -> None:
    """Let a process die at a row of a scene."""
    journal = house.journal
    assert isinstance(journal, MortalJournal)
    journal.die_at(row, keeps=keeps)
    with contextlib.suppress(EsaFlowsError):
        async with house.client() as client:
            await scene.act(client)

    journal.revive()


async def _resumed(scene: Scene, row: int, *, keeps: bool) -> tuple[End, House]:
    """Let another process go on after a death."""
    house = House(journal=MortalJournal())
    await scene.prepare(house)
    await _with_death(house, scene, row, keeps=keeps)
    report = None
    async with house.client() as client:
        runs = await client.runs.unfinished("shop")
        for found in runs:
            report = await client.resume(found.run.id, check=False)

        if not runs:
            latest = (await client.runs.list(routine="shop"))[0]
            report = await client.resume(latest.run.id, check=False)

    return end_of(house, report), house


async def _aborted(scene: Scene, row: int, *, keeps: bool, lag: float) -> None:
    """Let another process abort after a death; hold it to the way back."""
    house = House(journal=MortalJournal(), switches=Switches(live_lag=lag))
    await scene.prepare(house)
    before = end_of(house, None)
    await _with_death(house, scene, row, keeps=keeps)
    async with house.client() as client:
        for found in await client.runs.unfinished("shop"):
            report = await client.abort(found.run.id)
            if report.outcome is Outcome.RELEASED:
                return  # nothing was left to be stopped

            end = end_of(house, None)

            assert (row, Outcome.ABORTED) == (row, report.outcome)
            assert (row, before.production) == (row, end.production)
            assert (row, before.staging) == (row, end.staging)
            assert end.tagged <= before.tagged + scene.makes

        assert () == await client.runs.unfinished("shop")

    house.judge()


def _is_turn(number: int, backend: str) -> bool:
    """Share scenarios out: every other one runs on asyncio, the rest on trio."""
    return number % 2 == (backend == "trio")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_a_fault_at_any_call_changes_nothing_in_the_end(
    scene: Scene, kind: Kind, anyio_backend_name: str
) -> None:
    """One fault at any call: the same end, no version too many, no broken promise."""
    right, calls, _ = await _undisturbed(scene)

    for number, call in enumerate(calls, start=1):
        if kind not in ON_BOTH and not _is_turn(number, anyio_backend_name):
            continue

        end, house = await _with_fault(scene, _fault(kind, number, call))

        assert (call, number, right) == (call, number, end)
        house.judge()


@pytest.mark.parametrize("keeps", [True, False], ids=["written", "not written"])
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_death_at_any_record_changes_nothing_in_the_end(
    scene: Scene, *, keeps: bool
) -> None:
    """A process dies at any record; another one comes to the same end."""
    right, _, rows = await _undisturbed(scene)

    first = 1 if keeps else 2  # before its first record a run is nobody's
    for row in range(first, rows + 1):
        end, house = await _resumed(scene, row, keeps=keeps)

        assert (row, right) == (row, end)
        house.judge()


@pytest.mark.parametrize("lag", [0.0, 20.0], ids=["seen at once", "seen late"])
@pytest.mark.parametrize("keeps", [True, False], ids=["written", "not written"])
@pytest.mark.parametrize("name", ["at quota", "canary", "variables"])
async def test_an_abort_after_death_at_any_record_leads_back(
    name: str, *, keeps: bool, lag: float, anyio_backend_name: str
) -> None:
    """A process dies at any record and a person aborts: what served before serves."""
    scene = next(each for each in SCENES if each.name == name)
    _, _, rows = await _undisturbed(scene)

    for row in range(2, rows + 1):
        if _is_turn(row, anyio_backend_name):
            await _aborted(scene, row, keeps=keeps, lag=lag)


HARSH = (
    {"list_lag": 5.0, "live_lag": 5.0, "ready_after": 3.0, "edge_lag": 1.0},
    {"numeric_ids": True, "list_unstable": True, "oss_token": False},
    {"delete_guard": False, "deploy_unready": "accept", "slot_counts": "commit"},
    {"unknown_version_code": "ParameterNotExist", "fresh_edge_401": 30.0},
    {"latency": (0.05, 0.9)},
)


@pytest.mark.parametrize("switches", HARSH, ids=lambda switches: next(iter(switches)))
@pytest.mark.parametrize("name", ["at quota", "canary", "variables"])
async def test_a_fault_changes_nothing_however_the_provider_behaves(
    name: str, switches: dict[str, Any], anyio_backend_name: str
) -> None:
    """A lost answer to any call, and what nobody documents set the other way."""
    scene = next(each for each in SCENES if each.name == name)
    right, calls, _ = await _undisturbed(scene, **switches)

    for number, call in enumerate(calls, start=1):
        if not _is_turn(number, anyio_backend_name):
            continue

        end, house = await _with_fault(scene, _fault("lost", number, call), **switches)

        assert (call, number, right) == (call, number, end)
        house.judge()


async def test_death_before_the_first_record_blocks_nobody() -> None:
    """A run that died before it said what it was to do is ended by an abort."""
    scene = next(each for each in SCENES if each.name == "canary")
    with House(journal=MortalJournal()) as house:
        await scene.prepare(house)
        await _with_death(house, scene, 1, keeps=False)
        async with house.client() as client:
            (listed,) = await client.runs.unfinished("shop")
            report = await client.abort(listed.run.id)
            released = await client.release("shop", OTHER)

        assert Outcome.FAILED is report.outcome
        assert "nothing was done" in report.reason
        assert Outcome.RELEASED is released.outcome
