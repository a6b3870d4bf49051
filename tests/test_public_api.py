"""What `import esa_flows` promises."""

from __future__ import annotations

import inspect
from pathlib import Path

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
