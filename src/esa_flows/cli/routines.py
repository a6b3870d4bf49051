"""`esa-flows routines list | show`: which routines there are, and what leads to one."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import RenderableType

from esa_flows.api.cloud import RoutineSummary
from esa_flows.api.route import RelatedRecord, Route
from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.options import DEFAULTS, Common
from esa_flows.cli.tables import table
from esa_flows.cli.text import clean, labelled, moment_words, served_words
from esa_flows.model import Deployment, Environment
from esa_flows.routines import Overview

__all__ = ["routines_list", "routines_show", "standing_lines"]


async def routines_list(
    *,
    select: str = "",
    common: Common = DEFAULTS,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """List the routines of the account by name.

    The list is whole, or refused with the number of routines that are not shown.

    Args:
        select: Only those whose name fits: name:cart-*, with commas between several.
        common: How to reach the provider.
        desk: Where to write.
    """
    async with desk.client(common) as client:
        found = await client.routines(select)

    if not found:
        desk.say(f"No routine fits {select}." if select else "There are no routines.")
    elif not desk.is_json:
        rows = [_row(one) for one in found]
        desk.say(table(("NAME", "CREATED (UTC)", "RECORD", "TEXT"), rows))

    return Answer(payload={"routines": [_summary_json(one) for one in found]})


async def routines_show(
    name: str,
    /,
    *,
    common: Common = DEFAULTS,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Show a routine: what serves where, and the routes and records that lead to it.

    Args:
        name: The routine.
        common: How to reach the provider.
        desk: Where to write.
    """
    async with desk.client(common) as client:
        found = await client.routine(name)

    if not desk.is_json:
        desk.say(*standing_lines(found), *_ways(found))

    return Answer(payload=_json(found))


def standing_lines(found: Overview) -> list[str]:
    """Say what serves where, and how many versions there are."""
    routine = found.world.routine
    places = [
        labelled(place.value, served_words(routine.deployment(place)))
        for place in reversed(Environment)
    ]
    return [
        f"Routine {routine.name}",
        *places,
        labelled("versions", f"{len(found.world.versions)}"),
        labelled("record", routine.record or "-"),
    ]


def _ways(found: Overview) -> list[RenderableType]:
    lines: list[RenderableType] = [labelled("unknown", why) for why in found.unread]
    if found.records is not None:
        names = ", ".join(one.name for one in found.records)
        lines.append(labelled("records", names or "none"))

    if found.routes is not None:
        lines.append(labelled("routes", str(len(found.routes) or "none")))

    if found.routes:
        rows = [_route_row(one) for one in found.routes]
        lines += ["", table(("SITE", "PLACE", "ROUTE", "STATE", "RULE"), rows)]

    return lines


def _row(one: RoutineSummary) -> tuple[str, ...]:
    made = moment_words(one.created_at)[:16]
    return (one.name, made, one.record or "-", one.description)


def _route_row(one: Route) -> tuple[str, ...]:
    state = "on" if one.is_enabled else "off"
    return (one.site or "-", str(one.sequence or "-"), one.name, state, one.rule)


def _summary_json(one: RoutineSummary) -> dict[str, Any]:
    return {
        "name": one.name,
        "created_at": one.created_at.isoformat() if one.created_at else None,
        "record": one.record,
        "text": clean(one.description),
    }


def _json(found: Overview) -> dict[str, Any]:
    routine = found.world.routine
    served = {place.value: _shares(routine.deployment(place)) for place in Environment}
    return {
        "routine": routine.name,
        **served,
        "versions": [version.id for version in found.world.versions],
        "record": routine.record,
        "records": _each(found.records, _record_json),
        "routes": _each(found.routes, _route_json),
        "unread": list(found.unread),
    }


def _each(values: tuple[Any, ...] | None, write: Any) -> list[Any] | None:
    return None if values is None else [write(value) for value in values]


def _shares(held: Deployment | None) -> dict[str, int]:
    shares = held.split.shares if held else ()
    return {share.version: share.percentage for share in shares}


def _record_json(one: RelatedRecord) -> dict[str, str]:
    return {"name": one.name, "site": one.site}


def _route_json(one: Route) -> dict[str, Any]:
    return {
        "name": one.name,
        "site": one.site,
        "rule": one.rule,
        "enabled": one.is_enabled,
        "place": one.sequence,
    }
