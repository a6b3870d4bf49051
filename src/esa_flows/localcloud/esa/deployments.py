"""Pointing an environment at versions: the deploy call, and its older sister.

Source: ESA API 2024-09-10, CreateRoutineCodeDeployment and PublishRoutineCodeVersion.
A split has one or two versions with integer shares of 1 to 100 that sum to 100. There
is no call that takes a deployment away.
"""

from __future__ import annotations

from typing import Any

from esa_flows.localcloud.call import Call
from esa_flows.localcloud.refusal import CloudError, invalid
from esa_flows.localcloud.routine import ENVS, Deployment, Routine, Split
from esa_flows.localcloud.world import World

_MOST_VERSIONS, _WHOLE = 2, 100


def create(call: Call, world: World) -> dict[str, Any]:
    """Replace the split of one environment."""
    routine = world.state.routine(call.account, call.need("Name"))
    if call.need("Strategy") != "percentage":
        raise invalid("Strategy", "must be percentage")

    held = _deploy(call, world, routine, _split(call.parsed("CodeVersions")))
    return {
        "CodeVersions": [
            {"CodeVersion": world.shown(version), "Percentage": share}
            for version, share in held.split
        ],
        "DeploymentId": held.id,
        "Strategy": "percentage",
    }


def publish(call: Call, world: World) -> dict[str, Any]:
    """Point one environment at one version entirely."""
    routine = world.state.routine(call.account, call.need("Name"))
    version = call.need("CodeVersion")
    _deploy(call, world, routine, ((version, _WHOLE),))
    return {"CodeVersion": world.shown(version)}


def _deploy(call: Call, world: World, routine: Routine, split: Split) -> Deployment:
    env = call.need("Env")
    if env not in ENVS:
        raise invalid("Env", "must be staging or production")

    for name, _ in split:
        version = routine.version(name, world.switches.unknown_deploy_code)
        if world.unready(version, call.now):
            raise invalid("CodeVersions", f"names {name}, which is not available yet")

    held = routine.deployments.get(env)
    if held and held.split == split and world.switches.deploy_repeats == "same":
        return held

    return world.state.deploy(routine, env, split, now=call.now, dice=world.dice)


def _split(value: Any) -> Split:
    """Read ``CodeVersions``.

    Raises:
        CloudError: ``InvalidParameter`` when it is not a legal split.
    """
    if not isinstance(value, list) or not 1 <= len(value) <= _MOST_VERSIONS:
        raise invalid("CodeVersions", "must have one or two entries")

    split = tuple(_share(entry) for entry in value)
    if len(dict(split)) != len(split):
        raise invalid("CodeVersions", "names a version twice")

    if sum(share for _, share in split) != _WHOLE:
        raise invalid("CodeVersions", "must have percentages that sum to 100")

    return split


def _share(entry: Any) -> tuple[str, int]:
    """Read one entry of ``CodeVersions``."""
    if not isinstance(entry, dict):
        raise invalid("CodeVersions", "must be a list of objects")

    version, share = entry.get("CodeVersion"), entry.get("Percentage")
    if not isinstance(version, str) or not version:
        raise invalid("CodeVersions", "must give CodeVersion as a string")

    if type(share) is not int or not 1 <= share <= _WHOLE:
        raise _bad_share(share)

    return version, share


def _bad_share(share: Any) -> CloudError:
    return invalid("CodeVersions", f"has the percentage {share!r}, not 1 to 100")
