"""Making, reading, changing and removing DCDN routines, and the account's lists.

Source: DCDN API 2018-01-15, pages of the operations below.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta
from typing import Any

from esa_flows.localcloud.areas import AREAS
from esa_flows.localcloud.call import Call, stamp
from esa_flows.localcloud.routine import ENVS, DcdnRoutine, EnvConf, Version
from esa_flows.localcloud.world import World

from .conf import SPECS, changed_conf, first_conf
from .phrases import failure

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_MOST_DESCRIPTION = 50  # characters
_OK = {"Content": {"Status": "OK"}}


def routine_of(call: Call, world: World) -> DcdnRoutine:
    """Return the routine that a call names.

    Raises:
        CloudError: the account has none of that name.
    """
    found = world.state.functions.get((call.account, call.need("Name")))
    if found is None:
        raise failure(world, "routine_missing")

    return found


def create(call: Call, world: World) -> dict[str, Any]:
    """Create a routine with both its environments."""
    name = call.need("Name")
    if not _NAME.fullmatch(name):
        raise failure(world, "bad_name")

    if (call.account, name) in world.state.functions:
        raise failure(world, "routine_exists")

    if len(world.state.functions_of(call.account)) >= world.switches.routine_quota:
        raise failure(world, "routine_quota")

    world.state.create_function(
        call.account,
        name,
        description=_description(call, world),
        envs=first_conf(call, world),
        now=call.now,
    )
    return _OK


def delete(call: Call, world: World) -> dict[str, Any]:
    """Delete a routine with everything in it."""
    routine = routine_of(call, world)
    del world.state.functions[call.account, routine.name]
    return _OK


def describe(call: Call, world: World) -> dict[str, Any]:
    """Return a routine: environments, what each serves, all revisions."""
    routine = routine_of(call, world)
    lag = timedelta(seconds=world.switches.list_lag)
    revisions = [
        _revision_row(version, world)
        for version in reversed(routine.versions.values())
        if version.created + lag <= call.now
    ]
    content = {
        "CreationTime": stamp(routine.created),
        "Description": _wrapped(routine.description, world),
        "Envs": list(routine.envs),
        "EnvConf": {
            env: _env_row(routine, env, conf, call, world)
            for env, conf in routine.envs.items()
        },
        "CodeRevs": revisions,
    }
    return {"Content": content}


def edit(call: Call, world: World) -> dict[str, Any]:
    """Change the description and settings; adds canary environments."""
    routine = routine_of(call, world)
    routine.envs = changed_conf(routine.envs, call, world)
    if "Description" in call.params:
        routine.description = _description(call, world)

    return _OK


def delete_envs(call: Call, world: World) -> dict[str, Any]:
    """Take canary environments away."""
    routine = routine_of(call, world)
    for env in names(call, world, "Envs"):
        if env in ENVS or env not in routine.envs:
            raise failure(world, "bad_env")

    for env in names(call, world, "Envs"):
        routine.envs.pop(env, None)
        routine.deployments.pop(env, None)
        routine.replaced.pop(env, None)

    return _OK


def user_info(call: Call, world: World) -> dict[str, Any]:
    """Return all routines of the account, and its sub-domains."""
    rows = [
        {
            "RoutineName": routine.name,
            "Description": _wrapped(routine.description, world),
            "CreationTime": stamp(routine.created),
        }
        for routine in world.state.functions_of(call.account)
    ]
    subdomains = world.state.subdomains.get(call.account, [])
    return {"Content": {"Routines": rows, "Subdomains": subdomains}}


def set_subdomains(call: Call, world: World) -> dict[str, Any]:
    """Set the account's sub-domains."""
    wanted = names(call, world, "Subdomains")
    if not wanted or not all(_LABEL.fullmatch(name) for name in wanted):
        raise failure(world, "bad_subdomain")

    world.state.subdomains[call.account] = wanted
    return _OK


def related_domains(call: Call, world: World) -> dict[str, Any]:
    """Return the hosts that a routine's environments allow."""
    envs = routine_of(call, world).envs.values()
    hosts = dict.fromkeys(host for conf in envs for host in conf.hosts)
    return {"Content": {"RelatedDomains": list(hosts)}}


def canary_envs(_call: Call, _world: World) -> dict[str, Any]:
    """Return the canary environments that may be added."""
    return {"Content": {"Envs": list(AREAS)}}


def specs(_call: Call, _world: World) -> dict[str, Any]:
    """Return the classes of CPU time."""
    return {"Content": {"Specs": list(SPECS)}}


def status(call: Call, world: World) -> dict[str, Any]:
    """Return whether the service is opened and paid."""
    is_open, halted = world.is_open(call.account), world.switches.service_halted
    return {
        "Enabled": is_open,
        "InDebt": halted,
        "InDebtOverdue": halted,
        "OnService": is_open and not halted,
    }


def names(call: Call, world: World, name: str) -> list[str]:
    """Return a JSON list of names; of an object, as one SDK types it, its keys."""
    value = call.parsed(name)
    if isinstance(value, list | dict) and all(isinstance(held, str) for held in value):
        return list(value)

    raise failure(world, "bad_env")


def _description(call: Call, world: World) -> str:
    text = call.text("Description")
    if len(text) > _MOST_DESCRIPTION:
        raise failure(world, "bad_description")

    return text


def _wrapped(text: str, world: World) -> str:
    """Return a description as the answers show it."""
    kind = world.switches.dcdn_descriptions
    if kind == "plain":
        return text

    shown = json.dumps(text, ensure_ascii=False) if kind == "quoted" else text
    return base64.b64encode(shown.encode(errors="replace")).decode()


def _env_row(
    routine: DcdnRoutine, env: str, conf: EnvConf, call: Call, world: World
) -> dict[str, Any]:
    lag = timedelta(seconds=world.switches.live_lag)
    held = routine.in_force(env, call.now, lag)
    return {
        "SpecName": conf.spec,
        "AllowedHosts": list(conf.hosts),
        "CodeRev": world.shown(held.split[0][0]) if held else "",
    }


def _revision_row(version: Version, world: World) -> dict[str, Any]:
    return {
        "CodeRevision": world.shown(version.id),
        "CodeDescription": _wrapped(version.description, world),
        "CreationTime": stamp(version.created),
    }
