"""Whose environment variables the versions of a release carry, and what to say of it.

A version carries what its environment had when it was made, or nothing, for ever. So it
serves that environment alone, and a bound release to production makes two of the same
bytes: staging's proves the code, production's serves.
"""

from collections.abc import Iterable

from attrs import frozen

from esa_flows.engine.context import Context
from esa_flows.errors import InvalidInput, Refused
from esa_flows.model import Environment, RoutineName, Version, VersionId
from esa_flows.release.journey import Journey
from esa_flows.release.spec import Binding, Release
from esa_flows.steps.observe import World
from esa_flows.steps.read_variables import RoutineVariables, read_variables

__all__ = [
    "Bindings",
    "adopted_notes",
    "check_variables",
    "choose_bindings",
    "refuse_stray",
    "rollback_notes",
    "served_binding",
    "served_notes",
    "variable_notes",
    "wants_variables",
]

_MOST_NAMES = 5
_PLACES = tuple(Environment)


@frozen(kw_only=True)
class Bindings:
    """The versions a release needs, told apart by whose variables they carry.

    Attributes:
        places: An environment for each version; one None where none carries any.
        seen: The routine's variables, where they had to be read to decide.
    """

    places: tuple[Environment | None, ...] = (None,)
    seen: RoutineVariables | None = None

    @property
    def are_bound(self) -> bool:
        """Whether the versions carry variables."""
        return self.places != (None,)

    @classmethod
    def of(cls, release: Release, seen: RoutineVariables | None = None) -> "Bindings":
        """Give the versions of a release that binds, in the order they are made."""
        if release.target is Environment.STAGING:
            return cls(places=(Environment.STAGING,), seen=seen)

        return cls(places=(Environment.STAGING, Environment.PRODUCTION), seen=seen)


def wants_variables(world: World, release: Release) -> bool | None:
    """Tell whether a release binds; None where nothing that serves tells: pure.

    What serves may be bound to the wrong environment; that it is bound counts.

    Args:
        world: The routine as seen.
        release: What is wanted.
    """
    if release.binding is not Binding.AUTO:
        return release.binding is not Binding.OFF

    served = [v for v in world.versions if v.id in world.routine.live]
    return any(version.carries for version in served) if served else None


async def choose_bindings(
    ctx: Context, release: Release, world: World, journey: Journey
) -> Bindings:
    """Choose whose variables the versions carry; ask only where nothing tells.

    Args:
        ctx: The flow's context.
        release: What is wanted.
        world: The routine as seen.
        journey: Where the release stands; gets the notes.
    """
    journey.notes.extend(served_notes(world, release))
    wanted = wants_variables(world, release)
    if wanted is None and journey.is_new:
        wanted = False  # this run made the routine: nobody gave it variables yet

    if wanted is not None:
        return Bindings.of(release) if wanted else Bindings()

    seen = await ctx.do(read_variables, release.routine)
    if seen.are_there:
        return Bindings.of(release, seen)

    if seen.why:
        journey.notes.append(
            f"The variables of {release.routine} are unknown ({seen.why}): this release"
            " carries none; --bind on and --bind off decide."
        )

    return Bindings(seen=seen)


async def check_variables(
    ctx: Context, release: Release, journey: Journey, bindings: Bindings
) -> None:
    """See before anything is uploaded what bound versions will carry.

    Raises:
        Refused: The cloud has no variables.
    """
    if not bindings.are_bound:
        return

    seen = bindings.seen
    if seen is None:
        seen = await ctx.do(read_variables, release.routine)

    if not seen.can_bind:
        raise Refused(
            f"The cloud of {release.routine} has no environment variables that a"
            " version could carry; nothing was sent.",
            next_move="Release with --bind off.",
        )

    journey.notes.extend(variable_notes(release.routine, seen))


