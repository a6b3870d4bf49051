"""What a journal knows of a rollout, for its way back."""

from __future__ import annotations

import anyio
import pytest

from esa_flows import Client
from esa_flows.errors import EsaFlowsError, InvalidInput, RunInProgress
from esa_flows.fleet.report import Ended, RoutineEnd
from esa_flows.localcloud import Fault
from esa_flows.model import VersionId
from esa_flows.undos import undo_from
from tests.dcdn_house import DcdnHouse
from tests.fleet.yard import RUN, Yard, ends, rollout_of
from tests.house import OTHER

TAKEN_BACK = RoutineEnd.TAKEN_BACK


async def test_a_rollout_that_has_not_ended_is_aborted_instead() -> None:
    """Or ended where it is; the sentence says how."""
    yard = Yard(canary="10:5m,100")
    yard.live("aa")
    async with yard.house.client() as client:
        with anyio.move_on_after(60):
            await yard.run(client, await yard.order(client, ["aa"]))

        with pytest.raises(RunInProgress, match="has not ended") as caught:
            await undo_from(client.runs, RUN)

    move = f"Take all of it back with: esa-flows abort {RUN} - or end it where it is"
    assert f"{move} with: esa-flows abort {RUN} --keep" == caught.value.next_move


async def test_it_gives_the_routines_that_were_released_in_their_waves() -> None:
    """With how far each came, which its own run has recorded."""
    yard = Yard(bad=("bb",))
    yard.live("aa", "bb")
    async with yard.house.client() as client:
        await yard.run(client, await yard.order(client, ["aa"], ["bb"], fleet=1))
        wanted = await undo_from(client.runs, RUN)

    assert [["aa"]] == [[t.name for t in wave.tasks] for wave in wanted.order.waves]
    assert ["aa"] == [leg.report.routine for leg in wanted.legs]


async def test_a_rollout_of_the_other_cloud_is_refused() -> None:
    """Its routines may have namesakes here."""
    with DcdnHouse() as house:
        house.live()
        async with house.client() as client:
            started = await client.start(rollout_of("shop", canary="production"))
            await started.result()

        async with house.client(cloud="esa") as other:
            with pytest.raises(InvalidInput, match="was begun on dcdn; this is esa"):
                await undo_from(other.runs, started.id)


async def test_what_stays_on_dcdn_is_told_with_its_cloud() -> None:
    """The command that takes it back needs it."""
    with DcdnHouse() as house:
        house.live()
        async with house.client() as client:
            started = await client.start(rollout_of("shop", canary="production"))
            await started.result()
            await client.release("shop", OTHER, canary="production")
            wanted = await undo_from(client.runs, started.id)

    assert () == wanted.legs
    assert wanted.order.others[0].next_move.endswith("rollback shop --cloud dcdn")


async def _kept(yard: Yard, after: float) -> None:
    """Let a rollout of two waves go for a while, and end it where it is."""
    yard.live("aa", "bb", "cc")
    async with yard.house.client() as client:
        with anyio.move_on_after(after):
            await yard.run(client, await yard.order(client, ["aa"], ["bb", "cc"]))

        await client.abort(RUN, keep=True)


async def _released() -> Yard:
    """Give a yard whose rollout of two waves has ended well."""
    yard = Yard()
    yard.live("aa", "bb", "cc")
    async with yard.house.client() as client:
        await yard.run(client, await yard.order(client, ["aa"], ["bb", "cc"]))

    return yard


@pytest.mark.parametrize("after", [0.3, 0.6, 0.9, 60.0, 301.0, 301.5, 302.0, 400.0])
async def test_what_was_ended_where_it_was_goes_back_wherever_that_was(
    after: float,
) -> None:
    """What is under way, what is ready and what is released: all is as before."""
    yard = Yard(canary="10:5m,100")
    await _kept(yard, after)
    with yard.house:
        async with yard.house.client() as client:
            left = [row.run.id for row in await client.runs.unfinished("")]
            plan = await client.plan_undo(RUN)
            report = await client.undo(RUN)
            still = await client.runs.unfinished("")

    assert sorted(left) == sorted(plan.unfinished)
    assert Ended.ROLLED_BACK is report.ended
    assert {TAKEN_BACK} == set(ends(report).values())
    assert all(map(yard.is_old, yard.olds))
    assert () == still


