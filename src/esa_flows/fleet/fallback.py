"""All routines of a fleet taken back to what served before, in one run.

Unlike the way back of a rollout it needs no journal of what was released: where each
routine goes is what serves and the tags of its versions say.
"""

from collections.abc import Iterable, Mapping
from functools import partial

from attrs import define, evolve, field, frozen

from esa_flows.engine.context import Branch, Context
from esa_flows.engine.flow import flow
from esa_flows.errors import Aborted, AccountBlocked, EsaFlowsError, Misuse, StepChanged
from esa_flows.fleet.account import Account, refuse_blocked
from esa_flows.fleet.makespan import Pace
from esa_flows.fleet.report import Ended, RolloutReport, RoutineEnd, RoutineReport
from esa_flows.fleet.retreat import AT_ONCE
from esa_flows.fleet.way_back import Return, WayBack, pace_in
from esa_flows.model import Cloud, RoutineId, Split
from esa_flows.release.report import Outcome, Report
from esa_flows.release.rollback import rollback
from esa_flows.release.spec import Rollback

__all__ = ["CALLS", "Fallback", "fallback", "fallback_of", "way_back_in"]

CALLS = 4
"""Calls that take one back: two looks, a deployment, and a look at it."""

BACK = frozenset({RoutineEnd.TAKEN_BACK, RoutineEnd.UNCHANGED})
"""Ends after which production serves what it shall."""


@frozen(kw_only=True)
class Fallback:
    """Routines to take back, each to a version.

    Attributes:
        name: What they are called together.
        routines: Which, and where to.
        others: Those that stay, and why.
        accounts: How the further accounts of its routines are reached, by name.
    """

    name: str = ""
    routines: tuple[Rollback, ...]
    others: tuple[RoutineReport, ...] = ()
    accounts: Mapping[str, Account] = field(factory=dict, hash=False)


def fallback_of(plan: WayBack, cloud: Cloud) -> Fallback:
    """Give what is to be done as a plan says: pure.

    Args:
        plan: What goes back, and where to.
        cloud: Where the routines are.
    """
    used = {each.routine.account for each in plan.returns}
    return Fallback(
        name=plan.name,
        routines=tuple(
            Rollback(
                routine=each.routine.name,
                to=each.to.majority,
                seen=each.serves,
                cloud=cloud,
                account=each.routine.account,
            )
            for each in plan.returns
            if each.to is not None
        ),
        others=plan.stays,
        accounts={name: each for name, each in plan.accounts.items() if name in used},
    )


def way_back_in(wanted: Fallback, pace: Pace) -> WayBack:
    """Give the plan that a run carries out: pure.

    Args:
        wanted: What the run is to do.
        pace: How fast calls go, in accounts of which it says nothing.
    """
    return WayBack(
        name=wanted.name,
        returns=tuple(
            Return(
                routine=_name(each),
                serves=each.seen,
                to=Split.whole(each.to) if each.to else None,
                calls=CALLS,
                first=CALLS,
            )
            for each in wanted.routines
        ),
        stays=wanted.others,
        pace=pace_in(wanted.accounts, pace),
        accounts=wanted.accounts,
    )


@flow
async def fallback(ctx: Context, wanted: Fallback) -> RolloutReport:
    """Take production of many routines back, each in a run of its own.

    One that serves something else than it did when it was planned stays: somebody
    deployed meanwhile. Dying anywhere in it leaves some back and others not: a resume
    looks at each again. An abort stops it where it is. Where there are several
    accounts, trouble with one lets those in the others go back, and then stops it.

    Args:
        ctx: The flow's context.
        wanted: What goes back.

    Returns:
        How each of them fared.

    Raises:
        AccountBlocked: An account is in trouble; a resume takes back what is left.
    """
    doing = _Doing(wanted=wanted)
    branches: list[Branch[None]] = [
        partial(_taken_back, doing=doing, wanted=each) for each in wanted.routines
    ]
    try:
        await ctx.gather(*branches, key="back", limit=AT_ONCE)
    except Aborted:
        doing.was_aborted = True
    else:
        refuse_blocked(doing.blocked)

    return doing.report(ctx.run_id)


