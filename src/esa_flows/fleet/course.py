"""Where a rollout stands while its flow runs, and what may therefore be done.

Rebuilt by every replay from what the routines' runs gave, so it is never stored.
"""

from collections import Counter
from collections.abc import Iterable

from attrs import define, evolve, field

from esa_flows.errors import AccountBlocked, EsaFlowsError
from esa_flows.fleet.account import refuse_blocked
from esa_flows.fleet.budget import Standing, is_passed
from esa_flows.fleet.order import Order, Task
from esa_flows.fleet.report import (
    Ended,
    RolloutReport,
    RoutineEnd,
    RoutineReport,
    WaveReport,
)
from esa_flows.fleet.shutter import Shutter
from esa_flows.fleet.spec import OnExhausted
from esa_flows.model import Environment, RoutineId
from esa_flows.release.legs import Leg
from esa_flows.release.report import Outcome

__all__ = ["Course"]

GOOD = frozenset({RoutineEnd.RELEASED, RoutineEnd.UNCHANGED})
"""Ends after which what depends on a routine may be released."""


@define(kw_only=True)
class Course:
    """One rollout's way through its waves.

    Attributes:
        run: The run's id.
        order: What is to be done.
        reports: How each routine fared so far.
        legs: How far each routine came that can be taken back.
        failures: Routines that have failed.
        was_aborted: Whether a person asked it to go back.
        denied: What a person said no to; empty where nobody did.
        passed: The wave in which the failure budget was passed; 0 while it was not.
        seconds: How long each wave took.
        approved: Who let the rollout go on after a wave.
        returned: Environments that were put back, by routine.
        blocked: What stands in the way of whole accounts, by their names.
        was_settled: Whether it was waited for what a lost process had under way.
        tasks: The routines, by name.
        waves: The number of each routine's wave.
        shutter: Whether something new may be exposed now.
        notes: What else a person should know.
    """

    run: str
    order: Order
    tasks: dict[RoutineId, Task] = field(factory=dict, init=False)
    waves: dict[RoutineId, int] = field(factory=dict, init=False)
    reports: dict[RoutineId, RoutineReport] = field(factory=dict, init=False)
    legs: dict[RoutineId, Leg] = field(factory=dict, init=False)
    failures: int = 0
    was_aborted: bool = False
    denied: str = ""
    passed: int = 0
    seconds: dict[int, float] = field(factory=dict)
    approved: dict[int, str] = field(factory=dict)
    returned: dict[RoutineId, set[Environment]] = field(factory=dict)
    shutter: Shutter = field(init=False)
    notes: list[str] = field(factory=list)
    blocked: dict[str, AccountBlocked] = field(factory=dict)
    was_settled: bool = False

    _failed: Counter[int] = field(factory=Counter, init=False)
    _proven: Counter[int] = field(factory=Counter, init=False)

    def __attrs_post_init__(self) -> None:
        for wave in self.order.waves:
            for task in wave.tasks:
                name = task.name  # made anew whenever it is asked for
                self.tasks[name], self.waves[name] = task, wave.number

        self.reports |= {report.routine: report for report in self.order.others}
        self.shutter = Shutter(self.order.heeds)

    def __repr__(self) -> str:
        done = f"{len(self.reports)} routines, {self.failures} failed"
        return f"<Course of {self.run} [{done}]>"

    @property
    def is_over(self) -> bool:
        """Whether it was decided that nothing more is begun."""
        return bool(self.was_aborted or self.denied or self.passed)

    @property
    def is_held(self) -> bool:
        """Whether nothing more may be begun now; a resume may find that it may."""
        return self.is_over or bool(self.blocked)

    @property
    def has_settled(self) -> bool:
        """Whether all that a lost process had under way has appeared.

        Whoever ended well in the first wave has waited for that; who failed may not.
        """
        first = self.order.waves[0].number
        ends = (each.end for each in self.reports.values() if each.wave == first)
        return self.was_settled or any(end in GOOD for end in ends)

    def block(self, account: str, error: AccountBlocked) -> None:
        """Note that nothing can be done in an account for now.

        Args:
            account: Its name.
            error: What stands in the way.
        """
        self.blocked.setdefault(account, error)

    def refuse_blocked(self) -> None:
        """Stop where an account is blocked; a resume goes on.

        Raises:
            AccountBlocked: What was met first, with the account's name.
        """
        refuse_blocked(self.blocked)

    def take(self, name: RoutineId, end: Leg | EsaFlowsError) -> None:
        """Take in how a leg of a routine ended.

        Args:
            name: Which.
            end: What its run gave, or what ended that before anything was touched.
        """
        ready = self.legs.pop(name, None)
        if isinstance(end, EsaFlowsError):
            self._end(self._failure(name, end, was_exposed=ready is not None))
            return

        report = self._told(name, end)
        if end.report.outcome in {Outcome.PREPARED, Outcome.RELEASED}:
            self.legs[name] = end

        if end.report.outcome is not Outcome.PREPARED:
            longer = report.seconds + (ready.seconds if ready else 0.0)
            self._end(evolve(report, seconds=longer))

    def skip(self, name: RoutineId, needed: RoutineId) -> None:
        """Note that a routine is not released because of another one.

        Args:
            name: Which.
            needed: What it depends on, and was not released.
        """
        self.reports[name] = RoutineReport(
            routine=name,
            wave=self.waves[name],
            end=RoutineEnd.SKIPPED,
            reason=f"{needed}, which it depends on, was not released.",
        )

    def broken(self, name: RoutineId) -> RoutineId | None:
        """Give a routine that another one depends on and that was not released."""
        needed = self.tasks[name].depends_on
        ends = ((other, self.reports.get(other)) for other in needed)
        return next((other for other, r in ends if r and r.end not in GOOD), None)

    def waits(self, name: RoutineId) -> bool:
        """Tell whether a routine depends on one that has not ended yet."""
        return any(other not in self.reports for other in self.tasks[name].depends_on)

    def standing(self, wave: int, *, exposed: int) -> Standing:
        """Give where a wave stands.

        Args:
            wave: Its number.
            exposed: Routines of it that are exposed and have not ended.
        """
        return Standing(
            failures=self.failures,
            in_wave=self._failed[wave],
            proven=self._proven[wave],
            exposed=exposed,
        )

    def _end(self, report: RoutineReport) -> None:
        number = report.wave
        self.reports[report.routine] = report
        self._proven[number] += report.end is RoutineEnd.RELEASED
        if not report.has_failed:
            return

        self.failures += 1
        self._failed[number] += 1
        limits = next(w.limits for w in self.order.waves if w.number == number)
        if not self.passed and is_passed(limits, self.standing(number, exposed=0)):
            self.passed = number

    def _told(self, name: RoutineId, leg: Leg) -> RoutineReport:
        return RoutineReport.of(leg.report, wave=self.waves[name], seconds=leg.seconds)

    def _failure(
        self, name: RoutineId, error: EsaFlowsError, *, was_exposed: bool
    ) -> RoutineReport:
        return RoutineReport(
            routine=name,
            wave=self.waves[name],
            end=RoutineEnd.STUCK if was_exposed else RoutineEnd.FAILED,
            production_as_before=not was_exposed,
            reason=str(error),
            next_move=error.next_move,
        )

    # --- the way back

    @property
    def scope(self) -> frozenset[int]:
        """The waves whose released routines have to go back."""
        everything = frozenset(wave.number for wave in self.order.waves)
        if self.was_aborted:
            return everything

        policy = self.order.on_exhausted
        if not self.passed or policy is OnExhausted.STOP:
            return frozenset()

        is_all = policy is OnExhausted.ROLLBACK_ALL
        return everything if is_all else frozenset({self.passed})

    def to_return(self, environment: Environment) -> tuple[RoutineId, ...]:
        """Give the routines of which an environment is still to be put back.

        What is ready and will not be exposed goes back in any case: it serves staging.

        Args:
            environment: Which.
        """
        return tuple(
            name
            for name, leg in self.legs.items()
            if leg.asked.get(environment)
            and self._goes_back(name, leg)
            and environment not in self.returned.get(name, ())
        )

    def _goes_back(self, name: RoutineId, leg: Leg) -> bool:
        is_unexposed = leg.report.outcome is Outcome.PREPARED
        return is_unexposed or self.waves[name] in self.scope

    def bring_back(
        self, name: RoutineId, environment: Environment, end: Leg | EsaFlowsError
    ) -> None:
        """Take in how the way back of a routine ended.

        Args:
            name: Which.
            environment: Which was put back.
            end: What its run gave, or what ended that.
        """
        is_conflict = isinstance(end, Leg) and end.report.outcome is Outcome.CONFLICT
        done = {*Environment} if is_conflict else {environment}
        self.returned.setdefault(name, set()).update(done)
        old = self.reports.get(name)
        told = self._told(name, end) if isinstance(end, Leg) else self._lost(name, end)
        if environment is Environment.PRODUCTION or told.has_failed or old is None:
            longer = told.seconds + (old.seconds if old else 0.0)
            self.reports[name] = evolve(told, seconds=longer)

    def _lost(self, name: RoutineId, error: EsaFlowsError) -> RoutineReport:
        """Report a routine that could not be put back at all."""
        return evolve(
            self._told(name, self.legs[name]),
            end=RoutineEnd.STUCK,
            reason=str(error),
            next_move=error.next_move,
        )

    # --- the end

    def report(self) -> RolloutReport:
        """Make the report of the end."""
        ended = self._ended()
        routines = tuple(self._all())
        return RolloutReport(
            run=self.run,
            name=self.order.name,
            ended=ended,
            was_aborted=self.was_aborted,
            routines=routines,
            waves=tuple(self._waves(routines)),
            tolerated=self.order.tolerated,
            reason=self._reason(),
            next_move=self._next_move(ended),
            notes=tuple(self.notes),
        )

    def _all(self) -> Iterable[RoutineReport]:
        for wave in self.order.waves:
            for task in wave.tasks:
                yield self.reports.get(task.name) or RoutineReport(
                    routine=task.name, wave=wave.number, end=RoutineEnd.NOT_BEGUN
                )

        yield from self.order.others

    def _waves(self, routines: Iterable[RoutineReport]) -> Iterable[WaveReport]:
        its: dict[int, list[RoutineReport]] = {}
        for report in routines:
            its.setdefault(report.wave, []).append(report)

        for wave in self.order.waves:
            yield WaveReport.of(
                wave.number,
                its[wave.number],
                name=wave.name,
                seconds=self.seconds.get(wave.number, 0.0),
                approved_by=self.approved.get(wave.number, ""),
            )

    def _ended(self) -> Ended:
        ends = {report.end for report in self.reports.values()}
        if self.scope:
            lost = ends & {RoutineEnd.STUCK, RoutineEnd.CONFLICT}
            return Ended.PARTLY_ROLLED_BACK if lost else Ended.ROLLED_BACK

        if self.is_over:
            return Ended.STOPPED

        return Ended.DONE if ends <= GOOD else Ended.DONE_WITH_FAILURES

    def _reason(self) -> str:
        if self.was_aborted:
            return "A person asked it to go back."

        if self.denied:
            return self.denied

        if self.passed:
            return (
                f"{self.failures} failed, and {self.order.tolerated} were tolerated:"
                f" it ended in wave {self.passed}."
            )

        count = sum(report.end not in GOOD for report in self.reports.values())
        if count == 1:
            return "1 routine was not released."

        return f"{count} routines were not released." if count else ""

    def _next_move(self, ended: Ended) -> str:
        if ended is Ended.DONE:
            return ""

        status = f"See each with: esa-flows status {self.run}"
        if ended is Ended.PARTLY_ROLLED_BACK:
            return f"Some need a person. {status}"

        return status
