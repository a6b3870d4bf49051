"""Draw something over the same lines while work goes on, where a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import anyio
from anyio.abc import TaskGroup
from attrs import frozen
from rich.console import RenderableType
from rich.live import Live

from esa_flows.cli.desk import Desk
from esa_flows.cli.lines import annotation

__all__ = ["Shown", "showing"]

_REDRAW = 0.25
"""Seconds between two pictures: four a second."""


class Shown(Protocol):
    """What is drawn."""

    @property
    def title(self) -> str:
        """What is done to what."""
        ...

    @property
    def is_begun(self) -> bool:
        """Whether there is anything worth keeping."""
        ...

    def picture(self, *, is_last: bool = False) -> RenderableType:
        """Draw it as it is now.

        Args:
            is_last: Whether nothing more will happen.
        """
        ...


@contextmanager
def showing(desk: Desk, shown: Shown) -> Iterator[None]:
    """Draw while the block runs; elsewhere fold what it writes, where that is known.

    The last picture stays, whole.

    Args:
        desk: Where to draw.
        shown: What.
    """
    desk.command(annotation("group", shown.title))
    try:
        if not desk.is_live or desk.beside is None:
            yield
            return

        with _live(desk, shown) as live, _Redrawing(live, shown).beside(desk.beside):
            yield
    finally:
        desk.command("::endgroup::")


@contextmanager
def _live(desk: Desk, shown: Shown) -> Iterator[Live]:
    live = Live(shown.picture(), console=desk.err, auto_refresh=False, transient=True)
    try:
        with live:
            yield live
    finally:
        if shown.is_begun:
            desk.note(shown.picture(is_last=True), "")


@frozen
class _Redrawing:
    """Draws again and again, until its scope is cancelled."""

    live: Live
    shown: Shown

    @contextmanager
    def beside(self, group: TaskGroup) -> Iterator[None]:
        scope = anyio.CancelScope()
        group.start_soon(self._redraw, scope)
        try:
            yield
        finally:
            scope.cancel()

    async def _redraw(self, scope: anyio.CancelScope) -> None:
        with scope:
            while True:
                await anyio.sleep(_REDRAW)
                if scope.cancel_called:
                    return  # woken and cancelled at once: the last picture is drawn

                self.live.update(self.shown.picture(), refresh=True)
