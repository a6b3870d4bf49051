"""A run drawn for a terminal."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from tests.cli.office import console, text_on
from tests.cli.reports import NEW, OLD

from esa_flows.cli.frame import MOST_LINES, Frame
from esa_flows.cli.progress import Line, Mark, Progress
from esa_flows.cli.screen import drawn

FRAME = Frame(title="release shop 10:5m,100", now=100.0, began=58.0, calls=12)
SAID = f"accepted {NEW} 10 % + {OLD} 90 %"


def _picture(progress: Progress, frame: Frame = FRAME, **options: Any) -> list[str]:
    paper = console(is_terminal=True, **options)
    paper.print(drawn(progress, frame))
    return [line.rstrip() for line in text_on(paper).splitlines()]


def _progress(*lines: Line, **changes: Any) -> Progress:
    steps = {line.identity: line for line in lines}
    return Progress(run="7k2f7k2f7k2f", steps=steps, **changes)


def test_a_release_at_eighty_columns() -> None:
    """One line per step, ids cut where they differ, countdown and time at the foot."""
    progress = _progress(
        Line(identity="commit#1", mark=Mark.DONE, seconds=0.84, said=f"version {NEW}"),
        Line(
            identity="deploy[production:10]#1", mark=Mark.DONE, seconds=0.1, said=SAID
        ),
        Line(
            identity="sleep[production:10]#1", mark=Mark.BAKING, began=90.0, until=390.0
        ),
    )

    assert [
        "release shop 10:5m,100  run 7k2f7k2f7k2f",
        " ✔ commit the version          0.8 s version …000002",
        " ✔ deploy to production 10 %   0.1 s accepted …000002 10 % + …000001 90 %",
        " ◔ bake at 10 %               10.0 s 4m 50s left",
        "",
        "  42.0 s elapsed, 12 calls",
        "  Ctrl-C pauses the run; it can be resumed",
    ] == _picture(progress)


def test_ids_are_whole_where_there_is_room() -> None:
    """A wide terminal cuts nothing."""
    line = Line(identity="deploy[production:10]#1", mark=Mark.DONE, said=SAID)

    picture = _picture(_progress(line), evolve(FRAME, width=120), width=120)

    assert SAID in picture[1]


def test_what_is_waited_for() -> None:
    """Throttling and looking say so, with the time until the next attempt."""
    progress = _progress(
        Line(
            identity="commit#1", mark=Mark.WAITING, until=104.0, said="Too many calls."
        ),
        Line(identity="deploy[staging]#1", mark=Mark.LOOKING, said="looking"),
        Line(identity="sweep#1", mark=Mark.FAILED, said="No."),
        Line(identity="observe#1", mark=Mark.KNOWN),
        Line(identity="look[unwind]#1", mark=Mark.STOPPED),
        news="abort asked for by ann",
        resumed=True,
    )

    picture = _picture(progress)

    assert picture[0].endswith("run 7k2f7k2f7k2f  resumed")
    assert picture[1].endswith("again in 4.0 s: Too many calls.")
    assert picture[2].endswith("looking")
    assert picture[3].startswith(" ✖ delete duplicates")
    assert picture[4].split() == ["·", "look", "at", "the", "routine", "before"]
    assert " ■ look before going back" == picture[5]
    assert "abort asked for by ann" in picture[7]


def test_a_screen_is_never_too_high() -> None:
    """Of many steps the last are shown, with how many there were before."""
    lines = [Line(identity=f"warm[{n}]#1", mark=Mark.DONE) for n in range(50)]

    for height in (24, 40, 12):
        picture = _picture(_progress(*lines), evolve(FRAME, height=height))

        assert min(height, MOST_LINES) >= len(picture)
        assert picture[1].endswith("earlier steps")
        assert "warm (49)" in picture[-4]


def test_the_last_picture_shows_everything() -> None:
    """What stays on the screen has every step and no foot."""
    lines = [Line(identity=f"warm[{n}]#1", mark=Mark.DONE) for n in range(50)]

    picture = _picture(_progress(*lines), evolve(FRAME, is_last=True))

    assert 51 == len(picture)
    assert not any("Ctrl-C" in line for line in picture)


def test_ascii_where_nothing_else_can_be_shown() -> None:
    """Marks have ASCII forms."""
    lines = [Line(identity=f"warm[{mark.value}]#1", mark=mark) for mark in Mark]

    picture = _picture(_progress(*lines), evolve(FRAME, is_ascii=True))

    assert all(line.isascii() for line in picture)


def test_no_line_is_wider_than_the_terminal() -> None:
    """Long texts are cut with an ellipsis, not wrapped."""
    long = Line(identity="warm#1", mark=Mark.FAILED, said="very " * 60)

    picture = _picture(_progress(long), evolve(FRAME, title="x" * 200))

    assert all(len(line) <= 80 for line in picture)
    assert "…" in picture[1]


def test_markup_is_text() -> None:
    """What looks like markup is shown as it is."""
    line = Line(identity="warm#1", mark=Mark.DONE, said="[red]hot[/red]")

    assert "[red]hot[/red]" in _picture(_progress(line))[1]
