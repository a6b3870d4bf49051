"""Small changes to the code of pure modules: a comparison, a constant, a value.

What people read is left alone: annotations, docstrings, texts, and what is raised.
Where a change makes no difference that anybody could see, it is listed with the reason.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from attrs import frozen

__all__ = ["PURE", "Pure", "mutants_of"]


@frozen
class Pure:
    """A module of pure decisions.

    Attributes:
        file: Where it is, below the package's folder.
        tests: Who should notice a change.
        least: Percentage of the changes that must be noticed.
    """

    file: str
    tests: tuple[str, ...]
    least: int = 90


PURE = (
    Pure("engine/state.py", ("tests/engine/test_state.py",), 100),
    Pure("release/room.py", ("tests/release/test_room.py",), 100),
    Pure("release/position.py", ("tests/release/test_position.py",)),
    Pure("wire/classify.py", ("tests/wire/test_classify.py",), 100),
    Pure("wire/slots.py", ("tests/wire/test_slots.py",), 100),
    Pure("model/split.py", ("tests/model/test_split.py",), 100),
    Pure("model/tag.py", ("tests/model/test_tag.py",)),
    Pure("model/canary.py", ("tests/model/test_canary.py",)),
    Pure("model/areas.py", ("tests/model/test_areas.py",)),
    Pure("model/area_canary.py", ("tests/model/test_area_canary.py",)),
    Pure("model/duration.py", ("tests/model/test_duration.py",)),
    Pure("backoff.py", ("tests/test_backoff.py",)),
    Pure("engine/retry.py", ("tests/engine/test_retry.py",)),
    Pure("engine/cause.py", ("tests/engine/test_cause.py",)),
    Pure("gates/looks.py", ("tests/gates/test_looks.py",)),
    Pure("gates/sequential.py", ("tests/gates/test_sequential.py",)),
    Pure("gates/tally.py", ("tests/gates/test_tally.py",)),
    Pure("wire/correction.py", ("tests/wire/test_correction.py",)),
    Pure("wire/pace.py", ("tests/wire/test_pace.py",)),
    Pure("wire/learned.py", ("tests/wire/test_learned.py",)),
    Pure("engine/budget.py", ("tests/engine/test_budget.py",)),
    Pure("fleet/amount.py", ("tests/fleet/test_amount.py",)),
    Pure("fleet/budget.py", ("tests/fleet/test_budget.py",)),
    Pure("fleet/waves.py", ("tests/fleet/test_waves.py",)),
)

_COMPARED: Mapping[type[ast.cmpop], type[ast.cmpop]] = MappingProxyType(
    {
        ast.Lt: ast.LtE,
        ast.LtE: ast.Lt,
        ast.Gt: ast.GtE,
        ast.GtE: ast.Gt,
        ast.Eq: ast.NotEq,
        ast.NotEq: ast.Eq,
        ast.In: ast.NotIn,
        ast.NotIn: ast.In,
        ast.Is: ast.IsNot,
        ast.IsNot: ast.Is,
    }
)
_COUNTED: Mapping[type[ast.operator], type[ast.operator]] = MappingProxyType(
    {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
)
_EXTREMES = MappingProxyType({"min": "max", "max": "min", "any": "all", "all": "any"})
_UNREAD = frozenset({"annotation", "returns", "decorator_list"})
_TEXTS = (ast.JoinedStr, ast.Raise, ast.Import, ast.ImportFrom)
_MAKING = frozenset({"init", "hash", "repr", "kw_only"})
"""What attrs is told about making a class decides nothing."""

Site = tuple[int, str, Callable[[], None]]


def mutants_of(source: str) -> Iterator[tuple[str, str]]:
    """Give every small change of a module: what it is, and the module with it.

    Args:
        source: The module's text.
    """
    lines = source.splitlines()
    seen: dict[str, int] = {}
    for number in range(len(list(_sites(ast.parse(source))))):
        tree = ast.parse(source)
        line, what, change = list(_sites(tree))[number]
        change()
        name = f"{lines[line - 1].strip()}  # {what}"
        seen[name] = seen.get(name, 0) + 1
        nth = f" ({seen[name]})" if seen[name] > 1 else ""
        yield f"{name}{nth}", ast.unparse(tree)


def _sites(node: ast.AST) -> Iterator[Site]:
    """Give the places in a tree that can be changed."""
    if isinstance(node, _TEXTS) or _is_making(node):
        return

    yield from _changes(node)
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and name not in _UNREAD:
                yield from _sites(child)


def _is_making(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg in _MAKING


def _changes(node: ast.AST) -> Iterator[Site]:
    match node:
        case ast.Compare():
            yield from _comparisons(node)
        case ast.BoolOp():
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield node.lineno, "the other of and, or", _setting(node, "op", other)
        case ast.UnaryOp(op=ast.Not()):
            twice = ast.UnaryOp(ast.Not(), node.operand)
            yield node.lineno, "without not", _setting(node, "operand", twice)
        case ast.BinOp() if type(node.op) in _COUNTED:
            operator = _COUNTED[type(node.op)]()
            yield node.lineno, "another operator", _setting(node, "op", operator)
        case _:
            yield from _values(node)


def _values(node: ast.AST) -> Iterator[Site]:
    match node:
        case ast.Constant():
            yield from _constants(node)
        case ast.Return(value=ast.Constant(value=None)):
            return
        case ast.Return(value=ast.expr()):
            nothing = ast.Constant(None)
            yield node.lineno, "nothing", _setting(node, "value", nothing)
        case ast.IfExp():
            swapped = ast.UnaryOp(ast.Not(), node.test)
            yield node.lineno, "the other branch", _setting(node, "test", swapped)
        case ast.Call(func=ast.Name(id=name) as called) if name in _EXTREMES:
            other_name = _EXTREMES[name]
            yield node.lineno, other_name, _setting(called, "id", other_name)


def _comparisons(node: ast.Compare) -> Iterator[Site]:
    for place, operator in enumerate(node.ops):
        other = _COMPARED[type(operator)]()
        others = [*node.ops[:place], other, *node.ops[place + 1 :]]
        what = f"{type(other).__name__} instead of {type(operator).__name__}"
        yield node.lineno, what, _setting(node, "ops", others)


def _constants(node: ast.Constant) -> Iterator[Site]:
    value = node.value
    if isinstance(value, bool):
        yield node.lineno, f"{not value}", _setting(node, "value", not value)
        return

    if isinstance(value, int | float):
        yield node.lineno, f"{value + 1}", _setting(node, "value", value + 1)


def _setting(node: ast.AST, name: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, name, value)
