"""Numbering a version whose code and assets are uploaded as one ZIP.

The version exists from the call on, in state ``init``; when the ZIP never comes, it
stays there.
Source: the official SDK and command line tool (CreateRoutineWithAssetsCodeVersion has
no public page).
"""

from __future__ import annotations

import json
from typing import Any

from esa_flows.localcloud.call import Call
from esa_flows.localcloud.forms import Target, package_form
from esa_flows.localcloud.refusal import invalid
from esa_flows.localcloud.world import World

from .room import require_room
from .variables import snapshot

_BUILD_DIGITS = 16


def create(call: Call, world: World) -> dict[str, Any]:
    """Number a version and hand out the form for its ZIP; not idempotent."""
    routine = world.state.routine(call.account, call.need("Name"))
    require_room(routine, world)
    not_found = _not_found_strategy(call)
    deploy_env, variables = snapshot(call, routine)
    version = world.state.reserve(
        routine,
        now=call.now,
        dice=world.dice,
        description=call.text("CodeDescription"),
        deploy_env=deploy_env,
        variables=variables,
        extra_info=call.text("ExtraInfo"),
        build_id=_build_id(call),
        not_found=not_found,
    )
    target = Target(
        kind="package",
        account=call.account,
        routine=routine.name,
        version=version.id,
    )
    expired = call.fault == "expired"
    return {
        "CodeVersion": world.shown(version.id),
        "OssPostConfig": package_form(world, target, now=call.now, expired=expired),
        "Status": version.status(call.now),
    }


def _not_found_strategy(call: Call) -> str:
    """Read ``ConfOptions``, JSON text or an object."""
    if not call.params.get("ConfOptions"):
        return ""

    options = call.parsed("ConfOptions")
    if not isinstance(options, dict):
        raise invalid("ConfOptions", "must be an object")

    strategy = options.get("NotFoundStrategy") or ""
    return strategy if isinstance(strategy, str) else json.dumps(strategy)


def _build_id(call: Call) -> int:
    """Return the build's number; without a build, one made of the moment."""
    if call.text("BuildId"):
        return call.integer("BuildId", 1, 10**_BUILD_DIGITS)

    return int(call.now.timestamp() * 1_000_000)
