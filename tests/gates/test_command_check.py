"""Words and values of a gate that runs a program."""

from __future__ import annotations

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.gates.command_check import CommandCheck
from esa_flows.gates.spec import Gate


def test_a_command_is_a_program_and_its_arguments() -> None:
    """Settings stand before it."""
    gate = Gate.parse("env=A,B timeout=5s command: /bin/smoke.sh --fast 'a b'")

    assert gate.check == CommandCheck(
        argv=("/bin/smoke.sh", "--fast", "a b"), env=("A", "B"), timeout="5s"
    )
    assert "smoke.sh" == gate.name
    assert "command: true" == str(CommandCheck(argv=["true"]))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("command:", "names no program. Write it behind command:"),
        ("command: ''", "names no program"),
        ("env=A-B command: true", "'A-B' names no environment variable"),
        ("body=x command: true", "has no setting body"),
    ],
)
def test_wrong_words_are_named(text: str, why: str) -> None:
    """Each sentence says how to write it."""
    with pytest.raises(InvalidInput) as caught:
        Gate.parse(text)

    assert why in str(caught.value)
