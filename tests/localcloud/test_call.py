"""How operations read their parameters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from tests.localcloud.desk import START

from esa_flows.localcloud import CloudError
from esa_flows.localcloud.call import Call, stamp


def call(**params: Any) -> Call:
    """Return a call with some parameters."""
    return Call(operation="X", account="1", params=params, now=START)


def test_text_of_json_values() -> None:
    """A number from a JSON body reads as its text; an absent one is empty."""
    assert (call(A=5).text("A"), call().text("A")) == ("5", "")


def test_required_parameters() -> None:
    """The code names the parameter."""
    with pytest.raises(CloudError, match="MissingName: Name is mandatory"):
        call().need("Name")


@pytest.mark.parametrize(
    ("value", "told"), [("true", True), ("True", True), ("no", False)]
)
def test_booleans_in_any_case(value: str, told: bool) -> None:  # noqa: FBT001  a table
    """Python and Node write them differently."""
    assert call(HasAssets=value).boolean("HasAssets") is told


def test_json_as_text_or_as_itself() -> None:
    """Forms carry text, JSON bodies the value."""
    assert call(A="[1]").parsed("A") == call(A=[1]).parsed("A")


def test_moments_are_shown_in_utc() -> None:
    """Whole seconds, with a Z."""
    east = timezone(timedelta(hours=8))

    assert stamp(datetime(2026, 1, 2, 11, 4, 5, 99, tzinfo=east)) == (
        "2026-01-02T03:04:05Z"
    )
    assert stamp(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00Z"


def test_numbers() -> None:
    """Digits, not too many."""
    assert call(SiteId="12").number("SiteId") == 12
    for text in ("x", "-1", "9" * 19):
        with pytest.raises(CloudError, match="SiteId must be an integer"):
            call(SiteId=text).number("SiteId")


def test_environments_of_either_api() -> None:
    """One in Env, or some in Envs; nonsense names none."""
    assert call(Env="staging").envs == ("staging",)
    assert call(Envs='["a","b"]').envs == ("a", "b")
    assert [call(Envs=text).envs for text in ("{", "5")] == [(), ()]


def test_json_too_deep_is_no_json() -> None:
    """The reader gives up, the cloud does not."""
    with pytest.raises(CloudError, match="A is not valid JSON"):
        call(A="[" * 100_000).parsed("A")
