"""A webhook as it is written: where events go, which ones, and how they are signed.

What is secret about it stands in environment variables and is named here alone, so that
plans and journals hold `${env.NAME}`.
"""

import enum
import re
from collections.abc import Iterable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

from attrs import field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.model.kinds import Kind

__all__ = ["NAMED", "WORTH", "Form", "Webhook", "trouble_with_address"]

C = TypeVar("C", bound=enum.StrEnum)

WORTH = (
    Kind.APPROVAL_ASKED,
    Kind.WINDOW_MET,
    Kind.BUDGET_SPENT,
    Kind.ROLLBACK_STARTED,
    Kind.CONFLICT,
    Kind.RUN_PAUSED,
    Kind.RUN_FINISHED,
)
"""What people want to hear of who say nothing."""

NAMED = re.compile(r"\$\{env\.([A-Za-z_][A-Za-z0-9_]*)\}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_LINE = re.compile(r"[\r\n\x00]")
_CONFIDENTIAL = re.compile(r"auth|token|key|secret|cookie|password", re.IGNORECASE)
_OWN = "run."
"""Kinds of a run itself; a routine's own run is worth none of them."""


class Form(enum.StrEnum):
    """What a webhook gets as its body."""

    EVENT = "event"
    """The event, as `docs/reference/events.md` has it."""

    TEXT = "text"
    """`{"text": …}`, which Slack and its likes understand."""

    DINGTALK = "dingtalk"
    """A text message, as DingTalk's custom robots understand it."""

    FEISHU = "feishu"
    """A text message, as Feishu's custom bots understand it."""


def _one_of(kind: type[C], value: str, called: str) -> C:
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(kind)
        raise InvalidInput(f"{value!r} is no {called}: use {allowed}.") from None


def _form(value: Form | str) -> Form:
    return _one_of(Form, value, "form of a message")


def _kinds(value: Iterable[Kind | str]) -> tuple[Kind, ...]:
    return tuple(_one_of(Kind, each, "kind of event") for each in value)


def _address(_: object, __: object, url: str) -> None:
    if not NAMED.search(url):
        trouble = trouble_with_address(url, url)
        if trouble is not None:
            raise trouble


def _headers(_: object, __: object, headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or _LINE.search(value):
            raise InvalidInput(f"{name!r} cannot be a header of a webhook.")

        if _CONFIDENTIAL.search(name) and not NAMED.search(value):
            raise InvalidInput(
                f"The header {name} looks secret, and its value is written out.",
                next_move=f'Write {name} = "${{env.NAME}}" and set that variable.',
            )


def _secret(_: object, __: object, secret: str) -> None:
    if secret and not NAMED.fullmatch(secret):
        raise InvalidInput(
            "The secret of a webhook is written out.",
            next_move='Write secret = "${env.NAME}" and set that variable.',
        )


@frozen(kw_only=True)
class Webhook:
    """Where events go.

    Attributes:
        url: Its address; https, or http on this machine; may hold `${env.NAME}`.
        on: Kinds of events that are told, such as `approval.asked`.
        headers: More headers by name; secret values only as `${env.NAME}`.
        secret: `${env.NAME}` of what bodies are signed with; empty for no signature.
        format: What its body is: `event`, `text`, `dingtalk` or `feishu`.
    """

    url: str = field(validator=_address, repr=False)
    on: tuple[Kind, ...] = field(default=WORTH, converter=_kinds)
    headers: Mapping[str, str] = field(factory=dict, validator=_headers, hash=False)
    secret: str = field(default="", validator=_secret)
    format: Form = field(default=Form.EVENT, converter=_form)

    def wants(self, kind: Kind, run: str) -> bool:
        """Tell whether it is told of an event.

        Args:
            kind: What happened.
            run: The id of the run that did it.
        """
        is_child = "." in run and kind.startswith(_OWN)
        return kind in self.on and not is_child


def trouble_with_address(url: str, written: str) -> InvalidInput | None:
    """Say why something is no address of a webhook; None where it is one.

    It is raised elsewhere: a traceback may show what this frame holds.

    Args:
        url: The address; may be secret.
        written: As the file has it.

    Returns:
        What is wrong, without a secret.
    """
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.scheme in {"http", "https"}
    except ValueError:
        is_whole = False

    if not is_whole or not url.isascii() or not url.isprintable() or " " in url:
        return InvalidInput(f"{written!r} is no address of a webhook.")

    if parts.username is not None or parts.password is not None:
        return InvalidInput(
            f"The webhook at {parts.hostname} has a login in its address.",
            next_move='Write it as a header: Authorization = "${env.NAME}"',
        )

    return None
