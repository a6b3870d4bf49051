"""Sites of the account: the list, and the site that a host belongs to.

Source: ESA API 2024-09-10, ListSites, GetMatchSite.
"""

from __future__ import annotations

from typing import Any

from esa_flows.localcloud.call import Call, stamp
from esa_flows.localcloud.refusal import CloudError
from esa_flows.localcloud.site import Site
from esa_flows.localcloud.world import World

from .pages import asked_page

_MOST, _DEFAULT = 500, 500


def list_sites(call: Call, world: World) -> dict[str, Any]:
    """Return one page of sites, by ``SiteName`` where it is given."""
    page = asked_page(call, size=_DEFAULT, most=_MOST)
    word, kind = call.text("SiteName"), call.text("SiteSearchType")
    held = [site for site in world.state.sites.values() if site.account == call.account]
    found = [site for site in held if not word or matches(site.name, word, kind)]
    return {"Sites": [_row(site) for site in page.of(found)], **page.told(found)}


def match_site(call: Call, world: World) -> dict[str, Any]:
    """Return the site with the longest name that a host ends with."""
    host = call.need("RecordName")
    found = [
        site
        for site in world.state.sites.values()
        if site.account == call.account and belongs(host, site)
    ]
    if not found:
        raise CloudError(
            world.switches.unknown_site_code, f"No site has the record {host}."
        )

    site = max(found, key=lambda held: len(held.name))
    return {"SiteId": site.id, "SiteName": site.name}


def site_of(call: Call, world: World) -> Site:
    """Return the site that a call names in ``SiteId``.

    Raises:
        CloudError: no number, or no site of this account.
    """
    number = call.number("SiteId")
    site = world.state.sites.get(number)
    if site is None or site.account != call.account:
        raise CloudError(
            world.switches.unknown_site_code, f"The site {number} does not exist."
        )

    return site


def belongs(host: str, site: Site) -> bool:
    """Whether a host is a site's name or below it."""
    return host == site.name or host.endswith(f".{site.name}")


def matches(name: str, word: str, kind: str) -> bool:
    """Whether a name matches as ``exact`` (the default), prefix, suffix or fuzzy."""
    tests = {
        "prefix": name.startswith(word),
        "suffix": name.endswith(word),
        "fuzzy": word in name,
    }
    return tests.get(kind, name == word)


def _row(site: Site) -> dict[str, Any]:
    return {
        "AccessType": "NS",
        "Coverage": "global",
        "CreateTime": stamp(site.created),
        "PlanName": "basicplan",
        "SiteId": site.id,
        "SiteName": site.name,
        "Status": "active",
        "UpdateTime": stamp(site.created),
    }
