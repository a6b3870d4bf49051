"""The look of a report."""

from __future__ import annotations

from esa_flows.cli.pages.story import Phase
from esa_flows.cli.pages.style import Look

LOOK = Look.load()


def test_a_report_asks_nobody_for_anything() -> None:
    """No font, no picture, no address."""
    for word in ("http", "url(", "@import", "fetch", "src="):
        assert word not in LOOK.style + LOOK.script


def test_every_phase_has_a_colour() -> None:
    """In both colour schemes."""
    for phase in Phase:
        assert f".p-{phase.name.lower()} " in LOOK.style
        assert 2 <= LOOK.style.count(f"--{phase.name.lower()}: ")


def test_paper_phones_and_the_dark_are_thought_of() -> None:
    """Each has its rules."""
    for rule in ("@media print", "max-width: 44rem", "prefers-color-scheme: dark"):
        assert rule in LOOK.style
