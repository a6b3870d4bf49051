"""Stories made to order, and a page read as a browser would."""

from __future__ import annotations

import datetime as dt
from html.parser import HTMLParser
from typing import Any

from attrs import define, field

from esa_flows.cli.pages.story import (
    CaseEnd,
    GateSeen,
    Lane,
    Phase,
    RoutineLine,
    Span,
    Story,
    Verdict,
    WaveLine,
)

AT = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
EVIL = '<script>alert(\'x\')</script>" onload="alert(1)" \x1b[31m\u202e&amp; | `x`'
"""What a name, a reason or a note could be, at its worst."""


def span(phase: Phase, begin: float, end: float, label: str = "") -> Span:
    """Make a stretch of time."""
    return Span(phase=phase, begin=begin, end=end, label=label or phase.value)


def gate(verdict: str = "pass", **changes: Any) -> GateSeen:
    """Make an answer of a gate."""
    plain: dict[str, Any] = {
        "at": 4.0,
        "gate": "ask",
        "routine": "shop",
        "reason": "It answered 200.",
    }
    return GateSeen(verdict=verdict, **plain | changes)


def routine(name: str = "shop", **changes: Any) -> RoutineLine:
    """Make a routine that fared well."""
    plain: dict[str, Any] = {"outcome": "released", "verdict": Verdict.GOOD}
    return RoutineLine(name=name, **plain | changes)


def failed(name: str = "cart", **changes: Any) -> RoutineLine:
    """Make a routine that did not."""
    plain: dict[str, Any] = {
        "outcome": "rolled back",
        "verdict": Verdict.WARN,
        "case": CaseEnd.FAILED,
        "note": "It answered 500.",
        "seconds": 2.0,
    }
    return routine(name, **plain | changes)


def wave(**changes: Any) -> WaveLine:
    """Make a wave."""
    plain: dict[str, Any] = {
        "label": "1",
        "routines": 2,
        "ends": "1 released, 1 rolled back",
        "half": 2.0,
        "most": 3.0,
        "calls": 22,
        "seconds": 60.0,
    }
    return WaveLine(**plain | changes)


def story(**changes: Any) -> Story:
    """Make the story of a release that went well."""
    plain: dict[str, Any] = {
        "run": "7k2f7k2f7k2f",
        "title": "release shop",
        "headline": "Released.",
        "verdict": Verdict.GOOD,
        "state": "succeeded",
        "began": AT,
        "seconds": 10.0,
    }
    return Story(**plain | changes)


def full(**changes: Any) -> Story:
    """Make a story that says something of everything."""
    plain: dict[str, Any] = {
        "reason": "One did not answer.",
        "next_move": "Mend it.",
        "back": "Safe to roll back: yes.",
        "facts": (("cloud", "ESA"),),
        "lanes": (Lane(label="upload", rows=((span(Phase.UPLOAD, 0.0, 2.0),),)),),
        "calls": {0: 7, 4: 90},
        "verbs": {"observe": 90, "deploy": 7},
        "readings": (gate(), gate("fail", value=0.5, limit=0.2)),
        "routines": (routine(), failed(wave=1)),
        "waves": (wave(),),
        "notes": ("A note.",),
        "lines": ("12:00:00  begun",),
        "left_out": 3,
    }
    return story(**plain | changes)


@define
class Page(HTMLParser):
    """Elements and texts of a page.

    Attributes:
        elements: Names of the elements, in order.
        attributes: Names of all attributes that there are.
        texts: All text that is shown.
    """

    elements: list[str] = field(factory=list)
    attributes: set[str] = field(factory=set)
    texts: list[str] = field(factory=list)

    def __attrs_pre_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if self.elements[-1:] not in (["script"], ["style"]):
            self.texts.append(data)

    @classmethod
    def of(cls, text: str) -> Page:
        """Read a page."""
        page = cls()
        page.feed(text)
        return page

    @property
    def text(self) -> str:
        """All that is shown, in one line."""
        return " ".join(" ".join(self.texts).split())
