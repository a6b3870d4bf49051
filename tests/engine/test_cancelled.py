"""Whether one was asked to stop, without stopping."""

from __future__ import annotations

import anyio

from esa_flows.engine.cancelled import is_cancelled


async def seen() -> bool:
    """Ask as a function that is awaited does."""
    return is_cancelled()


async def test_a_scope_that_is_cancelled_is_seen_from_within() -> None:
    """Before anybody waits, and also through a scope within it; a shield hides it."""
    with anyio.CancelScope() as scope:
        assert not await seen()

        scope.cancel()
        with anyio.CancelScope():
            assert await seen()

        with anyio.CancelScope(shield=True):
            assert not await seen()


async def test_a_time_that_ran_out_counts() -> None:
    """A deadline cancels before anybody notices it at a wait."""
    with anyio.move_on_after(0):
        assert await seen()
