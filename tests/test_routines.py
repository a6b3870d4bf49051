"""The routines of an account: listed whole, looked at, removed."""

from __future__ import annotations

import anyio
import pytest

from esa_flows import Client
from esa_flows.errors import (
    InvalidInput,
    Refused,
    RoutineNotFound,
    RunInProgress,
    UnknownRun,
)
from esa_flows.localcloud import Fault, Switches
from esa_flows.model import Selector
from esa_flows.release.remove import Removal
from esa_flows.routines import Routines
from tests.dcdn_house import ZHEJIANG, DcdnHouse
from tests.house import NEW, OLD, House


def of(client: Client) -> Routines:
    """Give the routines of a client's account."""
    return Routines(client.connection, client.runs)


async def test_the_routines_of_an_account_come_by_name() -> None:
    """All, or those that a selector means."""
    with House() as house:
        for name in ("shop", "cart-b", "cart-a"):
            house.cloud.console.routine(name)

        async with house.client() as client:
            every = await client.routines()
            carts = await client.routines("name:cart-*")
            shop = await client.routines(Selector.parse("name:s*"))
            none = await client.routines("name:x*")

        assert ["cart-a", "cart-b", "shop"] == [one.name for one in every]
        assert ["cart-a", "cart-b"] == [one.name for one in carts]
        assert ["shop"] == [one.name for one in shop]
        assert () == none


async def test_a_selector_is_checked_before_anything_is_asked() -> None:
    """A typing error costs no call."""
    with House() as house:
        async with house.client() as client:
            with pytest.raises(InvalidInput, match="does not say what to look at"):
                await client.routines("cart-*")

        assert [] == house.transport.calls


async def test_a_selector_never_works_on_a_part() -> None:
    """More than are shown, and no other way: both numbers are told."""
    switches = Switches(denied={"esa:GetRoutineUserInfo"})
    with House(switches=switches) as house:
        for n in range(201):
            house.cloud.console.routine(f"r-{n}")

        house.cloud.inject(
            Fault(
                operation="ListUserRoutines",
                kind="refuse",
                code="InvalidParameter",
                call=2,
                times=None,
            )
        )
        async with house.client() as client:
            with pytest.raises(Refused):
                await client.routines("name:r-1*")


async def test_a_routine_is_shown_with_what_leads_to_it() -> None:
    """What serves, which versions, routes, records."""
    with House() as house:
        live = house.live(versions=2)
        async with house.client() as client:
            found = await client.routine("shop")

        assert found.world.routine.production is not None
        assert {live} == found.world.routine.live
        assert 2 == len(found.world.versions)
        assert ((), (), ()) == (found.routes, found.records, found.unread)


async def test_what_is_not_allowed_is_done_without() -> None:
    """The rest is shown, and why something is not."""
    denied = {"esa:ListRoutineRoutes", "esa:ListRoutineRelatedRecords"}
    with House(switches=Switches(denied=denied)) as house:
        house.live()
        async with house.client() as client:
            found = await client.routine("shop")

        assert (None, None) == (found.routes, found.records)
        assert 2 == len(found.unread)
        assert "ListRoutineRoutes is not allowed" in found.unread[0]


async def test_a_routine_that_is_not_there_is_an_error() -> None:
    """At the first look, and where it goes while it is looked at."""
    with House() as house:
        async with house.client() as client:
            with pytest.raises(RoutineNotFound):
                await client.routine("shop")

        house.live()
        state, account = house.cloud.world.state, house.cloud.console.account
        house.transport.before(
            "routes", lambda: state.delete_routine(account, "shop", guard=False)
        )
        async with house.client() as client:
            with pytest.raises(RoutineNotFound):
                await client.routine("shop")


async def test_a_removal_is_a_run_like_others() -> None:
    """It is in the journal, about its routine."""
    with House() as house:
        house.cloud.console.add_version("shop", OLD)
        async with house.client() as client:
            gone = await of(client).remove(Removal(routine="shop"))
            view = await client.runs.get(gone.run)

        assert ("remove", "shop") == (view.run.flow, view.run.subject)
        assert view.history.is_ended


async def test_a_routine_is_not_removed_under_a_run() -> None:
    """A release that is not over refers to it; nothing is asked of the provider."""
    with House() as house:
        house.live()
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("shop", NEW, canary="10:5m,100", run_id="aaaa")

            before = list(house.transport.calls)
            with pytest.raises(RunInProgress, match="unfinished run aaaa"):
                await of(client).remove(Removal(routine="shop", while_serving=True))

        assert before == house.transport.calls


async def test_an_unfinished_removal_is_gone_on_with() -> None:
    """The same one; one that may do more is another."""
    with House() as house:
        house.cloud.console.add_version("shop", OLD)
        wanted = Removal(routine="shop")
        async with house.client() as client:
            with anyio.CancelScope() as leave:
                house.transport.before("read code", leave.cancel)
                await of(client).remove(wanted)

            (row,) = await client.runs.unfinished(wanted.routine)
            with pytest.raises(RunInProgress, match="is not deleted under it"):
                await of(client).remove(Removal(routine="shop", while_serving=True))

            gone = await of(client).remove(wanted)

        assert row.run.id == gone.run


async def test_a_removal_is_no_release() -> None:
    """A release of the routine does not join it."""
    with House() as house:
        house.cloud.console.add_version("shop", OLD)
        async with house.client() as client:
            with anyio.CancelScope() as leave:
                house.transport.before("read code", leave.cancel)
                await of(client).remove(Removal(routine="shop"))

            with pytest.raises(RunInProgress):
                await client.release("shop", NEW)

            with pytest.raises(UnknownRun):
                await client.resume("zzzz")


async def test_a_routine_of_the_other_cloud_has_a_life_of_its_own() -> None:
    """The same name there: its runs hold nothing up, and it stays."""
    with DcdnHouse() as house:
        house.live()
        house.areas(ZHEJIANG)
        house.cloud.console.add_version("shop", OLD)
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("shop", NEW, canary="Zhejiang:5m,production")

            with pytest.raises(RunInProgress, match="shop has an unfinished run") as no:
                await of(client).remove(Removal(routine="shop", while_serving=True))

        async with house.client(cloud="esa") as client:
            await of(client).remove(Removal(routine="shop"))
            (view, _) = await client.runs.list()

        assert "--cloud dcdn" in no.value.next_move
        assert "shop" == view.run.subject
        assert house.versions()


async def test_a_routine_of_dcdn_is_removed_under_its_own_name() -> None:
    """The journal says which cloud it was on; the code is kept."""
    with DcdnHouse() as house:
        house.live()
        async with house.client() as client:
            gone = await of(client).remove(Removal(routine="shop", while_serving=True))
            (view,) = await client.runs.list()

        assert "dcdn/shop" == view.run.subject
        assert 1 == len(gone.saved)
        assert () == house.versions()
