"""From what was seen of each routine to the plan of a rollout: pure."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import evolve, field, frozen

from esa_flows.api.cloud import Op
from esa_flows.api.lanes import LANES
from esa_flows.fleet.budget import Limits, limits_of, most_exposed
from esa_flows.fleet.makespan import Chain, Pace, play, under_caps
from esa_flows.fleet.plan import (
    Bound,
    Course,
    PlannedAccount,
    PlannedRoutine,
    PlannedWave,
    RolloutPlan,
    SlotBudget,
    calls_of,
)
from esa_flows.fleet.shared import Shared
from esa_flows.fleet.spec import Rollout, Wave
from esa_flows.fleet.waves import Candidate, ordered, resolve
from esa_flows.model import Canary, Duration, Routine, RoutineId
from esa_flows.model.freeze import coming
from esa_flows.release.forecast import BACK, NEW, Forecast, total
from esa_flows.release.plan import Exposure, way_to_production
from esa_flows.release.planned import PlannedRelease
from esa_flows.release.room import keep_of, reasons_to_stay
from esa_flows.release.survey import Survey
from esa_flows.release.watch import is_watched, staging_time, time_at, unobserved
from esa_flows.wire.lane import Lane

__all__ = ["Facts", "Replan", "Seen", "draft", "slots_of"]

_MOST_STEPS = 3
_OBSERVE = Op.OBSERVE.value[0]
_POST = Op.POST.value[0]
_CAPPED = tuple(op for op in Op if op is not Op.POST)


@frozen(kw_only=True)
class Seen:
    """A routine as it was looked at for a plan.

    Attributes:
        candidate: Its name, labels and dependencies.
        planned: What its release would do; None where it cannot be released.
        slots: Its room for versions.
        refusal: Why it cannot be released; empty where it can.
    """

    candidate: Candidate
    planned: PlannedRelease | None = None
    slots: SlotBudget | None = None
    refusal: str = ""


Replan = Callable[[PlannedRelease, Canary], PlannedRelease]
"""Gives what a release would do if it went by another canary."""


@frozen(kw_only=True)
class Facts:
    """What else a plan says.

    Attributes:
        run: The id its run will have.
        made_at: When, in UTC.
        pace: How fast calls go.
        notes: What a person should know.
        accounts: The accounts, as far as they are known before anything is planned;
            none where there is only the client's own.
    """

    run: str
    made_at: dt.datetime
    pace: Pace
    notes: tuple[str, ...] = field(default=())
    accounts: tuple[PlannedAccount, ...] = field(default=())


def draft(
    rollout: Rollout, seen: Sequence[Seen], facts: Facts, replan: Replan
) -> RolloutPlan:
    """Make the plan of a rollout.

    Args:
        rollout: What is wanted.
        seen: The routines, in the order they were listed.
        facts: What else it says.
        replan: For waves that have a canary of their own.

    Raises:
        InvalidInput: The waves, or the dependencies, cannot be; says why.
    """
    routines = _courses(seen)
    is_idle = {n for n, r in routines.items() if r.course is Course.UNCHANGED}
    stays = {name for name, r in routines.items() if r.course is Course.REFUSE}
    candidates = [each.candidate for each in seen]
    placed = resolve(
        candidates,
        rollout.waves,
        unchanged=is_idle | stays,
        is_narrowed=bool(rollout.only),
    )
    count = sum(map(len, placed))
    waves = []
    for number, (wave, names) in enumerate(
        zip(rollout.waves, placed, strict=True), start=1
    ):
        limits = limits_of(rollout, fleet=count, wave=len(names))
        drafted = _Drafted.of(
            wave,
            limits,
            [routines[name] for name in names],
            replan,
            freezes=bool(rollout.freezes),
        )
        routines |= {each.routine: each for each in drafted.placed(number)}
        waves.append(drafted.planned(number, facts.pace))

    order = {name: place for place, name in enumerate(n for w in placed for n in w)}
    ranked = sorted(routines, key=lambda name: order.get(name, len(order)))
    shared = Shared()
    return RolloutPlan(
        run=facts.run,
        name=rollout.name,
        made_at=facts.made_at,
        routines=tuple(shared.routine(routines[name]) for name in ranked),
        waves=tuple(waves),
        budget=rollout.budget,
        tolerated=rollout.budget.fleet.down(count),
        concurrency=rollout.concurrency,
        slow_start=rollout.slow_start,
        calls_per_second=facts.pace.calls,
        limit=rollout.calls_per_second,
        latency=facts.pace.latency,
        bound=_bound_of(waves),
        freezes=rollout.freezes,
        notify=rollout.notify,
        window=coming(rollout.freezes, facts.made_at),
        notes=(*facts.notes, *_unobserved(routines.values())),
        accounts=tuple(_in_account(a, routines, facts.pace) for a in facts.accounts),
    )


def _in_account(
    account: PlannedAccount, routines: Mapping[RoutineId, PlannedRoutine], pace: Pace
) -> PlannedAccount:
    """Add what is done in an account."""
    its = [r for n, r in routines.items() if r.wave and n.account == account.name]
    calls = calls_of(its)
    least = under_caps({account.name: total(calls)}, pace) if its else 0.0
    return evolve(account, routines=len(its), calls=calls, least=Duration(least))


def slots_of(planned: PlannedRelease, found: Survey) -> SlotBudget | None:
    """Give a routine's room for versions; None where none is made.

    Args:
        planned: What its release would do.
        found: What there is.
    """
    if found.world is None or not found.lacking or planned.forecast.is_unchanged:
        return None

    release, world = planned.release, found.world
    read = found.quota.versions if found.quota else None
    return SlotBudget(
        held=len(world.versions),
        quota=release.quota if read is None else read,
        pinned=len(reasons_to_stay(world, keep_of(release, world))),
        makes=found.lacking,
        goes=len(planned.forecast.deletes),
    )


def _courses(seen: Sequence[Seen]) -> dict[RoutineId, PlannedRoutine]:
    """Say what will happen to each; who depends on what is refused is, too."""
    by_name = {each.candidate.name: each for each in seen}
    routines: dict[RoutineId, PlannedRoutine] = {}
    for candidate in ordered([each.candidate for each in seen]):
        needed = (routines[name] for name in candidate.depends_on)
        lost = next((r.routine for r in needed if r.course is Course.REFUSE), None)
        why = f"It depends on {lost}, which is refused." if lost else ""
        routines[candidate.name] = _routine(by_name[candidate.name], why)

    return {each.candidate.name: routines[each.candidate.name] for each in seen}


def _routine(seen: Seen, why: str) -> PlannedRoutine:
    name, needs = seen.candidate.name, seen.candidate.depends_on
    refusal = seen.refusal or why
    if seen.planned is None or refusal:
        return PlannedRoutine(
            routine=name, course=Course.REFUSE, why=refusal, depends_on=needs
        )

    course, told = _course(seen.planned.forecast)
    return PlannedRoutine(
        routine=name,
        course=course,
        why=told,
        release=seen.planned,
        depends_on=needs,
        slots=seen.slots,
    )


def _course(told: Forecast) -> tuple[Course, str]:
    if told.is_unchanged:
        return Course.UNCHANGED, f"Version {told.adopts} serves this already."

    if told.adopts:
        return Course.ADOPT, f"Version {told.adopts} holds this already."

    return Course.RELEASE, ""


@frozen(kw_only=True)
class _Drafted:
    """A wave with its routines, as they go in it."""

    wave: Wave
    limits: Limits
    routines: tuple[PlannedRoutine, ...]
    exposed: int
    why: str
    prepares: bool

    @classmethod
    def of(
        cls,
        wave: Wave,
        limits: Limits,
        routines: Sequence[PlannedRoutine],
        replan: Replan,
        *,
        freezes: bool,
    ) -> "_Drafted":
        exposed, why = most_exposed(limits, len(routines))
        at_once = min(len(routines), limits.concurrency)
        waits = exposed < at_once or (limits.slow_start and at_once > 1)
        prepares = bool(routines) and (waits or freezes)
        going = (_going(each, wave.canary, replan) for each in routines)
        return cls(
            wave=wave,
            limits=limits,
            routines=tuple(_guarded(each) if prepares else each for each in going),
            exposed=exposed,
            why=why,
            prepares=prepares,
        )

    def placed(self, number: int) -> tuple[PlannedRoutine, ...]:
        return tuple(evolve(each, wave=number) for each in self.routines)

    def planned(self, number: int, pace: Pace) -> PlannedWave:
        its = self.placed(number)
        chains = [_chain(each, prepares=self.prepares) for each in its]
        least = self._least(chains, pace)
        exposed = Counter(each.routine.account for each in its)
        calls = {name: BACK * n for name, n in exposed.items()}
        back = under_caps(calls, pace.whole)
        return PlannedWave(
            number=number,
            name=self.wave.name,
            told=str(self.wave),
            routines=tuple(each.routine for each in its),
            steps=_steps(its),
            gates=_gates(its),
            bake=self.wave.bake if its else Duration(0),
            approve=self.wave.approve,
            calls=calls_of(its),
            exposed=self.exposed,
            why=self.why,
            prepares=self.prepares,
            least=Duration(least),
            bound=self._bound(chains, pace, least),
            rollback=Duration(back),
        )

    def _least(self, chains: Sequence[Chain], pace: Pace) -> float:
        return play(chains, self.limits, pace, prepares=self.prepares)

    def _bound(self, chains: Sequence[Chain], pace: Pace, least: float) -> Bound:
        calls: Counter[str] = Counter()
        for chain in chains:
            calls[chain.account] += chain.calls

        if under_caps(calls, pace) > least / 2:
            return Bound.CAP

        idle = [evolve(chain, exposed=(0.0,) * len(chain.exposed)) for chain in chains]
        return Bound.BAKE if self._least(idle, pace) < least / 2 else Bound.LATENCY


def _going(
    each: PlannedRoutine, canary: Canary | None, replan: Replan
) -> PlannedRoutine:
    """Give a routine as it goes in a wave with a canary of its own."""
    if canary is None or each.release is None:
        return each

    return evolve(each, release=replan(each.release, canary))


def _guarded(each: PlannedRoutine) -> PlannedRoutine:
    """Count the look that comes before what was made ready is exposed."""
    release = each.release
    if release is None or not release.forecast.shares:
        return each

    calls = dict(release.forecast.calls)
    calls[_OBSERVE] = calls.get(_OBSERVE, 0) + 1
    return evolve(
        each, release=evolve(release, forecast=evolve(release.forecast, calls=calls))
    )


def _chain(each: PlannedRoutine, *, prepares: bool) -> Chain:
    """Give a routine's calls, one after the other."""
    waits = _waits(each)
    guard = [0.0] if waits and prepares else []
    exposed = [*guard, *waits]
    left: Counter[Op] = Counter({op: each.calls.get(op.value[0], 0) for op in _CAPPED})
    deploys = len(_ways(each))
    left.subtract({Op.DEPLOY: deploys, Op.OBSERVE: len(exposed) - deploys})
    return Chain(
        ready=_lanes(left),
        rest=staging_time(each.release.release).seconds if each.release else 0.0,
        uploads=each.calls.get(_POST, 0),
        exposed=tuple(exposed),
        account=each.routine.account,
    )


