"""The list of routines, and one of them with what leads to it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cli.office import Office

from esa_flows.localcloud import Switches
from esa_flows.localcloud.seed import ACCOUNT
from esa_flows.localcloud.site import Record, Route


def lead(office: Office, host: str, *, enable: str = "on") -> None:
    """Bind a host to the routine shop, and make a route to it."""
    state, site = office.cloud.world.state, office.cloud.console.add_site("a.com")
    owner: dict[str, Any] = {"account": ACCOUNT, "site": site, "routine": "shop"}
    made = office.cloud.console.routine("shop").created
    record, route = state.new_number(), state.new_number()
    state.related[record] = Record(id=record, name=host, created=made, **owner)
    state.routes[route] = Route(
        id=route,
        sequence=len(state.routes) + 1,
        name=f"to {host}",
        rule=f'(http.host eq "{host}")',
        enable=enable,
        **owner,
    )


async def test_routines_are_listed_by_name() -> None:
    """With when they were made, where they answer, and what people wrote."""
    office = Office()
    for name in ("shop", "cart"):
        office.cloud.console.routine(name).description = f"the {name}"

    done = await office.run("routines", "list")

    heading, first, second = done.out.splitlines()
    assert ["NAME", "CREATED", "(UTC)", "RECORD", "TEXT"] == heading.split()
    assert first.startswith("cart  2026-03-01 12:00  cart.")
    assert first.rstrip().endswith("the cart")
    assert second.startswith("shop  ")


async def test_routines_are_selected() -> None:
    """For programs too."""
    office = Office()
    for name in ("shop", "cart-b", "cart-a"):
        office.cloud.console.routine(name)

    done = await office.run("routines", "list", "--select", "name:cart-*", "--json")

    assert ["cart-a", "cart-b"] == [one["name"] for one in done.json["routines"]]
    assert "2026-03-01T12:00:00+00:00" == done.json["routines"][0]["created_at"]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ((), "There are no routines."),
        (("--select", "name:x*"), "No routine fits name:x*."),
    ],
)
async def test_nothing_is_said_to_be_nothing(flags: tuple[str, ...], said: str) -> None:
    """An empty answer is no answer."""
    done = await Office().run("routines", "list", *flags)

    assert (0, said) == (done.code, done.out.strip())


async def test_a_selector_that_is_none_is_refused() -> None:
    """Nothing was sent."""
    done = await Office().run("routines", "list", "--select", "cart-*")

    assert 2 == done.code
    assert "Write for example name:cart-*" in done.err


async def test_a_routine_with_what_leads_to_it() -> None:
    """What serves, records by name, routes in a table."""
    office = Office()
    live = office.live()
    lead(office, "www.a.com")
    lead(office, "old.a.com", enable="off")

    done = await office.run("routines", "show", "shop")

    lines = done.out.splitlines()
    assert "Routine shop" == lines[0]
    assert f"  production  {live} 100 %" == lines[1]
    assert "  records     www.a.com, old.a.com" in lines
    assert "  routes      2" in lines
    assert lines[-2].startswith("a.com  1      to www.a.com  on     (http.host eq")
    assert lines[-1].startswith("a.com  2      to old.a.com  off    (http.host eq")


async def test_a_routine_for_programs() -> None:
    """Everything that is shown."""
    office = Office()
    live = office.live()
    lead(office, "www.a.com")

    found = (await office.run("routines", "show", "shop", "--json")).json

    assert {live: 100} == found["production"] == found["staging"]
    assert ([live], []) == (found["versions"], found["unread"])
    assert [{"name": "www.a.com", "site": "a.com"}] == found["records"]
    assert [
        {
            "name": "to www.a.com",
            "site": "a.com",
            "rule": '(http.host eq "www.a.com")',
            "enabled": True,
            "place": 1,
        }
    ] == found["routes"]


async def test_an_empty_routine_has_nothing() -> None:
    """And says so in each line."""
    office = Office()
    office.cloud.console.routine("shop")

    lines = (await office.run("routines", "show", "shop")).out.splitlines()
    found = (await office.run("routines", "show", "shop", "--json")).json

    assert "  production  nothing" == lines[1]
    assert ["  records     none", "  routes      none"] == lines[-2:]
    assert ({}, [], []) == (found["production"], found["routes"], found["records"])


async def test_what_may_not_be_read_is_said_to_be_unknown() -> None:
    """The rest is shown."""
    denied = {"esa:ListRoutineRoutes", "esa:ListRoutineRelatedRecords"}
    office = Office(switches=Switches(denied=denied))
    office.live()

    done = await office.run("routines", "show", "shop")
    found = (await office.run("routines", "show", "shop", "--json")).json

    assert 0 == done.code
    assert 2 == done.out.count("  unknown     List")
    assert (None, None, 2) == (found["routes"], found["records"], len(found["unread"]))
