"""Small changes are made where a module decides, and nowhere else."""

from __future__ import annotations

import ast

import pytest
from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.operators import PURE, Pure, mutants_of
from tests.mutants.scratch import ROOT


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("x = a < b", {"x = a <= b"}),
        ("x = a == b", {"x = a != b"}),
        ("x = a in b", {"x = a not in b"}),
        ("x = a is b", {"x = a is not b"}),
        ("x = a < b <= c", {"x = a <= b <= c", "x = a < b < c"}),
        ("x = a and b", {"x = a or b"}),
        ("x = not a", {"x = not not a"}),
        ("x = a + b", {"x = a - b"}),
        ("x = a * b", {"x = a / b"}),
        ("x = 7", {"x = 8"}),
        ("x = True", {"x = False"}),
        ("x = a if b else c", {"x = a if not b else c"}),
        ("x = min(a, b)", {"x = max(a, b)"}),
        ("def f():\n    return a", {"def f():\n    return None"}),
        ("def f():\n    return None", set()),
        ("x = field(default=1, init=False)", {"x = field(default=2, init=False)"}),
        ("x: 'A | 1' = a", set()),
        ("x = f'{1 + 1}'", set()),
        ("raise A(1)", set()),
        ("'text'", set()),
    ],
)
def test_what_is_changed(line: str, changed: set[str]) -> None:
    """Each operator, constant and value once; texts and annotations never."""
    assert changed == {text for _, text in mutants_of(line)}


def test_equal_lines_are_told_apart() -> None:
    """Two changes of one kind in equal lines have two names."""
    names = [name for name, _ in mutants_of("x = 1\nx = 1")]

    assert ["x = 1  # 2", "x = 1  # 2 (2)"] == names


@pytest.mark.parametrize("pure", PURE, ids=lambda pure: pure.file)
def test_every_pure_module_is_there_with_its_tests(pure: Pure) -> None:
    """It is parsed, changed in some places, and somebody should notice."""
    source = (ROOT / "src" / "esa_flows" / pure.file).read_text(encoding="utf-8")
    mutants = dict(mutants_of(source))

    assert mutants
    assert all(map(ast.parse, mutants.values()))
    assert all((ROOT / test).exists() for test in pure.tests)


@pytest.mark.parametrize("name", EQUIVALENT)
def test_what_nobody_could_see_is_a_change_and_has_a_reason(name: str) -> None:
    """A line that was changed since is judged anew."""
    file, _, _ = name.partition(": ")
    source = (ROOT / "src" / "esa_flows" / file).read_text(encoding="utf-8")

    assert name in {f"{file}: {change}" for change, _ in mutants_of(source)}
    assert EQUIVALENT[name].endswith(".")
