"""What the run of a rollout gets to do, as its journal records it: values."""

from collections.abc import Mapping

from attrs import evolve, field, frozen

from esa_flows.fleet.account import Account
from esa_flows.fleet.budget import Limits
from esa_flows.fleet.plan import (
    Bound,
    Course,
    PlannedRoutine,
    PlannedWave,
    RolloutPlan,
)
from esa_flows.fleet.report import RoutineEnd, RoutineReport
from esa_flows.fleet.spec import OnExhausted
from esa_flows.model import Duration, RoutineId
from esa_flows.model.freeze import Freeze, Override
from esa_flows.model.webhook import Webhook
from esa_flows.release.legs import Setting
from esa_flows.release.planned import PlannedRelease
from esa_flows.release.spec import Restart

__all__ = ["Expected", "Order", "OrderedWave", "Task", "order_of"]


@frozen(kw_only=True)
class Task:
    """One routine to release.

    Attributes:
        setting: What is wanted, and where it stood when it was planned.
        depends_on: Routines that must be released before it.
    """

    setting: Setting
    depends_on: tuple[RoutineId, ...] = ()

    @property
    def name(self) -> RoutineId:
        """Which routine."""
        return self.setting.release.id


@frozen(kw_only=True)
class OrderedWave:
    """A wave to release.

    Attributes:
        number: Its number, from 1.
        name: What it is called.
        tasks: Its routines, what others depend on first.
        limits: What it keeps to.
        prepares: Whether all is made ready first and then exposed.
        bake: How long it is watched before the next one.
        approve: Whether a person is asked before the next one.
        least: The least time its releases take, as planned, without its own bake.
    """

    number: int
    name: str = ""
    tasks: tuple[Task, ...]
    limits: Limits
    prepares: bool = True
    bake: Duration = Duration(0)
    approve: bool = False
    least: Duration = Duration(0)


@frozen(kw_only=True)
class Expected:
    """What the plan says that it takes, to be held against what it took.

    Attributes:
        calls: Calls that count under the cap.
        time: The least time.
        bound: What that is bound by.
    """

    calls: int
    time: Duration
    bound: Bound


@frozen(kw_only=True)
class Order:
    """A rollout to carry out.

    Attributes:
        name: What it is called.
        waves: The waves that have routines, in order.
        on_exhausted: What happens when the failure budget is passed.
        others: Routines that are left as they are, and why.
        freezes: When nothing new is exposed.
        override: Who said that it shall not heed that, and why.
        notify: Webhooks that are told what happens.
        limit: Most calls a second in each account; None for as many as its cap allows.
        accounts: How the further accounts of its routines are reached, by name.
        expected: What it should take; None where nobody knows.
        settle: How long what was under way may still appear, where it goes on without
            its journal: its first wave waits so long, the others need not again.
    """

    name: str = ""
    waves: tuple[OrderedWave, ...]
    on_exhausted: OnExhausted = OnExhausted.ROLLBACK_WAVE
    others: tuple[RoutineReport, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    override: Override | None = None
    notify: tuple[Webhook, ...] = ()
    limit: int | None = None
    accounts: Mapping[str, Account] = field(factory=dict, hash=False)
    expected: Expected | None = None
    settle: Duration = Duration(0)

    @property
    def stops(self) -> tuple[int, ...]:
        """The waves after which a person is asked."""
        return tuple(wave.number for wave in self.waves[:-1] if wave.approve)

    @property
    def tolerated(self) -> int:
        """How many routines may fail."""
        return self.waves[0].limits.fleet if self.waves else 0

    @property
    def heeds(self) -> tuple[Freeze, ...]:
        """The freeze windows that it heeds."""
        return () if self.override else self.freezes


def order_of(
    plan: RolloutPlan,
    *,
    settle: Duration | None = None,
    override: Override | None = None,
) -> Order:
    """Give what the run of a plan has to do: pure.

    Args:
        plan: The plan.
        settle: How long what was under way may still appear, where it goes on without
            its journal; None where it begins.
        override: Who said that it shall not heed its freeze windows, and why.
    """
    planned = {each.routine: each for each in plan.routines}
    waves = [wave for wave in plan.waves if wave.routines]
    waits = [settle, *[None if settle is None else Duration(0)] * len(waves)]
    return Order(
        name=plan.name,
        waves=tuple(
            _wave(plan, wave, [planned[name] for name in wave.routines], wait)
            for wave, wait in zip(waves, waits, strict=False)
        ),
        on_exhausted=plan.budget.on_exhausted,
        others=tuple(_other(each) for each in plan.routines if not each.wave),
        freezes=plan.freezes,
        override=override if plan.freezes else None,
        notify=plan.notify,
        limit=plan.limit,
        accounts={each.name: each.access for each in plan.accounts if each.access},
        expected=_expected(plan) if settle is None else None,
        settle=settle or Duration(0),
    )


def _expected(plan: RolloutPlan) -> Expected:
    return Expected(calls=plan.capped_calls, time=plan.minimum_time, bound=plan.bound)


def _wave(
    plan: RolloutPlan,
    wave: PlannedWave,
    routines: list[PlannedRoutine],
    settle: Duration | None,
) -> OrderedWave:
    budget = plan.budget
    return OrderedWave(
        number=wave.number,
        name=wave.name,
        tasks=tuple(
            Task(setting=_setting(each.release, settle), depends_on=each.depends_on)
            for each in routines
            if each.release is not None
        ),
        limits=Limits(
            fleet=plan.tolerated,
            wave=None if budget.wave is None else budget.wave.down(len(routines)),
            mode=budget.mode,
            concurrency=plan.concurrency,
            slow_start=plan.slow_start,
        ),
        prepares=wave.prepares and settle is None,
        bake=wave.bake,
        approve=wave.approve,
        least=wave.least,
    )


def _setting(planned: PlannedRelease, settle: Duration | None) -> Setting:
    release = planned.release
    if settle is not None:
        restart = Restart(before=planned.before, settle=settle)
        release = evolve(release, restart=restart)

    return Setting(release=release, is_planned=True, before=planned.before)


def _other(each: PlannedRoutine) -> RoutineReport:
    is_refused = each.course is Course.REFUSE
    end = RoutineEnd.REFUSED if is_refused else RoutineEnd.UNCHANGED
    serves = each.release.before if each.release else None
    split = serves.production.split if serves and serves.production else None
    return RoutineReport(
        routine=each.routine,
        end=end,
        before=split,
        production=split,
        reason=each.why if is_refused else "",
        notes=() if is_refused or not each.why else (each.why,),
    )
