"""A report as JUnit XML."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from tests.cli.pages.stories import EVIL, failed, gate, routine, story, wave

from esa_flows.cli.pages.junit import junit
from esa_flows.cli.pages.story import CaseEnd, Story, Verdict


def _root(told: Story) -> ET.Element:
    return ET.fromstring(junit(told))


def test_a_single_release_has_a_case_and_its_gates() -> None:
    """A gate that failed is a failure, one without evidence is skipped."""
    readings = (gate(), gate("fail"), gate("error"))
    root = _root(story(routines=(routine(seconds=2.5),), readings=readings))

    one, gates = root
    assert ("release shop", "10.000") == (root.get("name"), root.get("time"))
    assert {
        "name": "release shop",
        "tests": "1",
        "failures": "0",
        "skipped": "0",
        "time": "2.500",
        "timestamp": "2026-03-01T12:00:00",
    } == one.attrib
    assert ("3", "1", "1") == tuple(
        gates.get(name) for name in ("tests", "failures", "skipped")
    )


def test_a_rollout_has_a_suite_for_each_wave() -> None:
    """Failed and skipped routines say why."""
    routines = (
        routine(wave=1),
        failed(wave=2, change="1 → 1"),
        routine("late", wave=2, outcome="skipped", case=CaseEnd.SKIPPED),
    )
    root = _root(story(routines=routines, waves=(wave(),), readings=(gate(),)))

    first, second = root
    assert ["release shop, wave 1", "release shop, wave 2"] == [
        first.get("name"),
        second.get("name"),
    ]
    failure = second.find("testcase/failure")
    assert failure is not None
    assert ("rolled back: It answered 500.", "1 → 1") == (
        failure.get("message"),
        failure.text,
    )
    assert second.find("testcase[@name='late']/skipped") is not None


@pytest.mark.parametrize(
    ("verdict", "tag"),
    [
        (Verdict.GOOD, None),
        (Verdict.BAD, "failure"),
        (Verdict.WARN, "failure"),
        (Verdict.OPEN, "skipped"),
    ],
)
def test_a_run_that_knows_no_routine_is_a_case_itself(
    verdict: Verdict, tag: str | None
) -> None:
    """Such as one that has not ended."""
    case = _root(story(verdict=verdict)).find("testsuite/testcase")

    assert case is not None
    assert ([tag] if tag else []) == [child.tag for child in case]


def test_any_text_is_sound_xml() -> None:
    """Control characters and markup are no harm."""
    root = _root(story(title=EVIL, routines=(failed(EVIL, note=EVIL),)))

    name = root.find("testsuite/testcase")
    assert name is not None
    assert "<script>" in name.get("name", "")
