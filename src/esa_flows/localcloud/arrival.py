"""What an upload becomes: staging code, a version with assets, or a DCDN revision.

The real OSS calls the back end, or the back end finds the object; here it happens
inside, at once. An object that stands for nothing is only stored.
"""

from __future__ import annotations

from datetime import datetime

from .forms import Target
from .package import Package, read_package
from .routine import DcdnRoutine, Slot, Version
from .world import World


def receive_code(
    target: Target, content: bytes, description: str, world: World, now: datetime
) -> bool:
    """Register code as the callback does.

    Args:
        target: what the object stands for.
        content: its bytes.
        description: what came back through the form.
        world: where it is registered.
        now: the cloud's wall clock.

    Returns:
        Whether there was something to register it with.
    """
    if target.kind == "revision":
        return _receive_revision(target, content, world, now)

    owner = world.state.routines.get((target.account, target.routine))
    if target.kind != "staging" or owner is None:
        return False

    owner.slot = Slot(content=content, description=description)
    return True


def receive_package(target: Target, body: bytes, world: World, now: datetime) -> None:
    """Make a reserved version of a ZIP; it becomes ``available`` or ``failed``."""
    owner = world.state.routines.get((target.account, target.routine))
    version = owner.versions.get(target.version) if owner else None
    if owner is None or version is None:
        return

    switches = world.switches
    package = read_package(
        body, code_limit=switches.policy_max_size, asset_limit=switches.asset_max_size
    )
    held = package or Package()
    world.state.receive(
        owner,
        version,
        now=now,
        ready_after=switches.ready_after,
        content=held.content,
        assets=held.assets,
        failed=package is None,
    )


def _receive_revision(
    target: Target, content: bytes, world: World, now: datetime
) -> bool:
    owner = world.state.functions.get((target.account, target.routine))
    version = _revision(owner, target.version) if owner else None
    if owner is None or version is None:
        return False

    world.state.receive(
        owner,
        version,
        now=now,
        ready_after=world.switches.ready_after,
        content=content,
    )
    if version.id in owner.tests:  # test code goes to staging by itself
        split = ((version.id, 100),)
        world.state.deploy(owner, "staging", split, now=now, dice=world.dice)

    return True


def _revision(owner: DcdnRoutine, tail: str) -> Version | None:
    """Return the newest revision whose id ends so."""
    found = (
        held for held in reversed(owner.versions.values()) if held.id.endswith(tail)
    )
    return next(found, None)
