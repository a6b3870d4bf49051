"""Text as it may be shown: nothing from elsewhere steers a terminal or a log; pure."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from esa_flows.model import Deployment

__all__ = [
    "abbreviated",
    "brief",
    "calls_words",
    "clean",
    "counted",
    "labelled",
    "moment_words",
    "one_line",
    "seconds_words",
    "served_words",
    "unmarked",
]

_LABEL = 12
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_STEERING = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
"""Format characters that scripts and emoji need, and that move nothing."""


def clean(text: object) -> str:
    """Give a text without characters that steer a terminal; line ends stay.

    Escape sequences, carriage returns and writing-direction overrides become a visible
    replacement character.

    Args:
        text: What the provider, the user or an error says.
    """
    return "".join(_shown(char) for char in str(text).replace("\r\n", "\n"))


def _shown(char: str) -> str:
    if char == "\n" or char in _JOINERS:
        return char

    if char == "\t":
        return " "

    return "\N{REPLACEMENT CHARACTER}" if _steers(char) else char


def _steers(char: str) -> bool:
    return unicodedata.category(char) in _STEERING


def one_line(text: object) -> str:
    """Give a clean text in one line."""
    return " ".join(clean(text).split())


def unmarked(line: str) -> str:
    """Give a line that GitHub's runner does not take for a command.

    Source: GitHub Actions, Workflow commands; a runner also heeds `##[` anywhere.
    """
    safe = line.replace("##[", "# #[")
    return f"> {safe}" if safe.lstrip().startswith("::") else safe


def brief(why: str) -> str:
    """Give what an error says happened, without its facts and the next move.

    Args:
        why: An error of this library as text.
    """
    return one_line(why.partition(" (operation ")[0])


def counted(number: int, what: str) -> str:
    """Say how many: `1 call`, `2,802 calls`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def calls_words(calls: int, uploads: int) -> str:
    """Say how many calls were made: `17 calls and 1 upload`.

    Args:
        calls: Those that count under the cap.
        uploads: Those that go to the storage service, which do not.
    """
    told = counted(calls, "call")
    return f"{told} and {counted(uploads, 'upload')}" if uploads else told


def seconds_words(seconds: float) -> str:
    """Say a length of time as people read it: `0.8 s`, `5m 02s`, `1h 05m`."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"

    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE}m {whole % _MINUTE:02}s"

    if whole < _DAY:
        return f"{whole // _HOUR}h {whole % _HOUR // _MINUTE:02}m"

    return f"{whole // _DAY}d {whole % _DAY // _HOUR:02}h"


def moment_words(at: dt.datetime | None) -> str:
    """Say a time of day in UTC, to the second; a dash where there is none."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}" if at else "-"


def served_words(deployment: Deployment | Mapping[str, Any] | None) -> str:
    """Say what serves an environment, the newest version first.

    Args:
        deployment: As a value, or as the journal holds it.
    """
    if deployment is None:
        return "nothing"

    ordered = sorted(_shares(deployment), key=lambda share: -int(share[0]))
    return " + ".join(f"{version} {percentage} %" for version, percentage in ordered)


def _shares(deployment: Deployment | Mapping[str, Any]) -> Iterable[tuple[str, int]]:
    if isinstance(deployment, Deployment):
        return [(share.version, share.percentage) for share in deployment.split.shares]

    held = deployment["split"]["shares"]
    return [(share["version"], share["percentage"]) for share in held]


def abbreviated(text: str) -> str:
    """Give a text with long numbers cut to their last digits, in which ids differ."""
    return re.sub(r"\b\d{6,}(\d{6})\b", r"…\1", text)


def label_width(line: str) -> int:
    """Give the columns before the text of a line that `labelled` made; 0 for others.

    Args:
        line: Any line.
    """
    label, text = line[2 : 2 + _LABEL], line[2 + _LABEL :]
    is_made = line[:2] == "  " and label[:1].strip() and label.endswith(" ")
    return 2 + _LABEL if is_made and text[:1].strip() else 0


def labelled(label: str, text: str) -> str:
    """Give a line of a description: what it is about, then what there is to say."""
    return f"  {label:<{_LABEL}}{text}"
