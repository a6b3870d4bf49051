"""Say which answers of an edge are good: by status, header, body and latency; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import Attribute, field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.gates.verdict import Verdict
from esa_flows.model import Duration

__all__ = ["Answer", "Expect", "HeaderRule", "TextRule"]

_CLOSED = 401
_SHOWN = 60
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def _status(_: object, __: Attribute[int], value: int) -> None:
    if not 101 <= value <= 600:  # noqa: PLR2004  HTTP has no others
        raise InvalidInput(f"{value} bounds no HTTP status: give 101 to 600.")


def _statuses(_: object, __: object, values: frozenset[int]) -> None:
    odd = sorted(value for value in values if not 100 <= value < 600)  # noqa: PLR2004  HTTP
    if odd:
        raise InvalidInput(f"{odd[0]} is no HTTP status: give 100 to 599.")


def _printable(_: object, __: object, value: str) -> None:
    if not value or not value.isprintable():
        raise InvalidInput(f"{value!r} is no text to look for: give one line.")


def _header_name(_: object, __: object, value: str) -> None:
    if not _HEADER.fullmatch(value):
        raise InvalidInput(f"{value!r} names no header.")


def _lower(value: str) -> str:
    return value.lower()


@frozen(kw_only=True)
class TextRule:
    """What a text must be, or contain.

    Attributes:
        text: The text.
        is_whole: Whether nothing else may be around it but blanks.
    """

    text: str = field(validator=_printable)
    is_whole: bool = False

    def fits(self, found: str) -> bool:
        """Tell whether a text is as it must be."""
        return found.strip() == self.text if self.is_whole else self.text in found

    def __str__(self) -> str:
        return repr(self.text) if self.is_whole else f"with {self.text!r} in it"


@frozen(kw_only=True)
class HeaderRule:
    """What a header must be, or contain.

    Attributes:
        name: Its name, in any case.
        rule: What it must be.
    """

    name: str = field(validator=_header_name, converter=_lower)
    rule: TextRule


@frozen(kw_only=True)
class Answer:
    """What an edge answered.

    Attributes:
        status: HTTP status.
        headers: By lower-case name.
        body: As far as it was read.
        elapsed: Seconds it took.
    """

    status: int
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes = b""
    elapsed: float = 0.0


@frozen(kw_only=True)
class Expect:
    """Which answers are good.

    Attributes:
        below: Every status smaller than this, where no statuses are named.
        statuses: Only these.
        headers: What headers must be.
        body: What the body must be.
        latency: In less time than this.
    """

    below: int = field(default=500, validator=_status)
    statuses: frozenset[int] = field(default=frozenset(), validator=_statuses)
    headers: tuple[HeaderRule, ...] = ()
    body: TextRule | None = None
    latency: Duration | None = None

    def of(self, status: int | None) -> Verdict:
        """Say what the status of an answer tells by itself; None is no answer."""
        if status is None:
            return Verdict.ERROR

        if status == _CLOSED and not self.statuses:
            return Verdict.INCONCLUSIVE

        good = status in self.statuses if self.statuses else status < self.below
        return Verdict.PASS if good else Verdict.FAIL

    def fault(self, answer: Answer) -> str:
        """Say what is wrong with an answer beside its status; empty where nothing is.

        Args:
            answer: What the edge answered.
        """
        for header in self.headers:
            found = answer.headers.get(header.name)
            if found is None or not header.rule.fits(found):
                shown = "missing" if found is None else repr(found[:_SHOWN])
                return f"its header {header.name} is {shown}, not {header.rule}"

        if self.body and not self.body.fits(answer.body.decode(errors="replace")):
            return f"its body is not {self.body}"

        if self.latency and answer.elapsed >= self.latency.seconds:
            return f"it took {answer.elapsed:.3f} s, not less than {self.latency}"

        return ""

    def __str__(self) -> str:
        if self.statuses:
            return " or ".join(map(str, sorted(self.statuses)))

        return f"less than {self.below}"
