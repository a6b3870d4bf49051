"""Findings, and the file of switches made of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.localcloud.switchfile import switches_from_toml
from esa_flows.survey.finding import (
    Finding,
    Setting,
    Verdict,
    late_words,
    settings_of,
    toml_of,
)


def _finding(**settings: Setting) -> Finding:
    return Finding(
        question="q", verdict=Verdict.MEASURED, answer="a", settings=settings
    )


def test_settings_of_all_findings() -> None:
    """Those that agree are told once."""
    found = settings_of([_finding(cap=5), _finding(cap=5, bad_page="clamp")])

    assert ({"cap": 5, "bad_page": "clamp"}, ()) == found


def test_a_switch_that_stands_for_two_things() -> None:
    """Where the account does each in its own way, no position is right."""
    found = settings_of([_finding(cap=5, bad_page="clamp"), _finding(cap=6)])

    assert ({"bad_page": "clamp"}, ("cap",)) == found


def test_a_file() -> None:
    """Comments for people, then one line for each switch, sorted."""
    text = toml_of({"list_lag": 1.5, "cap_scope": ("account",)}, ["Measured.", ""])

    assert (
        '# Measured.\n#\n[switches]\ncap_scope = ["account"]\nlist_lag = 1.5\n' == text
    )


@given(text=st.text(st.characters(codec="utf-8")))
def test_any_text_is_written_so_that_it_is_read_again(text: str) -> None:
    """Control characters and quotation marks included."""
    loaded = switches_from_toml(toml_of({"callback_body": text}))

    assert text == loaded.callback_body


@pytest.mark.parametrize(("seconds", "words"), [(0.0, "at once"), (1.5, "after 1.5 s")])
def test_lateness_in_words(seconds: float, words: str) -> None:
    """Nothing is late by zero seconds."""
    assert words == late_words(seconds)
