"""Revisions: numbered with the upload form, published to environments, deleted.

Test code is numbered too and goes to staging by itself.
Source: DCDN API 2018-01-15, UploadRoutineCode and the operations around it.
"""

from __future__ import annotations

import base64
from typing import Any

from attrs import evolve

from esa_flows.localcloud.call import Call, stamp
from esa_flows.localcloud.forms import Target, code_form
from esa_flows.localcloud.routine import DcdnRoutine, Version
from esa_flows.localcloud.world import World

from .phrases import failure
from .routines import names, routine_of


def upload(call: Call, world: World) -> dict[str, Any]:
    """Number a revision and hand out the form for its code; not idempotent."""
    call.need("CodeDescription")
    return _reserved(call, world, routine_of(call, world))[1]


def upload_staging(call: Call, world: World) -> dict[str, Any]:
    """Number a revision for test code, which goes to staging by itself."""
    routine = routine_of(call, world)
    version, answer = _reserved(call, world, routine)
    routine.tests.append(version.id)
    if world.switches.staging_at == "form":
        _publish(routine, version, ["staging"], call, world)

    return answer


def commit_staging(call: Call, world: World) -> dict[str, Any]:
    """Make the newest test code a formal revision."""
    call.need("CodeDescription")
    routine = routine_of(call, world)
    made = _committed(routine, _newest_test(routine, world), call, world)
    return {"Content": _commit_content(made, world)}


def publish(call: Call, world: World) -> dict[str, Any]:
    """Make a revision live in some environments, in all of them or in none."""
    routine = routine_of(call, world)
    version = _revision(call, world, routine)
    envs = names(call, world, "Envs")
    if not envs or not set(envs) <= set(routine.envs):
        raise failure(world, "bad_env")

    empty = version.status(call.now) != "available"
    if empty and world.switches.publish_empty == "refuse":
        raise failure(world, "no_code")

    _publish(routine, version, envs, call, world)
    return {"Content": {"CodeRevision": world.shown(version.id)}}


def delete(call: Call, world: World) -> dict[str, Any]:
    """Delete a revision."""
    routine = routine_of(call, world)
    version = _revision(call, world, routine)
    if world.switches.delete_guard and version.id in routine.live():
        raise failure(world, "revision_in_use")

    del routine.versions[version.id]
    if version.id in routine.tests:
        routine.tests.remove(version.id)

    return {"Content": {"Status": "OK"}}


def get_code(call: Call, world: World) -> dict[str, Any]:
    """Return the code of a revision."""
    version = _revision(call, world, routine_of(call, world))
    code = version.content
    if call.fault == "missing" or not code:
        code = world.missing_object

    shown = base64.b64encode(code) if world.switches.er_code == "base64" else code
    content = {
        "CreationTime": stamp(version.created),
        "ErCode": shown.decode(errors="replace"),
    }
    return {"Content": content}


def _reserved(
    call: Call, world: World, routine: DcdnRoutine
) -> tuple[Version, dict[str, Any]]:
    """Number a revision; return it with the answer that tells its form."""
    _require_room(routine, world)
    description = call.text("CodeDescription")
    version = world.state.reserve(
        routine, now=call.now, dice=world.dice, description=description
    )
    target = Target(
        kind="revision", account=call.account, routine=routine.name, version=version.id
    )
    expired = call.fault == "expired"
    form = code_form(
        world, target, description=description, now=call.now, expired=expired
    )
    shown = world.shown(version.id)
    return version, {"Content": {"CodeRevision": shown, "OssPostConfig": form}}


def _require_room(routine: DcdnRoutine, world: World) -> None:
    counts = world.switches.revision_counts == "form"
    held = [v for v in routine.versions.values() if counts or v.ready_at is not None]
    if len(held) >= world.switches.revision_quota:
        raise failure(world, "revision_quota")


def _newest_test(routine: DcdnRoutine, world: World) -> Version:
    """Return the newest test code that is there."""
    held = (routine.versions.get(name) for name in reversed(routine.tests))
    for version in held:
        if version is not None and version.content:
            return version

    raise failure(world, "no_test")


def _committed(
    routine: DcdnRoutine, test: Version, call: Call, world: World
) -> Version:
    """Return the formal revision of some test code, as a switch says."""
    if world.switches.commit_staging == "same":
        routine.tests.remove(test.id)
        formal = evolve(test, description=call.text("CodeDescription"))
        routine.versions[test.id] = formal
        return formal

    _require_room(routine, world)
    return world.state.commit(
        routine,
        test.content,
        description=call.text("CodeDescription"),
        now=call.now,
        ready_after=world.switches.ready_after,
        dice=world.dice,
    )


def _commit_content(version: Version, world: World) -> Any:
    kind = world.switches.commit_content
    if kind == "number":
        return world.rounded(version.id)

    shown = world.shown(version.id)
    return shown if kind == "text" else {"CodeRevision": shown}


def _publish(
    routine: DcdnRoutine, version: Version, envs: list[str], call: Call, world: World
) -> None:
    for env in envs:
        split = ((version.id, 100),)
        world.state.deploy(routine, env, split, now=call.now, dice=world.dice)


def _revision(call: Call, world: World, routine: DcdnRoutine) -> Version:
    """Return the revision that a call names in ``SelectCodeRevision``."""
    found = routine.versions.get(call.need("SelectCodeRevision"))
    if found is None:
        raise failure(world, "revision_missing")

    return found
