"""A report as JUnit XML, which CI systems show as tests: pure.

Each routine is a case, each wave a suite; of a single release each gate is a case, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from esa_flows.cli.pages.story import CaseEnd, GateSeen, RoutineLine, Story
from esa_flows.cli.text import clean

__all__ = ["junit"]


def junit(story: Story) -> bytes:
    """Write a report as JUnit XML.

    Args:
        story: What it tells.
    """
    root = Element("testsuites", name=clean(story.title), time=_time(story.seconds))
    for wave in dict.fromkeys(line.wave for line in story.routines):
        name = f"{story.title}, wave {wave}" if wave else story.title
        its = [line for line in story.routines if line.wave == wave]
        _suite(root, story, name, [_case(line) for line in its])

    if story.readings and not story.waves:
        gates = [_gate(reading) for reading in story.readings]
        _suite(root, story, f"{story.title}, gates", gates)

    if not len(root):
        _suite(root, story, story.title, [_whole(story)])

    indent(root)
    found: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return found + b"\n"


def _suite(root: Element, story: Story, name: str, cases: Iterable[Element]) -> None:
    its = list(cases)
    suite = SubElement(root, "testsuite", name=clean(name), tests=str(len(its)))
    for told, attribute in (("failure", "failures"), ("skipped", "skipped")):
        number = sum(case.find(told) is not None for case in its)
        suite.set(attribute, str(number))

    suite.set("time", _time(sum(float(case.get("time", "0")) for case in its)))
    suite.set("timestamp", story.began.strftime("%Y-%m-%dT%H:%M:%S"))
    suite.extend(its)


def _case(line: RoutineLine) -> Element:
    case = _element(line.name, "esa-flows.routine", line.seconds or 0.0)
    if line.case is not CaseEnd.PASSED:
        tag = "failure" if line.case is CaseEnd.FAILED else "skipped"
        told = SubElement(case, tag, message=clean(f"{line.outcome}: {line.note}"))
        told.text = clean(line.change)

    return case


def _gate(reading: GateSeen) -> Element:
    case = _element(reading.gate, "esa-flows.gate", 0.0)
    if reading.verdict != "pass":
        told = f"{reading.verdict}: {reading.reason}"
        tag = "failure" if reading.verdict == "fail" else "skipped"
        SubElement(case, tag, message=clean(told))

    return case


def _whole(story: Story) -> Element:
    """Give the run as one case: it has not ended, or knows no routine."""
    case = _element(story.title, "esa-flows.run", story.seconds)
    if story.verdict.value in {"bad", "warn"}:
        SubElement(case, "failure", message=clean(f"{story.headline}: {story.reason}"))
    elif story.verdict.value == "open":
        SubElement(case, "skipped", message=clean(story.headline))

    return case


def _element(name: str, kind: str, seconds: float) -> Element:
    return Element("testcase", name=clean(name), classname=kind, time=_time(seconds))


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"
