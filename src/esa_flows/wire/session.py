"""Read the temporary credentials that a service hands out.

STS, the metadata service of ECS and a credentials URI name the members alike:
`AccessKeyId`, `AccessKeySecret`, `SecurityToken` and `Expiration`. Source: STS API
2015-04-01, AssumeRole; ECS, "Instance RAM roles".

What such a service answers is itself a secret: an error here never repeats it. Asking
twice harms nobody, so the outcome is never unerror.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from attrs import evolve

from esa_flows.errors import (
    CallError,
    InvalidInput,
    NotSent,
    OutcomeUnknown,
)
from esa_flows.wire.classify import classify
from esa_flows.wire.credentials import Credentials
from esa_flows.wire.exchange import Request, Response
from esa_flows.wire.reply import facts_of, object_in
from esa_flows.wire.transport import Transport

__all__ = ["ask", "no_session", "session_in", "session_of_sts"]

_OK = 200


async def ask(
    transport: Transport, request: Request, giver: str, *, operation: str = ""
) -> Response:
    """Send a request for credentials.

    Args:
        transport: Carries it.
        request: Ready to send.
        giver: Who is asked, in words.
        operation: What is called, where it has a name.

    Raises:
        NotSent: There is no answer.
    """
    try:
        return await transport.send(request)
    except (NotSent, OutcomeUnknown) as error:
        error.operation = operation
        raise no_session(giver, error) from error


def session_of_sts(
    response: Response,
    operation: str,
    *,
    source: str,
    redact: Callable[[str], str],
) -> Credentials:
    """Give the credentials of an answer of STS.

    Args:
        response: What came back.
        operation: What was called.
        source: Where the role was named, in words.
        redact: Takes what was sent out of a text of the provider.

    Raises:
        CallError: There are none in it; never `OutcomeUnknown`.
    """
    value = object_in(response.body) if response.status == _OK else None
    if value is None:
        facts = facts_of(response)
        safe = evolve(facts, message=redact(facts.message))
        error = classify(operation, safe, product="sts", mutates=False)
        unclear = isinstance(error, OutcomeUnknown)
        raise no_session("STS", error) if unclear else error

    found = value.get("Credentials")
    return session_in(found if isinstance(found, dict) else {}, "STS", source=source)


def session_in(found: Mapping[str, object], giver: str, *, source: str) -> Credentials:
    """Give the credentials of an object with the usual members.

    Args:
        found: The object.
        giver: Who answered it, in words.
        source: Where they came from, in words.

    Raises:
        NotSent: Something is missing or cannot be read; says what, and no value.
    """
    names = ("AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration")
    texts = {name: found.get(name) for name in names}
    for name, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise _unusable(giver, f"without {name}")

    key, secret, token, expires = (str(text).strip() for text in texts.values())
    try:
        return Credentials(
            access_key_id=key,
            access_key_secret=secret,
            security_token=token,
            expires_at=_time(expires),
            source=source,
        )
    except (InvalidInput, ValueError, OverflowError):
        pass

    raise _unusable(giver, "with a key or a time that cannot be read")


def no_session(giver: str, error: CallError) -> NotSent:
    """Make the error of a service that gave no credentials.

    Args:
        giver: Who was asked, in words.
        error: What happened.
    """
    own_move = error.next_move if isinstance(error, NotSent) else ""
    return NotSent(
        f"No temporary credentials from {giver}, so nothing was sent. {error.message}",
        next_move=own_move or f"Try again; check the network and {giver}.",
        operation=error.operation,
        code=error.code,
        request_id=error.request_id,
    )


def _unusable(giver: str, how: str) -> NotSent:
    return NotSent(
        f"{giver} answered credentials {how}, so nothing was sent.",
        next_move="Try again; check proxies between here and there.",
    )


def _time(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return zoned.astimezone(dt.UTC)
