"""Small changes that change nothing anybody could see, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["EQUIVALENT"]

EQUIVALENT: Mapping[str, str] = MappingProxyType(
    {
        "release/room.py: return plan_pruning(world, keep, most=0)  # 1": (
            "The newest version always stays, so that one is left in any case."
        ),
        "wire/learned.py: later = other if other.since > self.since else self"
        "  # GtE instead of Gt": "Of two cuts at one moment neither is the later one.",
    }
)
