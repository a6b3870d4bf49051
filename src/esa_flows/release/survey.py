"""Look at all that decides what a release will do, and change nothing."""

from attrs import evolve, frozen

from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.errors import RoutineNotFound
from esa_flows.model import Deployment, Environment, Split, VersionId
from esa_flows.release.binding import (
    Bindings,
    adopted_notes,
    check_variables,
    choose_bindings,
)
from esa_flows.release.journey import Journey
from esa_flows.release.plan import (
    foreign_areas,
    foreign_canary,
    is_near,
    refuse_unknown_areas,
)
from esa_flows.release.spec import Binding, OnConflict, Release
from esa_flows.release.versions import Versions
from esa_flows.steps.observe import World, recall
from esa_flows.steps.read_quota import PlanQuota, read_quota

__all__ = ["Survey", "cleared", "survey"]


@frozen(kw_only=True)
class Survey:
    """What a release will find.

    Attributes:
        world: The routine as seen; None where it does not exist yet.
        places: Whose variables each of its versions carries; None for none.
        found: The versions that hold the bundle already, one for each place.
        quota: What the plan allows; None where nobody needs to ask.
        notes: What a person should know.
    """

    world: World | None = None
    places: tuple[Environment | None, ...] = (None,)
    found: tuple[VersionId | None, ...] = (None,)
    quota: PlanQuota | None = None
    notes: tuple[str, ...] = ()

    @property
    def last(self) -> VersionId | None:
        """The version that shall serve the target; None where it has to be made."""
        return self.found[-1]

    @property
    def lacking(self) -> int:
        """How many versions have to be made."""
        return self.found.count(None)


@flow
async def survey(ctx: Context, wanted: Release) -> Survey:
    """Find out what a release would find; every call is a read.

    Raises:
        RoutineNotFound: There is no such routine and it may not be created.
        Refused: The cloud has no variables that its versions could carry.
        InvalidInput: The routine has no such area.
    """
    try:
        world = await ctx.do(recall, wanted.routine)
    except RoutineNotFound:
        if wanted.create:
            return _of_none(wanted)

        raise

    began = cleared(world, wanted)
    refuse_unknown_areas(world, wanted)
    journey = Journey.begun(ctx.run_id, began, realm=wanted.realm)
    bindings = await choose_bindings(ctx, wanted, began, journey)
    versions = Versions(
        release=wanted, world=began, before=began.routine, places=bindings.places
    )
    await versions.find(ctx)
    quota = None
    if versions.lacking and not versions.are_served:
        await check_variables(ctx, wanted, journey, bindings)
        if is_near(wanted, world, room=len(versions.lacking)):
            quota = await ctx.do(read_quota, wanted.routine)

    return Survey(
        world=world,
        places=versions.places,
        found=tuple(versions.found.get(place) for place in versions.places),
        quota=quota,
        notes=(*journey.notes, *adopted_notes(began, versions.found.values())),
    )


def _of_none(wanted: Release) -> Survey:
    """Say what a release finds that makes its routine: nobody gave it variables."""
    if wanted.binding in {Binding.AUTO, Binding.OFF}:
        return Survey()

    places = Bindings.of(wanted).places
    return Survey(places=places, found=(None,) * len(places))


def cleared(world: World, wanted: Release) -> World:
    """Give the routine as it is once somebody's canary is ended first: pure.

    Args:
        world: The routine as seen.
        wanted: What is wanted.
    """
    routine, production = world.routine, world.routine.production
    is_split = foreign_canary(routine, wanted) or foreign_areas(routine, wanted)
    is_ended = wanted.on_conflict is OnConflict.ABORT_FIRST
    if production is None or not is_split or not is_ended:
        return world

    stable = production.split.majority
    whole = Deployment(split=Split.whole(stable))
    areas = dict.fromkeys(routine.areas, stable)
    return evolve(world, routine=evolve(routine, production=whole, areas=areas))
