"""Put a split in force in an environment, and read it back."""

from collections.abc import Mapping

import anyio
from attrs import field, frozen

from esa_flows.api.cloud import AreaCloud, Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import Happened, Intent, NotHappened, step
from esa_flows.errors import Conflict, InUse
from esa_flows.model import (
    Areas,
    Deployment,
    Environment,
    Routine,
    RoutineName,
    Split,
    VersionId,
)

__all__ = ["Deploy", "Publish", "deploy", "foreign_split", "read_back", "still_serves"]

IN_USE_WAITS = (1.0, 2.0, 4.0)
"""Seconds to wait when something at the provider holds a deployment up."""

READ_BACK_WITHIN = 30.0
"""Seconds until a split that was accepted must be seen."""


@frozen(kw_only=True)
class Deploy:
    """A split to put in force, and what it replaces.

    Attributes:
        routine: Which routine.
        environment: Where.
        split: What shall serve.
        previous: What serves now; None where nothing does.
        ours: Splits this run asked for that may still be seen: on the way back they
            are no sign of somebody else.
    """

    routine: RoutineName
    environment: Environment
    split: Split
    previous: Deployment | None = None
    ours: tuple[Split, ...] = ()

    def is_in_force(self, routine: Routine) -> bool:
        """Tell whether the split serves."""
        now = routine.deployment(self.environment)
        return now is not None and now.split == self.split

    def foreign(self, routine: Routine) -> Conflict:
        """Say that somebody else deployed."""
        return foreign_split(self, routine.deployment(self.environment))

    def compare(self, routine: Routine) -> "Deployment | NotHappened | Conflict":
        """Tell from what serves now whether this deployment happened."""
        now = routine.deployment(self.environment)
        before = self.previous
        is_new = now is not None and (before is None or now.id != before.id)
        if now is not None and now.split == self.split:
            same_before = before is not None and before.split == self.split
            return now if is_new or not same_before else NotHappened()

        same = (now and now.split) == (before and before.split)
        is_known = same or (now is not None and now.split in self.ours)
        return NotHappened() if is_known else foreign_split(self, now)


@frozen(kw_only=True)
class Publish(Deploy):
    """A version for production, for areas, or for both, in one call.

    Its split is whole and its environment production, which areas are parts of.

    Attributes:
        places: Where it shall serve: `production` and areas by their names.
        before: What serves production and every area now; None where nothing does.
            What is no place of this version must stay as it is.
    """

    places: tuple[str, ...]
    before: Mapping[str, VersionId | None] = field(hash=False)

    @property
    def _after(self) -> Mapping[str, VersionId | None]:
        return {**self.before, **dict.fromkeys(self.places, self.split.majority)}

    def is_in_force(self, routine: Routine) -> bool:
        """Tell whether the version serves its places, and the others are as before."""
        now = routine.places
        return all(now.get(place) == held for place, held in self._after.items())

    def foreign(self, routine: Routine) -> Conflict:
        """Say that somebody else published."""
        now = routine.places
        told = (
            f"{place} serves {now.get(place) or 'nothing'}, where this run last knew"
            f" {self.before.get(place) or 'nothing'}"
            for place in {**self.before, **now}
            if now.get(place) not in {self.before.get(place), self._after.get(place)}
        )
        return Conflict(
            f"{self.routine} is not as this run left it, which wants"
            f" {self.split.majority} in {', '.join(self.places)}:"
            f" {'; '.join(told) or 'it was not put in force'}.",
            next_move="Somebody else published meanwhile; nothing of theirs was"
            " changed.",
        )

    def compare(self, routine: Routine) -> "Deployment | NotHappened | Conflict":
        """Tell from what serves now whether this publishing happened.

        Where the version served everywhere before, nothing tells: there are no ids.
        """
        if self.is_in_force(routine) and self._after != self.before:
            return Deployment(split=self.split)

        ours = {split.majority for split in self.ours}
        now = routine.places
        is_known = all(
            now.get(place) in {held, self._after[place], *ours}
            for place, held in self.before.items()
        )
        return NotHappened() if is_known else self.foreign(routine)


def foreign_split(wanted: Deploy, now: Deployment | None) -> Conflict:
    """Say that somebody else deployed."""
    return Conflict(
        f"{wanted.environment.capitalize()} of {wanted.routine} serves"
        f" {_said(now)}; this run last knew {_said(wanted.previous)} and wants"
        f" {wanted.split}.",
        next_move="Somebody else deployed meanwhile; nothing of theirs was changed."
        f" See it with: esa-flows versions list {wanted.routine}{_back(wanted)}",
    )


