"""Environments that get one revision together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.errors import InvalidInput
from esa_flows.model import Environment
from esa_flows.model.areas import Areas, area_name, short_name

PLACES = ["production", "presetCanaryZhejiang", "presetCanaryOverseas"]


def test_names_are_in_order_and_once() -> None:
    """However they were written."""
    areas = Areas.parse(" production, presetCanaryZhejiang,production ,")

    assert ("presetCanaryZhejiang", "production") == areas.names
    assert ["presetCanaryZhejiang", "production"] == list(areas)
    assert '["presetCanaryZhejiang","production"]' == areas.wire
    assert Areas(reversed(areas.names)) == areas


@given(st.sets(st.sampled_from(PLACES), min_size=1))
def test_the_text_is_read_back(names: set[str]) -> None:
    """What it says of itself makes it again."""
    areas = Areas(names)

    assert areas == Areas.parse(str(areas))


@pytest.mark.parametrize("environment", Environment)
def test_an_environment_of_every_routine(environment: Environment) -> None:
    """It stands alone."""
    assert str(environment) == str(Areas.of(environment))
    assert not Areas.of(environment).are_canary


def test_areas_alone_are_canary() -> None:
    """With production they are more than a canary."""
    assert Areas(["presetCanaryJilin"]).are_canary
    assert not Areas(["presetCanaryJilin", "production"]).are_canary


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Zhejiang", "presetCanaryZhejiang"),
        ("zhejiang", "presetCanaryZhejiang"),
        ("presetCanaryZhejiang", "presetCanaryZhejiang"),
        ("production", "production"),
        ("staging", "staging"),
    ],
)
def test_an_area_may_be_named_in_short(text: str, name: str) -> None:
    """As people call it; what every routine has is called what it is."""
    assert name == area_name(text)
    assert name == area_name(short_name(name))


@pytest.mark.parametrize("text", ["", " , "])
def test_nowhere_is_refused(text: str) -> None:
    """A revision must go somewhere."""
    with pytest.raises(InvalidInput, match="no environment was named"):
        Areas.parse(text)


@pytest.mark.parametrize(
    "name", ["moon", "presetCanary", "presetcanaryJilin", 'a","b', "Production"]
)
def test_what_is_no_environment_is_refused(name: str) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidInput, match="no environment of DCDN"):
        Areas([name])


def test_staging_goes_alone() -> None:
    """Production together with it would skip every gate."""
    with pytest.raises(InvalidInput, match="Staging goes alone"):
        Areas(["staging", "production"])
