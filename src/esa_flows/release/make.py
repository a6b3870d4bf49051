"""From a bundle to a verified version, making room first, with bounded restarts.

A restart is a new *round* of the same steps: an upload form that went stale, a quota
smaller than believed, an upload that somebody overwrote. Each has its own budget.
"""

import contextlib
from typing import Literal

from attrs import define, evolve, field, frozen

from esa_flows.engine.context import Context
from esa_flows.errors import (
    Aborted,
    CallbackFailed,
    CallError,
    Contention,
    ContentMismatch,
    EsaFlowsError,
    InvalidInput,
    QuotaExceeded,
    Refused,
    ReleaseError,
    SlotExpired,
    VersionNotReady,
)
from esa_flows.model import Environment, VersionId
from esa_flows.release.journey import Journey
from esa_flows.release.plan import candidates, is_near
from esa_flows.release.prune import delete_saved
from esa_flows.release.room import choose_victims, keep_of
from esa_flows.release.spec import Release
from esa_flows.steps.commit import Committed, stage_code
from esa_flows.steps.observe import World, observe
from esa_flows.steps.post_package import stage_package
from esa_flows.steps.prune import Prune, prune
from esa_flows.steps.read_quota import read_quota
from esa_flows.steps.request_assets_slot import AssetsStage
from esa_flows.steps.save_code import SaveCode, Saved
from esa_flows.steps.stage import Stage
from esa_flows.steps.sweep import Sweep, sweep
from esa_flows.steps.verify import Verify, verify
from esa_flows.steps.verify_package import VerifyPackage, verify_package

__all__ = ["Need", "find_version", "make_room", "make_version", "stage_of"]

ENDS = (ReleaseError, CallError, Aborted, InvalidInput)
"""What ends an upload for good, against what lets the run be resumed."""

Cause = Literal["slot", "quota", "content"]


@frozen(kw_only=True)
class Need:
    """A version that a release lacks.

    Attributes:
        bound_to: Environment whose variables it shall carry; None for none.
        room: Versions the release still has to make, this one among them.
    """

    bound_to: Environment | None = None
    room: int = 1

    def key(self, word: str = "") -> str:
        """Tell its steps from those of the other version that a release makes."""
        return ":".join(part for part in (word, self.bound_to) if part)


@define
class _Rounds:
    """Counts restarts of one version's upload, by cause."""

    need: Need
    number: int = 1
    _left: dict[Cause, int] = field(
        factory=lambda: {"slot": 1, "quota": 2, "content": 2}
    )

    def spend(self, cause: Cause, error: EsaFlowsError) -> None:
        """Begin another round, or raise what made it necessary."""
        self.number += 1
        self._left[cause] -= 1
        if self._left[cause] >= 0:
            return

        if cause == "slot":
            raise error

        raise Contention(
            "Somebody else keeps writing to this routine while it is released:"
            f" {error.message}",
            next_move="Find out who, then release again.",
        ) from error


async def find_version(
    ctx: Context, release: Release, world: World, bound_to: Environment | None = None
) -> VersionId | None:
    """Look for a version that holds the bundle already; its content decides."""
    for version in candidates(world, release, bound_to):
        try:
            await _verify(ctx, release, version, key=version)
        except (ContentMismatch, VersionNotReady, Refused):
            continue  # other bytes, unusable, or gone meanwhile

        return version

    return None


async def make_room(
    ctx: Context, release: Release, world: World, journey: Journey, *, room: int
) -> Release:
    """Make room for every version that a release lacks, before it uploads the first.

    Returns:
        The release, with the quota that counts.

    Raises:
        NothingPrunable: There is no room and too many versions must stay.
    """
    release = await _true_quota(ctx, release, world, journey, room=room)
    need = Need(room=room)
    await _make_room(ctx, release, world, journey, need, quota=release.quota)
    return release


async def make_version(
    ctx: Context, release: Release, world: World, journey: Journey, need: Need
) -> VersionId:
    """Upload, commit, verify; leave no version without its ZIP behind.

    Raises:
        NothingPrunable: There is no room and every version must stay.
        Contention: Somebody else keeps writing to the same routine.
        VersionNotReady: The provider could not make the version available.
        SlotExpired: The upload form was too old twice.
        CallbackFailed: The provider did not hear of the upload, three times.
    """
    stage = stage_of(release, world, need)
    try:
        return await _make(ctx, release, journey, stage, need)
    except ENDS:
        if _allocates(release):
            with contextlib.suppress(CallError):  # why it ended matters more
                await _clear(ctx, stage, key=need.key("left"))

        raise


async def _make(
    ctx: Context, release: Release, journey: Journey, stage: Stage, need: Need
) -> VersionId:
    rounds = _Rounds(need)
    while True:
        committed = await _commit(ctx, release, stage, rounds, journey)
        try:
            await _verify(
                ctx,
                release,
                committed.version,
                key=need.key("uploaded"),
                number=rounds.number,
                is_fresh=True,
            )
        except (ContentMismatch, VersionNotReady) as error:
            stage = await _discard(ctx, stage, committed)
            if isinstance(error, VersionNotReady):
                raise

            rounds.spend("content", error)
        else:
            if _may_have_more(release, committed, rounds):
                journey.is_plain = False
                await _sweep(ctx, stage, committed, rounds)

            return committed.version


