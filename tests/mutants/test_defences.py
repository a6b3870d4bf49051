"""The table of defences cannot rot: what it names is there."""

from __future__ import annotations

import ast
from collections import Counter

import pytest
from tests.mutants.defence import Defence
from tests.mutants.defences import DEFENCES
from tests.mutants.scratch import ROOT


@pytest.mark.parametrize("defence", DEFENCES, ids=lambda each: each.name)
def test_a_defence_stands_where_the_table_says(defence: Defence) -> None:
    """Its text is there once; without it the module still parses, and differs."""
    source = (ROOT / "src" / "esa_flows" / defence.file).read_text(encoding="utf-8")

    assert 1 == source.count(defence.old)
    assert ast.dump(ast.parse(defence.without(source))) != ast.dump(ast.parse(source))


@pytest.mark.parametrize("defence", DEFENCES, ids=lambda each: each.name)
def test_the_test_of_a_defence_exists(defence: Defence) -> None:
    """The table names a function of a test module."""
    file, _, name = defence.test.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    made = (ast.FunctionDef, ast.AsyncFunctionDef)

    assert name in {node.name for node in ast.walk(tree) if isinstance(node, made)}


def test_every_defence_has_a_name_of_its_own() -> None:
    """So that a survivor can be found; there are many."""
    names = Counter(defence.name for defence in DEFENCES)

    assert [] == [name for name, count in names.items() if count > 1]
    assert len(DEFENCES) >= 350
