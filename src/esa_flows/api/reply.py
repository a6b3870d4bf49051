"""Read the provider's JSON member by member, and refuse what is not as documented.

An answer that cannot be read says nothing about whether the call was executed, so each
refusal is an `OutcomeUnknown` that names the operation, the member and what was there.
Members nobody asks for may be anything.

Numbers with a fraction arrive as text (the parser is told so): a version id can never
have passed through a float unseen.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import ipaddress
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from esa_flows.errors import InvalidInput, OutcomeUnknown
from esa_flows.model import Environment, VersionId, VersionStatus
from esa_flows.wire.secret import Secret

__all__ = ["Member", "plain_text"]

_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")
_KINDS: tuple[tuple[type, str], ...] = (
    (type(None), "nothing"),
    (bool, "true or false"),
    (int, "a number"),
    (str, "a text"),
    (list, "a list"),
    (dict, "an object"),
)
_MOST_SHOWN = 40
_LEAST_WRAPPED = 16
_LINES = "\n\r\t"
_UNREADABLE = frozenset({"Cc", "Cn", "Co", "Cs"})


@frozen(kw_only=True)
class Member:
    """One value in an answer, which knows where it stands.

    Attributes:
        operation: The operation that was answered.
        value: What the JSON had there; None where it had nothing.
        path: Where it stands, such as ``Envs[0].CodeDeploy``; empty for the whole.
        request_id: The provider's name for the call.
    """

    operation: str
    value: Any = field(repr=False)
    path: str = ""
    request_id: str = ""

    @property
    def is_absent(self) -> bool:
        """Whether there is nothing, or only an empty text."""
        return self.value is None or self.value == ""

    def member(self, name: str) -> Member:
        """Give a member of an object, present or not."""
        return self._at(name, self._object().get(name))

    def members(self) -> Iterator[tuple[str, Member]]:
        """Give every member of an object by name."""
        for name, value in self._object().items():
            yield name, self._at(name, value)

    def items(self) -> tuple[Member, ...]:
        """Give the items of a list."""
        if not isinstance(self.value, list):
            raise self.wrong("a list")

        return tuple(
            self._evolved(f"{self.path}[{n}]", value)
            for n, value in enumerate(self.value)
        )

    def text(self) -> str:
        """Give a text, empty where there is nothing."""
        if self.value is None:
            return ""

        if not isinstance(self.value, str):
            raise self.wrong("a text")

        return self.value

    def id_text(self) -> str:
        """Give an id of any form that came as a text or a whole number."""
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return str(self.value)

        return self.text()

    def version(self) -> VersionId:
        """Give the id of a version."""
        try:
            return VersionId(self.id_text())
        except InvalidInput:
            raise self.wrong("a version id in decimal digits", show=True) from None

    def whole(self) -> int:
        """Give a whole number, which may have come as its decimal digits."""
        text = self.id_text()
        if not _WHOLE_NUMBER.fullmatch(text):
            raise self.wrong("a whole number", show=True)

        return int(text)

    def time(self) -> dt.datetime | None:
        """Give a time with its zone; None where there is none that can be read.

        A time only puts versions in order, and their ids do so too: an odd one is
        worth no failure.
        """
        try:
            read = dt.datetime.fromisoformat(self.text().strip())
        except ValueError:
            return None

        return read if read.tzinfo else read.replace(tzinfo=dt.UTC)

    def status(self) -> VersionStatus:
        """Give the state of a version, in whatever casing it came."""
        return VersionStatus.read(self.text())

    def description(self) -> str:
        """Give a description as people wrote it."""
        return plain_text(self.text())

    def environment(self) -> Environment | None:
        """Give an environment; None where there is nothing."""
        text = self.text().strip().lower()
        if not text:
            return None

        try:
            return Environment(text)
        except ValueError:
            raise self.wrong("staging or production", show=True) from None

    def secret(self) -> Secret:
        """Give a secret; an error about it never shows it."""
        if not isinstance(self.value, str) or not self.value:
            raise self.wrong("a text")

        return Secret(self.value)

    def content(self) -> bytes:
        """Give bytes that came in Base64."""
        try:
            return base64.b64decode("".join(self.text().split()), validate=True)
        except (binascii.Error, ValueError):
            raise self.wrong("Base64") from None

    def address(self) -> str:
        """Give an IP address."""
        try:
            return str(ipaddress.ip_address(self.text().strip()))
        except ValueError:
            raise self.wrong("an IP address", show=True) from None

    def must_be(self, expected: str) -> None:
        """Refuse every other word, in whatever casing."""
        if self.text().strip().lower() != expected.lower():
            raise self.wrong(expected, show=True)

    def wrong(self, expected: str, *, show: bool = False) -> OutcomeUnknown:
        """Make the error that says what was there instead.

        Args:
            expected: What should have been there.
            show: Whether the value itself may be shown: never where it may be secret.
        """
        found = _shown(self.value) if show and self.value else _kind(self.value)
        where = self.path or "whole"
        return self.refuse(f"{where} is {found} where {expected} was expected")

    def refuse(self, facts: str) -> OutcomeUnknown:
        """Make the error of an answer that contradicts itself or what was asked."""
        return OutcomeUnknown(
            f"The answer cannot be used: {facts}.",
            operation=self.operation,
            request_id=self.request_id,
            next_move="Look at the provider's state before doing it again.",
        )

    def _object(self) -> Mapping[str, Any]:
        if not isinstance(self.value, dict):
            raise self.wrong("an object")

        return self.value

    def _at(self, name: str, value: Any) -> Member:
        return self._evolved(f"{self.path}.{name}" if self.path else name, value)

    def _evolved(self, path: str, value: Any) -> Member:
        return Member(
            operation=self.operation,
            request_id=self.request_id,
            path=path,
            value=value,
        )


def plain_text(text: str) -> str:
    """Give a description as it was written, however the provider wrapped it.

    Some answers carry it plainly, some in Base64, some in Base64 of a JSON text. What
    does not unwrap into readable text is taken as it is; so are short words, for a
    word such as ``fix1`` is Base64 of something readable by chance.

    Source: samples of ESA API 2024-09-10 GetRoutine and DCDN API 2018-01-15.
    """
    if len(text) < _LEAST_WRAPPED and not text.endswith("="):
        return text

    try:
        read = base64.b64decode(text, validate=True).decode()
    except ValueError:
        return text

    if not read or not all(map(_is_readable, read)):
        return text

    return _unquoted(read)


def _is_readable(char: str) -> bool:
    """Whether people write it; wide blanks and joiners count, which do not print."""
    return char in _LINES or unicodedata.category(char) not in _UNREADABLE


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text

    try:
        return str(json.loads(text))
    except ValueError:
        return text


def _kind(value: object) -> str:
    return next(
        (name for kind, name in _KINDS if isinstance(value, kind)), "something else"
    )


def _shown(value: object) -> str:
    text = str(value)
    return repr(text[:_MOST_SHOWN]) + ("…" if len(text) > _MOST_SHOWN else "")
