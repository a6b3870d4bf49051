"""Words and values of a gate that calls a function."""

from __future__ import annotations

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.gates.python_check import PythonCheck
from esa_flows.gates.spec import Gate


def test_a_function_has_a_name() -> None:
    """Of a module, or a plain one."""
    assert Gate.parse("python:checks.edge:smoke timeout=5s").check == PythonCheck(
        function="checks.edge:smoke", timeout="5s"
    )
    assert "python:smoke" == str(PythonCheck(function="smoke"))


@pytest.mark.parametrize("name", ["", "a b", "1a:b", "a:", "a:b:c"])
def test_what_names_no_function_is_refused(name: str) -> None:
    """The sentence shows how one is named."""
    with pytest.raises(InvalidInput, match=r"Write python:package\.module:function"):
        PythonCheck(function=name)
