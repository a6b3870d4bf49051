"""Names of variables come in; their values do not."""

from __future__ import annotations

from typing import Any

import pytest

from esa_flows.api.reply import Member
from esa_flows.api.variables import Variable, Variables, variables_of
from esa_flows.errors import OutcomeUnknown
from esa_flows.model import Environment


def _reply(variables: Any) -> Member:
    return Member(operation="List", value={"EnvironmentVariables": variables})


def test_names_and_whether_they_are_secret() -> None:
    """Any other kind of variable is one that the provider shows to people."""
    found = variables_of(
        _reply(
            {
                "TOKEN": {"Type": "secret_text", "Value": "S3cret-Fake"},
                "COLOUR": {"Type": "plain_text", "Value": "Fake-Blue"},
                "ODD": {},
            }
        )
    )

    assert (
        Variable(name="TOKEN", is_secret=True),
        Variable(name="COLOUR"),
        Variable(name="ODD"),
    ) == found
    assert "Fake" not in repr(Variables(environment=Environment.STAGING, found=found))


@pytest.mark.parametrize("nothing", [None, "", {}])
def test_no_variables(nothing: Any) -> None:
    """However the provider writes that there are none."""
    assert () == variables_of(_reply(nothing))


@pytest.mark.parametrize("odd", [[], "text", {"A": "S3cret-Fake"}, {"A": {"Type": 1}}])
def test_what_is_no_list_of_variables_is_refused(odd: Any) -> None:
    """And no value is told with the refusal."""
    with pytest.raises(OutcomeUnknown, match="EnvironmentVariables") as caught:
        variables_of(_reply(odd))

    assert "Fake" not in str(caught.value)
