"""Say what is wrong with a store of slots that is far away, and what to do about it."""

from __future__ import annotations

from esa_flows.errors import InvalidInput, NotSent
from esa_flows.wire.secret import redacted
from esa_flows.wire.store_address import StoreAddress

__all__ = ["late", "lost", "no_driver", "other_form", "refused"]

_LOST = "Mend the store; calls go on by themselves when it answers again."


def lost(address: StoreAddress, error: Exception) -> NotSent:
    """Give the error for a store that cannot be asked.

    Args:
        address: Where it should be.
        error: What the driver says; it may quote the address.
    """
    why = _said(address, error)
    return NotSent(
        f"Nothing was sent: {address}, through which the cap is shared, cannot be"
        f" asked: {why}.",
        next_move=_LOST,
    )


def late(address: StoreAddress, patience: float) -> NotSent:
    """Give the error for a store that takes too long.

    Args:
        address: Where it is.
        patience: Seconds that were waited.
    """
    return NotSent(
        f"Nothing was sent: {address}, through which the cap is shared, did not"
        f" answer within {patience:g} s.",
        next_move=_LOST,
    )


def refused(address: StoreAddress, error: Exception) -> InvalidInput:
    """Give the error for a store that does not let us keep slots.

    Args:
        address: Where it is.
        error: What it says.
    """
    return InvalidInput(
        f"The cap cannot be shared through {address}: {_said(address, error)}.",
        next_move="Give its user the right to make tables and functions once, and to"
        " use them.",
    )


def no_driver(package: str, extra: str) -> InvalidInput:
    """Give the error where the driver is not installed."""
    return InvalidInput(
        f"The cap cannot be shared: the package {package} is not installed.",
        next_move=f"pip install 'esa-flows[{extra}]'",
    )


def other_form(address: StoreAddress) -> InvalidInput:
    """Give the error where another version keeps its slots."""
    return InvalidInput(
        f"The cap cannot be shared through {address}: another version of esa-flows"
        " keeps its slots there, and would not see ours.",
        next_move="Use one version for all, or another database for each.",
    )


def _said(address: StoreAddress, error: Exception) -> str:
    text = redacted(str(error) or type(error).__name__, address.secrets)
    return " ".join(text.split()).rstrip(".")
