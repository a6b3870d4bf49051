"""The words in which people write a gate: a kind with its target, and settings.

    http:/health status<500 latency<0.8s every=30s
    every=1m failure_limit=1 command: ./smoke.sh --fast

Words are split as a shell splits them. A setting is a name, one of ``= < ~`` and what
stands behind it; what follows ``command:`` is a program and its arguments.
"""

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define, field, fields_dict

from esa_flows.errors import InvalidInput
from esa_flows.gates.expect import TextRule
from esa_flows.model import Duration

__all__ = [
    "KINDS",
    "Settings",
    "changed",
    "given",
    "read_words",
    "some_time",
    "span_of",
    "split_words",
    "table_settings",
    "text_of",
    "variable",
]

KINDS = ("http", "https", "command", "python", "prometheus")
_KIND = re.compile(rf"({'|'.join(KINDS)}):(.*)", re.DOTALL)
_SIGNS = "=<~"
_SETTING = re.compile(r"([a-z_]+(?::[^=<~\s]+)?)([=<~])(.*)", re.DOTALL)
_EXAMPLE = "Write for example: http:/health status<500 every=30s"


@define
class Settings:
    """What is set of a gate, by name; each value is taken once.

    Attributes:
        gate: What the gate is called in errors.
        given: Texts by name, each with its sign in front.
    """

    gate: str
    given: dict[str, str]
    _taken: set[str] = field(factory=set, init=False)

    def take(self, name: str, signs: str = "=") -> str | None:
        """Give what is set, without its sign; None where nothing is.

        Args:
            name: The setting's name.
            signs: Those that may stand before it; the sign stays where there are more.

        Raises:
            InvalidInput: Another sign stands there.
        """
        self._taken.add(name)
        text = self.given.get(name)
        if text is not None and text[0] not in signs:
            allowed = " or ".join(f"{name}{sign}" for sign in signs)
            raise InvalidInput(
                f"Gate {self.gate}: {name} cannot stand before {text[0]!r}.",
                next_move=f"Write {allowed} and a value.",
            )

        return text[1:] if text and len(signs) == 1 else text

    def starting(self, prefix: str) -> tuple[str, ...]:
        """Give the names that begin so, in order."""
        return tuple(sorted(name for name in self.given if name.startswith(prefix)))

    def number(self, name: str) -> int | None:
        """Give a whole number; None where nothing is set.

        Raises:
            InvalidInput: It is none.
        """
        text = self.take(name)
        if text is not None and not re.fullmatch(r"\d{1,9}", text):
            raise InvalidInput(f"Gate {self.gate}: {name} {text!r} is no whole number.")

        return None if text is None else int(text)

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Refuse settings that nobody took.

        Args:
            known: Names for the error.

        Raises:
            InvalidInput: Names them, and those there are.
        """
        unknown = sorted(self.given.keys() - self._taken)
        if unknown:
            raise InvalidInput(
                f"Gate {self.gate} has no setting {', '.join(unknown)}.",
                next_move=f"It has: {', '.join(sorted(known))}.",
            )


def read_words(text: str) -> tuple[str, tuple[str, ...], Settings]:
    """Read a gate as people write it.

    Args:
        text: Such as ``http:/health status<500``.

    Returns:
        Its kind, its target (for a command: program and arguments) and the settings.

    Raises:
        InvalidInput: Says which word is none.
    """
    words = split_words(text)
    place, kind, target = _kind_of(words, text)
    behind = words[place + 1 :]
    if kind == "command":
        argv = (*([target] if target else ()), *behind)
        return kind, argv, Settings(text, _settings(words[:place], text))

    given = _settings((*words[:place], *behind), text)
    return kind, (target,), Settings(text, given)


def split_words(text: str) -> tuple[str, ...]:
    """Split a text as a shell would.

    Raises:
        InvalidInput: A quotation has no end.
    """
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise InvalidInput(f"{text!r} has a quotation without an end.") from None


def _kind_of(words: tuple[str, ...], text: str) -> tuple[int, str, str]:
    for place, word in enumerate(words):
        found = _KIND.fullmatch(word)
        if found:
            target = word if found[1] == "https" else found[2]
            return place, found[1], target

    kinds = ", ".join(f"{kind}:" for kind in KINDS)
    raise InvalidInput(
        f"{text!r} is no gate: none of its words begins with {kinds}.",
        next_move=_EXAMPLE,
    )


def _settings(words: Iterable[str], text: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for word in words:
        found = _SETTING.fullmatch(word)
        if not found:
            raise InvalidInput(
                f"{word!r} in gate {text!r} is no setting.", next_move=_EXAMPLE
            )

        if found[1] in given:
            raise InvalidInput(f"Gate {text!r} sets {found[1]} twice.")

        given[found[1]] = found[2] + found[3]

    return given


def table_settings(gate: str, table: Mapping[str, Any]) -> Settings:
    """Take the settings of a gate from a table of a file.

    A value is what stands behind the name in words, where ``=`` may be left out:
    ``status = "<500"``, ``count = 5``. A list is one with commas, a table ``header``
    has one setting for each header.

    Args:
        gate: What the gate is called in errors.
        table: The table.

    Raises:
        InvalidInput: A value is of a kind that no setting has.
    """
    given: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            given |= {f"{name}:{k}": _signed(gate, name, v) for k, v in value.items()}
        else:
            given[name] = _signed(gate, name, value)

    return Settings(gate, given)


def _signed(gate: str, name: str, value: Any) -> str:
    text = _plain(gate, name, value)
    return text if text[:1] in {*_SIGNS} else f"={text}"


def _plain(gate: str, name: str, value: Any) -> str:
    if isinstance(value, list):
        return ",".join(_plain(gate, name, each) for each in value)

    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidInput(
            f"Gate {gate}: {name} cannot be {value!r}.",
            next_move="Give a text, a number or a list of them.",
        )

    return str(value)


def text_of(value: str) -> TextRule:
    """Read what a text must be: the whole behind ``=``, a part of it behind ``~``.

    Raises:
        InvalidInput: It is no text.
    """
    return TextRule(text=value[1:], is_whole=value.startswith("="))


def span_of(value: Duration | str) -> Duration:
    """Take a duration as users write it, milliseconds too.

    Raises:
        InvalidInput: It is none.
    """
    if isinstance(value, Duration):
        return value

    found = re.fullmatch(r"\s*(\d{1,9})ms\s*", value)
    return Duration(int(found[1]) / 1000) if found else Duration.parse(value)


def some_time(_: object, __: object, value: Duration) -> None:
    """Refuse no time at all; a validator.

    Raises:
        InvalidInput: It is zero.
    """
    if value.seconds <= 0:
        raise InvalidInput("A gate without any time cannot answer: give more.")


def variable(name: str) -> str:
    """Refuse what names no environment variable.

    Raises:
        InvalidInput: It names none.
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise InvalidInput(f"{name!r} names no environment variable.")

    return name


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def changed(value: Any, *names: str) -> tuple[str, ...]:
    """Write those settings of a value that are not as they are by default.

    Args:
        value: An attrs value.
        names: Its attributes, which are called so in words, too.
    """
    default = fields_dict(type(value))
    return tuple(
        f"{name}={getattr(value, name)}"
        for name in names
        if getattr(value, name) != default[name].default
    )
