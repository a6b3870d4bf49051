"""What is written on: a terminal of some width, or a file or pipe without end."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from rich.console import Console

__all__ = ["Paper", "page", "paper"]

_ENDLESS = 10_000
"""Columns where nobody looks: a file or a pipe gets whole lines."""

_PAGE = 100
"""Columns of what has a frame, where nothing says how wide it may be."""


class Paper(Console):
    """A console that goes on in silence when nobody reads any more.

    A reader that leaves, such as `head`, must not stop a release.
    """

    def on_broken_pipe(self) -> None:
        """Write to nowhere from now on."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def paper(environ: Mapping[str, str], *, is_error: bool = False) -> Paper:
    """Make a console on standard output or standard error.

    Args:
        environ: Environment variables; `NO_COLOR` and `ESA_FLOWS_NO_COLOR` count.
        is_error: Whether it is standard error.
    """
    no_color = bool(environ.get("NO_COLOR") or environ.get("ESA_FLOWS_NO_COLOR"))
    is_watched = (sys.stderr if is_error else sys.stdout).isatty()
    made = Paper(
        stderr=is_error,
        no_color=no_color or None,
        force_interactive=is_watched,
        markup=False,
        highlight=False,
        emoji=False,
    )
    if not is_watched:  # a terminal may be resized, so its width is asked for anew
        made.width = _ENDLESS

    return made


def page(console: Console) -> Console:
    """Give a console for what has a frame, which endless paper would draw out.

    Args:
        console: Where it shall be written.
    """
    if console.width < _ENDLESS:
        return console

    return Paper(
        file=console.file,
        width=_PAGE,
        no_color=console.no_color or None,
        force_terminal=console.is_terminal,
        force_interactive=console.is_interactive,
        markup=False,
        highlight=False,
        emoji=False,
    )
