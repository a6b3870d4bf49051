"""A bundle on its way to becoming a version, and what a run has made of it so far."""

import contextlib
import re

from attrs import frozen

from esa_flows.api.cloud import RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.errors import Refused
from esa_flows.model import Bundle, Environment, RoutineName, Tag, Version, VersionId

__all__ = ["Stage", "delete_own", "own_versions"]


@frozen(kw_only=True)
class Stage:
    """A bundle on its way to becoming a version.

    Attributes:
        routine: Which routine.
        bundle: What to upload.
        previous: Version that serves production now; goes into the tag.
        posts: Uploads that may be tried with one form.
        refused: Versions of this run that turned out to hold other bytes.
        bound_to: Environment whose variables the version carries; None for none.
    """

    routine: RoutineName
    bundle: Bundle
    previous: VersionId | None = None
    posts: int = 2
    refused: tuple[VersionId, ...] = ()
    bound_to: Environment | None = None

    @property
    def content(self) -> str:
        """What its tag says of the content."""
        return self.bundle.digest.short

    def tag(self, run: str) -> Tag:
        """Give the line that will say what the version holds and who made it."""
        return Tag(
            content=self.content,
            run=run.partition(".")[0],
            previous=self.previous,
            environment=self.bound_to,
            commit=_seven_digits(self.bundle.commit),
            text=self.bundle.message,
        )


def _seven_digits(commit: str) -> str:
    """Give what a tag can say of a commit; what is no hash would make it unreadable."""
    found = re.match(r"[0-9a-f]{7}", commit.lower())
    return found[0] if found else ""


def own_versions(
    versions: tuple[Version, ...], stage: Stage, run: str
) -> tuple[VersionId, ...]:
    """Give the versions that this run made of this bundle, oldest first.

    A version of the same bundle that carries another environment's variables is none
    of them.

    Args:
        versions: All versions of the routine.
        stage: What was committed.
        run: The run's id.
    """
    mine = stage.tag(run)
    found = [
        version.id
        for version in versions
        if version.tag is not None
        and _whose(version.tag) == _whose(mine)
        and version.id not in stage.refused
    ]
    return tuple(sorted(found, key=int))


def _whose(tag: Tag) -> tuple[str, str, Environment | None]:
    return tag.run, tag.content, tag.environment


async def delete_own(
    ctx: Context, stage: Stage, *, keep: VersionId | None = None
) -> tuple[VersionId, ...]:
    """Delete what this run made of a bundle, but never what serves.

    Args:
        ctx: A step's context, which may list, observe and delete.
        stage: What this run made versions of.
        keep: The version it uses; None where it uses none.
    """
    cloud = ctx.need(RoutineCloud)
    routine = stage.routine
    versions = await cloud.list_versions(routine)
    deleted = []
    for version in own_versions(versions, stage, ctx.run_id):
        if version == keep:
            continue

        if version in (await cloud.observe(routine)).live:
            continue

        with contextlib.suppress(Refused):  # gone, or somebody found a use for it
            await cloud.delete_version(routine, version)
            deleted.append(version)

    return tuple(deleted)