@define(kw_only=True)
class _Doing:
    """What is known so far."""

    wanted: Fallback
    was_aborted: bool = False
    blocked: dict[str, AccountBlocked] = field(factory=dict)
    _ends: dict[RoutineId, RoutineReport] = field(factory=dict)

    def take(self, wanted: Rollback, end: Report | EsaFlowsError | None) -> None:
        """Take in how the way back of a routine ended; None where it did not begin."""
        name = _name(wanted)
        if end is None:
            return

        if isinstance(end, EsaFlowsError):
            self._ends[name] = RoutineReport(
                routine=name,
                end=RoutineEnd.FAILED,
                before=wanted.seen,
                production=wanted.seen,
                reason=str(end),
                next_move=end.next_move,
            )
            return

        told = RoutineReport.of(end, wave=0)
        self._ends[name] = evolve(told, end=_end(wanted, end, told.end))

    def spend(self, wanted: Rollback, seconds: float) -> None:
        """Note how long it took."""
        name = _name(wanted)
        if name in self._ends:
            self._ends[name] = evolve(self._ends[name], seconds=seconds)

    def report(self, run: str) -> RolloutReport:
        """Make the report of the end."""
        routines = (*self._all(), *self.wanted.others)
        left = sum(each.end not in BACK for each in routines)
        is_back = not left
        reason = "A person asked it to stop." if self.was_aborted else ""
        return RolloutReport(
            run=run,
            name=self.wanted.name,
            ended=Ended.ROLLED_BACK if is_back else Ended.PARTLY_ROLLED_BACK,
            was_aborted=self.was_aborted,
            routines=routines,
            reason=reason or ("" if is_back else f"{left} did not go back."),
            next_move="" if is_back else f"See each with: esa-flows status {run}",
        )

    def _all(self) -> Iterable[RoutineReport]:
        for each in self.wanted.routines:
            name = _name(each)
            yield self._ends.get(name) or RoutineReport(
                routine=name,
                end=RoutineEnd.NOT_BEGUN,
                before=each.seen,
                production=each.seen,
            )


async def _taken_back(ctx: Context, *, doing: _Doing, wanted: Rollback) -> None:
    if wanted.account in doing.blocked:
        return  # a resume does it

    began = ctx.now()
    try:
        stops = not doing.wanted.accounts
        doing.take(wanted, await _rolled_back(ctx, wanted, stops=stops))
    except AccountBlocked as error:
        doing.blocked.setdefault(wanted.account, error)
    except Aborted:
        doing.take(wanted, _given(ctx, wanted))
        raise
    finally:
        doing.spend(wanted, (ctx.now() - began).total_seconds())


async def _rolled_back(
    ctx: Context, wanted: Rollback, *, stops: bool
) -> Report | EsaFlowsError:
    """Take one back; what ends its run is an end like others, but for a block."""
    realm = wanted.realm
    subject, key = realm.subject(wanted.routine), _name(wanted).key
    try:
        return await ctx.run(
            rollback, wanted, key=key, subject=subject, place=realm.place, stops=stops
        )
    except (Aborted, AccountBlocked, Misuse, StepChanged):
        raise
    except EsaFlowsError as error:
        return error


def _given(ctx: Context, wanted: Rollback) -> Report | EsaFlowsError | None:
    try:
        return ctx.given(rollback, key=_name(wanted).key)
    except EsaFlowsError as error:
        return error


def _name(wanted: Rollback) -> RoutineId:
    return RoutineId.of(wanted.account, wanted.routine)


def _end(wanted: Rollback, report: Report, told: RoutineEnd) -> RoutineEnd:
    """Say how a routine fared; that it went back is what was asked for."""
    if report.outcome is Outcome.ROLLED_BACK:
        return RoutineEnd.TAKEN_BACK

    if report.outcome is not Outcome.ABORTED:
        return told

    now = report.production
    is_back = now is not None and now.split.majority == wanted.to
    return RoutineEnd.TAKEN_BACK if is_back else RoutineEnd.NOT_BEGUN
