"""Routes: kept in order, changed, listed both ways."""

from __future__ import annotations

from typing import Any

import pytest
from tests.localcloud.desk import Desk, desk

RULE = '(http.host eq "video.example.com")'


def sited() -> tuple[Desk, str]:
    """Return a desk with a site, and its id as text."""
    made = desk()
    return made, str(made.cloud.console.add_site("example.com"))


def route(made: Desk, site: str, name: str = "r", **params: str) -> str:
    """Create a route and return its id as text."""
    asked = {
        "SiteId": site,
        "RouteName": name,
        "RoutineName": "hello",
        "RouteEnable": "on",
        "Rule": RULE,
        **params,
    }
    return str(made.ask("CreateRoutineRoute", **asked)["ConfigId"])


def listed(made: Desk, site: str, **params: str) -> list[Any]:
    """Return a site's routes."""
    rows: list[Any] = made.ask("ListSiteRoutes", SiteId=site, **params)["Configs"]
    return rows


def test_a_route_is_read_as_it_was_made() -> None:
    """With the defaults of what was not given."""
    made, site = sited()
    number = route(made, site, Timeout="30", Fallback="on")
    told = made.ask("GetRoutineRoute", SiteId=site, ConfigId=number)
    told.pop("RequestId")

    assert told == {
        "Bypass": "off",
        "ConfigId": int(number),
        "ConfigType": "global",
        "Fallback": "on",
        "Mode": "simple",
        "RouteEnable": "on",
        "RouteName": "r",
        "RoutineName": "hello",
        "Rule": RULE,
        "Sequence": 1,
        "SiteVersion": 0,
        "Timeout": "30",
    }


def test_a_rule_of_several_parts_is_custom() -> None:
    """One comparison is simple."""
    made, site = sited()
    route(made, site, Rule=f"{RULE} and {RULE}")

    assert listed(made, site)[0]["Mode"] == "custom"


def test_routes_keep_their_order() -> None:
    """A new one goes behind, or where it says; the others make room."""
    made, site = sited()
    numbers = [route(made, site, name) for name in "abc"]
    route(made, site, "d", Sequence="1")
    made.ask(
        "UpdateRoutineRoute",
        SiteId=site,
        ConfigId=numbers[0],
        Sequence="4",
        Bypass="on",
    )
    rows = listed(made, site)

    assert [row["RouteName"] for row in rows] == ["d", "b", "c", "a"]
    assert [row["Sequence"] for row in rows] == [1, 2, 3, 4]
    assert [row["Bypass"] for row in rows] == ["off", "off", "off", "on"]


def test_a_change_leaves_the_rest() -> None:
    """Only what is given is changed."""
    made, site = sited()
    number = route(made, site)
    made.cloud.console.routine("other")
    made.ask("UpdateRoutineRoute", SiteId=site, ConfigId=number, RoutineName="other")
    (row,) = listed(made, site)

    assert (row["RoutineName"], row["Rule"], row["Sequence"]) == ("other", RULE, 1)


def test_a_routine_s_routes_name_their_sites() -> None:
    """Over all sites, a page at a time."""
    made, site = sited()
    second = str(made.cloud.console.add_site("example.org"))
    route(made, site)
    route(made, second)
    told = made.ask("ListRoutineRoutes", RoutineName="hello", PageSize="1")

    assert (told["TotalCount"], told["TotalPage"]) == (2, 2)
    assert [row["SiteName"] for row in told["Configs"]] == ["example.com"]


@pytest.mark.parametrize(
    ("params", "count"),
    [({"RouteName": "a"}, 1), ({"ConfigType": "function"}, 0), ({"ConfigId": "1"}, 0)],
)
def test_a_site_s_routes_can_be_searched(params: dict[str, str], count: int) -> None:
    """By name, kind and number."""
    made, site = sited()
    for name in "ab":
        route(made, site, name)

    assert len(listed(made, site, **params)) == count


def test_a_deleted_route_is_gone() -> None:
    """A second delete is refused."""
    made, site = sited()
    asked = {"SiteId": site, "ConfigId": route(made, site)}
    made.ask("DeleteRoutineRoute", **asked)

    assert listed(made, site) == []
    assert made.code("DeleteRoutineRoute", **asked) == "InvalidParameter"


def test_a_route_belongs_to_its_site() -> None:
    """Another site does not know it."""
    made, site = sited()
    other = str(made.cloud.console.add_site("example.org"))
    asked = {"SiteId": other, "ConfigId": route(made, site)}

    assert made.code("GetRoutineRoute", **asked) == "InvalidParameter"


def test_a_deleted_routine_takes_its_routes_along() -> None:
    """Nothing may lead to what is gone; other routines keep theirs."""
    made, site = sited()
    route(made, site)
    made.cloud.console.routine("other")
    route(made, site, "kept", RoutineName="other")
    made.ask("DeleteRoutine", Name="hello")

    assert [row["RouteName"] for row in listed(made, site)] == ["kept"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"RouteEnable": "yes"}, "InvalidParameter"),
        ({"Timeout": "4"}, "InvalidParameter"),
        ({"Timeout": "soon"}, "InvalidParameter"),
        ({"RoutineName": "nobody"}, "RoutineNotExist"),
        ({"Sequence": "9"}, "CanNotSetSequence"),
        ({"Sequence": "x"}, "CanNotSetSequence"),
    ],
)
def test_senseless_changes_are_refused(params: dict[str, str], code: str) -> None:
    """And nothing is changed."""
    made, site = sited()
    asked = {"SiteId": site, "ConfigId": route(made, site), "RouteName": "new"}

    assert made.code("UpdateRoutineRoute", **asked, **params) == code
    assert listed(made, site)[0]["RouteName"] == "r"


def test_a_new_route_has_a_place_that_exists() -> None:
    """One behind the last is the highest."""
    made, site = sited()
    asked = {
        "SiteId": site,
        "RouteName": "r",
        "RoutineName": "hello",
        "RouteEnable": "on",
        "Rule": RULE,
        "Sequence": "2",
    }

    assert made.code("CreateRoutineRoute", **asked) == "InvalidParameter"
