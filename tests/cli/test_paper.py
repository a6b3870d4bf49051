"""What is written on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.office import console, text_on

from esa_flows.cli.paper import page, paper


def test_a_coloured_log_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What forces colours does not make a log movable."""
    monkeypatch.setenv("FORCE_COLOR", "1")

    made = paper({}, is_error=True)

    assert made.is_terminal
    assert not made.is_interactive
    assert 10_000 == made.width


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"ESA_FLOWS_NO_COLOR": "1"}])
def test_no_colours_by_variable(environ: dict[str, str]) -> None:
    """The usual variable counts, and our own."""
    assert paper(environ).no_color


@pytest.mark.may_block
def test_a_reader_that_leaves_stops_nothing(tmp_path: Path) -> None:
    """When nobody reads any more the work goes on in silence."""
    script = (
        "import sys\n"
        "from esa_flows.cli.paper import paper\n"
        "made = paper({})\n"
        "for n in range(20000):\n"
        "    made.print('line', n)\n"
        "sys.stderr.write('went on')\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": "src"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()

        assert b"went on" == process.stderr.read()


def test_a_frame_is_not_drawn_over_endless_paper() -> None:
    """Help in a pipe is as wide as people read; the same file is written on."""
    endless = console()

    framed = page(endless)
    framed.print("here")

    assert 100 == framed.width
    assert "here\n" == text_on(endless)


def test_a_terminal_says_how_wide_it_is() -> None:
    """What has a width of its own keeps it."""
    narrow = console(is_terminal=True)

    assert page(narrow) is narrow


def test_a_terminal_is_asked_again_when_it_is_resized(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A picture drawn over old lines must know where they end now."""
    sizes = [os.terminal_size((80, 24)), os.terminal_size((60, 16))]
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("LINES", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    made = paper({}, is_error=True)
    found = []
    for size in sizes:
        monkeypatch.setattr(os, "get_terminal_size", lambda _, size=size: size)
        found.append((made.width, made.height))

    assert [(80, 24), (60, 16)] == found
