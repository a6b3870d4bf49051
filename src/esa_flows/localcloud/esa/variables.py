"""Environment variables of a routine, and the copy that a version takes along.

A variable takes effect only in versions made afterwards with that ``DeployEnv``.
Source: ESA API 2024-09-10, SetRoutineEnvironmentVariables and its two sisters;
CommitRoutineStagingCode for ``DeployEnv``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from esa_flows.localcloud.call import Call
from esa_flows.localcloud.refusal import invalid
from esa_flows.localcloud.routine import ENVS, Routine, Variable
from esa_flows.localcloud.world import World

from .pages import asked_page

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TYPES = frozenset({"plain_text", "secret_text"})
_PAGE_SIZE, _DEFAULT_PAGE_SIZE = 500, 20


def snapshot(call: Call, routine: Routine) -> tuple[str, Mapping[str, Variable]]:
    """Return ``DeployEnv`` and that environment's variables; none without it.

    Raises:
        CloudError: ``InvalidParameter`` for any other environment.
    """
    env = call.text("DeployEnv")
    if env and env not in ENVS:
        raise invalid("DeployEnv", "must be staging or production")

    return env, dict(routine.variables.get(env, {}))


def set_variables(call: Call, world: World) -> dict[str, Any]:
    """Set some variables; one that cannot be set is missing in ``SetKeys``."""
    held = _held(call, world)
    wanted = call.parsed("EnvironmentVariables")
    if not isinstance(wanted, dict):
        raise invalid("EnvironmentVariables", "must be an object of variables")

    made = {key: _variable(key, value) for key, value in wanted.items()}
    usable = {key: variable for key, variable in made.items() if variable is not None}
    if len(usable) < len(made) and world.switches.bad_variable == "refuse":
        raise invalid("EnvironmentVariables", "has a variable that cannot be set")

    held.update(usable)
    return {"SetKeys": list(usable)}


def delete_variables(call: Call, world: World) -> dict[str, Any]:
    """Delete some variables; one that is not there is told in ``FailedKeys``."""
    held = _held(call, world)
    keys = call.parsed("EnvironmentVariableKeys")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise invalid("EnvironmentVariableKeys", "must be a list of names")

    deleted = [key for key in dict.fromkeys(keys) if held.pop(key, None) is not None]
    failed = [key for key in dict.fromkeys(keys) if key not in deleted]
    return {"DeletedKeys": deleted, "FailedKeys": failed}


def list_variables(call: Call, world: World) -> dict[str, Any]:
    """Return one page of variables, by name."""
    held = _held(call, world)
    page = asked_page(call, size=_DEFAULT_PAGE_SIZE, most=_PAGE_SIZE)
    word = call.text("KeyWord")
    found = sorted(key for key in held if word in key)
    shown = page.of(found)
    return {
        "Count": len(shown),
        "EnvironmentVariables": {key: _row(held[key], world) for key in shown},
        **page.told(found),
    }


def _held(call: Call, world: World) -> dict[str, Variable]:
    """Return the variables of the environment that a call is about."""
    routine = world.state.routine(call.account, call.need("Name"))
    env = call.need("Env")
    if env not in ENVS:
        raise invalid("Env", "must be staging or production")

    return routine.variables.setdefault(env, {})


def _variable(key: str, value: Any) -> Variable | None:
    """Return a variable, None where it cannot be set."""
    if not _KEY.fullmatch(key) or not isinstance(value, dict):
        return None

    kind, text = value.get("Type", "plain_text"), value.get("Value", "")
    if not isinstance(kind, str) or not isinstance(text, str) or kind not in _TYPES:
        return None

    return Variable(type=kind, value=text)


def _row(variable: Variable, world: World) -> dict[str, str]:
    hidden = variable.type == "secret_text" and not world.switches.secrets_shown
    return {"Type": variable.type, "Value": "" if hidden else variable.value}
