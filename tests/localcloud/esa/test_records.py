"""Hosts bound to routines."""

from __future__ import annotations

from typing import Any

import pytest
from tests.localcloud.desk import Desk, code_of, desk


def sited(**switches: Any) -> tuple[Desk, str]:
    """Return a desk with a site, and its id as text."""
    made = desk(**switches)
    return made, str(made.cloud.console.add_site("example.com"))


def bind(made: Desk, site: str, host: str, name: str = "hello") -> str:
    """Bind a host and return the record's id as text."""
    asked = {"Name": name, "SiteId": site, "RecordName": host}
    return str(made.ask("CreateRoutineRelatedRecord", **asked)["RecordId"])


def test_a_bound_host_reaches_the_routine() -> None:
    """Until it is unbound."""
    made, site = sited()
    number = bind(made, site, "shop.example.com")
    made.deploy("production", {made.version(): 100})
    bound = made.visit(host="shop.example.com:8081").body
    told = made.ask(
        "DeleteRoutineRelatedRecord",
        Name="hello",
        SiteId=site,
        RecordName="shop.example.com",
        RecordId=number,
    )

    assert (bound, told["Status"]) == (b"one", "OK")
    assert made.visit(host="shop.example.com").status == 404


def test_records_are_listed_both_ways() -> None:
    """By routine and by site, with a word to look for."""
    made, site = sited()
    made.cloud.console.routine("other")
    bind(made, site, "a.example.com")
    bind(made, site, "b.example.com", "other")
    mine = made.ask("ListRoutineRelatedRecords", Name="hello")
    none = made.ask("ListRoutineRelatedRecords", Name="hello", SearchKeyWord="b.")
    every = made.ask("ListEdgeRoutineRecords", SiteId=site)
    some = made.ask(
        "ListEdgeRoutineRecords", SiteId=site, RecordName="b.", RecordMatchType="prefix"
    )

    assert [row["RecordName"] for row in mine["RelatedRecords"]] == ["a.example.com"]
    assert mine["RelatedRecords"][0]["SiteName"] == "example.com"
    assert (none["TotalCount"], every["TotalCount"], some["TotalCount"]) == (0, 2, 1)
    assert every["Records"][0]["RecordCname"].startswith("a.example.com.")


@pytest.mark.parametrize(
    ("host", "code"),
    [("a.example.org", "SiteParameterNotMatch"), ("a.example.com", "InvalidParameter")],
)
def test_hosts_that_cannot_be_bound(host: str, code: str) -> None:
    """Of another site, or bound already."""
    made, site = sited()
    bind(made, site, "a.example.com")
    asked = {"Name": "hello", "SiteId": site, "RecordName": host}

    assert made.code("CreateRoutineRelatedRecord", **asked) == code


@pytest.mark.parametrize(
    ("switch", "status", "told"), [(None, 200, "Fail"), ("RecordNotExist", 400, "")]
)
def test_unbinding_what_is_not_bound(
    switch: str | None, status: int, told: str
) -> None:
    """HTTP 200 with Fail, or a code by a switch."""
    made, site = sited(unknown_record_code=switch)
    number = bind(made, site, "a.example.com")
    reply = made.reply(
        "DeleteRoutineRelatedRecord",
        Name="hello",
        SiteId=site,
        RecordName="b.example.com",
        RecordId=number,
    )

    assert reply.status == status
    assert (code_of(reply) == "RecordNotExist") is (told == "")
    assert made.ask("ListEdgeRoutineRecords", SiteId=site)["TotalCount"] == 1


def test_a_deleted_routine_takes_its_records_along() -> None:
    """Other routines keep theirs."""
    made, site = sited()
    made.cloud.console.routine("other")
    bind(made, site, "a.example.com")
    bind(made, site, "b.example.com", "other")
    made.ask("DeleteRoutine", Name="hello")
    told = made.ask("ListEdgeRoutineRecords", SiteId=site)

    assert [row["RecordName"] for row in told["Records"]] == ["b.example.com"]
    assert made.visit(host="a.example.com").status == 404
