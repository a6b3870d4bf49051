"""Small changes that change nothing anybody could see, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["EQUIVALENT"]

EQUIVALENT: Mapping[str, str] = MappingProxyType(
    {
        "release/position.py: BEFORE = -1  # 2": (
            "Any number below 0 does: nobody asks which."
        ),
        "release/room.py: return plan_pruning(world, keep, most=0)  # 1": (
            "The newest version always stays, so that one is left in any case."
        ),
        "fleet/waves.py: return pool  # nothing": (
            "It is where a slice ends, and one without an end takes all too."
        ),
        "wire/learned.py: later = other if other.since > self.since else self"
        "  # GtE instead of Gt": "Of two cuts at one moment neither is the later one.",
        "wire/slots.py: def take(self, now: float, calls: int, *, is_urgent: bool ="
        " False) -> float:  # True": "A port's own default is nobody's.",
        "wire/slots.py: def take(self, now: float, calls: int, *, is_urgent: bool ="
        " False) -> float:  # noqa: ARG002  nobody else to hurry  # True": (
            "The port has it; here nobody asks for it."
        ),
    }
)
