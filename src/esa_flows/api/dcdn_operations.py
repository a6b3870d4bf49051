"""What DCDN's operations are called, which verbs need them, and their limits: data.

A policy, a plan and a guard are derived from what the code really calls.

Source: DCDN API 2018-01-15.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from esa_flows.api.cloud import Op

__all__ = [
    "API_VERSION",
    "AREA_OPERATIONS",
    "CALLS_PER_SECOND",
    "DESCRIBE",
    "MOST_DESCRIPTION",
    "MOST_VERSIONS",
    "OPERATIONS",
    "calls_per_second",
    "ram_actions",
]

API_VERSION = "2018-01-15"

CALLS_PER_SECOND = 100
"""Calls of one operation by one account. Source: the page of each operation."""

_FEWER: Mapping[str, int] = MappingProxyType({"DescribeUserErStatus": 30})

MOST_VERSIONS = 10
"""Revisions of a routine; no plan changes it. Source: UploadRoutineCode."""

MOST_DESCRIPTION = 50
"""Characters of a routine's description. Source: CreateRoutine."""

DESCRIBE = "DescribeRoutine"

_NEEDED: Mapping[Op, tuple[str, ...]] = MappingProxyType(
    {
        Op.OBSERVE: (DESCRIBE,),
        Op.LIST: (DESCRIBE,),
        Op.SLOT: ("UploadRoutineCode", DESCRIBE),
        Op.COMMIT: (DESCRIBE,),
        Op.READ_CODE: ("DescribeRoutineCodeRevision",),
        Op.INFO: (DESCRIBE,),
        Op.DEPLOY: ("PublishRoutineCodeRevision", DESCRIBE),
        Op.DELETE: ("DeleteRoutineCodeRevision", DESCRIBE),
        Op.CREATE: ("CreateRoutine", DESCRIBE),
        Op.ROUTINES: ("DescribeRoutineUserInfo",),
        Op.SERVICE: ("DescribeUserErStatus",),
        Op.DELETE_ROUTINE: ("DeleteRoutine", DESCRIBE),
    }
)

OPERATIONS: Mapping[Op, tuple[str, ...]] = MappingProxyType(
    {op: _NEEDED.get(op, ()) for op in Op}
)
"""Operations of each verb, its own first; none where DCDN has nothing to call."""

AREA_OPERATIONS = ("EditRoutineConf", "DeleteRoutineConfEnvs")
"""What giving a routine areas, and taking them away, needs beside `OPERATIONS`."""


def calls_per_second(operation: str) -> int:
    """Give the documented cap of an operation: calls per second of one account.

    Args:
        operation: As the provider names it.
    """
    return _FEWER.get(operation, CALLS_PER_SECOND)


def ram_actions(ops: Iterable[Op] = tuple(Op)) -> tuple[str, ...]:
    """Give the RAM actions that verbs need, in order.

    Source: DCDN, RAM authorization: an action is ``dcdn:`` and the operation.
    """
    return tuple(sorted({f"dcdn:{name}" for op in ops for name in OPERATIONS[op]}))
