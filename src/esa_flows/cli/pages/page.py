"""A report as one file of HTML that asks nobody for anything: pure.

It is read without scripts; the one script sorts the table. A policy in the page keeps
out any other, should a text from elsewhere ever get past the escaping.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterable, Sequence

from esa_flows.cli.pages.chart import (
    axis,
    calls_chart,
    gate_chart,
    lane_picture,
    legend,
)
from esa_flows.cli.pages.markup import Markup, element, joined, trusted
from esa_flows.cli.pages.story import GateSeen, RoutineLine, Story, WaveLine
from esa_flows.cli.pages.style import Look
from esa_flows.cli.text import (
    abbreviated,
    calls_words,
    counted,
    moment_words,
    seconds_words,
)

__all__ = ["page"]


def page(story: Story, look: Look) -> str:
    """Write a report as HTML.

    Args:
        story: What it tells.
        look: Style sheet and script.
    """
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element(
            "meta", http_equiv="Content-Security-Policy", content=_policy(look.script)
        ),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{story.title}: {story.verdict.value}"),
        element("style", trusted(look.style)),
    )
    body = element(
        "body",
        element("main", _band(story), _known(story), _timeline(story), _gates(story)),
        _waves(story.waves),
        _routines(story.routines),
        _calls(story),
        _lines(story),
        _foot(story),
        element("script", trusted(look.script)),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; style-src 'unsafe-inline';"
        f" script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def _band(story: Story) -> Markup:
    """Give the verdict, and whether one can go back."""
    when = f"run {story.run} · {moment_words(story.began)} UTC"
    told = [
        element("h1", story.title),
        element("p", story.headline, class_="headline"),
    ]
    told += [element("p", story.reason)] * bool(story.reason)
    told += [element("p", f"Next: {story.next_move}")] * bool(story.next_move)
    told += [element("p", story.back)] * bool(story.back)
    calls = calls_words(story.total, story.uploads)
    took = f"{when} · {seconds_words(story.seconds)} · {calls}"
    told.append(element("p", took, class_="soft"))
    return element("section", told, class_=f"band {story.verdict.value}")


def _known(story: Story) -> Markup:
    facts = [(element("dt", name), element("dd", fact)) for name, fact in story.facts]
    notes = [(element("dt", "note"), element("dd", note)) for note in story.notes]
    if not facts and not notes:
        return joined(())

    return element(
        "section", element("h2", "What is known"), element("dl", facts, notes)
    )


def _timeline(story: Story) -> Markup:
    if not story.lanes:
        return joined(())

    length = max(story.seconds, 1e-3)
    lanes = [
        _lane(lane.label, lane.note, lane_picture(lane, length)) for lane in story.lanes
    ]
    if story.calls:
        note = f"at most {story.peak} of {story.cap}"
        chart = calls_chart(story.calls, story.cap, length)
        lanes.append(_lane("calls a second", note, chart))

    phases = [span.phase for lane in story.lanes for row in lane.rows for span in row]
    return element(
        "section",
        element("h2", "Where the time went"),
        legend(phases),
        lanes,
        _lane("", "", axis(length)),
        class_="timeline",
    )


def _lane(label: str, note: str, picture: Markup) -> Markup:
    name = element("span", label), element("span", note, class_="soft")
    return element(
        "div",
        element("div", name, class_="name"),
        element("div", picture),
        class_="lane",
    )


def _gates(story: Story) -> Markup:
    if not story.readings:
        return joined(())

    length = max(story.seconds, 1e-3)
    gates = dict.fromkeys(reading.gate for reading in story.readings)
    charts = [
        _lane(gate, counted(len(its), "reading"), gate_chart(its, length))
        for gate in gates
        if (its := [reading for reading in story.readings if reading.gate == gate])
    ]
    worst = [reading for reading in story.readings if reading.verdict != "pass"]
    shown = worst or story.readings[-1:]
    return element(
        "section",
        element("h2", "What the gates said"),
        charts,
        element("ul", [_said(reading) for reading in shown[:20]]),
    )


def _said(reading: GateSeen) -> Markup:
    return element(
        "li", f"{reading.routine}: {reading.gate}: {reading.verdict}: {reading.reason}"
    )


def _waves(waves: Sequence[WaveLine]) -> Markup:
    if not waves:
        return joined(())

    head = element("tr", _heads(_WAVE_COLUMNS, {"wave", "how they fared", "note"}))
    rows = [
        element(
            "tr",
            element("td", wave.label),
            element("td", str(wave.routines), class_="number"),
            element("td", wave.ends, class_="wide"),
            element("td", seconds_words(wave.half), class_="number"),
            element("td", seconds_words(wave.most), class_="number"),
            element("td", f"{wave.calls:,}", class_="number"),
            element("td", seconds_words(wave.seconds), class_="number"),
            element("td", wave.note),
        )
        for wave in waves
    ]
    table = element("table", element("thead", head), element("tbody", rows))
    return element(
        "section", element("h2", "Waves"), element("div", table, class_="scroll")
    )


_WAVE_COLUMNS = (
    "wave",
    "routines",
    "how they fared",
    "half within",
    "95 % within",
    "calls",
    "took",
    "note",
)
_COLUMNS = ("routine", "outcome", "served → serves", "shares", "calls", "time", "note")


def _routines(routines: Sequence[RoutineLine]) -> Markup:
    if not routines:
        return joined(())

    has_waves = any(line.wave for line in routines)
    names = ("wave", *_COLUMNS) if has_waves else _COLUMNS
    head = _heads(names, {*names} - {"wave", "calls", "time"})
    rows = [_routine(line, has_waves=has_waves) for line in routines]
    table = element(
        "table",
        element("thead", element("tr", head)),
        element("tbody", rows),
        class_="sortable routines",
    )
    return element("section", element("h2", "Routines"), element("div", table))


def _heads(names: Iterable[str], words: Collection[str]) -> list[Markup]:
    """Give a table's headings; numbers stand at the right.

    Args:
        names: The headings.
        words: Those of them above words.
    """
    return [
        element("th", name, class_=None if name in words else "number")
        for name in names
    ]


def _routine(line: RoutineLine, *, has_waves: bool) -> Markup:
    wave = element("td", str(line.wave or ""), class_="number", data_name="wave")
    took = "" if line.seconds is None else seconds_words(line.seconds)
    calls = str(line.calls) if line.calls else ""
    return element(
        "tr",
        [wave] * has_waves,
        element("td", element("strong", line.name)),
        element("td", line.outcome, class_=f"outcome {line.verdict.value}"),
        element("td", abbreviated(line.change), class_="mono", title=line.change),
        element("td", line.steps, data_name="shares" if line.steps else None),
        element("td", calls, class_="number", data_name="calls" if calls else None),
        element(
            "td",
            took,
            class_="number",
            data_key=f"{line.seconds or 0:.3f}",
            data_name="time" if took else None,
        ),
        element("td", line.note, class_="wide"),
    )


def _calls(story: Story) -> Markup:
    if not story.verbs:
        return joined(())

    told = " · ".join(f"{verb} {count}" for verb, count in story.verbs.items())
    peak = (
        f"At most {story.peak} calls in one second as the journal tells, of {story.cap}"
        " allowed; uploads count under no cap. Those of a process that died before it"
        " could record them are not known."
    )
    return element(
        "section",
        element("h2", calls_words(story.total, story.uploads)),
        element("p", told),
        element("p", peak, class_="soft"),
    )


def _lines(story: Story) -> Markup:
    if not story.lines:
        return joined(())

    more = f"\n… {story.left_out} more, in the journal" * bool(story.left_out)
    return element(
        "details",
        element("summary", f"What happened, in {counted(len(story.lines), 'line')}"),
        element("pre", "\n".join(story.lines) + more),
    )


def _foot(story: Story) -> Markup:
    return element(
        "footer",
        f"Written by esa-flows from the journal. State of the run: {story.state}.",
    )
