"""What every picture of work under way needs."""

from __future__ import annotations

import pytest
from rich.console import Group
from rich.text import Text
from tests.cli.office import console, text_on

from esa_flows.cli.frame import MOST_LINES, SPARKS, Frame, cut

FRAME = Frame(title="release shop", now=100.0, began=58.0, calls=12)


@pytest.mark.parametrize(("height", "lines"), [(10, 9), (24, 23), (90, MOST_LINES)])
def test_it_fits_where_it_is_drawn(height: int, lines: int) -> None:
    """A line is left for the cursor; a tall terminal gets no more than a short one."""
    paper = console(is_terminal=True, width=91, height=height)

    frame = FRAME.on(paper)

    assert (91, lines, False) == (frame.width, frame.height, frame.is_ascii)
    assert FRAME.title == frame.title


def test_times_in_words() -> None:
    """Since it began, and until an end, which may be over."""
    assert "42.0 s" == FRAME.elapsed
    assert "5.0 s" == FRAME.left(105.0)
    assert "0.0 s" == FRAME.left(99.0)


def test_the_first_line() -> None:
    """What is done, under which run, and whether an earlier process began it."""
    assert "release shop  run …" == FRAME.head("", is_resumed=False).plain
    assert "release shop  run 7k2f  resumed" == (
        FRAME.head("7k2f", is_resumed=True).plain
    )


def test_marks_for_terminals_of_another_age() -> None:
    """Each has an ASCII form; where they can be shown they stay."""
    marks = f"●◌◔◀✔·✖■▰▱…←→{SPARKS}"
    plain = Frame(title="", now=0.0, began=0.0, calls=0, is_ascii=True)

    assert marks == FRAME.shown(marks)
    assert plain.shown(marks).isascii()
    assert "release + done" == plain.fit(Text("release ✔ done")).plain


@pytest.mark.parametrize(("width", "is_padded"), [(80, True), (10_000, False)])
def test_only_a_terminal_is_filled(width: int, *, is_padded: bool) -> None:
    """Nothing is padded to the end of a line in a file."""
    frame = FRAME.on(console(is_terminal=True, width=width))

    assert is_padded is frame.grid(narrowest=12).expand


def test_a_line_ends_where_the_terminal_does() -> None:
    """What has no room is left out, with a sign of it."""
    paper = console(is_terminal=True, width=12)

    paper.print(Group(cut(Text("one two three four"))))

    assert "one two thr…\n" == text_on(paper)
