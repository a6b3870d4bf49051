"""A report as Markdown."""

from __future__ import annotations

import re

import pytest
from tests.cli.pages.stories import EVIL, failed, full, gate, routine, story

from esa_flows.cli.pages.markdown import markdown
from esa_flows.cli.pages.story import Verdict


def test_a_summary_of_everything() -> None:
    """How it went, waves, routines with the bad ones first, gates that are not good."""
    told = markdown(full())

    assert told == (
        "## ✅ release shop\n\n"
        "**Released.**\n\n"
        "One did not answer.\n\n"
        "Next: Mend it.\n\n"
        "Safe to roll back: yes.\n\n"
        "| wave | routines | how they fared | 95 % within | calls | took |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| 1 | 2 | 1 released, 1 rolled back | 3.0 s | 22 | 1m 00s |\n\n"
        "| routine | outcome | served → serves | shares | time | note |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| cart | rolled back |  |  | 2.0 s | It answered 500. |\n"
        "| shop | released |  |  |  |  |\n\n"
        "- shop: ask: **fail**: It answered 200.\n\n"
        "- A note.\n\n"
        "<sub>run 7k2f7k2f7k2f · 2026-03-01 12:00:00 UTC · 10.0 s · 97 calls,"
        " at most 90 in one second</sub>\n"
    )


@pytest.mark.parametrize("verdict", Verdict)
def test_what_there_is_nothing_of_is_not_there(verdict: Verdict) -> None:
    """A run that did nothing has a short summary."""
    assert 3 == len(markdown(story(verdict=verdict)).split("\n\n"))


def test_of_a_large_fleet_those_that_did_not_go_well_are_listed() -> None:
    """And how many there are beside."""
    many = [routine(f"r{n}") for n in range(60)]
    told = markdown(story(routines=(*many, failed())))
    good = markdown(story(routines=tuple(many)))

    assert "| cart |" in told
    assert "… and 60 routines more" in told
    assert "| r59" not in told
    assert "\n\n… and 60 routines more\n\n" in good
    assert "| ---" not in good


def test_nothing_from_elsewhere_becomes_markup() -> None:
    """No table cell ends early, no element begins, nobody is mentioned."""
    told = markdown(
        story(
            title=EVIL,
            headline=EVIL,
            routines=(failed(EVIL, note="@ann [a](b) a | b\n# x"),),
            readings=(gate("fail", reason=EVIL),),
        )
    )

    assert 1 == len(re.findall(r"(?<!\\)<", told.replace("</sub>", "")))
    assert r"\@ann \[a\](b) a \| b \# x" in told
