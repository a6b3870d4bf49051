"""What a step gave, in a few words, from what the journal holds of it; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from esa_flows.cli.text import counted, one_line, served_words
from esa_flows.model.areas import short_name

__all__ = ["answer_words", "result_words"]

_SHOWN_DIGITS = 12


def result_words(identity: str, value: Any) -> str:
    """Say what a step gave.

    Args:
        identity: The step, such as `commit#1`.
        value: Its recorded outcome as JSON; live values are encoded the same way.
    """
    name, key = _name_and_key(identity)
    say = _SAYERS.get(name)
    if say is None:
        return one_line(value) if isinstance(value, str | int | float) else ""

    try:
        return one_line(say(value, key))
    except (KeyError, TypeError, AttributeError):
        return ""  # somebody's own step of the same name


def answer_words(identity: str, why: str) -> str:
    """Say what a failed step found, where failing is one of its answers.

    A version that may hold the bundle is compared with it; that it holds something
    else is nothing bad.

    Args:
        identity: The step.
        why: What it failed with.

    Returns:
        The answer; empty where the step has failed.
    """
    name, key = _name_and_key(identity)
    if name != "verify" or not key.isdigit():
        return ""

    return "holds other code" if " holds " in why else one_line(why)


def _name_and_key(identity: str) -> tuple[str, str]:
    found = re.fullmatch(r"(?:.*/)?([^/\[#]+)(?:\[([^\]]*)\])?#\d+", identity)
    return (found[1], found[2] or "") if found else ("", "")


def _world(value: Any, _: str) -> str:
    served = served_words(value["routine"]["production"])
    count = counted(len(value["versions"]), "version")
    return f"production serves {served}; {count}"


def _routine(value: Any, key: str) -> str:
    if "staging" in key:
        return f"serves {served_words(value['staging'])}"

    return f"serves {served_words(value['production'])}{_areas(value)}"


def _areas(value: Any) -> str:
    """Say what areas serve, where one serves another version than production."""
    production = value["production"] or {"split": {"shares": [{"version": None}]}}
    live = production["split"]["shares"][0]["version"]
    others = [
        f"{short_name(area)} {held or 'nothing of its own'}"
        for area, held in value.get("areas", {}).items()
        if held != live
    ]
    return "".join(f"; {other}" for other in others)


def _variables(value: Any, _: str) -> str:
    staging, production = len(value["staging"]), len(value["production"])
    return value["why"] or f"{staging} in staging, {production} in production"


def _slot(value: Any, _: str) -> str:
    until = value["expires_at"]
    return f"good until {until[11:19]}" if until else ""


def _verified(value: Any, _: str) -> str:
    return f"same bytes: sha256 {value['digest'][:_SHOWN_DIGITS]}"


def _taken_over(value: Any, _: str) -> str:
    bundle = value["bundle"]
    digest = bundle["digest"][:_SHOWN_DIGITS]
    return f"version {value['version']}, {bundle['size']} bytes: sha256 {digest}"


def _pruned(value: Any, _: str) -> str:
    return f"version {value['version']} deleted"


def _saved(value: Any, _: str) -> str:
    if value["is_gone"]:
        return f"version {value['version']} is gone already"

    if not value["backup"]:
        return "not saved"

    kept = f"sha256 {value['backup'][:_SHOWN_DIGITS]}"
    return f"{kept}, without its assets" if value["has_assets"] else kept


def _backup(value: Any, _: str) -> str:
    if value is None:
        return "nothing"

    kept = f"sha256 {value['bundle']['digest'][:_SHOWN_DIGITS]}"
    return kept if value["is_whole"] else f"{kept}, without its assets"


def _swept(value: Any, _: str) -> str:
    return f"{len(value)} deleted" if value else "none"


def _left(value: Any, _: str) -> str:
    count = len(value["versions"])
    return f"{count} version{'s' if count > 1 else ''}"


_SAYERS: Mapping[str, Callable[[Any, str], str]] = MappingProxyType(
    {
        "approve": lambda value, _: f"{value['by']} agreed",
        "ask_staging": lambda value, _: f"{value['verdict']}: {value['reason']}",
        "commit": lambda value, _: f"version {value['version']}",
        "create_routine": lambda value, _: value["routine"],
        "delete_routine": lambda value, _: f"{value['routine']} is gone",
        "deploy": lambda value, _: f"accepted {served_words(value)}",
        "find_backup": _backup,
        "look": _routine,
        "observe": _world,
        "post_to_oss": lambda _, __: "stored",
        "prune": _pruned,
        "read_back": _routine,
        "still_serves": _routine,
        "read_variables": _variables,
        "read_gate": lambda value, _: f"{value['verdict']}: {value['reason']}",
        "remember": _left,
        "request_slot": _slot,
        "save_code": _saved,
        "sleep": lambda _, __: "",
        "sweep": _swept,
        "take_over": _taken_over,
        "verify": _verified,
    }
)
