"""Where a release stands while its flow runs, and what may therefore be done.

Rebuilt by every replay from the recorded outcomes, so it is never stored.
"""

from collections.abc import Mapping
from typing import Self

from attrs import define, field

from esa_flows.errors import EsaFlowsError
from esa_flows.model import (
    HOME,
    Deployment,
    Environment,
    Realm,
    Routine,
    RoutineName,
    Split,
    VersionId,
)
from esa_flows.release.report import Outcome, Report
from esa_flows.steps.observe import World
from esa_flows.steps.prune import Pruned

__all__ = ["Journey"]


@define(kw_only=True)
class Journey:
    """One routine's way from what served before to what shall serve.

    Attributes:
        run: The run's id.
        before: The routine when the release began.
        now: The routine as seen last.
        version: The version on its way.
        contents: What our tags said of the versions when the release began.
        carried: Whose variables they carried, where they did.
        back: What the way back leads to where that is not the split before.
        stand_ins: Versions made again, by the id of the one that was gone.
        realm: Whose it is.
        asked: Splits this run has asked each environment for and was not refused.
        places: Production's places (itself, areas) that each of those was for.
        reached: Environments in which the provider accepted one of them.
        is_new: Whether this run made the routine.
        is_plain: Whether nothing happened by which nobody knows for sure any more which
            versions there are.
        is_held: Whether it stops before production.
        pruned: Versions this run deleted that others made before.
        notes: What a person should know.
    """

    run: str
    before: Routine
    now: Routine = field(init=False)
    version: VersionId | None = None
    contents: Mapping[VersionId, str] = field(factory=dict)
    carried: Mapping[VersionId, Environment] = field(factory=dict)
    back: dict[Environment, Split] = field(factory=dict)
    stand_ins: dict[VersionId, VersionId] = field(factory=dict)
    realm: Realm = HOME
    asked: dict[Environment, list[Split]] = field(factory=dict)
    places: list[tuple[str, ...]] = field(factory=list)
    reached: set[Environment] = field(factory=set)
    is_new: bool = False
    is_plain: bool = True
    is_held: bool = False
    pruned: list[Pruned] = field(factory=list)
    notes: list[str] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.now = self.before

    @classmethod
    def begun(
        cls, run: str, world: World, *, realm: Realm, is_new: bool = False
    ) -> Self:
        """Give the journey of a run that begins here.

        Args:
            run: The run's id.
            world: The routine as seen.
            realm: Whose it is.
            is_new: Whether this run made it.
        """
        journey = cls(run=run, before=world.routine, realm=realm, is_new=is_new)
        journey.see(world)
        return journey

    def see(self, world: World) -> None:
        """Take in the routine as just seen; nothing that was asked for counts yet.

        Args:
            world: The routine as seen.
        """
        tags = ((version.id, version.tag) for version in world.versions)
        self.contents = {version: tag.content for version, tag in tags if tag}
        carried = ((version.id, version.carries) for version in world.versions)
        self.carried = {version: place for version, place in carried if place}
        self.now = world.routine
        self._forget()

    def begin_anew(self) -> None:
        """Take what serves now for what served before: nothing was changed since."""
        self.before = self.now
        self._forget()

    def _forget(self) -> None:
        self.asked.clear()
        self.places.clear()
        self.reached.clear()

    @property
    def routine(self) -> RoutineName:
        """Which routine."""
        return self.before.name

    def begin(
        self, environment: Environment, split: Split, places: tuple[str, ...] = ()
    ) -> None:
        """Note that a deployment is about to be asked for."""
        self.asked.setdefault(environment, []).append(split)
        if environment is Environment.PRODUCTION:
            self.places.append(places)

    def refused(self, environment: Environment) -> None:
        """Note that the deployment asked for last certainly did not happen."""
        self.asked[environment].pop()
        if environment is Environment.PRODUCTION:
            self.places.pop()

    @property
    def touched(self) -> tuple[str, ...]:
        """Production's places that this run may have changed; none without areas."""
        return tuple(sorted({place for places in self.places for place in places}))

    def has_asked(self, environment: Environment) -> bool:
        """Whether a deployment of this run may serve an environment."""
        return bool(self.asked.get(environment))

    @property
    def production_as_before(self) -> bool:
        """Whether production, as seen last, serves what it served before.

        Or what stands for that: the way back may lead to something else.
        """
        now, before = _split(self.now.production), _split(self.before.production)
        areas, back = _serving(self.now), self.back.get(Environment.PRODUCTION)
        if now == before and areas == _serving(self.before):
            return True

        is_back = now is not None and now == back
        return is_back and {*areas.values()} <= (back.versions if back else set())

    def way_back(self, environment: Environment) -> Split | None:
        """Give what an environment goes back to; None where nothing served before."""
        before = _split(self.before.deployment(environment))
        return self.back.get(environment, before)

    def is_ours(self, environment: Environment) -> bool:
        """Tell whether an environment, as seen last, serves what this run knows.

        That is what it served before, or a split that this run asked for.
        """
        asked = self.asked.get(environment, [])
        known = [_split(self.before.deployment(environment)), *asked]
        is_known = _split(self.now.deployment(environment)) in known
        return is_known and (
            environment is Environment.STAGING or self._are_ours(asked)
        )

    def _are_ours(self, asked: list[Split]) -> bool:
        """Tell whether the places this run changed serve what it knows."""
        now, before = self.now.places, self.before.places
        ours = {split.majority for split in asked}
        return all(now.get(p) in {before.get(p), *ours} for p in self.touched)

    def report(
        self, outcome: Outcome, reason: EsaFlowsError | None = None, next_move: str = ""
    ) -> Report:
        """Make the report of an end.

        Args:
            outcome: How it ended.
            reason: Why, where it did not go well.
            next_move: What a person can do now; the reason's own by default.
        """
        own_move = reason.next_move if reason else ""
        return Report(
            run=self.run,
            routine=self.routine,
            cloud=self.realm.cloud,
            account=self.realm.account,
            outcome=outcome,
            version=self.version,
            before=self.before.production,
            production=self.now.production,
            staging=self.now.staging,
            areas=self.now.areas,
            production_as_before=self.production_as_before,
            reason=_sentence(reason),
            next_move=next_move or own_move,
            pruned=tuple(self.pruned),
            notes=tuple(self.notes),
        )


def _split(deployment: Deployment | None) -> Split | None:
    return deployment.split if deployment else None


def _serving(routine: Routine) -> dict[str, VersionId]:
    return {name: version for name, version in routine.areas.items() if version}


def _sentence(error: EsaFlowsError | None) -> str:
    if error is None:
        return ""

    said = str(error)
    told = said.replace(error.next_move, "") if error.next_move else said
    return " ".join(told.split())
