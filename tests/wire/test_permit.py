"""Leave to make a call."""

from __future__ import annotations

from tests.wire.doubles import Word

from esa_flows.wire.permit import Permit, always


def test_always_lets_everything_pass() -> None:
    """A call that belongs to no run needs nobody's leave."""
    permit: Permit = always
    permit(Word.LOOK)
    permit(Word.CHANGE)