async def _true_quota(
    ctx: Context, release: Release, world: World, journey: Journey, *, room: int
) -> Release:
    """Take the plan's quota where it may matter and nobody set one."""
    if not is_near(release, world, room=room):
        return release

    plan = await ctx.do(read_quota, release.routine)
    if plan.versions is None:
        journey.notes.append(
            f"The version quota is unknown ({plan.why}): {release.quota} is taken."
        )
        return release

    if plan.versions != release.quota:
        journey.notes.append(
            f"The plan allows {plan.versions} versions of a routine,"
            f" not {release.quota}."
        )

    return evolve(release, quota=max(plan.versions, 2))


async def _commit(
    ctx: Context, release: Release, stage: Stage, rounds: _Rounds, journey: Journey
) -> Committed:
    """Upload and commit, with a new form or more room where that helps."""
    while True:
        number, key = rounds.number, rounds.need.key
        try:
            return await _upload(ctx, stage, rounds)
        except (SlotExpired, CallbackFailed) as error:
            rounds.spend("slot", error)
            if _allocates(release):
                await _clear(ctx, stage, key=key("orphans"), number=number)

            stage = evolve(stage, posts=1)
        except QuotaExceeded as error:
            rounds.spend("quota", error)
            await _learn_quota(ctx, release, journey, rounds.need, number=number)


async def _upload(ctx: Context, stage: Stage, rounds: _Rounds) -> Committed:
    key, number = rounds.need.key(), rounds.number
    if isinstance(stage, AssetsStage):
        return await ctx.do(stage_package, stage, key=key, round=number)

    return await ctx.do(stage_code, stage, key=key, round=number)


async def _clear(ctx: Context, stage: Stage, *, key: str, number: int = 1) -> None:
    """Delete the versions of this run that nobody will use any more."""
    await ctx.do(sweep, Sweep(stage=stage, keep=None), key=key, round=number)


async def _verify(
    ctx: Context,
    release: Release,
    version: VersionId,
    *,
    key: str,
    number: int = 1,
    is_fresh: bool = False,
) -> None:
    """See that a version holds the bundle, as far as the provider shows it."""
    package = release.package
    wanted = Verify(
        routine=release.routine,
        version=version,
        digest=package.code if package else release.bundle.digest,
        is_fresh=is_fresh,
    )
    if package is None:
        await ctx.do(verify, wanted, key=key, round=number)
        return

    whole = VerifyPackage(
        routine=wanted.routine,
        version=wanted.version,
        digest=wanted.digest,
        is_fresh=wanted.is_fresh,
        not_found=package.not_found,
    )
    await ctx.do(verify_package, whole, key=key, round=number)


async def _make_room(
    ctx: Context,
    release: Release,
    world: World,
    journey: Journey,
    need: Need,
    *,
    quota: int,
    number: int = 1,
) -> None:
    """Delete the versions that must go, if any must, their code saved first."""
    victims = choose_victims(
        world, keep_of(release, world), quota=quota, room=need.room
    )
    for nth, victim in enumerate(victims, start=1):
        key = need.key("room") + (f":{nth}" if nth > 1 else "")
        wanted = SaveCode.of(release.routine, victim)
        await delete_saved(ctx, journey, wanted, key=key, number=number)


async def _learn_quota(
    ctx: Context, release: Release, journey: Journey, need: Need, *, number: int
) -> None:
    """Take the count just seen for the quota, and make room under it."""
    key = need.key("quota")
    world = await ctx.do(observe, release.routine, key=key, round=number)
    quota = len(world.versions)
    if quota < release.quota:
        journey.notes.append(
            f"The provider allows {quota} versions of {release.routine},"
            f" not {release.quota}: set version_quota={quota}."
        )

    await _make_room(ctx, release, world, journey, need, quota=quota, number=number + 1)


async def _discard(ctx: Context, stage: Stage, committed: Committed) -> Stage:
    """Delete a version of this run that must not be used, and never adopt it again."""
    saved = Saved(version=committed.version)  # who uploaded what it holds has it
    wanted = Prune(routine=stage.routine, saved=saved)
    await ctx.do(prune, wanted, key=f"bad:{committed.version}")
    return evolve(stage, refused=(*stage.refused, committed.version))


async def _sweep(
    ctx: Context, stage: Stage, committed: Committed, rounds: _Rounds
) -> None:
    """Delete what this run may have made beside the version it uses."""
    wanted = Sweep(stage=stage, keep=committed.version)
    await ctx.do(sweep, wanted, key=rounds.need.key(), round=rounds.number)


def _may_have_more(release: Release, committed: Committed, rounds: _Rounds) -> bool:
    """Tell whether this run may have made versions beside the one it uses."""
    repeated = committed.attempts > 1 or rounds.number > 1
    return repeated or release.facts.slot_allocates


def _allocates(release: Release) -> bool:
    """Tell whether asking for an upload form makes a version, empty at first."""
    return release.package is not None or release.facts.slot_allocates


def stage_of(release: Release, world: World, need: Need) -> Stage:
    """Give a bundle on its way to becoming a version: pure.

    Args:
        release: What is wanted.
        world: The routine as seen.
        need: Which of its versions.
    """
    production = world.routine.production
    previous = production.split.majority if production else None
    if release.package is None:
        return Stage(
            routine=release.routine,
            bundle=release.bundle,
            previous=previous,
            bound_to=need.bound_to,
        )

    return AssetsStage(
        routine=release.routine,
        bundle=release.bundle,
        previous=previous,
        package=release.package,
        bound_to=need.bound_to,
    )
