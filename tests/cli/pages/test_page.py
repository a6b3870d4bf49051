"""A report as a page."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from tests.cli.pages.stories import EVIL, Page, failed, full, gate, routine, story, wave

from esa_flows.cli.pages.page import page
from esa_flows.cli.pages.story import Lane, Phase, Span, Verdict
from esa_flows.cli.pages.style import Look

LOOK = Look.load()


def _read(**changes: Any) -> Page:
    return Page.of(page(story(**changes), LOOK))


def test_a_page_says_first_how_it_went_and_whether_one_can_go_back() -> None:
    """Then what now, and what it took."""
    text = Page.of(page(full(), LOOK)).text

    assert text.startswith(
        "release shop: good release shop Released. One did not answer. Next: Mend it."
        " Safe to roll back: yes. run 7k2f7k2f7k2f · 2026-03-01 12:00:00 UTC · 10.0 s ·"
        " 97 calls What is known cloud ESA note A note."
    )
    assert "Waves" in text
    assert "observe 90 · deploy 7" in text
    assert "12:00:00 begun … 3 more, in the journal" in text


def test_what_there_is_nothing_of_is_not_there() -> None:
    """A run that did nothing has a short page."""
    read = _read()

    assert "h2" not in read.elements
    assert "table" not in read.elements
    assert read.text.endswith("State of the run: succeeded.")


def test_a_timeline_without_calls() -> None:
    """Of a flow that asks the provider for nothing."""
    read = _read(lanes=full().lanes)

    assert "Where the time went" in read.texts
    assert "calls a second" not in read.texts


def test_of_gates_what_is_not_good_is_said() -> None:
    """Where all is good, the last reading."""
    bad = _read(readings=(gate(), gate("error", reason="No answer.")))
    good = _read(readings=(gate(reason="First."), gate(reason="Last.")))

    assert "shop: ask: error: No answer." in bad.text
    assert "It answered 200" not in bad.texts[-1]
    assert "Last." in good.text
    assert "shop: ask: pass: First." not in good.texts


def test_a_routine_without_a_wave_has_no_column_for_it() -> None:
    """A single release is not told in waves."""
    one = _read(routines=(routine(seconds=2.0, calls=9),))
    many = _read(routines=(routine(), failed(wave=2)), waves=(wave(),))

    assert "wave" not in one.texts
    assert "wave" in many.texts
    assert {"2.0 s", "9"} <= set(one.texts)


def test_long_ids_are_short_in_the_table_and_whole_behind_it() -> None:
    """People tell versions by their last digits."""
    change = "1772366400000000001 100 % → 1772366400000000002 100 %"
    written = page(story(routines=(routine(change=change),)), LOOK)

    assert "…000001 100 % → …000002 100 %" in Page.of(written).texts
    assert f'title="{change}"' in written


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_its_tone(verdict: Verdict) -> None:
    """The band is coloured by it."""
    assert f'class="band {verdict.value}"' in page(story(verdict=verdict), LOOK)


def test_nothing_from_elsewhere_becomes_an_element() -> None:
    """Names and reasons with markup, quotes or escape sequences stay text."""
    plain = Page.of(page(full(), LOOK))
    span = Span(phase=Phase.UPLOAD, begin=0.0, end=1.0, label=EVIL, has_failed=True)
    evil = full(
        **dict.fromkeys(("title", "headline", "reason", "next_move", "back"), EVIL),
        **dict.fromkeys(("run", "state"), EVIL),
        facts=((EVIL, EVIL),),
        lanes=(Lane(label=EVIL, note=EVIL, rows=((span,),)),),
        verbs={EVIL: 97},
        readings=(gate(gate=EVIL), gate(EVIL, routine=EVIL, reason=EVIL, gate=EVIL)),
        routines=(
            failed(EVIL, outcome=EVIL, change=EVIL, steps=EVIL, note=EVIL, run=EVIL),
        ),
        waves=(wave(label=EVIL, ends=EVIL, note=EVIL),),
        notes=(EVIL,),
        lines=(EVIL,),
    )

    written = page(evil, LOOK)
    read = Page.of(written)

    assert 1 == read.elements.count("script")
    assert set(read.elements) <= set(plain.elements)
    assert read.attributes <= plain.attributes | {"data-name"}
    assert "\x1b" not in written
    assert "\u202e" not in written


def test_no_other_script_would_run() -> None:
    """The policy names our script by its digest, and nothing may be fetched."""
    digest = base64.b64encode(hashlib.sha256(LOOK.script.encode()).digest()).decode()
    written = page(story(), LOOK)

    assert f"script-src &#x27;sha256-{digest}&#x27;" in written
    assert "default-src &#x27;none&#x27;" in written
    assert f"<script>{LOOK.script}</script>" in written