def _waits(each: PlannedRoutine) -> list[float]:
    """Give the seconds before each call that exposes a routine."""
    waits: list[float] = []
    for exposure in _ways(each):
        waits += [0.0, 0.0]
        if each.release and is_watched(each.release.release, exposure):
            waits.append(time_at(each.release.release, exposure).seconds)

    return waits


def _ways(each: PlannedRoutine) -> tuple[Exposure, ...]:
    """Give what production of a routine goes through."""
    if each.release is None or not each.release.forecast.shares:
        return ()

    before = each.release.before or Routine(name=each.routine.name)
    version = each.release.forecast.adopts or NEW
    return way_to_production(each.release.release, version, before)


def _lanes(calls: Mapping[Op, int]) -> tuple[Lane, ...]:
    """Give the lanes of calls, about in the order they are made in."""
    lanes = sorted((lane for op, n in calls.items() for lane in [LANES[op]] * n))
    first, rest = lanes[:1], lanes[1:]
    late = [lane for lane in rest if lane is Lane.DEPLOY]
    return (*first, *(lane for lane in reversed(rest) if lane not in late), *late)


def _steps(routines: Sequence[PlannedRoutine]) -> tuple[str, ...]:
    """Give the ways the routines of a wave take, in words, each once."""
    ways = (each.release.forecast.shares for each in routines if each.release)
    told = dict.fromkeys(" → ".join(way) or "staging alone" for way in ways)
    return (*list(told)[:_MOST_STEPS], *(("…",) if len(told) > _MOST_STEPS else ()))


def _gates(routines: Sequence[PlannedRoutine]) -> tuple[str, ...]:
    """Give the names of what is asked of them, each once."""
    releases = (each.release.release for each in routines if each.release)
    names = (gate.name for release in releases for gate in release.gates)
    return tuple(dict.fromkeys(names))


def _unobserved(routines: Iterable[PlannedRoutine]) -> tuple[str, ...]:
    """Say of how many nobody looks at production while they bake."""
    going = [each.release.release for each in routines if each.release and each.wave]
    count = sum(bool(unobserved(release)) for release in going)
    if not count:
        return ()

    told = f"{count} of {len(going)} routines have no gate in production"
    return (f"Timer only: {told}, so nothing will be observed there.",)


def _bound_of(waves: Sequence[PlannedWave]) -> Bound:
    """Tell what the whole is bound by: what most of its time goes for."""
    seconds = dict.fromkeys(Bound, 0.0)
    for wave in waves:
        seconds[wave.bound] += wave.least.seconds
        seconds[Bound.BAKE] += wave.bake.seconds

    return max(Bound, key=lambda bound: seconds[bound])
