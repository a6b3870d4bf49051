"""Show a run while it runs: redrawn on a terminal, line by line elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from attrs import define, field
from rich.console import RenderableType

from esa_flows.cli.desk import Desk
from esa_flows.cli.effort import Effort
from esa_flows.cli.frame import Frame
from esa_flows.cli.lines import annotation, narrated
from esa_flows.cli.live import showing
from esa_flows.cli.progress import Mark, Progress
from esa_flows.cli.screen import drawn
from esa_flows.cli.summary import Spent
from esa_flows.client import Client
from esa_flows.engine.observe import Happening, Moment

__all__ = ["Watch", "watching"]


@define(kw_only=True)
class Watch:
    """An observer that shows what it is told.

    Attributes:
        desk: Where to show it.
        client: Whose calls are counted.
        title: What is done to what.
        joins: Whether going on with an unfinished run is worth a word.
        progress: What the run has done.
    """

    desk: Desk
    client: Client
    title: str
    joins: bool = False
    progress: Progress = field(factory=Progress)
    _effort: Effort = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._effort = Effort.whole(self.desk, self.client)

    def __call__(self, happening: Happening) -> None:
        """Take in what the run tells, and show it where lines are shown."""
        self.progress.take(happening, self._effort.now)
        self.desk.run = self.progress.run
        if self.desk.events is not None:
            self.desk.events(happening)

        if self.joins and happening.moment is Moment.RUN_RESUMED:
            self.desk.note(
                f"This joins the unfinished run {happening.run}, which releases the"
                " same content; it goes on as it was begun."
            )

        if self.desk.is_live:
            return

        line = narrated(happening)
        if line:
            self.desk.note(line)

        if self._has_failed(happening):
            self.desk.command(annotation("warning", line))

    @property
    def spent(self) -> Spent:
        """What it took so far."""
        return self._effort.spent

    @property
    def is_begun(self) -> bool:
        """Whether the run has told anything."""
        return bool(self.progress.run)

    def picture(self, *, is_last: bool = False) -> RenderableType:
        """Draw the run as it is now; see `Shown`."""
        return drawn(self.progress, self.frame(is_last=is_last))

    def frame(self, *, is_last: bool = False) -> Frame:
        """Give what a picture needs beside the progress."""
        return Frame(
            title=self.title,
            now=self._effort.now,
            began=self._effort.began,
            calls=self._effort.calls,
            is_last=is_last,
        ).on(self.desk.err)

    def _has_failed(self, happening: Happening) -> bool:
        step = self.progress.steps.get(happening.step)
        is_failure = happening.moment is Moment.STEP_FAILED
        return is_failure and step is not None and step.mark is Mark.FAILED


@contextmanager
def watching(
    desk: Desk, client: Client, title: str, *, joins: bool = False
) -> Iterator[Watch]:
    """Show what a run does while the block runs.

    Args:
        desk: Where to show it.
        client: Whose calls are counted.
        title: What is done to what.
        joins: Whether going on with an unfinished run is worth a word.
    """
    watch = Watch(desk=desk, client=client, title=title, joins=joins)
    with showing(desk, watch):
        yield watch
