"""The runs in a client's journal."""

from __future__ import annotations

import anyio
import pytest

from esa_flows import Client, Context, Denied, Outcome, ReleaseFailed, flow
from esa_flows.engine.state import State
from esa_flows.errors import IllegalMove, InvalidInput, Paused, UnknownRun
from tests.dcdn_house import ZHEJIANG, DcdnHouse
from tests.house import NEW, OTHER, House


async def test_runs_are_listed_newest_first_and_by_routine() -> None:
    """Each with its state, as many as wanted."""
    with House() as house:
        house.live()
        house.live("cart")
        async with house.client() as client:
            one = await client.release("shop", NEW)
            two = await client.release("cart", NEW)
            three = await client.release("shop", OTHER)
            every = [view.run.id for view in await client.runs.list()]
            ours = [view.run.id for view in await client.runs.list(routine="shop")]
            latest = await client.runs.list(most=1)

    assert [three.run, two.run, one.run] == every
    assert [three.run, one.run] == ours
    assert [(three.run, State.SUCCEEDED)] == [
        (view.run.id, view.history.state) for view in latest
    ]


async def test_a_run_is_found_by_the_beginning_of_its_id() -> None:
    """Four characters are enough; three are a typing error."""
    with House() as house:
        house.live()
        async with house.client() as client:
            report = await client.release("shop", NEW)
            view = await client.runs.get(report.run[:4])
            with pytest.raises(UnknownRun):
                await client.runs.get(report.run[:3])

    assert report.run == view.run.id
    assert not view.is_driven


@flow
async def outer(ctx: Context, name: str) -> str:
    """Do something twice as runs of its own."""
    await ctx.run(nothing, name, key="a", subject="shop")
    return await ctx.run(nothing, name, key="b", subject="cart")


@flow
async def nothing(ctx: Context, name: str) -> str:
    """Wait a second."""
    await ctx.sleep("1s", key="a")
    return name


async def test_the_runs_that_a_run_has_begun() -> None:
    """In the order they were begun, with their rows; of another run there are none."""
    house = House()
    async with house.client(flows=(outer, nothing)) as client:
        await client.run(outer, "x", run_id="mine0001")
        found = [(run, rows) async for run, rows in client.runs.children("mine0001")]
        none = [run async for run, _ in client.runs.children("mine0001.1")]
        heads = [view.run.id for view in await client.runs.list()]
        about = [view.run.id for view in await client.runs.list(routine="cart")]
        every = len(await client.runs.list(every=True))
        rest = [
            run.id
            async for run, _ in client.runs.children("mine0001", but={"mine0001.1"})
        ]

    assert [("mine0001.1", "shop"), ("mine0001.2", "cart")] == [
        (run.id, run.subject) for run, _ in found
    ]
    assert all(rows[-1].record.kind == "run.ended" for _, rows in found)
    assert (["mine0001"], ["mine0001.2"], 3) == (heads, about, every)
    assert ([], ["mine0001.2"]) == (none, rest)


async def test_a_pause_stops_a_run_in_another_process() -> None:
    """Whoever drives it stops where it is, says so, and it can go on."""
    with House() as house:
        house.live()
        house.alive.update({1, 2})
        said: list[ReleaseFailed] = []
        async with house.client() as driver, house.client() as other:

            async def drive() -> None:
                """Drive the run."""
                with pytest.raises(ReleaseFailed) as caught:
                    await driver.release("shop", NEW, canary="10:5m,100")

                said.append(caught.value)

            async with anyio.create_task_group() as both:
                both.start_soon(drive)
                await anyio.sleep(60)
                run = (await other.runs.unfinished("shop"))[0].run.id
                await other.runs.pause(run)

            paused = await other.runs.get(run)
            report = await other.resume(run)

        assert Outcome.PAUSED is said[0].report.outcome
        assert f"Run {run} was paused by someone." in said[0].report.reason
        assert State.PAUSED is paused.history.state
        assert Outcome.RELEASED is report.outcome


async def test_waiting_ends_with_the_run() -> None:
    """The value of a run that another process drives comes out here."""
    with House() as house:
        house.live()
        house.alive.update({1, 2})
        reports = []
        async with house.client() as driver, house.client() as other:

            async def drive(client: Client) -> None:
                """Drive the run."""
                reports.append(await client.release("shop", NEW, canary="10:5m,100"))

            async with anyio.create_task_group() as both:
                both.start_soon(drive, driver)
                await anyio.sleep(1)
                run = (await other.runs.unfinished("shop"))[0].run.id
                found = await other.runs.wait(run)

        assert [found] == reports


async def test_waiting_for_a_run_that_nobody_drives_gives_nothing() -> None:
    """It was left unfinished: there is no value to wait for."""
    with House() as house:
        house.live()
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("shop", NEW, canary="10:5m,100")

            run = (await client.runs.unfinished("shop"))[0].run.id
            found = await client.runs.wait(run)

        assert found is None


async def test_who_asks_is_recorded() -> None:
    """The name of the user goes with the request, for those who ask later."""
    with House() as house:
        house.live()
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("shop", NEW, canary="10:5m,100")

        async with house.client(environ={"LOGNAME": "mei"}) as client:
            run = (await client.runs.unfinished("shop"))[0].run.id
            await client.abort(run)
            rows = (await client.runs.get(run)).rows

        assert "mei" in [row.data.get("by") for row in rows]


