"""Upload form, commit, listing, reading and deleting of versions.

Source: ESA API 2024-09-10, pages of the six operations below; where a page is silent
the matching switch decides.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

from esa_flows.localcloud.forms import hand_out_form
from esa_flows.localcloud.refusal import CloudError
from esa_flows.localcloud.state import Routine, Version
from esa_flows.localcloud.world import World

from .call import Call, stamp

_MISSING_OBJECT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n  <Code>NoSuchKey</Code>\n'
    "  <Message>The specified key does not exist.</Message>\n</Error>\n"
)
_PAGES, _PAGE_SIZE = 2, 20  # only the newest 40 versions can be seen


def upload_info(call: Call, world: World) -> dict[str, Any]:
    """Hand out a form that overwrites the staging slot."""
    routine = world.state.routine(call.account, call.need("Name"))
    if world.switches.slot_counts == "form":
        _require_room(routine, world)

    form = hand_out_form(
        world,
        account=call.account,
        routine=routine.name,
        description=call.text("CodeDescription"),
        now=call.now,
        expired=call.fault == "expired",
    )
    return {"CodeVersion": "unstable", "OssPostConfig": form}


def commit(call: Call, world: World) -> dict[str, Any]:
    """Freeze the staging slot as a new version; not idempotent."""
    routine = world.state.routine(call.account, call.need("Name"))
    _require_room(routine, world)
    deploy_env = call.text("DeployEnv")
    if deploy_env not in {"", "staging", "production"}:
        raise CloudError("InvalidParameter", "DeployEnv is staging or production.")

    if routine.slot is None:
        raise CloudError(
            world.switches.empty_slot_code,
            f"No code was uploaded to the staging of {routine.name}.",
        )

    version = world.state.commit(
        routine,
        routine.slot.content,
        description=call.text("CodeDescription") or routine.slot.description,
        deploy_env=deploy_env,
        now=call.now,
        ready_after=world.switches.ready_after,
        dice=world.dice,
    )
    return {"CodeVersion": world.shown(version.id)}


def get_code(call: Call, world: World) -> dict[str, Any]:
    """Return the bytes of a version, Base64."""
    version = _version(call, world)
    code = version.content
    if call.fault == "missing":
        code = _MISSING_OBJECT.encode()

    return {
        "CodeDescription": version.description,
        "CreateTime": stamp(version.created),
        "RoutineCode": base64.b64encode(code).decode(),
    }


def get_info(call: Call, world: World) -> dict[str, Any]:
    """Return the state of a version."""
    version = _version(call, world)
    return {
        "CodeDescription": version.description,
        "CodeVersion": world.shown(version.id),
        "ConfOptions": {},
        "CreateTime": stamp(version.created),
        "ExtraInfo": "",
        "HasAssets": False,
        "Status": version.status(call.now),
    }


def list_versions(call: Call, world: World) -> dict[str, Any]:
    """Return one page of versions, newest first; live ones are not marked."""
    routine = world.state.routine(call.account, call.need("Name"))
    page = call.integer("PageNumber", 1, _PAGES)
    size = call.integer("PageSize", _PAGE_SIZE, _PAGE_SIZE)
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

    return {
        "CodeVersions": rows[(page - 1) * size : page * size],
        "PageNumber": page,
        "PageSize": size,
        "TotalCount": len(rows),
    }


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


def _require_room(routine: Routine, world: World) -> None:
    """Refuse when the routine has as many versions as it may.

    Raises:
        CloudError: ``CodeVersionNumberExceedQuotaLimit``.
    """
    quota = world.switches.version_quota
    if len(routine.versions) < quota:
        return

    raise CloudError(
        "CodeVersionNumberExceedQuotaLimit",
        f"The code version number exceeds the quota limit ({quota}).",
    )


def _row(version: Version, call: Call, world: World) -> dict[str, Any]:
    status = version.status(call.now)
    return {
        "CodeDescription": version.description,
        "CodeVersion": world.shown(version.id),
        "ConfOptions": {},
        "CreateTime": stamp(version.created),
        "DeployEnv": version.deploy_env,
        "ExtraInfo": "",
        "HasEnvVars": False,
        # the listing spells it with a capital, the info call without
        "Status": "Available" if status == "available" else status,
    }


def _unstable_row(description: str, call: Call) -> dict[str, Any]:
    return {
        "CodeDescription": description,
        "CodeVersion": "unstable",
        "ConfOptions": {},
        "CreateTime": stamp(call.now),
        "Status": "Available",
    }