def _back(wanted: Deploy) -> str:
    """Give the command that puts back what this run last knew of production."""
    if wanted.environment is not Environment.PRODUCTION or wanted.previous is None:
        return ""

    version = wanted.previous.split.majority
    return (
        f" - keep theirs and do no more, or put back what served before with:"
        f" esa-flows rollback {wanted.routine} --to {version}"
    )


def _said(deployment: Deployment | None) -> str:
    return str(deployment.split) if deployment else "nothing"


async def _find(
    ctx: Context, wanted: Deploy, _: Intent
) -> Happened[Deployment] | NotHappened | Conflict:
    routine = await ctx.need(RoutineCloud).observe(wanted.routine)
    found = wanted.compare(routine)
    return Happened(found) if isinstance(found, Deployment) else found


@step.guarded(calls=[Op.DEPLOY, Op.OBSERVE], reconcile=_find)
async def deploy(ctx: Context, wanted: Deploy) -> Deployment:
    """Put a split in force.

    The provider has no precondition for this call: who deploys last wins. So production
    is compared right before with what the flow last knew, by a look that is a second
    old at most: the flow's own, or one of this step. The flow reads back right after.
    Staging is compared where another process did the steps before, or where the call
    had to wait. Dying between the call and the record: what serves is compared with
    what was wanted and with what served before; anything else is a `Conflict`.

    Raises:
        Conflict: Somebody else deployed meanwhile.
        InUse: Something at the provider held it up for too long.
        NotFound: A version is gone.

    Source: ESA API 2024-09-10, CreateRoutineCodeDeployment; DCDN API 2018-01-15,
    PublishRoutineCodeRevision.
    """
    cloud = ctx.need(RoutineCloud)
    found = None
    is_guarded = wanted.environment is Environment.PRODUCTION
    if is_guarded or ctx.after_another or ctx.attempt > 1:
        found = await _look_again(cloud, wanted)

    for wait in IN_USE_WAITS:
        if found is not None:
            return found

        try:
            return await _put(ctx, wanted)
        except InUse:
            await anyio.sleep(wait)
            found = await _look_again(cloud, wanted)

    return found or await _put(ctx, wanted)


async def _put(ctx: Context, wanted: Deploy) -> Deployment:
    if not isinstance(wanted, Publish):
        cloud = ctx.need(RoutineCloud)
        return await cloud.deploy(wanted.routine, wanted.environment, wanted.split)

    areas = Areas(wanted.places)
    return await ctx.need(AreaCloud).publish(
        wanted.routine, wanted.split.majority, areas
    )


async def _look_again(cloud: RoutineCloud, wanted: Deploy) -> Deployment | None:
    """Give the deployment where it is in force; None where what served still serves.

    Raises:
        Conflict: Somebody else deployed meanwhile.
    """
    found = wanted.compare(await cloud.glance(wanted.routine))
    if isinstance(found, Conflict):
        raise found

    return found if isinstance(found, Deployment) else None


@step.read(calls=[Op.OBSERVE])
async def read_back(ctx: Context, wanted: Deploy) -> Routine:
    """See that a split is in force. A read.

    Returns:
        The whole routine as seen, so that one reading answers for both environments.

    Raises:
        Conflict: Something else serves, or the split did not appear in time.
    """
    cloud = ctx.need(RoutineCloud)
    wait, last = 0.25, anyio.current_time() + READ_BACK_WITHIN
    while True:
        routine = await cloud.observe(wanted.routine)
        if wanted.is_in_force(routine):
            return routine

        found = wanted.compare(routine)
        if isinstance(found, Conflict) or anyio.current_time() >= last:
            raise wanted.foreign(routine)

        await anyio.sleep(wait)
        wait = min(wait * 2, 5.0)


@step.read(calls=[Op.OBSERVE])
async def still_serves(ctx: Context, wanted: Deploy) -> Routine:
    """See that a split is in force still: what was asked meanwhile was asked of it.

    A look that is a second old at most is enough. A read.

    Raises:
        Conflict: Something else serves by now.
    """
    routine = await ctx.need(RoutineCloud).glance(wanted.routine)
    if not wanted.is_in_force(routine):
        raise wanted.foreign(routine)

    return routine
