"""The versions of one release: found where they are there, made when their turn comes.

Most releases have one. A bound release to production has two of the same bytes, and
room is made for both before the first is uploaded.
"""

from attrs import define, evolve, field

from esa_flows.engine.context import Context
from esa_flows.model import (
    Environment,
    Routine,
    Tag,
    Version,
    VersionId,
    VersionStatus,
)
from esa_flows.release.journey import Journey
from esa_flows.release.make import (
    Need,
    find_version,
    make_room,
    make_version,
    stage_of,
)
from esa_flows.release.plan import is_served
from esa_flows.release.remake import Remake, make_again
from esa_flows.release.spec import Binding, Release
from esa_flows.steps.observe import World, remember

__all__ = ["Place", "Versions"]

Place = Environment | None
"""Whose variables a version carries; None for none."""


@define(kw_only=True)
class Versions:
    """The versions of one release, by whose variables they carry.

    Attributes:
        release: What is wanted; its quota is the one that counts once room was made.
        world: The routine as seen when the release began.
        before: The routine as it was when the release began for good.
        places: One for each version, in the order in which they are deployed.
        found: What there is so far.
        made: What this run made of it, oldest first.
    """

    release: Release
    world: World
    before: Routine
    places: tuple[Place, ...]
    found: dict[Place, VersionId] = field(factory=dict, init=False)
    made: list[Version] = field(factory=list, init=False)

    @property
    def last(self) -> VersionId | None:
        """The version that shall serve the target; None where it is not there yet."""
        return self.found.get(self.places[-1])

    @property
    def lacking(self) -> tuple[Place, ...]:
        """What is still to be made."""
        return tuple(place for place in self.places if place not in self.found)

    @property
    def are_served(self) -> bool:
        """Whether the target serves its version already, whole."""
        began, last = evolve(self.world, routine=self.before), self.last
        return last is not None and is_served(began, self.release, last)

    async def find(self, ctx: Context) -> None:
        """Look for versions that are there already; not where they must be fresh."""
        if self.release.binding is Binding.FRESH:
            return

        for place in reversed(self.places):
            version = await find_version(ctx, self.release, self.world, place)
            if version is not None:
                self.found[place] = version

            if self.are_served:
                return

    async def make_room(self, ctx: Context, journey: Journey) -> None:
        """Make room for all that lack, or refuse before anything is uploaded.

        Raises:
            NothingPrunable: There is no room and too many versions must stay.
        """
        room, kept = len(self.lacking), self.kept(journey)
        wanted = await make_room(ctx, kept, self.world, journey, room=room)
        self.release = evolve(self.release, quota=wanted.quota)

    async def make_gone(
        self, ctx: Context, journey: Journey, world: World, *, number: int
    ) -> bool:
        """Make those again that somebody deleted; tell whether there were any.

        Args:
            ctx: The flow's context.
            journey: Where the release stands.
            world: The routine as just seen.
            number: The round.
        """
        journey.is_plain = False
        gone = {p: v for p, v in self.found.items() if v not in world.ids}
        for place, version in gone.items():
            order = Remake(release=self.kept(journey), bound_to=place)
            key = ":".join(filter(None, (f"gone{number}", place)))
            self.found[place] = await make_again(ctx, order, journey, key=key)
            journey.notes.append(
                f"Somebody deleted version {version} before it served production; it"
                f" was made again, as {self.found[place]}."
            )

        return bool(gone)

    async def make(self, ctx: Context, journey: Journey, place: Place) -> VersionId:
        """Give a version, made now where it lacks.

        Raises:
            ReleaseError: It could not be made.
        """
        if place not in self.found:
            need = Need(bound_to=place, room=len(self.lacking))
            wanted = self.kept(journey)
            made = await make_version(ctx, wanted, self.world, journey, need)
            self.found[place] = made
            tag = stage_of(wanted, self.world, need).tag(ctx.run_id)
            self.made.append(_made(made, tag, place))

        journey.version = self.found[place]
        return self.found[place]

    async def remember(self, ctx: Context, journey: Journey) -> None:
        """Write down which versions there are now, where that is known for sure.

        Args:
            ctx: The flow's context.
            journey: Where the release stands, in the end.
        """
        if not journey.is_plain or self.release.restart is not None:
            return

        gone = {pruned.version for pruned in journey.pruned}
        held = [version for version in self.world.versions if version.id not in gone]
        left = evolve(
            self.world, routine=journey.now, versions=(*reversed(self.made), *held)
        )
        await ctx.do(remember, left)

    def kept(self, journey: Journey) -> Release:
        """Protect what this release uses, and what it would go back to."""
        needed = (*journey.before.live, *self.found.values())
        protect = dict.fromkeys((*self.release.protect, *sorted(needed, key=int)))
        return evolve(self.release, protect=tuple(protect))


def _made(version: VersionId, tag: Tag, place: Place) -> Version:
    """Give a version that was made and verified, as a list would show it."""
    return Version(
        id=version,
        description=str(tag),
        status=VersionStatus.AVAILABLE,
        bound_to=place,
    )
