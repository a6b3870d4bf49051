"""Records: hosts of a site that are bound to a routine, so that visitors reach it.

Source: ESA API 2024-09-10, CreateRoutineRelatedRecord and its sisters,
ListEdgeRoutineRecords.
"""

from __future__ import annotations

from typing import Any

from esa_flows.localcloud.call import Call, stamp
from esa_flows.localcloud.refusal import CloudError, invalid
from esa_flows.localcloud.site import Record
from esa_flows.localcloud.world import World

from .pages import asked_page
from .sites import belongs, matches, site_of

_MOST_OF_ROUTINE, _MOST_OF_SITE = 20, 500


def create(call: Call, world: World) -> dict[str, Any]:
    """Bind a host to a routine."""
    routine = world.state.routine(call.account, call.need("Name"))
    site = site_of(call, world)
    host = call.need("RecordName")
    if not belongs(host, site):
        raise CloudError(
            "SiteParameterNotMatch",
            f"The record {host} is not of the site {site.name}.",
        )

    if any(record.name == host for record in world.state.related.values()):
        raise invalid("RecordName", f"is {host}, which is bound already")

    record = Record(
        id=world.state.new_number(),
        account=call.account,
        site=site.id,
        routine=routine.name,
        name=host,
        created=call.now,
    )
    world.state.related[record.id] = record
    return {"RecordId": record.id, "Status": "OK"}


def delete(call: Call, world: World) -> dict[str, Any]:
    """Unbind a host; one that is not bound gets ``Fail``, or a code by a switch."""
    routine = world.state.routine(call.account, call.need("Name"))
    site = site_of(call, world)
    host = call.need("RecordName")
    found = world.state.related.get(call.number("RecordId"))
    wanted = (call.account, routine.name, site.id, host)
    if found and wanted == (found.account, found.routine, found.site, found.name):
        del world.state.related[found.id]
        return {"Status": "OK"}

    code = world.switches.unknown_record_code
    if code is None:
        return {"Status": "Fail"}

    raise CloudError(code, f"The record {host} is not bound to {routine.name}.")


def list_of_routine(call: Call, world: World) -> dict[str, Any]:
    """Return one page of the hosts bound to a routine."""
    routine = world.state.routine(call.account, call.need("Name"))
    page = asked_page(call, size=_MOST_OF_ROUTINE, most=_MOST_OF_ROUTINE)
    word = call.text("SearchKeyWord")
    found = [
        record
        for record in world.state.related.values()
        if (record.account, record.routine) == (call.account, routine.name)
        and word in record.name
    ]
    rows = [
        {
            "RecordId": record.id,
            "RecordName": record.name,
            "SiteId": record.site,
            "SiteName": world.state.sites[record.site].name,
        }
        for record in page.of(found)
    ]
    return {"RelatedRecords": rows, **page.told(found)}


def list_of_site(call: Call, world: World) -> dict[str, Any]:
    """Return one page of a site's hosts that are bound to routines."""
    site = site_of(call, world)
    page = asked_page(call, size=_MOST_OF_SITE, most=_MOST_OF_SITE)
    word, kind = call.text("RecordName"), call.text("RecordMatchType")
    found = [
        record
        for record in world.state.related.values()
        if record.site == site.id and (not word or matches(record.name, word, kind))
    ]
    rows = [
        {
            "CreateTime": stamp(record.created),
            "RecordCname": f"{record.name}.cname.local-edge.invalid",
            "RecordName": record.name,
            "SiteId": site.id,
            "SiteName": site.name,
            "UpdateTime": stamp(record.created),
        }
        for record in page.of(found)
    ]
    return {"Records": rows, **page.told(found)}
