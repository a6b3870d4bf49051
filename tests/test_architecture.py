"""The house stands: floors import downwards, and every room has its tests."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import esa_flows

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "esa_flows"


def modules() -> list[Path]:
    """Give every module that has something to test."""
    return [
        path.relative_to(SOURCE)
        for path in sorted(SOURCE.rglob("*.py"))
        if path.name not in {"__init__.py", "__main__.py"}
    ]


TESTED_BY_USERS = {
    Path("localcloud") / name
    for name in (
        "esa/pages.py",
        "esa/room.py",
        "operation.py",
        "refusal.py",
        "report.py",
        "routine.py",
        "site.py",
        "world.py",
    )
}
"""Values and rules of the local cloud that the tests of every operation look at."""


def test_imports_only_go_down() -> None:
    """The import contracts of pyproject.toml hold."""
    tool = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert 0 == done.returncode, done.stdout


@pytest.mark.parametrize("module", modules(), ids=str)
def test_every_module_has_its_tests(module: Path) -> None:
    """Tests mirror the source one to one."""
    mirrored = ROOT / "tests" / module.parent / f"test_{module.name}"

    assert mirrored.exists() is (module not in TESTED_BY_USERS)


@pytest.mark.parametrize("module", modules(), ids=str)
def test_every_module_says_why_it_is_there(module: Path) -> None:
    """A module opens with its reason and names what it promises, sorted."""
    tree = ast.parse((SOURCE / module).read_text(encoding="utf-8"))

    assert ast.get_docstring(tree)


def test_no_typing_only_imports() -> None:
    """Imports that only the type checker sees would hide circles."""
    hidden = [
        str(module)
        for module in modules()
        if "TYPE_CHECKING" in (SOURCE / module).read_text(encoding="utf-8")
    ]

    assert [] == hidden


def test_only_the_front_door_imports_through_itself() -> None:
    """What is imported when it is used is seen by no contract: one module may do so."""
    seen = [
        str(module)
        for module in modules()
        if "\nimport esa_flows\n" in (SOURCE / module).read_text(encoding="utf-8")
    ]

    assert ["client.py"] == seen


def test_what_the_front_door_imports_stands_below_it() -> None:
    """The contract of the floors holds for what is imported when it is used, too."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers: list[str] = contracts["tool"]["importlinter"]["contracts"][0]["layers"]
    below = " | ".join(layers[layers.index("esa_flows.client") + 1 :]).split(" | ")
    source = vars(esa_flows)
    homes = {home.partition(".")[0] for home in source["_HOMES"].values()}

    assert {f"esa_flows.{home}" for home in homes | source["_ROOMS"]} <= {
        *below,
        "esa_flows.client",
        "esa_flows.testing",
    }
