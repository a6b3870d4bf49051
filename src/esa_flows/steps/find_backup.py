"""Find what was kept of a version that is gone."""

from typing import Protocol

from attrs import frozen

from esa_flows.engine.context import Context
from esa_flows.engine.step import step
from esa_flows.model import Bundle, RoutineName, VersionId
from esa_flows.steps.request_assets_slot import Package

__all__ = ["Archive", "Backup", "Missing", "find_backup"]


@frozen(kw_only=True)
class Backup:
    """What is needed to make a version again.

    Attributes:
        bundle: Its bytes, which lie in the store.
        package: What they hold where they are a ZIP of code and assets.
        is_whole: Whether that is all it held; its assets may be lost.
    """

    bundle: Bundle
    package: Package | None = None
    is_whole: bool = True


@frozen(kw_only=True)
class Missing:
    """A version that is gone.

    Attributes:
        routine: Which routine.
        version: Which version.
        content: What its tag said of its content; empty where it had none of ours.
    """

    routine: RoutineName
    version: VersionId
    content: str = ""


class Archive(Protocol):
    """Knows what was kept of versions that are gone."""

    async def find(self, missing: Missing) -> Backup | None:
        """Give what was kept of a version; None where nothing was."""
        ...


@step.read()
async def find_backup(ctx: Context, missing: Missing) -> Backup | None:
    """Look a version up in what this machine has kept. A read; no call is made."""
    return await ctx.need(Archive).find(missing)
