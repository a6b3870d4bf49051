"""Switches as plain values: from TOML, and from the control endpoint."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from attrs import evolve, fields

from .switches import Switches

_TIMES = frozenset({"clock_skew", "policy_life"})
_NOTHING = (
    ("cap", 0),
    ("serving_version_header", ""),
    ("throttle_code", ""),
    ("unknown_record_code", ""),
)


def switches_from(table: Mapping[str, Any], base: Switches | None = None) -> Switches:
    """Make switches of plain values, as read from TOML or JSON.

    Times are numbers of seconds; a list of two numbers is a range.

    Args:
        table: switches by name; what is missing stays as in ``base``.
        base: where to start; None starts with the defaults.

    Raises:
        ValueError: an unknown switch or a senseless value, naming it.
    """
    known = {attribute.name for attribute in fields(Switches)}
    unknown = sorted(set(table) - known)
    if unknown:
        raise ValueError(f"there is no switch {unknown[0]!r}")

    try:
        plain = {name: _plain(name, value) for name, value in table.items()}
        return evolve(base or Switches(), **plain)
    except (OverflowError, TypeError) as error:
        raise ValueError(f"a switch has a value of another type: {error}") from error


def switches_from_toml(text: str) -> Switches:
    """Read the table ``[switches]`` of a TOML text.

    TOML has no null: ``cap = 0`` stands for no cap, an empty text for None.

    Raises:
        ValueError: not TOML, an unknown switch or a senseless value.
    """
    table = tomllib.loads(text).get("switches", {})
    return switches_from({name: _said(name, value) for name, value in table.items()})


def _plain(name: str, value: Any) -> Any:
    """Return a value as the switch holds it."""
    if name in _TIMES:
        return timedelta(seconds=value)

    if name == "latency" and isinstance(value, list):
        return tuple(value)

    return value


def _said(name: str, value: Any) -> Any:
    """Return None for what stands for it in TOML."""
    return None if (name, value) in _NOTHING else value
