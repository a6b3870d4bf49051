"""A canary that goes from area to area."""

from __future__ import annotations

import pytest
from hypothesis import given
from tests.strategies import area_canaries

from esa_flows.engine.codec import decode, encode
from esa_flows.errors import InvalidInput
from esa_flows.model import AreaCanary, Areas, AreaStage, Duration


@given(area_canaries)
def test_the_text_is_read_back(canary: AreaCanary) -> None:
    """What it says of itself makes it again."""
    assert canary == AreaCanary.parse(str(canary))


@given(area_canaries)
def test_a_journal_holds_it(canary: AreaCanary) -> None:
    """It travels with what a release is asked to do."""
    assert canary == decode(encode(canary), AreaCanary)


def test_areas_with_a_plus_go_together() -> None:
    """Short names stand for the provider's; the bake time follows a colon."""
    canary = AreaCanary.parse(
        "zhejiang:10m, Jilin + presetCanaryOverseas, production:1h"
    )

    first, second, last = canary.stages
    assert (("presetCanaryZhejiang",), Duration(600)) == (first.areas.names, first.bake)
    assert ("presetCanaryJilin", "presetCanaryOverseas") == second.areas.names
    assert (("production",), Duration(3600)) == (last.areas.names, last.bake)
    assert "Jilin+Overseas" == second.label
    assert "Zhejiang:10m,Jilin+Overseas,production:1h" == str(canary)
    assert {*first.areas, *second.areas} == canary.areas


@pytest.mark.parametrize("text", ["100", "100%", "production", " 100 "])
def test_everywhere_at_once_is_what_it_is_for_shares(text: str) -> None:
    """`100` means the same in both grammars."""
    assert AreaCanary() == AreaCanary.parse(text)
    assert frozenset() == AreaCanary.parse(text).areas


def test_everywhere_at_once_may_be_watched_too() -> None:
    """The last stage has a bake time as well."""
    (last,) = AreaCanary.parse("100:5m").stages

    assert Duration(300) == last.bake


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10:5m,100", "no shares of traffic, so 10 % is no stage"),
        ("Zhejiang", "must end in production; this one is Zhejiang"),
        ("Zhejiang,Zhejiang,production", "Zhejiang cannot be a stage of its own"),
        ("production,production", "production cannot be a stage of its own"),
        ("Zhejiang+production,production", "cannot be a stage of its own"),
        ("staging,production", "staging cannot be a stage of its own"),
        ("Zhe-jiang,production", "is no environment of DCDN"),
        ("", "no environment was named"),
        ("Zhejiang:soon,production", "'soon' is not a duration"),
        ("Zhejiang:,production", "'' is not a duration"),
    ],
)
def test_what_is_none_is_refused(text: str, said: str) -> None:
    """The sentence names the part that is wrong."""
    with pytest.raises(InvalidInput, match=said):
        AreaCanary.parse(text)


def test_no_stage_at_all_is_refused() -> None:
    """It must end somewhere."""
    with pytest.raises(InvalidInput, match="this one is empty"):
        AreaCanary(())


def test_a_stage_without_a_bake_shows_its_areas_alone() -> None:
    """Nothing follows the names."""
    assert "Zhejiang" == str(AreaStage(Areas(["presetCanaryZhejiang"])))
