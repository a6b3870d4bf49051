"""A release in legs, each a run: made ready, exposed later, taken back later still.

A rollout makes many routines ready at full speed, exposes few at once, and may take all
of them back when they have long ended. What one leg knows the next one needs; a look
comes first in each, because others may have deployed in between.
"""

from collections.abc import Mapping

from attrs import evolve, field, frozen

from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.errors import Aborted, Conflict
from esa_flows.model import Environment, Routine, Split, VersionId
from esa_flows.release.expose import to_production
from esa_flows.release.journey import Journey
from esa_flows.release.release import ANSWERS, begin, forward
from esa_flows.release.report import Outcome, Report
from esa_flows.release.spec import Release
from esa_flows.release.unwind import unwind
from esa_flows.steps.observe import look

__all__ = [
    "Exposing",
    "Leg",
    "Setting",
    "TakingBack",
    "changed_since",
    "expose",
    "prepare",
    "ship",
    "take_back",
]


@frozen(kw_only=True)
class Setting:
    """A release as it was planned.

    Attributes:
        release: What is wanted.
        is_planned: Whether the routine was looked at for a plan.
        before: The routine as it was then; None where it did not exist.
    """

    release: Release
    is_planned: bool = False
    before: Routine | None = None


@frozen(kw_only=True)
class Leg:
    """How one leg ended, and what the next one needs to know.

    Attributes:
        report: How it ended.
        before: The routine before the release.
        contents: What tags say of the versions that the way back leads to.
        carried: Whose variables those carry, where they do.
        back: What the way back leads to where that is not the split before.
        asked: Splits that environments were asked for.
        places: Production's places that those of production were for.
        seconds: How long it took, in the process that ended it.
    """

    report: Report
    before: Routine
    contents: Mapping[VersionId, str] = field(factory=dict, hash=False)
    carried: Mapping[VersionId, Environment] = field(factory=dict, hash=False)
    back: Mapping[Environment, Split] = field(factory=dict, hash=False)
    asked: Mapping[Environment, tuple[Split, ...]] = field(factory=dict, hash=False)
    places: tuple[tuple[str, ...], ...] = ()
    seconds: float = 0.0

    @classmethod
    def of(cls, journey: Journey, report: Report, *, seconds: float) -> "Leg":
        """Take from a journey what is needed later.

        Args:
            journey: Where the release stands.
            report: How the leg ended.
            seconds: How long it took.
        """
        kept = journey.before.live
        return cls(
            report=report,
            before=journey.before,
            contents={v: told for v, told in journey.contents.items() if v in kept},
            carried={v: whose for v, whose in journey.carried.items() if v in kept},
            back=dict(journey.back),
            asked={place: tuple(splits) for place, splits in journey.asked.items()},
            places=tuple(journey.places),
            seconds=seconds,
        )

    def journey(self, run: str) -> Journey:
        """Go on from here.

        Args:
            run: The id of the run that does.
        """
        journey = Journey(
            run=run,
            before=self.before,
            version=self.report.version,
            contents=self.contents,
            carried=self.carried,
            realm=self.report.realm,
            back=dict(self.back),
            asked={place: list(splits) for place, splits in self.asked.items()},
            places=list(self.places),
            reached={place for place, splits in self.asked.items() if splits},
        )
        journey.pruned.extend(self.report.pruned)
        journey.notes.extend(self.report.notes)
        return journey


@frozen(kw_only=True)
class Exposing:
    """A routine that is ready to be exposed.

    Attributes:
        release: What is wanted.
        leg: How it was made ready.
        version: What it was made.
    """

    release: Release
    leg: Leg
    version: VersionId


@frozen(kw_only=True)
class TakingBack:
    """A routine to take back.

    Attributes:
        leg: How far it had come.
        environment: Where; production first, for all of them.
        why: What for, in a sentence.
    """

    leg: Leg
    environment: Environment
    why: str


@flow
async def prepare(ctx: Context, wanted: Setting) -> Leg:
    """Do all of a release that no visitor sees: its report says prepared, or why not.

    Dying anywhere in it changes nothing: a version is found again by its tag.

    Raises:
        RoutineNotFound: There is no such routine and it may not be created.
        InvalidInput: The routine has no such area.
    """
    return await _go(ctx, wanted, is_held=True)


@flow
async def ship(ctx: Context, wanted: Setting) -> Leg:
    """Do a whole release at once, as a leg that can be taken back.

    Raises:
        RoutineNotFound: There is no such routine and it may not be created.
        InvalidInput: The routine has no such area.
    """
    return await _go(ctx, wanted, is_held=False)


@flow
async def expose(ctx: Context, wanted: Exposing) -> Leg:
    """Give production what was made ready, share by share; go back where it fails."""
    began = ctx.now()
    journey = wanted.leg.journey(ctx.run_id)
    try:
        journey.now = await ctx.do(look, journey.routine, key="guard")
        await to_production(ctx, wanted.release, journey, wanted.version)
        report = journey.report(Outcome.RELEASED)
    except ANSWERS as why:
        report = await unwind(ctx, journey, why)

    return Leg.of(journey, report, seconds=(ctx.now() - began).total_seconds())


@flow
async def take_back(ctx: Context, wanted: TakingBack) -> Leg:
    """Put back what served one environment before; what others deployed stays.

    Every call of it is in the first lane. There is no way back from it.
    """
    began = ctx.now()
    journey = wanted.leg.journey(ctx.run_id)
    for other in {*Environment} - {wanted.environment}:
        journey.asked.pop(other, None)

    report = await unwind(ctx, journey, Aborted(wanted.why))
    seconds = (ctx.now() - began).total_seconds()
    left = evolve(wanted.leg, report=report, seconds=seconds)
    return evolve(left, back=dict(journey.back))


async def _go(ctx: Context, wanted: Setting, *, is_held: bool) -> Leg:
    began = ctx.now()
    release = wanted.release
    world, journey = await begin(ctx, release)
    journey.is_held = is_held
    try:
        _refuse_other(wanted, journey)
    except Conflict as why:
        report = await unwind(ctx, journey, why)
    else:
        report = await forward(ctx, release, world, journey)

    return Leg.of(journey, report, seconds=(ctx.now() - began).total_seconds())


def _refuse_other(wanted: Setting, journey: Journey) -> None:
    """Refuse a routine that is not as it was planned, unless we changed it.

    Raises:
        Conflict: Says what it serves, and what it served.
    """
    if not wanted.is_planned or wanted.release.restart is not None:
        return

    now = journey.now
    contents = {journey.contents.get(version) for version in now.in_production}
    changed = changed_since(wanted.before, now)
    if not changed or contents == {wanted.release.content}:
        return

    raise Conflict(
        changed,
        next_move="Somebody else deployed since; nothing of theirs was changed. Plan"
        " anew.",
    )


def changed_since(before: Routine | None, now: Routine) -> str:
    """Say what production serves that it did not when it was planned: pure.

    Args:
        before: The routine as it was then; None where it did not exist.
        now: The routine as it is.

    Returns:
        A sentence; empty where it serves the same.
    """
    before = before or Routine(name=now.name)
    if _serves(now) == _serves(before):
        return ""

    told = f"Production of {now.name} serves {_told(now)}"
    return f"{told}; the plan began at {_told(before)}."


def _serves(routine: Routine) -> tuple[Split | None, Mapping[str, VersionId | None]]:
    production = routine.production
    return (production.split if production else None), routine.areas


def _told(routine: Routine) -> str:
    split, areas = _serves(routine)
    named = (f"{area} {version or 'nothing'}" for area, version in areas.items())
    return ", ".join((str(split or "nothing"), *named))
