"""A gate as users give it: what it asks, where, how often, and what it bears."""

import enum
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Self

from attrs import field, fields, frozen

from esa_flows.errors import InvalidInput
from esa_flows.gates.command_check import CommandCheck
from esa_flows.gates.http_check import HttpCheck
from esa_flows.gates.limits import Limits
from esa_flows.gates.prometheus_check import PrometheusCheck
from esa_flows.gates.python_check import PythonCheck
from esa_flows.gates.words import Settings, given, read_words, table_settings
from esa_flows.model import Environment

__all__ = ["KINDS", "At", "Check", "Gate", "gates_of"]

Check = HttpCheck | CommandCheck | PythonCheck | PrometheusCheck
"""What a gate asks."""

_KINDS: dict[str, type[Check]] = {
    "http": HttpCheck,
    "https": HttpCheck,
    "command": CommandCheck,
    "python": PythonCheck,
    "prometheus": PrometheusCheck,
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_COUNTS = ("count", "failure_limit", "error_limit", "inconclusive_limit")
_OWN = ("name", "at", *(each.name for each in fields(Limits)))
_TARGETS: Mapping[str, str] = MappingProxyType(
    {
        "http": "path",
        "command": "argv",
        "python": "function",
        "prometheus": "server",
    }
)
"""What a table calls the thing that is asked."""

KINDS = tuple(_TARGETS)
"""Kinds of gates that a table may name."""


class At(enum.StrEnum):
    """Where a gate is read."""

    STAGING = "staging"
    PRODUCTION = "production"
    BOTH = "both"

    @classmethod
    def of(cls, value: "At | str") -> "At":
        """Take the word as users write it.

        Raises:
            InvalidInput: There is no such place.
        """
        try:
            return cls(value)
        except ValueError:
            raise InvalidInput(
                f"{value!r} is no place for a gate: use staging, production or both."
            ) from None


def _at(value: At | str) -> At:
    return At.of(value)


def _name(_: object, __: object, value: str) -> None:
    if not _NAME.fullmatch(value):
        raise InvalidInput(
            f"{value!r} cannot name a gate: use letters, digits, dots, hyphens and"
            " underscores."
        )


@frozen(kw_only=True)
class Gate:
    """What must be so for a release to go on.

    Attributes:
        check: What it asks.
        name: What it is called; by default after what it asks.
        at: Where it is read. By default production; over HTTP staging, too.
        limits: How often it is read, and what it bears.

    Example:
        ``Gate.parse("http:/health status<500 latency<0.8s every=30s")``
    """

    check: Check
    name: str = field(validator=_name)
    at: At = field(converter=_at)
    limits: Limits = Limits()

    @name.default
    def _after_check(self) -> str:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", self.check.slug).strip("-._")[:63]
        return plain or self.check.KIND

    @at.default
    def _where(self) -> At:
        return At.BOTH if isinstance(self.check, HttpCheck) else At.PRODUCTION

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a gate as people write it: ``http:/health status<500 every=30s``.

        Raises:
            InvalidInput: It is none; says which word is wrong.
        """
        return cls._read(*read_words(text))

    @classmethod
    def of(cls, value: "Gate | str") -> "Gate":
        """Take a gate as users write it: text or `Gate`."""
        return value if isinstance(value, Gate) else cls.parse(value)

    @classmethod
    def from_table(cls, name: str, value: str | Mapping[str, Any]) -> Self:
        """Take a gate from a file: its text, or a table of its settings.

        Beside the settings a table has ``kind``, and what it asks: ``path`` and where
        wanted ``host``, ``argv``, ``function`` or ``server``.

        Args:
            name: What the file calls it.
            value: What stands there.

        Raises:
            InvalidInput: It is no gate; says which setting is wrong.
        """
        if isinstance(value, str):
            kind, target, told = read_words(value)
            told.given.setdefault("name", f"={name}")
            return cls._read(kind, target, told)

        table = {"name": name, **value}
        kind = str(table.pop("kind", ""))
        if kind not in KINDS:
            known = ", ".join(KINDS)
            raise InvalidInput(f"Gate {name}: kind {kind!r} is none of {known}.")

        target = _target(name, kind, table)
        return cls._read(kind, target, table_settings(name, table))

    @classmethod
    def _read(cls, kind: str, target: tuple[str, ...], told: Settings) -> Self:
        made = _KINDS[kind]
        check = made.read(target, told)
        own = given({"name": told.take("name"), "at": told.take("at")})
        numbers = given({each: told.number(each) for each in _COUNTS})
        words = ("every", "on_inconclusive")
        texts = given({each: told.take(each) for each in words})
        told.refuse_unknown((*made.SETTINGS, *_OWN))
        return cls(check=check, limits=Limits(**numbers, **texts), **own)

    def is_at(self, environment: Environment) -> bool:
        """Tell whether it is read there."""
        return self.at in {At.BOTH, At(environment.value)}

    def __str__(self) -> str:
        default = Gate(check=self.check)
        words = [] if self.name == default.name else [f"name={self.name}"]
        words += [] if self.at is default.at else [f"at={self.at}"]
        words += [
            f"{each.name}={getattr(self.limits, each.name)}"
            for each in fields(Limits)
            if getattr(self.limits, each.name) != getattr(default.limits, each.name)
        ]
        return shlex.join([*words, *self.check.words()])


def _target(name: str, kind: str, table: dict[str, Any]) -> tuple[str, ...]:
    """Take out of a table what is asked, as words would have it."""
    wanted = _TARGETS[kind]
    value = table.pop(wanted, None)
    if not value:
        raise InvalidInput(f"Gate {name} of kind {kind} needs {wanted}.")

    if isinstance(value, list) and kind == "command":
        return tuple(map(str, value))

    host = table.pop("host", "") if kind == "http" else ""
    return (f"https://{host}{value}" if host else str(value),)


def gates_of(values: Iterable["Gate | str"]) -> tuple[Gate, ...]:
    """Take gates as users write them.

    Args:
        values: Texts or gates.

    Raises:
        InvalidInput: One is none, or two have one name.
    """
    found = tuple(Gate.of(value) for value in values)
    twice = [name for name, n in Counter(g.name for g in found).items() if n > 1]
    if twice:
        raise InvalidInput(
            f"Two gates are called {twice[0]}.",
            next_move="Give one of them another name: name=...",
        )

    return found