async def test_an_abort_of_an_ended_run_is_no_row() -> None:
    """What is over gets no request that nobody will read."""
    with House() as house:
        house.live()
        async with house.client() as client:
            report = await client.release("shop", NEW)
            before = (await client.runs.get(report.run)).rows
            view = await client.runs.ask_to_abort(report.run)
            signals = await house.journal.signals(report.run, after=0)

        assert before == view.rows
        assert () == signals


@flow
async def asks(ctx: Context, name: str) -> str:
    """Ask a person; tell who agreed."""
    try:
        return (await ctx.approve(what=f"Release {name}?")).by
    except Denied as error:
        return error.message


async def test_a_run_is_approved_from_another_process() -> None:
    """It is held until then; who agreed goes into the journal."""
    with House() as house:
        house.alive.update({1, 2})
        found: list[str] = []
        async with (
            house.client(flows=(asks,)) as driver,
            house.client(environ={"USER": "mei"}) as other,
        ):

            async def drive() -> None:
                """Drive the run."""
                found.append(await driver.run(asks, "shop", run_id="mine0001"))

            async with anyio.create_task_group() as both:
                both.start_soon(drive)
                await anyio.sleep(60)
                held = await other.runs.get("mine0001")
                await other.runs.approve("mine")

        assert State.HELD is held.history.state
        assert ["mei"] == found


async def test_a_run_is_denied_while_nobody_drives_it() -> None:
    """Who goes on with it finds the answer."""
    with House() as house:
        async with house.client(flows=(asks,)) as client:
            with anyio.move_on_after(60):
                await client.run(asks, "shop", run_id="mine0001")

            await client.runs.deny("mine0001", by="eve")
            said = await client.resume("mine0001")

        assert "eve said no to approve#1 of run mine0001: Release shop?" == said


async def test_a_run_that_asks_nothing_takes_no_answer() -> None:
    """Running, or ended: the error says where it stands."""
    with House() as house:
        house.live()
        async with house.client() as client:
            report = await client.release("shop", NEW)
            with pytest.raises(IllegalMove, match="asks nothing; it is succeeded"):
                await client.runs.approve(report.run)

            assert () == await house.journal.signals(report.run, after=0)


async def test_a_paused_run_goes_on_when_another_process_asks() -> None:
    """The process that attends to it does; a second pause in between is nothing."""
    with House() as house:
        house.alive.update({1, 2})
        found: list[object] = []
        async with (
            house.client(flows=(naps,)) as driver,
            house.client(environ={"USER": "mei"}) as other,
        ):

            async def drive() -> None:
                """Drive the run; stay when it is paused."""
                with pytest.raises(Paused):
                    await driver.run(naps, "shop", run_id="mine0001")

                found.append(await driver.runs.attend("mine0001"))

            async with anyio.create_task_group() as both:
                both.start_soon(drive)
                await anyio.sleep(10)
                await other.runs.pause("mine")
                await anyio.sleep(600)
                await other.runs.pause("mine")
                await anyio.sleep(600)
                still = await other.runs.get("mine")
                await other.runs.resume("mine")

            rows = (await other.runs.get("mine")).rows
            again = await driver.runs.attend("mine")

        assert State.PAUSED is still.history.state
        assert ["rested"] == found == [again]
        resumed = [r.data for r in rows if r.data.get("event") == "resume"]
        assert ["mei"] == [body["by"] for body in resumed]


@flow
async def naps(ctx: Context, name: str) -> str:
    """Rest an hour."""
    await ctx.sleep("1h", key="nap")
    return "rested"


async def test_routines_of_one_name_on_two_clouds_have_runs_of_their_own() -> None:
    """One journal holds both; a release of one is no business of the other's."""
    with DcdnHouse() as house:
        house.live()
        House.live(house)
        async with house.client() as old, house.client(cloud="esa") as new:
            there = await old.release("shop", NEW)
            here = await new.release("shop", NEW)
            listed = [view.run.subject for view in await new.runs.list()]
            ours = [view.run.id for view in await new.runs.list(routine="shop")]
            theirs = [view.run.id for view in await old.runs.list(routine="shop")]
            named = [view.run.id for view in await new.runs.list(routine="dcdn/shop")]
            both = [view.run.id for view in await old.runs.list()]
            assert () == await old.runs.unfinished("")

    assert ["shop", "dcdn/shop"] == listed
    assert ([here.run], [there.run], [there.run]) == (ours, theirs, named)
    assert [here.run, there.run] == both


async def test_a_run_that_nobody_drives_is_not_aborted_from_the_other_cloud() -> None:
    """The request would lie there, and surprise who goes on with it."""
    with DcdnHouse() as house:
        house.live()
        house.areas(ZHEJIANG)
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("shop", NEW, canary="Zhejiang:5m,production")

        async with house.client(cloud="esa") as other:
            (view,) = await other.runs.list()
            with pytest.raises(InvalidInput, match="was begun on dcdn; this is esa"):
                await other.abort(view.run.id)

        assert () == await house.journal.signals(view.run.id, after=0)
