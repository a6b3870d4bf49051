"""Say whose call goes first when several wait for the same cap.

A lane follows from what a call is for, and what it is for follows from its verb; only
the way back is known to nobody below the flow. So whoever goes back says so around it,
and every call made inside is in the first lane.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["Lane", "lane_for", "way_back"]


class Lane(enum.IntEnum):
    """Lanes before a cap; a lower number goes first, whoever came first."""

    ROLLBACK = 0
    DEPLOY = 1
    UPLOAD = 2
    HOUSEKEEPING = 3


_going_back: ContextVar[bool] = ContextVar("esa_flows_going_back", default=False)


@contextmanager
def way_back() -> Iterator[None]:
    """Put every call made inside into the first lane, in child tasks too."""
    token = _going_back.set(True)
    try:
        yield
    finally:
        _going_back.reset(token)


def lane_for(lane: Lane) -> Lane:
    """Give the lane a call takes now: its own, or the first on the way back.

    Args:
        lane: The lane of its verb.
    """
    return Lane.ROLLBACK if _going_back.get() else lane
