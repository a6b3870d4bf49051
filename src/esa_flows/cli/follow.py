"""Follow a run that another process drives: the same picture, from its journal."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

import anyio
from attrs import define, field
from rich.console import RenderableType

from esa_flows.api.cloud import Op
from esa_flows.cli.desk import Desk
from esa_flows.cli.frame import Frame
from esa_flows.cli.lines import narrated
from esa_flows.cli.live import showing
from esa_flows.cli.progress import Progress
from esa_flows.cli.rollouts.kinds import is_fleet, outline_of
from esa_flows.cli.rollouts.lines import FleetLines
from esa_flows.cli.rollouts.progress import FleetProgress
from esa_flows.cli.rollouts.recall import Recall
from esa_flows.cli.rollouts.screen import FleetFrame, drawn_fleet
from esa_flows.cli.screen import drawn
from esa_flows.cli.text import one_line
from esa_flows.client import Client
from esa_flows.engine.retold import Retelling
from esa_flows.engine.view import RunView

__all__ = ["follow", "shown_fleet"]

_LOOK = 0.5
"""Seconds between two looks into the journal."""

_ADVICE = "Ctrl-C ends the watching alone"


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
    kind = _Fleet if is_fleet(view) else _Single
    followed: _Followed = kind(desk=desk, view=view)
    await followed.look(client, view)
    with showing(desk, followed):
        while not view.history.is_ended and view.is_driven:
            await anyio.sleep(_LOOK)
            view = await client.runs.get(view.run.id)
            await followed.look(client, view)

    return view


async def shown_fleet(desk: Desk, client: Client, view: RunView) -> RenderableType:
    """Draw a run about many routines as its journal tells it now.

    Args:
        desk: Where it is to be shown.
        client: Whose journal holds it.
        view: Its run.
    """
    followed = _Fleet(desk=desk, view=view, is_told=False)
    await followed.look(client, view)
    return followed.picture(is_last=True)


class _Followed(Protocol):
    """A run that is followed."""

    @property
    def title(self) -> str: ...

    @property
    def is_begun(self) -> bool: ...

    def picture(self, *, is_last: bool = False) -> RenderableType: ...

    async def look(self, client: Client, view: RunView) -> None:
        """Take in what is new, and tell it where lines are told."""


@define(kw_only=True)
class _Single:
    """A run that has none of its own."""

    desk: Desk
    view: RunView
    progress: Progress = field(factory=Progress)
    is_begun: bool = False
    _calls: Counter[str] = field(factory=Counter)
    _telling: Retelling = field(factory=Retelling)
    _seen: int = 0

    async def look(self, _: Client, view: RunView) -> None:
        for row in view.rows[self._seen :]:
            for happening in self._telling.take(row):
                self.progress.take(happening, happening.at.timestamp())
                self._calls.update(happening.facts.get("calls", {}))
                _tell(self.desk, narrated(happening))

        self._seen = len(view.rows)

    @property
    def title(self) -> str:
        return one_line(f"{self.view.run.flow} {self.view.run.subject}")

    def picture(self, *, is_last: bool = False) -> RenderableType:
        frame = Frame(
            title=self.title,
            now=self.desk.parts.now().timestamp(),
            began=self.view.run.started_at.timestamp(),
            calls=self._calls.total() - self._calls[Op.POST.name],
            advice=_ADVICE,
            is_last=is_last,
        ).on(self.desk.err)
        return drawn(self.progress, frame)


@define(kw_only=True)
class _Fleet:
    """A rollout or a way back, with the runs of its routines."""

    desk: Desk
    view: RunView
    is_told: bool = True
    progress: FleetProgress = field(init=False)
    is_begun: bool = False
    _lines: FleetLines = field(init=False)
    _recall: Recall = field(factory=Recall)

    def __attrs_post_init__(self) -> None:
        self.progress = FleetProgress(outline=outline_of(self.view))
        self._lines = FleetLines(self.progress)

    async def look(self, client: Client, view: RunView) -> None:
        for happening in await self._recall.news(client, view):
            moved = self.progress.take(happening, happening.at.timestamp())
            for line in self._lines.lines(happening, moved):
                _tell(self.desk, line if self.is_told else "")

    @property
    def title(self) -> str:
        return self.progress.outline.title

    def picture(self, *, is_last: bool = False) -> RenderableType:
        frame = FleetFrame(
            title=self.title,
            now=self.desk.parts.now().timestamp(),
            began=self.view.run.started_at.timestamp(),
            calls=self.progress.capped_calls,
            advice=_ADVICE,
            is_last=is_last,
        ).on(self.desk.err)
        return drawn_fleet(self.progress, frame)


def _tell(desk: Desk, line: str) -> None:
    if line and not desk.is_live:
        desk.say(line)
