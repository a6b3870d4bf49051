"""What a survey will do is said before it begins."""

from __future__ import annotations

from pathlib import Path

from tests.cli.office import console, text_on
from tests.survey.witness import NAME, SETTINGS, plan

from esa_flows import Settings
from esa_flows.cli.announcement import announced


def _said(settings: Settings = SETTINGS, **kinds: bool) -> str:
    paper = console()
    for line in announced(plan(**kinds), settings, Path("found.toml")):
        paper.print(line)

    return text_on(paper)


def test_everything_is_said() -> None:
    """The routine, what changes and what never does, calls, time, file."""
    said = _said()

    assert f"routine  {NAME}: made now, and deleted at the end" in said
    assert "never    production; any other routine" in said
    assert "CreateRoutine 2" in said
    assert "at http://127.0.0.1:8080" in said
    assert "file     found.toml" in said
    assert "cap " not in said
    assert "slow" not in said


def test_costly_questions_are_said_apart() -> None:
    """Waiting, and being refused at the cost of others."""
    said = _said(slow=True, cap=True)

    assert "slow     waits until an upload form has ended" in said
    assert "calls of others with this account may be refused" in said


def test_without_an_endpoint_the_site_is_found() -> None:
    """By the access key."""
    assert "at its own site" in _said(Settings())
