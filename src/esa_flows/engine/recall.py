"""Giving a recorded outcome back: its value, or its failure again."""

from typing import Any

from esa_flows.engine.codec import decode
from esa_flows.engine.failure import decode_error
from esa_flows.engine.history import Past

__all__ = ["recalled", "settled"]


def recalled(past: Past, type_: Any) -> Any:
    """Give what was recorded.

    Args:
        past: What is recorded of a primitive; with an outcome.
        type_: The annotated type of its value.

    Raises:
        EsaFlowsError: The recorded failure.
        JournalCorrupt: The record does not fit the type.
    """
    if past.given:
        return past.given[0]

    body = past.outcome or {}
    if "error" in body:
        raise decode_error(body["error"])

    return decode(body["value"], type_)


def settled(past: Past, type_: Any) -> Any:
    """Give what was recorded, and keep that instead of its record.

    For the ends of a run's own runs: a rollout has thousands of them, and the record of
    each takes more room than all that the rollout knows of it.

    Args:
        past: What is recorded of a run of its own; with an outcome.
        type_: The annotated type of its value.

    Raises:
        EsaFlowsError: The recorded failure.
        JournalCorrupt: The record does not fit the type.
    """
    found = recalled(past, type_)
    past.given, past.outcome = (found,), {}
    return found
