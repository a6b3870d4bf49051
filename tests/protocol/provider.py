"""What the provider of the model does with a call, and what harm that is."""

from __future__ import annotations

from collections.abc import Iterator

from tests.protocol.world import Call, Setting, Split, Version, World

EXCUSED = {"passed", "left"}
"""Why a call may arrive when nobody waits for it any more."""


def executed(world: World, call: Call, setting: Setting) -> tuple[World, bool]:
    """Execute a call: the world after it, and whether it was not refused."""
    if call.op.kind == "commit":
        return _commit(world, call, setting)

    if call.op.kind == "delete":
        return _delete(world, call, setting)

    if any(not world.code(version) for version, _ in call.op.split):
        return world, False

    if call.op.kind == "expose":
        return world._replace(production=call.op.split), True

    codes = {world.code(version) for version, _ in call.op.split}
    return world._replace(staging=call.op.split, staged=world.staged | codes), True


def _commit(world: World, call: Call, setting: Setting) -> tuple[World, bool]:
    if len(world.versions) >= setting.cap:
        return world, False

    number = world.born + 1
    is_late = call.late in EXCUSED and world.runs[call.run].tries < 2
    previous = majority(world.production)
    made = Version(number, world.slot, call.run, previous, is_late)
    return world._replace(versions=(*world.versions, made), born=number), True


def _delete(world: World, call: Call, setting: Setting) -> tuple[World, bool]:
    version = call.op.version
    if not world.code(version):
        return world, False

    if version in world.live and setting.delete_guard:
        return world, False

    kept = tuple(v for v in world.versions if v.id != version)
    return world._replace(versions=kept), True


def with_news(world: World) -> World:
    """Let everybody be able to tell that production was deployed anew, by its id."""
    return world._replace(
        runs=tuple(
            run if run.ended else run._replace(has_news=True) for run in world.runs
        )
    )


def harm_of(world: World, call: Call, setting: Setting) -> tuple[str, ...]:
    """Say what harm a call does that is executed now.

    It is excused where its sender had looked and somebody else acted in between, and
    where nobody waits for it any more.
    """
    after, is_done = executed(world, call, setting)
    if not is_done or after == world:
        return ()

    kinds = {"expose": _exposed, "delete": _deleted, "commit": _committed}
    harms = kinds.get(call.op.kind, _nothing)(world, call)
    is_late = call.late in EXCUSED
    return tuple(f"{'~' if is_late or may else ''}{each}" for each, may in harms)


def _nothing(world: World, call: Call) -> Iterator[tuple[str, bool]]:
    return iter(())


def _committed(world: World, call: Call) -> Iterator[tuple[str, bool]]:
    if world.runs[call.run].ended:
        yield "I4: a version is made when its run is over", False


def _exposed(world: World, call: Call) -> Iterator[tuple[str, bool]]:
    run = world.runs[call.run]
    own = {run.base, *run.asked} if run.back else set[Split | None]()
    if world.production not in {call.expected, call.op.split, *own}:
        is_own = world.production in run.asked
        yield (
            "I6: production was replaced that its run did not know",
            (call.is_sure and not is_own),
        )

    if run.ended:
        yield "I6: production is changed when the run is over", False


def _deleted(world: World, call: Call) -> Iterator[tuple[str, bool]]:
    version = call.op.version
    if version in world.live:
        yield "I2: a version that serves was deleted", call.is_sure

    bases = [run.base for run in world.runs if run.base and not run.ended]
    if any(version == v for base in bases for v, _ in base):
        yield "I2: the way back was deleted", False


def wrong_code(world: World, call: Call) -> tuple[str, ...]:
    """Say what is wrong with the code that a call brings to production: no excuse."""
    run = world.runs[call.run]
    if call.op.kind != "expose" or run.goal != "release":
        return ()

    known = {v for v, _ in (*(run.base or ()), *call.expected)}
    codes = [world.code(v) for v, _ in call.op.split if v not in known]
    harms = []
    if any(code not in {run.code, ""} for code in codes):
        harms.append("I3: production got code that nobody wanted")

    if any(code and code not in world.staged for code in codes):
        harms.append("I3: production got code that staging never had")

    return tuple(harms)


def majority(split: Split) -> int:
    """Give the version with most traffic; 0 where nothing serves."""
    return max(split, key=lambda row: row[1])[0] if split else 0
