"""What every picture of work under way needs beside that work; pure."""

from __future__ import annotations

from typing import Self

from attrs import evolve, field, frozen
from rich.console import Console
from rich.table import Table
from rich.text import Text

from esa_flows.cli.text import one_line, seconds_words

__all__ = ["MOST_LINES", "SPARKS", "Frame", "cut"]

MOST_LINES = 24
SPARKS = "▁▂▃▄▅▆▇█"
"""Bars from the lowest to the highest."""

_ENDLESS = 1_000
"""Columns that no terminal has."""

_ASCII = str.maketrans(
    {
        "◌": "~",
        "●": ">",
        "◔": "~",
        "◀": "<",
        "✔": "+",
        "·": ".",
        "✖": "x",
        "■": "=",
        "▰": "#",
        "▱": "-",
        "…": ".",
        "←": "<",
        "→": "->",
        **dict(zip(SPARKS, "12345678", strict=True)),
    }
)


@frozen(kw_only=True)
class Frame:
    """What a picture needs beside the progress that it shows.

    Attributes:
        title: What is done to what.
        now: Seconds on the progress's clock.
        began: When it began, on the same clock.
        calls: Calls made so far.
        advice: What the keyboard can do.
        width: Columns there are.
        height: Lines there are.
        is_last: Whether nothing more will happen.
        is_ascii: Whether only ASCII can be shown.
    """

    title: str = field(converter=one_line)
    now: float
    began: float
    calls: int
    advice: str = "Ctrl-C pauses the run; it can be resumed"
    width: int = 80
    height: int = MOST_LINES
    is_last: bool = False
    is_ascii: bool = False

    def on(self, console: Console) -> Self:
        """Give the same as it fits where it is to be drawn.

        Args:
            console: Where; a line of it is left for the cursor.
        """
        return evolve(
            self,
            width=console.width,
            height=min(MOST_LINES, console.height - 1),
            is_ascii=console.options.ascii_only,
        )

    @property
    def elapsed(self) -> str:
        """The time since it began, in words."""
        return seconds_words(max(0.0, self.now - self.began))

    def left(self, until: float) -> str:
        """Give the time that is left, in words.

        Args:
            until: The end, on the progress's clock.
        """
        return seconds_words(max(0.0, until - self.now))

    def head(self, run: str, *, is_resumed: bool) -> Text:
        """Give the first line: what is done, under which run.

        Args:
            run: Its id; empty before it has one.
            is_resumed: Whether an earlier process began it.
        """
        again = "  resumed" if is_resumed else ""
        title = cut(Text(self.title, style="bold"))
        title.append(f"  run {run or '…'}{again}", style="not bold dim")
        return self.fit(title)

    def shown(self, text: str) -> str:
        """Give a text in the characters that can be shown."""
        return text.translate(_ASCII) if self.is_ascii else text

    def fit(self, line: Text) -> Text:
        """Put a line into the characters that can be shown; it keeps its styles."""
        line.plain = self.shown(line.plain)
        return line

    def grid(self, *, narrowest: int, widest: int | None = None) -> Table:
        """Make a table of marks, names, a number each, and what is said of them.

        Args:
            narrowest: Columns that the names have at least.
            widest: Columns that they have at most.
        """
        # A file has lines without end: nothing is padded to that.
        table = Table.grid(padding=(0, 1), expand=self.width < _ENDLESS)
        table.add_column(width=2, justify="right")
        table.add_column(
            no_wrap=True, overflow="ellipsis", min_width=narrowest, max_width=widest
        )
        table.add_column(no_wrap=True, justify="right", min_width=7)
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        return table


def cut(line: Text) -> Text:
    """Let a line end where the terminal does, rather than go on below."""
    line.no_wrap, line.overflow = True, "ellipsis"
    return line
