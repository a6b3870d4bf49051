"""Assets at the edge."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from esa_flows.localcloud import Request
from esa_flows.localcloud.asset import asset_reply
from esa_flows.localcloud.routine import Version

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ASSETS = {
    "index.html": b"home",
    "a b.css": b"css",
    "docs/index.html": b"docs",
    "x": b"?",
}


def reply(
    target: str, *, content: bytes = b"", strategy: str = "", navigates: bool = False
) -> tuple[int, bytes, str] | None:
    """Visit a version with assets."""
    version = Version(
        id="1",
        description="",
        created=NOW,
        ready_at=NOW,
        content=content,
        assets=ASSETS,
        not_found=strategy,
    )
    headers = (("sec-fetch-mode", "navigate"),) if navigates else ()
    answer = asset_reply(version, Request(method="GET", target=target, headers=headers))
    if answer is None:
        return None

    return answer.status, answer.body, dict(answer.headers).get("content-type", "")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/", (200, b"home", "text/html")),
        ("/?q=1", (200, b"home", "text/html")),
        ("/a%20b.css", (200, b"css", "text/css")),
        ("/docs", (200, b"docs", "text/html")),
        ("/docs/", (200, b"docs", "text/html")),
        ("/x", (200, b"?", "application/octet-stream")),
        ("/nowhere", (404, b"Not Found\n", "")),
        ("/%ff%00", (404, b"Not Found\n", "")),
    ],
)
def test_a_path_is_a_file(target: str, expected: tuple[int, bytes, str]) -> None:
    """Or a folder's index, or nothing."""
    assert expected == reply(target)


def test_code_answers_where_there_is_no_asset() -> None:
    """An asset goes before it."""
    assert reply("/nowhere", content=b"code") is None
    assert reply("/", content=b"code") == (200, b"home", "text/html")


@pytest.mark.parametrize("strategy", ["SinglePageApplication", "singlePageApplication"])
def test_an_application_with_one_page_answers_everything(strategy: str) -> None:
    """Without code all, with code what a browser navigates to."""
    page = (200, b"home", "text/html")

    assert page == reply("/deep/path", strategy=strategy)
    assert page == reply("/deep", strategy=strategy, content=b"code", navigates=True)
    assert reply("/deep", strategy=strategy, content=b"code") is None


def test_a_navigation_without_the_strategy_goes_to_the_code() -> None:
    """Only the strategy takes it away."""
    assert reply("/deep", content=b"code", navigates=True) is None


def test_a_version_without_assets_has_none() -> None:
    """Its code answers everything."""
    version = Version(id="1", description="", created=NOW, ready_at=NOW, content=b"x")

    assert asset_reply(version, Request(method="GET", target="/")) is None
