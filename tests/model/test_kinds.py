"""The kinds of events that runs tell."""

from __future__ import annotations

from pathlib import Path

from esa_flows.events import Kind as Told
from esa_flows.model.kinds import Kind

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "events.md"


def test_every_kind_is_described() -> None:
    """By its word, in the table that programs are written by."""
    described = PAGE.read_text(encoding="utf-8")

    assert [] == [kind for kind in Kind if f"| `{kind}` |" not in described]
    assert Told is Kind
