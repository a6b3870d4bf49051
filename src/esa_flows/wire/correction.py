"""Decide whether a refused call may be sent once more, and what to change first; pure.

Only reasons that the provider states before it executes anything, and that we can
remove ourselves.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Sequence
from email.utils import parsedate_to_datetime

from esa_flows.errors import (
    AccountBlocked,
    BadCredentials,
    CallError,
    Refused,
)
from esa_flows.wire.exchange import Response
from esa_flows.wire.site import Endpoint

__all__ = ["Correction", "correction_for", "knows_the_key", "skew_of", "stranger"]

_UNKNOWN_KEY = ("InvalidAccessKeyId", "InvalidAccessKeyId.NotFound")


class Correction(enum.Enum):
    """What to change before sending once more."""

    CLOCK = "sign with the provider's clock"
    TOKEN = "sign with new temporary credentials"  # noqa: S105  a sentence


_CORRECTIONS = {
    "InvalidTimeStamp.Expired": Correction.CLOCK,
    "RequestTimeTooSkewed": Correction.CLOCK,
    "InvalidSecurityToken.Expired": Correction.TOKEN,
}


def correction_for(error: CallError) -> Correction | None:
    """Give what to change, or `None` where sending again is not ours to decide.

    Args:
        error: How the call failed.
    """
    return _CORRECTIONS.get(error.code)


def knows_the_key(error: CallError) -> bool | None:
    """Whether the site that answered has this account; `None` where it did not say.

    Args:
        error: How the call failed.
    """
    if isinstance(error, BadCredentials) and error.code in _UNKNOWN_KEY:
        return False

    return True if isinstance(error, Refused | AccountBlocked) else None


def stranger(error: CallError, tried: Sequence[Endpoint]) -> BadCredentials:
    """Give the error of a key that no endpoint knows, with all that were tried.

    Args:
        error: What the last of them answered.
        tried: All of them.
    """
    hosts = ", ".join(endpoint.host for endpoint in tried)
    other = " It may belong to the other site (cn or intl)." if len(tried) == 1 else ""
    return BadCredentials(
        f"The access key that signed {error.operation} is not known. Tried: {hosts}.",
        next_move=f"Check the key in the RAM console, or use another one.{other}",
        operation=error.operation,
        code=error.code,
        request_id=error.request_id,
        recommend=error.recommend,
    )


def skew_of(response: Response, now: dt.datetime) -> dt.timedelta | None:
    """Give how far the provider's clock is ahead of ours, from its ``Date`` header.

    Args:
        response: What came back just now.
        now: Our wall clock, with a time zone.

    Returns:
        The difference to whole seconds, or `None` without a readable header.
    """
    try:
        date = parsedate_to_datetime(response.headers.get("date", ""))
        aware = date if date.tzinfo else date.replace(tzinfo=dt.UTC)
        skew = dt.timedelta(seconds=round((aware - now).total_seconds()))
        # A date that no clock of ours can show is none.
        return (now + skew) - now
    except (ValueError, OverflowError):
        return None
