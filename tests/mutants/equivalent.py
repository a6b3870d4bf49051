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
        "engine/cause.py: return 4  # 5": "Only which one is larger counts.",
        "gates/looks.py: return False  # nothing": "It is as little a yes.",
        "gates/sequential.py: if weight >= self._fails:  # Gt instead of GtE": (
            "No sum of such logarithms is a bound."
        ),
        "gates/sequential.py: return Verdict.PASS if weight <= self._passes else"
        " Verdict.INCONCLUSIVE  # Lt instead of LtE": "As above.",
        "model/duration.py: parts = zip(found.groups(), sizes, strict=True)  # False": (
            "There are as many of both in any case."
        ),
        "wire/learned.py: tried = max(0.0, now - self.since) // _CLEAN_WINDOWS"
        "  # 1.0": "A second is none of the windows that are counted.",
        "wire/pace.py: return wait if wait > _NOTHING else 0.0  # GtE instead of Gt": (
            "Rounding is no more than that, and no less."
        ),
        "fleet/waves.py: name = min(needed for needed in waits[name] if needed in"
        " waits)  # max": "Any way round shows the circle.",
        "fleet/waves.py: its, own = wave_of.get(needed, 0), wave_of[each.name]  # 1": (
            "No wave is before the first."
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
