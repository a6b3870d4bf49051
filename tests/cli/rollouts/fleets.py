"""Fleets made to order, and what their runs tell."""

from __future__ import annotations

import datetime as dt
from typing import Any

from attrs import define, evolve, field
from tests.cli.reports import AT

from esa_flows.cli.rollouts.outline import Outline, OutlinedWave
from esa_flows.cli.rollouts.progress import FleetProgress, Member
from esa_flows.engine.observe import Happening, Moment

RUN = "7k2f7k2f7k2f"


def wave(number: int, *routines: str, **changes: Any) -> OutlinedWave:
    """Make a wave."""
    plain: dict[str, Any] = {"steps": "25 → 100", "back": 0.1 * len(routines)}
    return OutlinedWave(number=number, routines=routines, **plain | changes)


def outline(*waves: OutlinedWave, **changes: Any) -> Outline:
    """Make what is planned: three routines in two waves, or other waves."""
    plain: dict[str, Any] = {"name": "nightly", "calls": 33, "tolerated": 1}
    made = waves or (
        wave(1, "shop", bake=60.0, least=2.0),
        wave(2, "cart", "blog", least=3.0),
    )
    return Outline(waves=made, **plain | changes)


@define
class Fleet:
    """A rollout that a test tells step by step.

    Attributes:
        progress: What its watcher knows.
        now: Seconds since it began.
        moved: The routine that moved last.
    """

    progress: FleetProgress = field(factory=lambda: FleetProgress(outline=outline()))
    now: float = 0.0
    moved: Member | None = None
    _legs: dict[tuple[str, str], str] = field(factory=dict)

    @classmethod
    def of(cls, *waves: OutlinedWave, **changes: Any) -> Fleet:
        """Make the fleet of some waves, whose rollout has begun."""
        fleet = cls(FleetProgress(outline=outline(*waves, **changes)))
        fleet.tell(Moment.RUN_STARTED, flow="rollout", subject="")
        return fleet

    def happening(
        self, moment: Moment, step: str = "", run: str = RUN, **facts: Any
    ) -> Happening:
        """Make something that a run tells now."""
        return Happening(
            moment=moment,
            run=run,
            at=AT + dt.timedelta(seconds=self.now),
            step=step,
            facts=facts,
        )

    def tell(
        self, moment: Moment, step: str = "", run: str = RUN, **facts: Any
    ) -> Happening:
        """Tell it; the moved routine is kept."""
        told = self.happening(moment, step, run, **facts)
        self.moved = self.progress.take(told, self.now)
        return told

    def begin(self, routine: str, flow: str = "ship") -> Happening:
        """Begin a leg of a routine."""
        run = f"{RUN}.{len(self._legs) + 1}"
        self._legs[routine, flow] = run
        return self.tell(Moment.RUN_STARTED, run=run, flow=flow, subject=routine)

    def step(self, routine: str, step: str, flow: str = "ship") -> Happening:
        """Begin a step of a leg."""
        run = self._legs[routine, flow]
        return self.tell(Moment.STEP_STARTED, step, run=run, effect="guarded")

    def sleep(self, routine: str, step: str, seconds: float) -> Happening:
        """Let a routine bake."""
        run = self._legs[routine, "ship"]
        return self.tell(Moment.SLEEPING, step, run=run, seconds=seconds)

    def end(
        self, routine: str, outcome: str, reason: str = "", flow: str = "ship"
    ) -> Happening:
        """End a leg."""
        run = self._legs[routine, flow]
        value = {"report": {"outcome": outcome, "reason": reason}}
        return self.tell(Moment.RUN_ENDED, run=run, event="succeed", value=value)

    def fail(self, routine: str, message: str, flow: str = "ship") -> Happening:
        """End a leg with an error."""
        run = self._legs[routine, flow]
        error = {"type": "Refused", "message": message}
        return self.tell(Moment.RUN_ENDED, run=run, event="fail", error=error)

    def stand(self, routine: str) -> str:
        """Tell where a routine stands."""
        return self.progress.members[routine].stand.value


def later(told: Happening, seconds: float) -> Happening:
    """Give a happening that is told later."""
    return evolve(told, at=told.at + dt.timedelta(seconds=seconds))
