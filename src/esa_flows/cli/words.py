"""Step identities in the words of people; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from esa_flows.cli.text import one_line

__all__ = ["step_words"]

_IDENTITY = re.compile(
    r"(?:(?P<path>.*)/)?(?P<name>[^/\[\]#]+)(?:\[(?P<key>[^\]]*)\])?#(?P<round>\d+)"
)

_GATHER = re.compile(r"gather(\[[^\]]*\])?#\d+/")
"""What a branch is a part of: its own name says enough."""

_PLAIN: Mapping[str, str] = MappingProxyType(
    {
        "ask_staging": "ask the routine in staging",
        "commit": "commit the version",
        "create_routine": "create the routine",
        "delete_routine": "delete the routine",
        "look[unwind]": "look before going back",
        "observe": "look at the routine",
        "deploy[production:abort-first]": "end the canary that is under way",
        "observe[created]": "look at the new routine",
        "observe[gone]": "look whether a version is gone",
        "observe[settled]": "look again at the routine",
        "observe[quota]": "count the versions",
        "read_back[production:abort-first]": "see that the canary is ended",
        "sleep[settled]": "wait for what may be under way",
        "sweep[settled]": "delete duplicates",
        "post_package": "upload the package",
        "post_to_oss": "upload the bundle",
        "prune[room]": "delete a version to make room",
        "save_code[room]": "save the code of a version to delete",
        "read_quota": "ask the plan for the version quota",
        "read_variables": "look which variables there are",
        "request_assets_slot": "allocate a version for the package",
        "remember": "write down which versions there are",
        "request_slot": "ask for an upload form",
        "still_serves[staging]": "see that staging still serves it",
        "sweep": "delete duplicates",
        "take_over": "read the code on DCDN",
        "sweep[left]": "delete what was left half-made",
        "sweep[orphans]": "delete a version without its package",
        "verify[uploaded]": "read the upload back",
        "verify_package[uploaded]": "read the code of the package back",
    }
)

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"approve", r"ask a person"),
        (r"approve\[wave:(\d+)\]", r"ask a person after wave \1"),
        (r"(?:approve|timeout)\[frozen:\w+\]", r"wait for a freeze window to end"),
        (r"approve\[(.+)\]", r"ask a person (\1)"),
        (r"deadline", r"deadline of the run"),
        (r"deploy\[(\w+)\]", r"deploy to \1"),
        (r"deploy\[(\w+):back(?::again)?(?::remade)?\]", r"take \1 back"),
        (r"find_backup\[(\d+)\]", r"look what was saved of version \1"),
        (r"deploy\[(\w+):(\d+)\]", r"deploy to \1 \2 %"),
        (r"deploy\[production:([\w+]+)\]", r"publish to \1"),
        (r"look\[baked:\w+:(\d+)\]", r"look after the bake at \1 %"),
        (r"look\[before:(\w+)\]", r"look again before \1"),
        (r"look\[baked:production:([\w+]+)\]", r"look after the bake in \1"),
        (r"prune\[bad:(\d+)\]", r"delete unusable version \1"),
        (r"prune\[room(?::\w+)+\]", r"delete a version to make room"),
        (r"prune\[(\d+)\]", r"delete version \1"),
        (r"read_back\[(\w+)\]", r"read \1 back"),
        (r"read_gate\[\w+:(\d+):([\w.-]+):(\d+)\]", r"gate \2 at \1 % (\3)"),
        (r"read_gate\[staging:([\w.-]+):(\d+)\]", r"gate \1 in staging (\2)"),
        (r"read_gate\[\w+:([\w+]+):([\w.-]+):(\d+)\]", r"gate \2 in \1 (\3)"),
        (r"look\[watched:(\w+)\]", r"look again at \1"),
        (r"sleep\[\w+:(\d+):watch:\d+(?::\d+)?\]", r"watch at \1 %"),
        (r"sleep\[(?:\w+:)?([\w+]+):watch:\d+(?::\d+)?\]", r"watch \1"),
        (r"observe\[(\w+):back(?::again)?\]", r"look which version \1 lacks"),
        (r"read_back\[(\w+):back(?::again)?(?::remade)?\]", r"see that \1 is back"),
        (r"read_back\[(\w+):(\d+)\]", r"read \1 back at \2 %"),
        (r"read_back\[production:([\w+]+)\]", r"read \1 back"),
        (r"save_code\[room(?::\w+)+\]", r"save the code of a version to delete"),
        (r"save_code\[(\d+)\]", r"save the code of version \1"),
        (r"sleep\[wave:(\d+)\]", r"bake of wave \1"),
        (r"sleep\[\w+:(\d+)\]", r"bake at \1 %"),
        (r"sleep\[production:([\w+]+)\]", r"bake in \1"),
        (r"timeout\[(.+)\]", r"time limit (\1)"),
        (r"verify\[(\d+)\]", r"compare version \1"),
    )
)


_PLACED = re.compile(r"(\w+)\[(?:(\w+):)?(staging|production)\]")
"""Steps of a release that makes a version for each environment."""


def step_words(identity: str) -> str:
    """Say what a step does.

    Args:
        identity: Such as `deploy[production:50]#1`; one of somebody's own flow is
            shown by its own name.
    """
    found = _IDENTITY.fullmatch(identity)
    if found is None:
        return one_line(identity)

    key = f"[{found['key']}]" if found["key"] else ""
    words = _known(found["name"] + key) or _own(found["name"], found["key"])
    place = _GATHER.sub("", f"{found['path']}/" if found["path"] else "")
    path = f"{place.rstrip('/')}: " if place else ""
    again = "" if found["round"] == "1" else f", round {found['round']}"
    return one_line(f"{path}{words}{again}")


def _known(name: str) -> str:
    if name in _PLAIN:
        return _PLAIN[name]

    for pattern, words in _PATTERNS:
        found = pattern.fullmatch(name)
        if found is not None:
            return found.expand(words)

    return _placed(name)


def _placed(name: str) -> str:
    """Give the words of a step that is done for each environment."""
    found = _PLACED.fullmatch(name)
    if found is None:
        return ""

    step, key, place = found.groups()
    words = _PLAIN.get(f"{step}[{key}]" if key else step, "")
    return f"{words} for {place}" if words else ""


def _own(name: str, key: str | None) -> str:
    words = name.replace("_", " ")
    return f"{words} ({key})" if key else words
