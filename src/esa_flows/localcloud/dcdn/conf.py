"""``EnvConf``: the settings of environments, as calls tell and change them.

A change is partial; an empty value takes a setting back to its default.
Source: DCDN API 2018-01-15, CreateRoutine, EditRoutineConf.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from esa_flows.localcloud.areas import AREAS
from esa_flows.localcloud.call import Call
from esa_flows.localcloud.routine import ENVS, EnvConf
from esa_flows.localcloud.world import World

from .phrases import failure

SPECS = ("5ms", "50ms", "100ms")
_FIRST = frozenset(ENVS)
_ANY = frozenset((*ENVS, *AREAS))
_DEFAULT = EnvConf()
_KNOWN = frozenset({"SpecName", "AllowedHosts", "CodeRev"})


def first_conf(call: Call, world: World) -> dict[str, EnvConf]:
    """Return the environments of a new routine: both, and no others.

    Raises:
        CloudError: an unknown environment, or settings that are none.
    """
    told = _told(call, world, _FIRST)
    return {env: _changed(_DEFAULT, told.get(env, {}), world) for env in ENVS}


def changed_conf(
    envs: Mapping[str, EnvConf], call: Call, world: World
) -> dict[str, EnvConf]:
    """Return the environments of a routine after a change; new areas are added.

    Raises:
        CloudError: an unknown environment, or settings that are none.
    """
    told = _told(call, world, _ANY)
    made = {
        env: _changed(envs.get(env, _DEFAULT), value, world)
        for env, value in told.items()
    }
    return {**envs, **made}


def _told(call: Call, world: World, allowed: frozenset[str]) -> dict[str, Any]:
    """Read the parameter ``EnvConf``; nothing when it is absent."""
    if not call.params.get("EnvConf"):
        return {}

    told = call.parsed("EnvConf")
    if not isinstance(told, dict):
        raise failure(world, "bad_conf")

    if not allowed.issuperset(told):
        raise failure(world, "bad_env")

    return told


def _changed(held: EnvConf, told: Any, world: World) -> EnvConf:
    """Return one environment's settings after a change."""
    value = told or {}
    if not isinstance(value, dict) or not _KNOWN.issuperset(value):
        raise failure(world, "bad_conf")

    spec = value.get("SpecName", held.spec) or _DEFAULT.spec
    hosts = value.get("AllowedHosts", held.hosts) or ()
    if spec not in SPECS or not isinstance(hosts, list | tuple):
        raise failure(world, "bad_conf")

    return EnvConf(spec=spec, hosts=tuple(map(str, hosts)))