def variable_notes(routine: RoutineName, seen: RoutineVariables) -> tuple[str, ...]:
    """Tell where the environments' variables differ, by name alone: pure.

    Args:
        routine: Which routine.
        seen: Its variables.
    """
    if seen.why:
        return (f"The variables of {routine} were not compared: {seen.why}.",)

    if not seen.are_there:
        return (f"{routine} has no variables: --bind off saves a version.",)

    staging, production = set(seen.staging), set(seen.production)
    lone = (
        ("staging", sorted(staging - production)),
        ("production", sorted(production - staging)),
    )
    return tuple(
        f"Only {place} of {routine} has {_listed(names)}."
        for place, names in lone
        if names
    )


def served_notes(world: World, release: Release) -> tuple[str, ...]:
    """Tell what is odd about the variables of what serves: pure.

    Args:
        world: The routine as seen.
        release: What is wanted.
    """
    strays = [
        f"{place.capitalize()} of {release.routine} serves {version.id}, which carries"
        f" the variables of {version.carries}."
        for place in _PLACES
        for version in _serving(world, place)
        if version.carries not in {None, place}
    ]
    bound = [v for v in _serving(world, release.target) if v.carries]
    if bound and release.binding is Binding.OFF:
        strays.append(
            f"{bound[0].id}, which serves {release.target}, carries variables; the code"
            " released now sees none."
        )

    return tuple(strays)


def adopted_notes(world: World, adopted: Iterable[VersionId]) -> tuple[str, ...]:
    """Tell how old the variables are that adopted versions carry: pure.

    Args:
        world: The routine as seen.
        adopted: Versions that are used again.
    """
    return tuple(
        f"{_carried(version)}: --bind fresh takes those of now."
        for version in world.versions
        if version.id in set(adopted) and version.carries
    )


def rollback_notes(world: World, target: VersionId) -> tuple[str, ...]:
    """Tell what becomes of the variables when an older version serves: pure.

    Args:
        world: The routine as seen.
        target: The version that shall serve production again.
    """
    found = [version for version in world.versions if version.id == target]
    if found[0].carries:
        return (f"{_carried(found[0])}.",)

    if any(version.carries for version in _serving(world, Environment.PRODUCTION)):
        return (f"Version {target} carries no variables: the code sees none now.",)

    return ()


def refuse_stray(world: World, target: VersionId) -> None:
    """Refuse a version that carries what is not production's: pure.

    Raises:
        InvalidInput: It carries the variables of staging; nothing was sent.
    """
    for version in world.versions:
        if version.id == target and version.carries is Environment.STAGING:
            raise InvalidInput(
                f"Version {target} of {world.routine.name} carries the variables of"
                " staging: production would be given them.",
                next_move=_instead(world),
            )


def _instead(world: World) -> str:
    """Say how production gets what it can go back to, by the exact command."""
    name, serving = world.routine.name, world.routine.in_production
    fit = [
        version.id
        for version in world.versions
        if version.id not in serving and version.carries is not Environment.STAGING
    ]
    if fit:
        command = f"esa-flows rollback {name} --to {max(fit, key=int)}"
        return f"Go back to the newest version that may with: {command}"

    return (
        "No other version may serve production: release the earlier code again, with"
        f" production's variables, by: esa-flows release {name} FILE --bind on"
    )


def served_binding(world: World) -> Environment | None:
    """Tell whose variables a version gets that replaces what serves production: pure.

    Args:
        world: The routine as seen.
    """
    production = Environment.PRODUCTION
    is_bound = any(version.carries for version in _serving(world, production))
    return production if is_bound else None


def _serving(world: World, place: Environment) -> tuple[Version, ...]:
    deployment = world.routine.deployment(place)
    served = deployment.split.versions if deployment else frozenset()
    return tuple(v for v in world.versions if v.id in served)


def _carried(version: Version) -> str:
    made = version.created_at
    when = f", {made:%Y-%m-%d %H:%M} UTC" if made else ""
    return (
        f"Version {version.id} carries the variables of {version.carries} as they were"
        f" when it was made{when}"
    )


def _listed(names: list[str]) -> str:
    shown, more = names[:_MOST_NAMES], len(names) - _MOST_NAMES
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
