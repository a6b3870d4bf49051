"""How a further account of a rollout is reached, without any secret."""

from __future__ import annotations

from typing import Any

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.fleet.account import Account, Variables
from esa_flows.wire.site import Site


def test_it_says_where_its_credentials_are_looked_for() -> None:
    """By default in the profile of its own name."""
    variables = Account(credentials=Variables(env="EU_"), site="intl")

    assert "profile eu" == Account().told("eu")
    assert "profile europe" == Account(profile="europe").told("eu")
    assert "variables EU_…" == variables.told("eu")
    assert Site.INTL is variables.site


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"site": "mars"}, "'mars' is no site: use cn or intl"),
        ({"calls_per_second": 0}, "With 0 calls a second nothing"),
        ({"profile": "eu", "credentials": Variables(env="EU_")}, "leave out one of"),
    ],
)
def test_what_makes_no_sense_is_refused(made: dict[str, Any], said: str) -> None:
    """Also where Python says it and no file."""
    with pytest.raises(InvalidInput, match=said):
        Account(**made)


@pytest.mark.parametrize("env", ["", "1EU_", "EU-", "EU_=x", "${EU}"])
def test_a_variable_begins_with_letters(env: str) -> None:
    """Whatever else it holds is no name, and may be a secret."""
    with pytest.raises(InvalidInput, match="not how an environment variable begins"):
        Variables(env=env)
