"""Giving a recorded outcome back: its value, or its failure again."""

from typing import Any

from esa_flows.engine.codec import decode
from esa_flows.engine.failure import decode_error
from esa_flows.engine.history import Past

__all__ = ["recalled"]


def recalled(past: Past, type_: Any) -> Any:
    """Give what was recorded.

    Args:
        past: What is recorded of a primitive; with an outcome.
        type_: The annotated type of its value.

    Raises:
        EsaFlowsError: The recorded failure.
        JournalCorrupt: The record does not fit the type.
    """
    body = past.outcome or {}
    if "error" in body:
        raise decode_error(body["error"])

    return decode(body["value"], type_)
