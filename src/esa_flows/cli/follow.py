"""Follow a run that another process drives: the same picture, from its journal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import anyio
from attrs import define, field
from rich.live import Live

from esa_flows.cli.desk import Desk
from esa_flows.cli.lines import narrated
from esa_flows.cli.progress import Progress
from esa_flows.cli.screen import MOST_LINES, Frame, drawn
from esa_flows.cli.text import one_line
from esa_flows.client import Client
from esa_flows.engine.retold import Retelling
from esa_flows.engine.view import RunView

__all__ = ["follow"]

_LOOK = 0.5
"""Seconds between two looks into the journal."""

_ADVICE = "Ctrl-C ends the watching, not the run"


async def follow(desk: Desk, client: Client, run: str) -> RunView:
    """Show a run until it has ended or nobody drives it; give it as it is then.

    Args:
        desk: Where to show it.
        client: Whose journal holds it.
        run: Its id, or four characters of it or more.

    Raises:
        UnknownRun: The journal knows no such run.
    """
    view = await client.runs.get(run)
    following = _Following(desk=desk)
    with following.shown(view) as live:
        while True:
            following.take(view)
            if live is not None:
                live.update(drawn(following.progress, following.frame(view)))
                live.refresh()

            if view.history.is_ended or not view.is_driven:
                return view

            await anyio.sleep(_LOOK)
            view = await client.runs.get(view.run.id)


@define(kw_only=True)
class _Following:
    """What was seen so far."""

    desk: Desk
    progress: Progress = field(factory=Progress)
    calls: int = 0
    _telling: Retelling = field(factory=Retelling)
    _seen: int = 0

    def take(self, view: RunView) -> None:
        """Take in the rows that are new."""
        for row in view.rows[self._seen :]:
            for happening in self._telling.take(row):
                self.progress.take(happening, happening.at.timestamp())
                self.calls += sum(happening.facts.get("calls", {}).values())
                line = narrated(happening)
                if line and not self.desk.is_live:
                    self.desk.say(line)

        self._seen = len(view.rows)

    def frame(self, view: RunView, *, is_last: bool = False) -> Frame:
        """Give what a picture needs beside the progress; its clock is the wall's."""
        err = self.desk.err
        return Frame(
            title=one_line(f"{view.run.flow} {view.run.subject}"),
            now=self.desk.parts.now().timestamp(),
            began=view.run.started_at.timestamp(),
            calls=self.calls,
            advice=_ADVICE,
            width=err.width,
            height=min(MOST_LINES, err.height - 1),
            is_last=is_last,
            is_ascii=err.options.ascii_only,
        )

    @contextmanager
    def shown(self, view: RunView) -> Iterator[Live | None]:
        """Draw over the same lines, where there is a terminal to draw on."""
        if not self.desk.is_live:
            yield None
            return

        picture = drawn(self.progress, self.frame(view))
        with Live(
            picture, console=self.desk.err, auto_refresh=False, transient=True
        ) as live:
            yield live
