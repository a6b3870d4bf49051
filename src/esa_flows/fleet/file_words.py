"""What is wrong in a rollout's file, in words: table, key, and what is allowed."""

import difflib
import re
from collections.abc import Sequence
from typing import Any

from attrs import fields
from cattrs.errors import (
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)

from esa_flows.errors import EsaFlowsError, InvalidInput

__all__ = ["told_of", "wrong"]

_SECRET = re.compile(r"key|secret|token|password", re.IGNORECASE)

MOST_TOLD = 20
"""Troubles that are told in one error."""

_LISTED = (("routine",), ("rollout", "wave"), ("rollout", "freeze"), ("notify",))
"""Tables that a file may have several of."""


def wrong(name: str, troubles: Sequence[str]) -> InvalidInput:
    """Make the error that says what is wrong.

    Args:
        name: The file.
        troubles: A sentence for each thing.
    """
    if len(troubles) == 1:
        return InvalidInput(f"{name}: {troubles[0]}")

    told = "\n  ".join(troubles[:MOST_TOLD])
    more = len(troubles) - MOST_TOLD
    rest = f"\n  and {more} more" if more > 0 else ""
    return InvalidInput(f"{name}: {len(troubles)} things are wrong:\n  {told}{rest}")


def told_of(error: BaseException, data: Any) -> list[str]:
    """Say all that is wrong, each with its place in the file.

    Args:
        error: What reading the values met.
        data: What was read.
    """
    return _told(error, data, ())


def _told(error: BaseException, data: Any, path: tuple[str, ...]) -> list[str]:
    """Say all that a value is wrong about, each with its place in the file."""
    if isinstance(error, ClassValidationError):
        found = [
            line
            for inner, note in error.group_exceptions()[0]
            for line in _told(inner, _at(data, note.name), (*path, note.name))
        ]
        others = error.group_exceptions()[1]
        return found + [line for other in others for line in _told(other, data, path)]

    if isinstance(error, IterableValidationError):
        return [
            line
            for inner, note in error.group_exceptions()[0]
            for line in _told(
                inner, _at(data, note.index), _numbered(path, data, note.index)
            )
        ]

    if isinstance(error, ForbiddenExtraKeysError):
        known = [each.name for each in fields(error.cl)]
        return [_unknown(path, key, known) for key in sorted(error.extra_fields)]

    return [f"{_words(path)}: {_sentence(error)}"]


def _at(data: Any, key: Any) -> Any:
    try:
        return data[key]
    except (KeyError, IndexError, TypeError):
        return None


def _numbered(path: tuple[str, ...], data: Any, index: Any) -> tuple[str, ...]:
    """Say which element of a list it is: its number, and its name if it has one."""
    element = _at(data, index)
    name = element.get("name") if isinstance(element, dict) else None
    number = index + 1 if isinstance(index, int) else index
    return (*path, f"{number} ({name})" if name else f"{number}")


def _words(path: tuple[str, ...]) -> str:
    """Write a place as the file has it: `[[routine]] 3 (cart), canary`."""
    if not path:
        return "the file"

    for listed in _LISTED:
        if path[: len(listed)] == listed:
            number, *keys = path[len(listed) :] or ("",)
            table = f"[[{'.'.join(listed)}]] {number}"
            return ", ".join([table.strip(), *keys])

    tables, key = path[:-1], path[-1]
    return f"[{'.'.join(tables)}] {key}" if tables else key


def _unknown(path: tuple[str, ...], key: str, known: list[str]) -> str:
    if path[:1] == ("accounts",) and _SECRET.search(key):
        return (
            f"{_words((*path, key))}: no access key belongs in this file, which others"
            " read: name a profile of the provider's own files, or variables:"
            ' credentials = { env = "EU_" }. If it was a real one, replace it.'
        )

    close = difflib.get_close_matches(key, known, n=1)
    hint = f" did you mean {close[0]}?" if close else ""
    return (
        f"{_words((*path, key))}: there is no such key;{hint} Allowed:"
        f" {', '.join(known)}."
    )


def _sentence(error: BaseException) -> str:
    if isinstance(error, EsaFlowsError):
        return str(error)

    if isinstance(error, KeyError):
        return "it is missing."

    return "its value is not what it should be."
