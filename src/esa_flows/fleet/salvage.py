"""How far each routine of a rollout came, told from its runs where no report says so.

A rollout that was ended where it was has none; its routines' runs are in the journal.
"""

from collections.abc import Iterable

from attrs import define, field

from esa_flows.engine.codec import decode
from esa_flows.engine.history import History
from esa_flows.engine.journal import NewRun
from esa_flows.fleet.order import Order
from esa_flows.fleet.report import RoutineEnd, RoutineReport
from esa_flows.release.legs import Leg
from esa_flows.release.report import Outcome

__all__ = ["Salvage", "Salvaged"]

COUNTS = frozenset({Outcome.PREPARED, Outcome.RELEASED})
"""Outcomes after which something of the rollout serves somewhere."""

TOLD = frozenset({RoutineEnd.TAKEN_BACK, RoutineEnd.STUCK})
"""Ends that are told though nothing is left to take back."""


@define
class Salvaged:
    """What is known of one routine.

    Attributes:
        run: Its last run.
        leg: How far it came; None while that run has not ended, or where it failed.
    """

    run: NewRun
    leg: Leg | None = None


@define
class Salvage:
    """Takes in the runs of a rollout's routines, in the order they began.

    Attributes:
        order: What the rollout was to do.
    """

    order: Order
    _found: dict[str, Salvaged] = field(factory=dict)
    _unfinished: dict[str, str] = field(factory=dict)

    def __repr__(self) -> str:
        left = len(self._unfinished)
        return f"<Salvage of {len(self._found)} routines, {left} unfinished>"

    def take(self, run: NewRun, history: History) -> None:
        """Take in one more run.

        Args:
            run: The run.
            history: What it did.
        """
        if not history.started:
            return  # its process died before it did anything

        self._unfinished.pop(run.subject, None)
        if not history.is_ended:
            self._unfinished[run.subject] = run.id

        value = (history.ended or {}).get("value")
        leg = decode(value, Leg) if value is not None else None
        self._found[run.subject] = Salvaged(run, leg)

    @property
    def unfinished(self) -> tuple[str, ...]:
        """The runs that have not ended."""
        return tuple(self._unfinished.values())

    def undoable(self, wave: int = 0) -> Iterable[tuple[NewRun, RoutineReport, Leg]]:
        """Give the routines that can be taken back, with how they fared.

        Args:
            wave: The number of a wave, to which it is narrowed; 0 for all.
        """
        for found, leg, report in self._told(wave):
            if leg.report.outcome in COUNTS:
                yield found.run, report, leg

    def others(self, wave: int = 0) -> Iterable[RoutineReport]:
        """Give those that went back already, or could not, and so are told.

        Args:
            wave: The number of a wave, to which it is narrowed; 0 for all.
        """
        return (report for _, _, report in self._told(wave) if report.end in TOLD)

    def _told(self, wave: int) -> Iterable[tuple[Salvaged, Leg, RoutineReport]]:
        waves = {task.name: w.number for w in self.order.waves for task in w.tasks}
        for found in self._found.values():
            leg = found.leg
            number = waves[leg.report.id] if leg else 0
            if leg and wave in {0, number}:
                report = RoutineReport.of(leg.report, wave=number, seconds=leg.seconds)
                yield found, leg, report