async def test_what_was_ended_before_anything_was_touched() -> None:
    """There is nothing to take back, and the sentence says so."""
    yard = Yard(canary="10:5m,100")
    await _kept(yard, 0.05)
    with yard.house:
        async with yard.house.client() as client:
            report = await client.undo(RUN)

    assert Ended.ROLLED_BACK is report.ended
    assert all(map(yard.is_old, yard.olds))


async def test_one_wave_of_what_was_ended_where_it_was() -> None:
    """The other goes on serving what is new."""
    yard = Yard(canaries={"cc": "10:5m,100"})
    await _kept(yard, 60.0)
    with yard.house:
        async with yard.house.client() as client:
            report = await client.undo(RUN, wave=2)

    assert {"bb": TAKEN_BACK, "cc": TAKEN_BACK} == ends(report)
    assert yard.new("aa")


async def test_where_it_goes_and_what_it_costs_is_known_before() -> None:
    """From the journal alone; the calls are exact, the time is the least."""
    yard = await _released()
    with yard.house:
        before = sum(yard.house.cloud.report().calls.values())
        async with yard.house.client() as client:
            plan = await client.plan_undo(RUN)
            asked = sum(yard.house.cloud.report().calls.values()) - before
            await client.undo(RUN)

        made = sum(yard.house.cloud.report().calls.values()) - before

    assert 0 == asked
    assert [("aa", 1), ("bb", 2), ("cc", 2)] == [
        (each.routine, each.wave) for each in plan.returns
    ]
    assert [{VersionId(old): 100} for old in yard.olds.values()] == [
        {share.version: share.percentage for share in each.to.shares}
        for each in plan.returns
        if each.to
    ]
    assert all(each.serves != each.to for each in plan.returns)
    assert made == plan.calls


async def _cut(client: Client, wave: int = 0) -> None:
    """Begin to take the rollout back, and die with the first step of its run."""
    with anyio.CancelScope() as scope:
        await client.undo(RUN, wave=wave, observer=lambda _: scope.cancel())


async def test_twice_at_once_is_one_way_back() -> None:
    """Whoever asks again waits for the same run, and is told how it ended."""
    yard = await _released()
    found, has_begun = [], anyio.Event()
    with yard.house:
        async with yard.house.client() as client, yard.house.client() as other:

            async def again() -> None:
                """Ask for the same as soon as it is under way."""
                await has_begun.wait()
                plan = await other.plan_undo(RUN)
                found.append((plan.joins, await other.undo(RUN)))

            yard.house.alive.update(range(1, yard.house.clients + 1))
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(again)
                report = await client.undo(RUN, observer=lambda _: has_begun.set())

            undone = [v for v in await client.runs.list() if v.run.flow == "undo"]

    assert [(report.run, report)] == found
    assert 1 == len(undone)


async def test_another_part_of_it_has_to_end_first() -> None:
    """The refusal names the run and what it takes back; it is gone on with."""
    yard = await _released()
    with yard.house:
        async with yard.house.client() as client:
            await _cut(client, wave=2)
            with pytest.raises(RunInProgress, match="which takes wave 2 of it back"):
                await client.plan_undo(RUN)

            await client.undo(RUN, wave=2)
            await _cut(client)
            with pytest.raises(RunInProgress, match="takes all of it back") as caught:
                await client.undo(RUN, wave=1)

    assert "Finish that first with: esa-flows resume" in caught.value.next_move


async def test_what_cannot_be_aborted_is_told() -> None:
    """Trouble with the account ends the call; the same call goes on, later."""
    yard = Yard(canary="10:5m,100")
    await _kept(yard, 60.0)
    with yard.house:
        async with yard.house.client() as client:
            yard.house.cloud.inject(
                Fault(operation="GetRoutine", kind="refuse", code="Forbidden.RAM")
            )
            with pytest.raises(EsaFlowsError):
                await client.undo(RUN)

            report = await client.undo(RUN)

    assert Ended.ROLLED_BACK is report.ended
    assert all(map(yard.is_old, yard.olds))
