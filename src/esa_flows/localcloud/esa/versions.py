"""Upload form, commit, listing, reading and deleting of versions.

Source: ESA API 2024-09-10, pages of the six operations below; where a page is silent
the matching switch decides.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from esa_flows.localcloud.call import Call, stamp
from esa_flows.localcloud.forms import Target, code_form
from esa_flows.localcloud.refusal import CloudError
from esa_flows.localcloud.routine import Routine, Version
from esa_flows.localcloud.world import World

from .pages import asked_page
from .room import require_room
from .variables import snapshot

_PAGES, _PAGE_SIZE = 2, 20  # only the newest 40 versions can be seen


def upload_info(call: Call, world: World) -> dict[str, Any]:
    """Hand out a form that overwrites the staging slot."""
    routine = world.state.routine(call.account, call.need("Name"))
    if world.switches.slot_counts == "form":
        require_room(routine, world)

    form = code_form(
        world,
        Target(kind="staging", account=call.account, routine=routine.name),
        description=call.text("CodeDescription"),
        now=call.now,
        expired=call.fault == "expired",
    )
    return {"CodeVersion": _slot_version(call, world), "OssPostConfig": form}


def commit(call: Call, world: World) -> dict[str, Any]:
    """Freeze the staging slot as a new version; not idempotent."""
    routine = world.state.routine(call.account, call.need("Name"))
    require_room(routine, world)
    deploy_env, variables = snapshot(call, routine)
    if routine.slot is None:
        raise CloudError(
            world.switches.empty_slot_code,
            f"No code was uploaded to the staging of {routine.name}.",
        )

    description = call.text("CodeDescription") or routine.slot.description
    repeated = _repeated(routine, routine.slot.content, description)
    if repeated and world.switches.commit_repeats == "same":
        return {"CodeVersion": world.shown(repeated.id)}

    version = world.state.commit(
        routine,
        routine.slot.content,
        description=description,
        deploy_env=deploy_env,
        variables=variables,
        now=call.now,
        ready_after=world.switches.ready_after,
        dice=world.dice,
    )
    return {"CodeVersion": world.shown(version.id)}


def _slot_version(call: Call, world: World) -> str | int:
    """Return what the form calls the version: the slot's name, or a number."""
    if world.switches.slot_version == "unstable":
        return "unstable"

    return world.shown(world.state.new_id(call.now, world.dice))


def _repeated(routine: Routine, content: bytes, description: str) -> Version | None:
    """Return the newest version, where the same is committed again."""
    newest = next(reversed(routine.versions.values()), None)
    wanted = (content, description)
    if newest and wanted == (newest.content, newest.description):
        return newest

    return None


def get_code(call: Call, world: World) -> dict[str, Any]:
    """Return the bytes of a version, Base64."""
    version = _version(call, world)
    code = version.content
    if call.fault == "missing" or not code:
        code = world.missing_object

    return {
        "CodeDescription": version.description,
        "CreateTime": stamp(version.created),
        "RoutineCode": base64.b64encode(code).decode(),
    }


def get_info(call: Call, world: World) -> dict[str, Any]:
    """Return the state of a version."""
    version = _version(call, world)
    return {
        **_facts(version, world),
        "HasAssets": bool(version.assets),
        "Status": _status(version, call, world, mixed=str.lower),
    }


def list_versions(call: Call, world: World) -> dict[str, Any]:
    """Return one page of versions, newest first; live ones are not marked."""
    routine = world.state.routine(call.account, call.need("Name"))
    page = asked_page(call, size=_PAGE_SIZE, most=_PAGE_SIZE, pages=_PAGES)
    lag = timedelta(seconds=world.switches.list_lag)
    word = call.text("SearchKeyWord")
    rows = [
        _row(version, call, world)
        for version in reversed(routine.versions.values())
        if version.created + lag <= call.now
        and (word in version.description or word in version.id)
    ]
    if world.switches.list_unstable and routine.slot is not None:
        rows.insert(0, _unstable_row(routine.slot.description, call))

    return {"CodeVersions": page.of(rows), **page.told(rows)}


def delete(call: Call, world: World) -> dict[str, Any]:
    """Delete one version."""
    routine = world.state.routine(call.account, call.need("Name"))
    world.state.delete_version(
        routine,
        call.need("CodeVersion"),
        guard=world.switches.delete_guard,
        code=world.switches.unknown_version_code,
    )
    return {"Status": "OK"}


def _version(call: Call, world: World) -> Version:
    routine = world.state.routine(call.account, call.need("Name"))
    return routine.version(
        call.need("CodeVersion"), world.switches.unknown_version_code
    )


def _row(version: Version, call: Call, world: World) -> dict[str, Any]:
    return {
        **_facts(version, world),
        "DeployEnv": version.deploy_env,
        "HasEnvVars": bool(version.variables),
        "Status": _status(version, call, world, mixed=_capital),
    }


def _capital(status: str) -> str:
    """Write ``Available`` as the listing does, and nothing else."""
    return status.capitalize() if status == "available" else status


def _status(
    version: Version, call: Call, world: World, *, mixed: Callable[[str], str]
) -> str:
    """Return a state, written as a switch says; ``mixed`` is the call's own way."""
    ways = {"mixed": mixed, "lower": str.lower, "capital": str.capitalize}
    return ways[world.switches.status_case](version.status(call.now))


def _facts(version: Version, world: World) -> dict[str, Any]:
    """Return what both the info call and the listing tell."""
    strategy = version.not_found
    facts = {
        "CodeDescription": version.description,
        "CodeVersion": world.shown(version.id),
        "ConfOptions": {"NotFoundStrategy": strategy} if strategy else {},
        "CreateTime": stamp(version.created),
        "ExtraInfo": version.extra_info,
    }
    if version.build_id:
        facts["BuildId"] = version.build_id

    return facts


def _unstable_row(description: str, call: Call) -> dict[str, Any]:
    return {
        "CodeDescription": description,
        "CodeVersion": "unstable",
        "ConfOptions": {},
        "CreateTime": stamp(call.now),
        "Status": "Available",
    }
