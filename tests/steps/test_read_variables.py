"""What a routine's variables are called, and what is known where nobody may ask."""

from __future__ import annotations

import json

from tests.house import House
from tests.steps.bench import SHOP, perform

from esa_flows.engine.codec import encode
from esa_flows.localcloud import Fault, Switches
from esa_flows.steps.read_variables import RoutineVariables, read_variables


async def test_the_names_of_both_environments() -> None:
    """Two calls; no value is in what the journal gets."""
    with House(switches=Switches(secrets_shown=True)) as house:
        house.live_bound()
        house.cloud.console.set_variable("shop", "staging", "ALPHA", "hue-alpha")
        async with house.client() as client:
            found = await perform(client, read_variables, SHOP)

        assert ("ALPHA", "COLOUR", "TOKEN") == found.staging
        assert ("COLOUR", "TOKEN") == found.production
        assert found.are_there
        assert ["variables", "variables"] == house.transport.calls
        assert "hue" not in json.dumps(encode(found))
        assert "old" not in json.dumps(encode(found))


async def test_a_routine_without_variables() -> None:
    """There are none, which is known."""
    with House() as house:
        house.live()
        async with house.client() as client:
            found = await perform(client, read_variables, SHOP)

        assert RoutineVariables() == found
        assert not found.are_there


async def test_who_may_not_read_them_is_told_what_is_missing() -> None:
    """A missing right holds no release up."""
    denied = frozenset({"esa:ListRoutineEnvironmentVariables"})
    with House(switches=Switches(denied=denied)) as house:
        house.live_bound()
        async with house.client() as client:
            found = await perform(client, read_variables, SHOP)

        assert "not allowed to read them (ListRoutineEnvironmentVariables)" == found.why
        assert not found.are_there


async def test_a_lost_answer_is_asked_for_again() -> None:
    """Trouble with the provider is no answer: whether there are any must be known."""
    with House() as house:
        house.live_bound()
        house.cloud.inject(
            Fault(operation="ListRoutineEnvironmentVariables", kind="lost")
        )
        async with house.client() as client:
            found = await perform(client, read_variables, SHOP)

        assert found.are_there
        assert 3 == house.transport.calls.count("variables")
