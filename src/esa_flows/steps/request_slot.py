"""Ask for an upload slot: an address and a signed form for one upload."""

import re
from typing import Any

from attrs import frozen

from esa_flows.api.cloud import Op, RoutineCloud, UploadSlot
from esa_flows.engine.codec import Ephemeral
from esa_flows.engine.context import Context
from esa_flows.engine.step import Happened, Intent, NotHappened, step
from esa_flows.errors import Conflict
from esa_flows.model import Bundle, Environment, RoutineName, Tag, VersionId

__all__ = ["Slotted", "Stage", "request_slot"]


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


@frozen(kw_only=True)
class Slotted(Ephemeral):
    """A bundle with the form that takes it. Lives in this process only.

    Attributes:
        stage: What is on its way.
        slot: Where it may go.
    """

    stage: Stage
    slot: UploadSlot

    def facts(self) -> dict[str, Any]:
        """Give the slot's key and expiry; the form itself is a bearer capability."""
        until = self.slot.expires_at
        return {
            "key": self.slot.key,
            "expires_at": until.isoformat() if until else "",
            "digest": self.stage.bundle.digest,
        }


async def _ask_again(
    _: Context, __: Stage, ___: Intent
) -> Happened[Slotted] | NotHappened | Conflict:
    """A lost slot is no loss here: asking allocates nothing until the commit."""
    return NotHappened()


@step.guarded(calls=[Op.SLOT], reconcile=_ask_again, settle="0s", ephemeral=True)
async def request_slot(ctx: Context, stage: Stage) -> Slotted:
    """Ask for a form to upload code with.

    Dying between the call and the record: the form is never recorded; a later process
    asks for a new one if it still needs one.

    Raises:
        QuotaExceeded: The routine has as many versions as it may have.

    Source: ESA API 2024-09-10, GetRoutineStagingCodeUploadInfo.
    """
    cloud = ctx.need(RoutineCloud)
    tag = stage.tag(ctx.run_id)
    slot = await cloud.request_slot(stage.routine, str(tag))
    return Slotted(stage=stage, slot=slot)
