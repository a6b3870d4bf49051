"""Show a rollout while it runs: redrawn on a terminal, line by line elsewhere."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from attrs import define, field
from rich.console import RenderableType

from esa_flows.cli.desk import Desk
from esa_flows.cli.effort import Effort
from esa_flows.cli.live import showing
from esa_flows.cli.rollouts.hand import Hand, pressing
from esa_flows.cli.rollouts.lines import FleetLines
from esa_flows.cli.rollouts.outline import Outline
from esa_flows.cli.rollouts.progress import FleetProgress
from esa_flows.cli.rollouts.screen import FleetFrame, drawn_fleet
from esa_flows.cli.rollouts.turns import FleetEvents
from esa_flows.cli.summary import Spent
from esa_flows.client import Client
from esa_flows.engine.observe import Happening

__all__ = ["FleetWatch", "watching_rollout"]

_SPARKS = 6
"""Seconds whose calls are shown."""


@define(kw_only=True)
class FleetWatch:
    """An observer that shows what a rollout and the runs of its routines tell.

    Attributes:
        desk: Where to show it.
        client: Whose calls are counted.
        title: What is done.
        outline: What is planned.
        past: What was done before, by other processes; in order.
        progress: What has been done.
        hand: Heeds the keys of who watches.
    """

    desk: Desk
    client: Client
    title: str
    outline: Outline
    past: Sequence[Happening] = ()
    progress: FleetProgress = field(init=False)
    _lines: FleetLines = field(init=False)
    _events: tuple[FleetEvents, ...] = field(init=False)
    _effort: Effort = field(init=False)
    hand: Hand = field(init=False)
    _past_calls: int = field(default=0, init=False)
    _counted: deque[tuple[float, int]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.progress = FleetProgress(outline=self.outline)
        self.hand = Hand(self.client, self.progress)
        self._lines = FleetLines(self.progress)
        self._effort = Effort.from_now(self.desk, self.client)
        self._counted = deque([(self._effort.began, 0)], maxlen=_SPARKS + 1)
        wall = self.desk.parts.now().timestamp()
        for happening in self.past:
            when = self._effort.began + happening.at.timestamp() - wall
            self._lines.lines(happening, self.progress.take(happening, when))

        self._past_calls = self.progress.capped_calls

        sinks = (self.desk.events, self.desk.notifier)
        self._events = tuple(FleetEvents(s, self.progress) for s in sinks if s)

    def __call__(self, happening: Happening) -> None:
        """Take in what a run tells, and show it where lines are shown."""
        moved = self.progress.take(happening, self._effort.now)
        self.desk.run = self.progress.run
        for events in self._events:
            events.take(happening)

        if self.desk.is_live:
            return

        for line in self._lines.lines(happening, moved):
            self.desk.note(line)

        for command in self._lines.commands(moved):
            self.desk.command(command)

    @property
    def spent(self) -> Spent:
        """What it took so far."""
        return self._effort.spent

    @property
    def is_begun(self) -> bool:
        """Whether the rollout has told anything."""
        return bool(self.progress.run)

    def picture(self, *, is_last: bool = False) -> RenderableType:
        """Draw the rollout as it is now; see `Shown`."""
        return drawn_fleet(self.progress, self.frame(is_last=is_last))

    def frame(self, *, is_last: bool = False) -> FleetFrame:
        """Give what a picture needs beside the progress."""
        self._count()
        return FleetFrame(
            title=self.title,
            now=self._effort.now,
            began=self._effort.began,
            calls=self._past_calls + self._effort.calls,
            rates=self._rates,
            has_keys=self.desk.keyboard is not None,
            details=self.hand.details,
            is_sure=self.hand.is_sure,
            trouble=self.hand.trouble,
            is_last=is_last,
        ).on(self.desk.err)

    @property
    def _rates(self) -> tuple[int, ...]:
        return tuple(
            round((after - before) / (end - begin))
            for (begin, before), (end, after) in itertools.pairwise(self._counted)
        )

    def _count(self) -> None:
        """Note the calls of one more second, when it is over."""
        now = self._effort.now
        if now - self._counted[-1][0] >= 1.0:
            self._counted.append((now, self._effort.calls))


@contextmanager
def watching_rollout(
    desk: Desk,
    client: Client,
    title: str,
    outline: Outline,
    *,
    past: Sequence[Happening] = (),
) -> Iterator[FleetWatch]:
    """Show what a rollout does while the block runs.

    Args:
        desk: Where to show it.
        client: Whose calls are counted.
        title: What is done.
        outline: What is planned.
        past: What was done before, by other processes; in order.
    """
    watch = FleetWatch(
        desk=desk, client=client, title=title, outline=outline, past=past
    )
    with showing(desk, watch), pressing(desk, watch.hand):
        yield watch
