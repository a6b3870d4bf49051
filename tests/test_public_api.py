"""What `import esa_flows` promises."""

from __future__ import annotations

import ast
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import esa_flows


def test_the_promised_names_are_there_sorted_and_documented() -> None:
    """`__all__` is complete, in order, and each name says what it is."""
    names = esa_flows.__all__

    assert sorted(names) == list(names)
    for name in names:
        assert inspect.getdoc(getattr(esa_flows, name)), name


def test_the_package_is_typed() -> None:
    """Users' type checkers are told that they may read our types."""
    assert Path(esa_flows.__file__).with_name("py.typed").exists()


def test_importing_the_package_imports_nothing_heavy() -> None:
    """No HTTP client, no tracing, no event loop: who needs them asks for them."""
    heavy = ["httpx", "anyio", "asyncio", "trio", "attrs", "opentelemetry", "sqlite3"]
    script = f"import sys, esa_flows; print(*{{*{heavy}}} & {{*sys.modules}})"
    done = _alone(script)

    assert "\n" == done.stdout


def test_importing_the_client_imports_its_words_alone() -> None:
    """What makes calls, records and decides comes with the first client."""
    heavy = ["httpx", "asyncio", "trio", "cattrs", "opentelemetry", "sqlite3"]
    script = (
        "import sys; from esa_flows import Client;"
        f"print(*{{*{heavy}}} & {{*sys.modules}});"
        "print(*sorted({name.split('.')[1] for name in sys.modules"
        " if name.startswith('esa_flows.')}))"
    )
    done = _alone(script)

    assert "\nclient errors model\n" == done.stdout


def test_a_client_starts_no_backend_and_no_exporter() -> None:
    """What is heavy and may never be used stays outside when one is made, too."""
    heavy = ["anyio._backends._asyncio", "trio", "opentelemetry.sdk", "starlette"]
    script = (
        "import sys; from esa_flows import Client; Client();"
        f"print(*{{*{heavy}}} & {{*sys.modules}})"
    )
    done = _alone(script)

    assert "\n" == done.stdout


def test_signatures_of_the_client_can_be_read_at_run_time() -> None:
    """What is imported when it is used is found by those who ask for types, too."""
    asked = [
        getattr(method, "fget", method)
        for name, method in vars(esa_flows.Client).items()
        if not name.startswith("_") and name != "from_env"
    ]

    for method in asked:
        told = inspect.signature(method, eval_str=True).return_annotation

        assert not isinstance(told, str), method


def _alone(script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own that measures no coverage: that imports."""
    environ = {
        name: it for name, it in os.environ.items() if not name.startswith("COV")
    }
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=environ,
    )


def test_type_checkers_read_what_is_imported() -> None:
    """The stub names the modules that names are taken from when they are asked for."""
    stub = ast.parse(Path(esa_flows.__file__).with_suffix(".pyi").read_text())
    told = {
        alias.name: "" if node.module == "esa_flows" else node.module[10:]
        for node in ast.walk(stub)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    rooms = {name for name, home in told.items() if not home}

    source = vars(esa_flows)

    assert source["_HOMES"] == {n: home for n, home in told.items() if home}
    assert source["_ROOMS"] == rooms
    assert sorted(source["_HOMES"]) == esa_flows.__all__


def test_names_are_listed_before_they_are_loaded() -> None:
    """`dir` and completion in a shell know every name and every room."""
    assert {*esa_flows.__all__, "errors", "testing"} <= {*dir(esa_flows)}


def test_a_room_is_an_attribute() -> None:
    """`esa_flows.errors.Refused` works without an import of its own."""
    assert esa_flows.errors is esa_flows.__getattr__("errors")
    assert esa_flows.__getattr__("Conflict") is esa_flows.errors.Conflict


def test_a_name_that_is_not_there() -> None:
    """The error is the one of any module."""
    with pytest.raises(AttributeError, match="'esa_flows' has no attribute 'Clint'"):
        esa_flows.__getattr__("Clint")
