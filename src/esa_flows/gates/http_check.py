"""A gate that asks the routine for a page: its values and words."""

import re
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from attrs import field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.gates.expect import Expect, HeaderRule, TextRule
from esa_flows.gates.sequential import ErrorRate, percent_of
from esa_flows.gates.words import Settings, changed, given, some_time, span_of, text_of
from esa_flows.model import Duration

__all__ = ["HttpCheck"]

LOOKS = 100
"""Requests of one reading where a rate is asked for and nobody says how many."""

MOST_LOOKS = 10_000
"""An edge is no target for a load test."""

_HTTPS = "https://"
_PATH = re.compile(r"/[!-~]*")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def _path(_: object, __: object, value: str) -> None:
    if not _PATH.fullmatch(value) or "#" in value or value.startswith("//"):
        raise InvalidInput(
            f"{value!r} is not a path to ask for.",
            next_move="Begin it with one / and percent-encode what is not plain; for a"
            " host of its own write https://host/path.",
        )


def _host(_: object, __: object, value: str) -> None:
    if value and not _HOST.fullmatch(value):
        raise InvalidInput(
            f"{value!r} is not a host name.",
            next_move="Name a host that leads to the routine, without a port.",
        )


def _possible(_: object, __: object, value: int) -> None:
    if type(value) is not int or not 0 <= value <= MOST_LOOKS:
        raise InvalidInput(
            f"{value} requests in one reading are not possible: give 0 to {MOST_LOOKS}."
        )


@frozen(kw_only=True)
class HttpCheck:
    """Ask the routine for a page: through staging's addresses, or in production.

    Attributes:
        path: Path and query to ask for.
        host: A host that leads to the routine; by default that of its own record.
        expect: Which answers are good.
        errors: Which rate of bad ones is too high; None where none are borne.
        requests: How many requests a reading makes; 0 for as many as it takes to meet
            the new version.
        confidence: Probability of having met it that is enough.
        patience: How long one reading may go on.
        timeout: How long one answer may take.
    """

    KIND: ClassVar[str] = "http"
    SETTINGS: ClassVar[tuple[str, ...]] = (
        "status",
        "header:NAME",
        "body",
        "latency",
        "errors",
        "usual",
        "requests",
        "patience",
        "timeout",
    )

    path: str = field(validator=_path)
    host: str = field(default="", validator=_host)
    expect: Expect = Expect()
    errors: ErrorRate | None = None
    requests: int = field(default=0, validator=_possible)
    confidence: float = 0.95
    patience: Duration = field(
        default=Duration(60), converter=span_of, validator=some_time
    )
    timeout: Duration = field(
        default=Duration(10), converter=span_of, validator=some_time
    )

    @property
    def looks(self) -> int:
        """How many requests a reading makes; 0 for as many as it takes."""
        return self.requests or (LOOKS if self.errors else 0)

    @property
    def slug(self) -> str:
        """What such a gate is called where nobody names it."""
        return urlsplit(self.path).path.strip("/") or self.KIND

    @classmethod
    def read(cls, target: tuple[str, ...], told: Settings) -> Self:
        """Read its words.

        Args:
            target: The path, or the whole address.
            told: What is set.

        Raises:
            InvalidInput: One of them cannot be used.
        """
        host, path = _place(*target)
        made = {
            "requests": told.number("requests"),
            "patience": told.take("patience"),
            "timeout": told.take("timeout"),
        }
        return cls(
            path=path,
            host=host,
            expect=_expect(told),
            errors=_rate(told),
            **given(made),
        )

    def words(self) -> tuple[str, ...]:
        """Write its words; reading them gives the same check."""
        target = f"https://{self.host}{self.path}" if self.host else f"http:{self.path}"
        return (
            target,
            *_expected(self.expect),
            *_rated(self.errors),
            *changed(self, "requests", "patience", "timeout"),
        )

    def __str__(self) -> str:
        return " ".join(self.words())


def _place(target: str) -> tuple[str, str]:
    """Tell host and path apart: `/health`, or `https://host/path`."""
    if not target.startswith(_HTTPS):
        return "", target

    host, slash, path = target.removeprefix(_HTTPS).partition("/")
    return host, f"{slash}{path}" or "/"


def _expect(told: Settings) -> Expect:
    status = told.take("status", "<=") or ""
    latency, body = told.take("latency", "<"), told.take("body", "=~")
    names = told.starting("header:")
    made: dict[str, Any] = {
        "headers": tuple(
            HeaderRule(name=name.partition(":")[2], rule=_rule(told, name))
            for name in names
        ),
        "body": text_of(body) if body else None,
        "latency": span_of(latency) if latency else None,
    }
    numbers = [_code(told, each) for each in status[1:].split(",") if status]
    if status.startswith("<"):
        return Expect(below=numbers[0], **made)

    return Expect(statuses=frozenset(numbers), **made)


def _code(told: Settings, text: str) -> int:
    if not re.fullmatch(r"\d{3}", text.strip()):
        raise InvalidInput(
            f"Gate {told.gate}: {text!r} is no HTTP status.",
            next_move="Write status<500, status=200 or status=200,204.",
        )

    return int(text)


def _rule(told: Settings, name: str) -> TextRule:
    return text_of(told.take(name, "=~") or "=")


def _rate(told: Settings) -> ErrorRate | None:
    limit, usual = told.take("errors", "<"), told.take("usual")
    if limit is None and usual is not None:
        raise InvalidInput(
            f"Gate {told.gate} says which errors are usual, not how many are too many.",
            next_move="Add for example errors<1%.",
        )

    if limit is None:
        return None

    more = {} if usual is None else {"usual": percent_of(usual)}
    return ErrorRate(limit=percent_of(limit), **more)


def _expected(expect: Expect) -> tuple[str, ...]:
    default = Expect()
    statuses = ",".join(map(str, sorted(expect.statuses)))
    below = f"status<{expect.below}" if expect.below != default.below else ""
    words = [f"status={statuses}" if statuses else below]
    words += [f"header:{each.name}{_sign(each.rule)}" for each in expect.headers]
    words += [f"body{_sign(expect.body)}"] if expect.body else []
    words += [f"latency<{expect.latency}"] if expect.latency else []
    return tuple(word for word in words if word)


def _sign(rule: TextRule) -> str:
    return f"{'=' if rule.is_whole else '~'}{rule.text}"


def _rated(errors: ErrorRate | None) -> tuple[str, ...]:
    if errors is None:
        return ()

    limit = f"errors<{_number(errors.limit)}%"
    is_default = errors == ErrorRate(limit=errors.limit)
    return (limit,) if is_default else (limit, f"usual={_number(errors.usual)}%")


def _number(value: float) -> str:
    return repr(float(value)).removesuffix(".0")
