"""Decide what a response that is no answer means; pure.

The code decides first, then the status; what neither explains is unknown, because a
call that may have been executed must not be repeated blindly.
"""

from __future__ import annotations

import json
import re

from esa_flows.errors import (
    AccessDenied,
    CallError,
    OutcomeUnknown,
    Refused,
    Throttled,
)
from esa_flows.wire.codes import QUOTE, Row, row_for
from esa_flows.wire.phrases import GENERAL_ERROR, row_for_text
from esa_flows.wire.reply import Facts

__all__ = ["classify", "ram_statement", "retry_after"]

_LONGEST_WAIT = 120.0
_TOO_MANY = 429
_SERVER_ERROR = 500
_CLIENT_ERROR = 400

_TOO_MANY_ROW = Row(
    codes=(),
    error=Throttled,
    means="was not executed: too many calls at this moment",
    next_move="Wait, then make the same call again.",
)
_NO_ANSWER_ROW = Row(
    codes=(),
    error=OutcomeUnknown,
    means="got a reply that is not the provider's (a proxy's page, or one cut off)",
    next_move=(
        "Look at the provider's state before doing it again;"
        " check proxies between here and there."
    ),
)
_UNKNOWN_ROW = Row(
    codes=(),
    error=OutcomeUnknown,
    means="failed at the provider, which does not say how far it came",
    next_move="Look at the provider's state before doing it again.",
)
_REFUSED_ROW = Row(
    codes=(),
    error=Refused,
    means="was refused with a code this library does not know",
    next_move="Read the provider's message.",
)


def classify(
    operation: str, facts: Facts, *, product: str = "esa", mutates: bool = True
) -> CallError:
    """Turn the facts of a response into the error to raise.

    Args:
        operation: As the provider names it.
        facts: What the response said.
        product: The prefix of RAM actions.
        mutates: Whether the call may have changed something; then a text alone never
            says that it was not executed.

    Returns:
        The error, with a sentence and the next move; not raised yet.
    """
    row = _row(operation, facts, mutates=mutates)
    known = {
        "operation": operation,
        "code": facts.code,
        "request_id": facts.request_id,
        "recommend": facts.recommend,
        "next_move": row.next_move,
    }
    message = _sentence(operation, facts, row)
    if issubclass(row.error, Throttled):
        return row.error(message, retry_after=retry_after(facts), **known)

    if issubclass(row.error, AccessDenied):
        known["next_move"] = _missing_action(operation, facts, product)

    return row.error(message, **known)


def retry_after(facts: Facts) -> float:
    """Give the seconds the provider asks to wait; 0 without a hint, 120 at most.

    Source: header ``x-acs-retry-after`` (milliseconds) as current official SDKs read
    it, ``x-ratelimit-user-api`` and ``x-ratelimit-user`` as older ones do.

    Args:
        facts: What the response said.
    """
    asked = _milliseconds(facts.headers.get("x-acs-retry-after", ""))
    if asked:
        return min(asked / 1000, _LONGEST_WAIT)

    limits = (
        facts.headers.get("x-ratelimit-user-api", ""),
        facts.headers.get("x-ratelimit-user", ""),
    )
    return min(max(map(_time_left, limits)) / 1000, _LONGEST_WAIT)


def ram_statement(*actions: str) -> str:
    """Give the RAM policy statement that allows actions, ready to paste.

    Args:
        actions: Such as ``esa:GetRoutine``.
    """
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "1", "Statement": [statement]})


def _row(operation: str, facts: Facts, *, mutates: bool) -> Row:
    if facts.code == GENERAL_ERROR:
        return row_for_text(facts.message, mutates=mutates)

    return row_for(operation, facts.code) or _row_by_status(facts)


def _row_by_status(facts: Facts) -> Row:
    if facts.status == _TOO_MANY:
        return _TOO_MANY_ROW

    if facts.status >= _SERVER_ERROR:
        return _UNKNOWN_ROW

    if facts.status >= _CLIENT_ERROR and facts.code:
        return _REFUSED_ROW

    return _NO_ANSWER_ROW


def _sentence(operation: str, facts: Facts, row: Row) -> str:
    status = "" if facts.code else f" (HTTP {facts.status})"
    if row.quote and facts.message:
        return f"{operation} {row.means}{status}{QUOTE}{facts.message}"

    return f"{operation} {row.means}{status}."


def _missing_action(operation: str, facts: Facts, product: str) -> str:
    action = facts.denied_action or f"{product}:{operation}"
    return f"Attach this policy to its RAM user or role: {ram_statement(action)}"


def _time_left(text: str) -> int:
    found = re.search(r"TimeLeft:(\d{1,9})\b", text)
    return int(found[1]) if found else 0


def _milliseconds(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text.strip()) else 0
