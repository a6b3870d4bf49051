"""The pictures of a report, as SVG that needs no script and fits any width: pure.

Places on the time axis are percentages, so that a picture is as wide as its page while
its text keeps its size.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from esa_flows.cli.pages.markup import Markup, element, joined
from esa_flows.cli.pages.story import GateSeen, Lane, Phase, Span
from esa_flows.cli.text import counted, seconds_words

__all__ = ["axis", "calls_chart", "gate_chart", "lane_picture", "legend", "ticks"]

_SHORT = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30)
_LONG = (60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200)
_STEPS = (*_SHORT, *_LONG)
_DAY = 86_400
_MOST_TICKS = 5
_BAR, _THIN, _LANE = 14, 2, 120
"""Heights: of a row alone, of one of very many, of a whole lane at most."""

_CHART = 90
_BINS = 400


def ticks(seconds: float) -> tuple[float, ...]:
    """Give the times that an axis names: few, and round.

    Args:
        seconds: How long the axis is.
    """
    days = itertools.count(_DAY, _DAY)
    steps = itertools.chain(_STEPS, days)
    step = next(step for step in steps if seconds / step <= _MOST_TICKS)
    return tuple(step * n for n in range(int(seconds / step + 1e-9) + 1))


def axis(seconds: float) -> Markup:
    """Draw the time axis.

    Args:
        seconds: How long it is.
    """
    marks = [
        element("text", _tick_words(at), x=_x(at, seconds), y=13, text_anchor=_side(at))
        for at in ticks(seconds)
        if at <= 0.93 * seconds
    ]
    return _picture(18, marks, class_="axis", aria_hidden="true")


def lane_picture(lane: Lane, seconds: float) -> Markup:
    """Draw a lane's rows.

    Args:
        lane: The lane.
        seconds: How long the time axis is.
    """
    height = max(_THIN, min(_BAR, _LANE // max(1, len(lane.rows))))
    gap = 1 if height > _THIN else 0
    bars = [
        _bar(span, seconds, y=row * (height + gap), height=height)
        for row, spans in enumerate(lane.rows)
        for span in spans
    ]
    total = max(1, len(lane.rows)) * (height + gap)
    return _picture(total, [*_grid(seconds), *bars], role="img", aria_label=lane.label)


def legend(phases: Iterable[Phase]) -> Markup:
    """Name the colours that are used.

    Args:
        phases: What is drawn.
    """
    used = set(phases)
    return element(
        "p",
        [
            element("span", _chip(phase), f" {phase.value}", class_="key")
            for phase in Phase
            if phase in used
        ],
        class_="legend",
    )


def calls_chart(calls: Mapping[int, int], cap: int, seconds: float) -> Markup:
    """Draw calls per second, with the line they must not pass.

    Args:
        calls: Calls in each second that had any.
        cap: Calls allowed in any second.
        seconds: How long the time axis is.
    """
    peak = max(calls.values(), default=0)
    top = max(peak, cap) * 1.12
    line = f"{100 - 100 * cap / top:.2f}%"
    shape = element(
        "svg",
        element("polyline", points=_outline(calls, seconds, top), class_="calls"),
        viewBox="0 0 1000 100",
        preserveAspectRatio="none",
        width="100%",
        height=_CHART,
    )
    words = element("text", f"cap {cap}/s", x="100%", y=line, dy=-3, text_anchor="end")
    told = f"At most {counted(peak, 'call')} in one second, of {cap} allowed."
    parts = [
        *_grid(seconds),
        shape,
        element("line", x1="0", x2="100%", y1=line, y2=line, class_="cap"),
        words,
    ]
    return _picture(_CHART, parts, role="img", aria_label=told)


def gate_chart(readings: Sequence[GateSeen], seconds: float) -> Markup:
    """Draw what one gate said over time, against its limit where it has one.

    Args:
        readings: Of one gate, in order.
        seconds: How long the time axis is.
    """
    values = [reading.value for reading in readings if reading.value is not None]
    limits = {reading.limit for reading in readings if reading.limit is not None}
    top = 1.15 * max((*values, *limits, 1e-9))
    parts = [*_grid(seconds), *(_limit(limit, top) for limit in sorted(limits))]
    parts += [_dot(reading, seconds, top) for reading in readings]
    height = _CHART if values else 2 * _BAR
    told = f"{counted(len(readings), 'reading')} of {readings[0].gate}"
    return _picture(height, parts, role="img", aria_label=told, class_="gates")


# --- pieces -------------------------------------------------------------------------


def _picture(height: int, parts: Iterable[Markup], **attributes: str) -> Markup:
    return element("svg", parts, width="100%", height=height, **attributes)


def _x(at: float, seconds: float) -> str:
    return f"{100 * at / max(seconds, 1e-9):.3f}%"


def _side(at: float) -> str:
    return "middle" if at else "start"


def _tick_words(at: float) -> str:
    return (
        "0" if not at else seconds_words(at).replace(".0 s", " s").replace(" 00s", "")
    )


def _grid(seconds: float) -> Iterator[Markup]:
    for at in ticks(seconds):
        x = _x(at, seconds)
        yield element("line", x1=x, x2=x, y1="0", y2="100%", class_="grid")


def _bar(span: Span, seconds: float, *, y: int, height: int) -> Markup:
    took = span.end - span.begin
    failed = ", failed" if span.has_failed else ""
    told = f"{span.label}: {seconds_words(took)}{failed}"
    bar = element(
        "rect",
        x=_x(span.begin, seconds),
        width=_x(took, seconds),
        y=y,
        height=height,
        class_=f"{_slug(span.phase)}{' bad' if span.has_failed else ''}",
    )
    return element("g", element("title", told), bar)


def _slug(phase: Phase) -> str:
    return f"p-{phase.name.lower()}"


def _chip(phase: Phase) -> Markup:
    bar = element("rect", width="12", height="12", class_=_slug(phase))
    return element("svg", bar, width=12, height=12, aria_hidden="true")


def _outline(calls: Mapping[int, int], seconds: float, top: float) -> str:
    """Give the outline of the area, a step for each stretch of time."""
    length = max(1, int(seconds) + 1)
    width = max(1, -(-length // _BINS))
    bins = [0] * -(-length // width)
    for second, count in calls.items():
        place = min(second // width, len(bins) - 1)
        bins[place] = max(bins[place], count)

    scale = 1000 * width / max(seconds, width)
    points = ["0,100"]
    for place, count in enumerate(bins):
        y = f"{100 - 100 * count / top:.2f}"
        left, right = place * scale, min(1000.0, (place + 1) * scale)
        points += [f"{left:.2f},{y}", f"{right:.2f},{y}"]

    return " ".join([*points, "1000,100"])


def _limit(limit: float, top: float) -> Markup:
    y = f"{100 - 100 * limit / top:.2f}%"
    line = element("line", x1="0", x2="100%", y1=y, y2=y, class_="cap")
    words = element("text", f"limit {limit:g}", x="100%", y=y, dy=-3, text_anchor="end")
    return joined((line, words))


def _dot(reading: GateSeen, seconds: float, top: float) -> Markup:
    share = 0.5 if reading.value is None else 1 - reading.value / top
    dot = element(
        "circle",
        cx=_x(reading.at, seconds),
        cy=f"{100 * share:.2f}%",
        r=4,
        class_=f"v-{reading.verdict}" if reading.verdict.isalpha() else "",
    )
    told = f"{reading.routine}: {reading.verdict}: {reading.reason}"
    return element("g", element("title", told), dot)
