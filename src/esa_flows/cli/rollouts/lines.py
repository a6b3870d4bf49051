"""A rollout as plain lines, for logs: one for each turn of a routine or wave; pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from attrs import define, field

from esa_flows.cli.lines import annotation
from esa_flows.cli.lines import narrated as narrated_run
from esa_flows.cli.rollouts.outline import OutlinedWave
from esa_flows.cli.rollouts.progress import BAD, FleetProgress, Member, Stand
from esa_flows.cli.text import counted, one_line
from esa_flows.engine.observe import Happening, Moment

__all__ = ["FleetLines", "in_order"]

_SAID: Mapping[Stand, str] = MappingProxyType(
    {
        Stand.READY: "ready",
        Stand.EXPOSING: "goes to {share} of production",
        Stand.ASKING: "asks: {said}",
        Stand.GOING_BACK: "goes back",
        Stand.RELEASED: "released",
        Stand.UNCHANGED: "unchanged",
        Stand.FAILED: "failed: {said}",
        Stand.ROLLED_BACK: "rolled back: {said}",
        Stand.TAKEN_BACK: "taken back",
        Stand.CONFLICT: "conflict: {said}",
        Stand.STUCK: "stuck, a person is needed: {said}",
    }
)
"""Turns that are worth a line."""


def in_order(told: Iterable[Happening], run: str) -> list[Happening]:
    """Sort what a rollout and its runs told by time.

    At one moment what routines did comes before what the rollout made of it.

    Args:
        told: What they told.
        run: The rollout's own id.
    """

    def key(happening: Happening) -> tuple[dt.datetime, bool]:
        is_own = happening.run == run and happening.moment is not Moment.RUN_STARTED
        return happening.at, is_own

    return sorted(told, key=key)


@define
class FleetLines:
    """Makes lines of what moves.

    Attributes:
        progress: What the rollout has done; told first of each happening.
    """

    progress: FleetProgress
    _wave: int = field(default=0, init=False)

    def lines(self, happening: Happening, moved: Member | None) -> tuple[str, ...]:
        """Give the lines of a happening.

        Args:
            happening: What a run told; the progress knows it already.
            moved: The routine that moved with it.
        """
        at = f"{happening.at.astimezone(dt.UTC):%H:%M:%S}  "
        told = [f"{at}{line}" for line in self._began()]
        if moved is not None and moved.stand in _SAID and _is_worth(moved):
            told.append(f"{at}{_said(moved)}")
        elif moved is None and happening.run == self.progress.run:
            told.append(narrated_run(happening))

        if happening.run == self.progress.run and happening.moment in _ENDS:
            told += [f"{at}{line}" for line in self._through()]

        return tuple(filter(None, told))

    def commands(self, moved: Member | None) -> tuple[str, ...]:
        """Give what GitHub's runner is told of a routine that moved.

        Args:
            moved: The routine.
        """
        if moved is None or moved.stand not in BAD:
            return ()

        return (annotation("warning", _said(moved), title=moved.name),)

    def _began(self) -> tuple[str, ...]:
        """Tell that a wave begins, and how the one before went."""
        if self.progress.wave == self._wave:
            return ()

        told, self._wave = self._through(), self.progress.wave
        wave = self._present
        size = counted(len(wave.routines), "routine") if wave else ""
        return (*told, f"{wave.label} begins: {size}") if wave else told

    def _through(self) -> tuple[str, ...]:
        wave = self._present
        if wave is None:
            return ()

        counts = self.progress.counts(wave)
        told = (
            f"{counts[stand]} {stand.value}" for stand in Stand if counts[stand] > 0
        )
        return (f"{wave.label}: {', '.join(told)}",)

    @property
    def _present(self) -> OutlinedWave | None:
        waves = self.progress.outline.waves
        return next((wave for wave in waves if wave.number == self._wave), None)


_ENDS = frozenset({Moment.RUN_ENDED, Moment.RUN_STOPPED})


def _is_worth(member: Member) -> bool:
    return member.stand is not Stand.EXPOSING or bool(member.share)


def _said(member: Member) -> str:
    told = _SAID[member.stand].format(share=member.share, said=member.said)
    return one_line(f"{member.name}: {told}").removesuffix(":")
