"""What was found out, and which settings of the local cloud it stands for; pure."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from attrs import field, frozen

from esa_flows.errors import EsaFlowsError

__all__ = [
    "Finding",
    "Open",
    "Seen",
    "Setting",
    "Verdict",
    "late_words",
    "settings_of",
    "toml_of",
]

Setting = bool | int | float | str | tuple[str, ...]
"""A switch's value as TOML can say it."""


class Open(EsaFlowsError):
    """A question could not be answered; the survey goes on without it."""


class Verdict(enum.StrEnum):
    """What became of a question."""

    MEASURED = "measured"
    OPEN = "open"


def _kept(settings: Mapping[str, Setting]) -> Mapping[str, Setting]:
    return MappingProxyType(dict(settings))


@frozen(kw_only=True)
class Seen:
    """What one question brought to light.

    Attributes:
        answer: What the account does, in words.
        settings: Switches that make the local cloud do the same; empty where it has
            none for this.
    """

    answer: str
    settings: Mapping[str, Setting] = field(factory=dict, converter=_kept)


@frozen(kw_only=True)
class Finding:
    """What became of one question.

    Attributes:
        question: Its name.
        verdict: Whether there is an answer.
        answer: The answer, or why there is none.
        settings: As in `Seen`.
    """

    question: str
    verdict: Verdict
    answer: str
    settings: Mapping[str, Setting] = field(factory=dict, converter=_kept)


def late_words(seconds: float) -> str:
    """Say how late something came: `at once`, `after 1.5 s`."""
    return f"after {seconds:g} s" if seconds else "at once"


def settings_of(
    findings: Iterable[Finding],
) -> tuple[Mapping[str, Setting], tuple[str, ...]]:
    """Give the settings that findings agree on, and the names of those they do not.

    Where one switch stands for two things of which the account does each in its own
    way, no position of it is right: it is left out.

    Args:
        findings: In the order of asking.
    """
    said: dict[str, list[Setting]] = {}
    for finding in findings:
        for name, value in finding.settings.items():
            said.setdefault(name, []).append(value)

    disputed = {name for name, values in said.items() if len(set(values)) > 1}
    agreed = {name: values[0] for name, values in said.items() if name not in disputed}
    return MappingProxyType(agreed), tuple(sorted(disputed))


def toml_of(settings: Mapping[str, Setting], heading: Iterable[str] = ()) -> str:
    """Write settings as the local cloud's switch file.

    Args:
        settings: By switch.
        heading: Lines for people, put first as comments.
    """
    lines = [f"# {line}".rstrip() for line in heading]
    lines += ["[switches]"]
    lines += [f"{name} = {_toml(value)}" for name, value in sorted(settings.items())]
    return "\n".join(lines) + "\n"


def _toml(value: Setting) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"

    # JSON writes numbers, truth and text as TOML does, but for one control character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
