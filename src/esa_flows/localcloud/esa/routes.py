"""Routes: rules of a site that trigger a routine.

The rules are kept and listed; no visitor is led by them, because that needs the
provider's rule engine.
Source: ESA API 2024-09-10, CreateRoutineRoute and its sisters.
"""

from __future__ import annotations

from typing import Any

from attrs import evolve

from esa_flows.localcloud.call import Call, read_integer
from esa_flows.localcloud.refusal import CloudError, invalid
from esa_flows.localcloud.site import Route
from esa_flows.localcloud.world import World

from .pages import asked_page
from .sites import site_of

_MOST, _DEFAULT = 500, 500
_SWITCHES = {"RouteEnable": "enable", "Bypass": "bypass", "Fallback": "fallback"}
_TEXTS = {"RouteName": "name", "Rule": "rule", "RoutineName": "routine"}
_TIMEOUT = (5, 60)  # seconds
_KIND = "global"  # the provider's samples show no other


def create(call: Call, world: World) -> dict[str, Any]:
    """Add a route at its place, or behind the others."""
    site = site_of(call, world)
    routine = world.state.routine(call.account, call.need("RoutineName"))
    count = len(_of_site(site.id, world))
    route = Route(
        id=world.state.new_number(),
        account=call.account,
        site=site.id,
        sequence=call.integer("Sequence", count + 1, count + 1),
        name=call.need("RouteName"),
        rule=call.need("Rule"),
        enable=call.need("RouteEnable"),
        routine=routine.name,
    )
    route = evolve(route, **_changes(call))
    world.state.routes[route.id] = route
    _reorder(route, world)
    return {"ConfigId": route.id}


def update(call: Call, world: World) -> dict[str, Any]:
    """Change what is given of a route."""
    route = _route(call, world)
    changes = _changes(call)
    if "routine" in changes:
        world.state.routine(call.account, changes["routine"])

    changed = evolve(route, sequence=_place(route, call, world), **changes)
    world.state.routes[route.id] = changed
    _reorder(changed, world)
    return {}


def get(call: Call, world: World) -> dict[str, Any]:
    """Return one route."""
    return _row(_route(call, world))


def delete(call: Call, world: World) -> dict[str, Any]:
    """Take a route away."""
    del world.state.routes[_route(call, world).id]
    return {}


def list_of_routine(call: Call, world: World) -> dict[str, Any]:
    """Return one page of a routine's routes, over all sites."""
    routine = world.state.routine(call.account, call.need("RoutineName"))
    page = asked_page(call, size=_DEFAULT, most=_MOST)
    found = [
        route
        for route in world.state.routes.values()
        if (route.account, route.routine) == (call.account, routine.name)
    ]
    rows = [
        {
            **_row(route),
            "SiteId": route.site,
            "SiteName": world.state.sites[route.site].name,
        }
        for route in page.of(found)
    ]
    return {"Configs": rows, **page.told_with_pages(found)}


def list_of_site(call: Call, world: World) -> dict[str, Any]:
    """Return one page of a site's routes, over all routines, in their order."""
    site = site_of(call, world)
    page = asked_page(call, size=_DEFAULT, most=_MOST)
    number, name = call.text("ConfigId"), call.text("RouteName")
    kind = call.text("ConfigType")
    found = [
        route
        for route in _of_site(site.id, world)
        if number in {"", str(route.id)}
        and name in {"", route.name}
        and kind in {"", _KIND}
    ]
    return {
        "Configs": [_row(route) for route in page.of(found)],
        **page.told_with_pages(found),
    }


def _changes(call: Call) -> dict[str, Any]:
    """Return the fields that a call gives, checked."""
    given = {
        field: call.text(name) for name, field in _TEXTS.items() if call.text(name)
    }
    for name, field in _SWITCHES.items():
        value = call.text(name)
        if value not in {"", "on", "off"}:
            raise invalid(name, "must be on or off")

        if value:
            given[field] = value

    timeout = call.text("Timeout")
    if timeout:
        given["timeout"] = _timeout(timeout)

    return given


def _timeout(text: str) -> str:
    low, high = _TIMEOUT
    seconds = read_integer(text)
    if seconds is not None and low <= seconds <= high:
        return text

    raise invalid("Timeout", f"must be {low} to {high} seconds")


def _route(call: Call, world: World) -> Route:
    """Return the route that a call names, of the site that it names."""
    site = site_of(call, world)
    number = call.number("ConfigId")
    route = world.state.routes.get(number)
    if route is None or route.site != site.id:
        raise CloudError(
            world.switches.unknown_route_code, f"The route {number} does not exist."
        )

    return route


def _of_site(site: int, world: World) -> list[Route]:
    """Return a site's routes in their order."""
    held = [route for route in world.state.routes.values() if route.site == site]
    return sorted(held, key=lambda route: route.sequence)


def _place(route: Route, call: Call, world: World) -> int:
    """Return the place that a call gives a route, or the one it has.

    Raises:
        CloudError: ``CanNotSetSequence`` for a place that is not there.
    """
    place = read_integer(call.text("Sequence") or str(route.sequence))
    if place is not None and 1 <= place <= len(_of_site(route.site, world)):
        return place

    raise CloudError("CanNotSetSequence", "The site has no such place.")


def _reorder(placed: Route, world: World) -> None:
    """Number the routes of a site anew around the one just placed."""
    others = [held for held in _of_site(placed.site, world) if held.id != placed.id]
    others.insert(placed.sequence - 1, placed)
    for sequence, route in enumerate(others, start=1):
        world.state.routes[route.id] = evolve(route, sequence=sequence)


def _row(route: Route) -> dict[str, Any]:
    several = " and " in route.rule or " or " in route.rule
    return {
        "Bypass": route.bypass,
        "ConfigId": route.id,
        "ConfigType": _KIND,
        "Fallback": route.fallback,
        "Mode": "custom" if several else "simple",
        "RouteEnable": route.enable,
        "RouteName": route.name,
        "RoutineName": route.routine,
        "Rule": route.rule,
        "Sequence": route.sequence,
        "SiteVersion": 0,
        "Timeout": route.timeout,
    }
