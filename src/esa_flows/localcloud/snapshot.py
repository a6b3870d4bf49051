"""The state as JSON text and back; contents travel in Base64."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

from .state import AccessKey, Deployment, Routine, Slot, State, Version

FORMAT = 1


def dump_state(state: State) -> str:
    """Return the state as JSON text. It holds the fake keys' secrets."""
    return json.dumps(
        {
            "format": FORMAT,
            "last_id": str(state.last_id),
            "keys": [_key_out(key) for key in state.keys.values()],
            "objects": {name: _text(body) for name, body in state.objects.items()},
            "routines": [_routine_out(routine) for routine in state.routines.values()],
        },
        indent=1,
    )


def load_state(text: str) -> State:
    """Make a state of JSON text.

    Raises:
        ValueError: not a saved state, or one of another format.
    """
    saved = json.loads(text)
    if not isinstance(saved, dict) or saved.get("format") != FORMAT:
        raise ValueError(f"not a saved local cloud of format {FORMAT}")

    state = State(last_id=int(saved["last_id"]))
    for key in saved["keys"]:
        state.keys[key["id"]] = _key_in(key)

    for name, body in saved["objects"].items():
        state.objects[name] = base64.b64decode(body)

    for routine in saved["routines"]:
        state.add(_routine_in(routine))

    return state


def _text(body: bytes) -> str:
    return base64.b64encode(body).decode()


def _key_out(key: AccessKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "secret": key.secret,
        "account": key.account,
        "site": key.site,
        "token": key.token,
        "expires": key.expires.isoformat() if key.expires else None,
        "active": key.active,
    }


def _key_in(saved: dict[str, Any]) -> AccessKey:
    expires = saved["expires"]
    moment = datetime.fromisoformat(expires) if expires else None
    return AccessKey(**{**saved, "expires": moment})


def _routine_out(routine: Routine) -> dict[str, Any]:
    slot = routine.slot
    return {
        "account": routine.account,
        "name": routine.name,
        "description": routine.description,
        "created": routine.created.isoformat(),
        "record": routine.record,
        "has_assets": routine.has_assets,
        "slot": slot and {"content": _text(slot.content), "text": slot.description},
        "versions": [_version_out(version) for version in routine.versions.values()],
        "deployments": _deployments_out(routine.deployments),
        "replaced": _deployments_out(routine.replaced),
        "served": {env: sorted(ids) for env, ids in routine.served.items()},
    }


def _routine_in(saved: dict[str, Any]) -> Routine:
    slot = saved["slot"]
    versions = [_version_in(version) for version in saved["versions"]]
    return Routine(
        account=saved["account"],
        name=saved["name"],
        description=saved["description"],
        created=datetime.fromisoformat(saved["created"]),
        record=saved["record"],
        has_assets=saved["has_assets"],
        slot=_slot_in(slot) if slot else None,
        versions={version.id: version for version in versions},
        deployments=_deployments_in(saved["deployments"]),
        replaced=_deployments_in(saved["replaced"]),
        served={env: set(ids) for env, ids in saved["served"].items()},
    )


def _slot_in(saved: dict[str, str]) -> Slot:
    return Slot(content=base64.b64decode(saved["content"]), description=saved["text"])


def _version_out(version: Version) -> dict[str, Any]:
    return {
        "id": version.id,
        "description": version.description,
        "created": version.created.isoformat(),
        "ready_after": (version.ready_at - version.created).total_seconds(),
        "content": _text(version.content),
        "digest": version.digest,
        "deploy_env": version.deploy_env,
    }


def _version_in(saved: dict[str, Any]) -> Version:
    created = datetime.fromisoformat(saved["created"])
    return Version(
        id=saved["id"],
        description=saved["description"],
        created=created,
        ready_at=created + timedelta(seconds=saved["ready_after"]),
        content=base64.b64decode(saved["content"]),
        digest=saved["digest"],
        deploy_env=saved["deploy_env"],
    )


def _deployments_out(held: dict[str, Deployment]) -> dict[str, Any]:
    return {
        env: {
            "id": deployment.id,
            "created": deployment.created.isoformat(),
            "split": deployment.split,
        }
        for env, deployment in held.items()
    }


def _deployments_in(saved: dict[str, Any]) -> dict[str, Deployment]:
    return {
        env: Deployment(
            id=held["id"],
            created=datetime.fromisoformat(held["created"]),
            split=tuple((version, share) for version, share in held["split"]),
        )
        for env, held in saved.items()
    }
