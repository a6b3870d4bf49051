"""Sites and the hosts that belong to them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.localcloud.desk import Desk, desk

from esa_flows.localcloud.console import Console


def sited(**switches: Any) -> tuple[Desk, dict[str, int]]:
    """Return a desk with three sites, and their ids; a fourth is somebody else's."""
    made = desk(**switches)
    names = ("example.com", "shop.example.com", "example.org")
    ids = {name: made.cloud.console.add_site(name) for name in names}
    Console(made.cloud.world, made.now, "2").add_site("example.net")
    return made, ids


def test_sites_are_listed() -> None:
    """The account's own, a page at a time."""
    made, ids = sited()
    whole = made.ask("ListSites")
    second = made.ask("ListSites", PageNumber="2", PageSize="2")

    assert [site["SiteId"] for site in whole["Sites"]] == list(ids.values())
    assert [site["SiteName"] for site in second["Sites"]] == ["example.org"]
    assert (second["TotalCount"], second["PageSize"]) == (3, 2)


@pytest.mark.parametrize(
    ("word", "kind", "count"),
    [
        ("example.com", "", 1),
        ("example", "prefix", 2),
        ("example.com", "suffix", 2),
        ("hop", "fuzzy", 1),
        ("hop", "exact", 0),
    ],
)
def test_sites_are_found_by_name(word: str, kind: str, count: int) -> None:
    """Exactly, or as the search type says."""
    made, _ = sited()
    told = made.ask("ListSites", SiteName=word, SiteSearchType=kind)

    assert told["TotalCount"] == count


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("example.com", "example.com"),
        ("a.example.com", "example.com"),
        ("a.shop.example.com", "shop.example.com"),
    ],
)
def test_the_longest_name_matches(host: str, site: str) -> None:
    """A site may lie below another."""
    made, ids = sited()
    told = made.ask("GetMatchSite", RecordName=host)

    assert (told["SiteId"], told["SiteName"]) == (ids[site], site)


@pytest.mark.parametrize("host", ["badexample.com", "example.net", "com"])
def test_hosts_of_no_site_are_refused(host: str) -> None:
    """Also those of somebody else's."""
    made, _ = sited(unknown_site_code="SiteNotFound")

    assert made.code("GetMatchSite", RecordName=host) == "SiteNotFound"


def test_a_site_is_added_once() -> None:
    """The console returns the one that is there."""
    made, ids = sited()

    assert made.cloud.console.add_site("example.com") == ids["example.com"]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("x", "InvalidParameter"),
        ("9" * 5000, "InvalidParameter"),
        ("7", "SiteParameterNotMatch"),
        ("100000000000004", "SiteParameterNotMatch"),
    ],
)
def test_unknown_sites_are_refused(number: str, code: str) -> None:
    """No number, no site, another account's."""
    made, _ = sited()

    assert made.code("ListSiteRoutes", SiteId=number) == code
