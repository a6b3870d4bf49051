"""Events of a rollout: what its runs tell, with their waves, and what adds up."""

from __future__ import annotations

from typing import Any, Protocol

from attrs import define, evolve, field

from esa_flows.cli.rollouts.outline import OutlinedWave
from esa_flows.cli.rollouts.progress import FleetProgress, Stand
from esa_flows.engine.observe import Happening, Moment
from esa_flows.events import Kind

__all__ = ["FleetEvents"]


class Sink(Protocol):
    """Where events go."""

    def tell(self, happening: Happening, *, wave: int = 0) -> None:
        """Take in what a run tells; never waits."""
        ...

    def turn(
        self, kind: Kind, happening: Happening, *, wave: int, data: dict[str, Any]
    ) -> None:
        """Take in what follows from a happening."""
        ...


@define
class FleetEvents:
    """Gives the events of one rollout.

    Attributes:
        log: Where they go.
        progress: What the rollout has done; told first of each happening.
    """

    log: Sink
    progress: FleetProgress
    _wave: int = field(init=False)
    _failures: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._wave, self._failures = self.progress.wave, self.progress.failures

    def take(self, happening: Happening) -> None:
        """Write what a happening is, and what follows from it.

        Args:
            happening: What a run told; the progress knows it already.
        """
        if self.progress.wave != self._wave:
            self._turn(Kind.WAVE_ENDED, happening)
            self._wave = self.progress.wave
            self._turn(Kind.WAVE_STARTED, happening)

        is_own = happening.run == self.progress.run
        if is_own and happening.moment is Moment.RUN_ENDED:
            self._turn(Kind.WAVE_ENDED, happening)

        wave = self.progress.wave_of(happening.run)
        self.log.tell(happening, wave=wave)
        if self.progress.failures > self._failures:
            self._failures = self.progress.failures
            told = {
                "failures": self._failures,
                "tolerated": self.progress.outline.tolerated,
            }
            self.log.turn(Kind.BUDGET_SPENT, happening, wave=wave, data=told)

    def _turn(self, kind: Kind, at: Happening) -> None:
        """Write that the present wave begins, or is through."""
        wave = self._present
        if wave is None:
            return

        told: dict[str, Any] = {"name": wave.name, "routines": len(wave.routines)}
        if kind is Kind.WAVE_ENDED:
            counts = self.progress.counts(wave)
            told = {each.value: counts[each] for each in Stand if counts[each] > 0}

        own = evolve(at, run=self.progress.run, step="", facts={})
        self.log.turn(kind, own, wave=wave.number, data=told)

    @property
    def _present(self) -> OutlinedWave | None:
        waves = self.progress.outline.waves
        return next((wave for wave in waves if wave.number == self._wave), None)
