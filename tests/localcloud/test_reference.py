"""The reference page shows what the code has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from attrs import fields

from esa_flows.localcloud import Switches
from esa_flows.localcloud.faults import Kind
from esa_flows.localcloud.reference import filled, kinds, operations, switches

PAGE = Path("docs/reference/local-cloud.md")


def test_the_page_is_up_to_date() -> None:
    """Else run ``python -m esa_flows.localcloud.reference`` with the page's name."""
    page = PAGE.read_text(encoding="utf-8")

    assert page == filled(page)


def test_tables_are_whole() -> None:
    """Every operation, every switch, every kind of fault."""
    assert operations().count("\n") == 46 + 21 + 1
    assert operations().count("InvalidApi.NotFound") == 10 + 4
    assert switches().count("\n") == len(fields(Switches)) + 1
    assert kinds().count("\n") == len(Kind.__args__) + 1  # type: ignore[attr-defined]


def test_a_page_is_written_anew(tmp_path: Path) -> None:
    """Only between its marks."""
    page = tmp_path / "page.md"
    text = PAGE.read_text(encoding="utf-8")
    page.write_text(text.replace("| `cap` |", "| `cup` |"), encoding="utf-8")
    command = [sys.executable, "-m", "esa_flows.localcloud.reference", str(page)]
    subprocess.run(command, check=True)

    assert page.read_text(encoding="utf-8") == text


def test_a_page_without_marks_is_refused() -> None:
    """It says which are missing."""
    with pytest.raises(ValueError, match="no marks for the table operations"):
        filled("# A page\n")
