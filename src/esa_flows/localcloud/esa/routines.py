"""Making, reading, listing and removing routines.

Source: ESA API 2024-09-10, pages of the operations below. The rule for names is the
one the provider's own tools state: lower-case letters, digits and hyphens, at least
two characters, a letter first.
"""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from typing import Any

from esa_flows.localcloud.call import Call, stamp
from esa_flows.localcloud.refusal import CloudError, invalid
from esa_flows.localcloud.routine import ENVS, Deployment, Routine
from esa_flows.localcloud.world import World

from .pages import asked_page

_NAME = re.compile(r"[a-z][a-z0-9-]+")
_PAGES, _PAGE_SIZE = 10, 50  # 20 documented, 50 sent by the official CLI and taken
_DEFAULT_PAGE_SIZE = 20


def create(call: Call, world: World) -> dict[str, Any]:
    """Create an empty routine."""
    if not world.is_open(call.account):
        raise CloudError("ServiceNotOpen", "Edge functions are not opened.")

    name = call.need("Name")
    if not _NAME.fullmatch(name):
        raise invalid("Name", "must be two or more of a-z, 0-9 and -, a letter first")

    if len(world.state.of_account(call.account)) >= world.switches.routine_quota:
        raise CloudError("RoutineNumberExceedQuotaLimit", "Too many routines.")

    routine = world.state.create_routine(
        call.account,
        name,
        description=call.text("Description"),
        now=call.now,
        code=world.switches.exists_code,
    )
    routine.has_assets = call.boolean("HasAssets")
    return {"Status": "OK"}


def get(call: Call, world: World) -> dict[str, Any]:
    """Return a routine with what is live in each environment."""
    routine = world.state.routine(call.account, call.need("Name"))
    return {
        "CreateTime": stamp(routine.created),
        "DefaultRelatedRecord": routine.record,
        "Description": _description(routine, world),
        "Envs": [_env(routine, env, call, world) for env in ENVS],
        "HasAssets": routine.has_assets,
    }


def update(call: Call, world: World) -> dict[str, Any]:
    """Change the description."""
    routine = world.state.routine(call.account, call.need("Name"))
    routine.description = call.text("Description")
    return {"Status": "OK"}


def delete(call: Call, world: World) -> dict[str, Any]:
    """Delete a routine and its versions."""
    world.state.delete_routine(
        call.account, call.need("Name"), guard=world.switches.delete_guard
    )
    return {"Status": "OK"}


def list_routines(call: Call, world: World) -> dict[str, Any]:
    """Return one page of routines."""
    page = asked_page(call, size=_DEFAULT_PAGE_SIZE, most=_PAGE_SIZE, pages=_PAGES)
    word = call.text("SearchKeyWord")
    held = world.state.of_account(call.account)
    found = [routine for routine in held if word in routine.name]
    return {
        **page.told(found),
        "QuotaRoutineNumber": world.switches.routine_quota,
        "Routines": [_row(routine, world) for routine in page.of(found)],
        "UsedRoutineNumber": len(held),
    }


def user_info(call: Call, world: World) -> dict[str, Any]:
    """Return all routines of the account the old way."""
    return {
        "Routines": [
            {
                "CreateTime": stamp(routine.created),
                "Description": _description(routine, world),
                "RoutineName": routine.name,
            }
            for routine in world.state.of_account(call.account)
        ],
        "Subdomains": [],
    }


def _description(routine: Routine, world: World) -> str:
    if world.switches.esa_descriptions == "plain":
        return routine.description

    return base64.b64encode(routine.description.encode(errors="replace")).decode()


def _row(routine: Routine, world: World) -> dict[str, Any]:
    return {
        "CreateTime": stamp(routine.created),
        "DefaultRelatedRecord": routine.record,
        "Description": _description(routine, world),
        "HasAssets": routine.has_assets,
        "RoutineName": routine.name,
    }


def _env(routine: Routine, env: str, call: Call, world: World) -> dict[str, Any]:
    """Return one environment; without ``CodeDeploy`` when nothing was deployed."""
    lag = timedelta(seconds=world.switches.live_lag)
    held = routine.in_force(env, call.now, lag)
    if held is None:
        return {
            "Env": env,
            "CodeVersion": "",
            "CanaryCodeVersion": "",
            **_nothing(world),
        }

    shown = [world.shown(version) for version, _ in held.split]
    return {
        "Env": env,
        "CodeVersion": shown[0],
        "CanaryCodeVersion": shown[1] if shown[1:] else "",
        "CodeDeploy": _deployment(routine, held, world),
    }


def _nothing(world: World) -> dict[str, Any]:
    """Return what stands for the deployment of an environment without one."""
    shapes: dict[str, dict[str, Any]] = {
        "missing": {},
        "null": {"CodeDeploy": None},
        "empty": {"CodeDeploy": {"CodeVersions": []}},
    }
    return shapes[world.switches.undeployed]


def _deployment(routine: Routine, held: Deployment, world: World) -> dict[str, Any]:
    return {
        "DeployId": held.id,
        "CreationTime": stamp(held.created),
        "Strategy": "percentage",
        "CodeVersions": [
            _share(routine, version, share, world) for version, share in held.split
        ],
    }


def _share(routine: Routine, name: str, share: int, world: World) -> dict[str, Any]:
    version = routine.versions.get(name)  # absent where the delete guard is off
    return {
        "CodeVersion": world.shown(name),
        "Percentage": share,
        "Description": version.description if version else "",
        "CreateTime": stamp(version.created) if version else "",
    }
