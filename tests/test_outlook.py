"""What releases would find, looked at side by side."""

from __future__ import annotations

import anyio

from esa_flows import Member, Rollout
from esa_flows.api.cloud import Op
from esa_flows.intake import release_of
from esa_flows.outlook import Found, Outlook
from tests.house import NEW, OLD, OTHER, House


async def test_each_look_counts_its_own_calls() -> None:
    """Also when several look at once: what others ask is not theirs."""
    with House() as house:
        house.live("shop", OLD)
        house.live("cart", NEW)
        found: dict[str, Found] = {}
        async with house.client() as client:
            outlook = Outlook(client.connection)

            async def look(name: str) -> None:
                """Look at one routine."""
                wanted = await release_of(client.connection, name, NEW)
                found[name] = await outlook.look(wanted)

            async with anyio.create_task_group() as tasks:
                for name in ("shop", "cart"):
                    tasks.start_soon(look, name)

        assert "<Outlook>" == repr(outlook)
        assert {"shop": 1, "cart": 1} == {
            name: each.compared[Op.READ_CODE] for name, each in found.items()
        }
        assert len(house.transport.calls) == sum(each.calls for each in found.values())


async def test_what_a_plan_says_is_compared_with_what_serves() -> None:
    """One look each; what did not exist and still does not has not changed."""
    with House() as house:
        house.live("shop", OLD)
        house.live("cart", OLD)
        members = [
            Member("shop", NEW),
            Member("cart", NEW),
            Member("new", NEW, choices={"create": True}),
        ]
        async with house.client() as client:
            plan = await client.plan(Rollout(members=members))
            made = house.cloud.console.add_version("cart", OTHER, "theirs")
            house.cloud.console.deploy("cart", "production", {made: 100})
            house.transport.forget()

            changed = await Outlook(client.connection).changed(plan)

    assert ["cart"] == list(changed)
    assert ["observe"] * 3 == list(house.transport.calls)
