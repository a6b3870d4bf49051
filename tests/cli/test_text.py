"""Text that steers nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.reports import AT, NEW, OLD, canary, whole

from esa_flows.cli.text import (
    abbreviated,
    brief,
    clean,
    counted,
    label_width,
    labelled,
    moment_words,
    one_line,
    seconds_words,
    served_words,
    unmarked,
)
from esa_flows.engine.codec import encode

BAD = "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain 版本 ünïcode", "plain 版本 ünïcode"),
        ("a\x1b[31mred\x1b[0m", f"a{BAD}[31mred{BAD}[0m"),
        ("over\rwritten", f"over{BAD}written"),
        ("a\r\nb\tc", "a\nb c"),
        ("right\u202eleft", f"right{BAD}left"),
        ("bell\x07 \x9b2J", f"bell{BAD} {BAD}2J"),
        ("half \ud800", f"half {BAD}"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("line\u2028line", f"line{BAD}line"),
        ("[red]markup[/red]", "[red]markup[/red]"),
    ],
)
def test_nothing_steers_a_terminal(text: str, shown: str) -> None:
    """Escapes, overrides and carriage returns become visible, letters stay."""
    assert shown == clean(text)


@given(st.text())
def test_a_clean_text_stays_clean(text: str) -> None:
    """Cleaning twice changes nothing more, and leaves no escape."""
    once = clean(text)

    assert once == clean(once)
    assert not {"\x1b", "\r", "\x9b"} & set(once)


def test_one_line_has_no_line_ends() -> None:
    """A text of several lines becomes one."""
    assert "a b c" == one_line(" a\n b \n\n c\n")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("plain", "plain"),
        ("::set-output name=a::b", "> ::set-output name=a::b"),
        ("   ::error::x", ">    ::error::x"),
        ("a ##[add-mask]b", "a # #[add-mask]b"),
        ("a ::b", "a ::b"),
    ],
)
def test_a_runner_takes_no_text_for_a_command(line: str, shown: str) -> None:
    """Text from elsewhere gives GitHub's runner no orders."""
    assert shown == unmarked(line)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0 s"),
        (0.84, "0.8 s"),
        (60, "1m 00s"),
        (302, "5m 02s"),
        (3_900, "1h 05m"),
        (90_000, "1d 01h"),
    ],
)
def test_a_length_of_time(seconds: float, words: str) -> None:
    """Times are said as people read them."""
    assert words == seconds_words(seconds)


def test_a_time_of_day() -> None:
    """Times of day are in UTC, whatever zone they come in."""
    there = AT.astimezone(dt.timezone(dt.timedelta(hours=8)))

    assert "2026-03-01 12:00:00" == moment_words(there)
    assert "-" == moment_words(None)


def test_what_serves_is_said_alike_of_values_and_records() -> None:
    """A deployment and its record read the same, the newest version first."""
    said = f"{NEW} 10 % + {OLD} 90 %"

    assert said == served_words(canary())
    assert said == served_words(encode(canary()))
    assert f"{OLD} 100 %" == served_words(whole(OLD))
    assert "nothing" == served_words(None)


def test_long_numbers_are_cut_to_where_they_differ() -> None:
    """Ids keep their last six digits; short numbers stay."""
    assert "version …000001 90 %" == abbreviated(f"version {OLD} 90 %")


def test_a_brief_reason_has_no_facts() -> None:
    """A log line says why, not which request it was."""
    assert "It broke." == brief("It broke. (operation X, code Y) Do that.")


def test_counting() -> None:
    """One call, two calls."""
    assert "1 call" == counted(1, "call")
    assert "2 calls" == counted(2, "call")


def test_a_line_of_a_description() -> None:
    """All texts begin in the same column."""
    assert "  state       running" == labelled("state", "running")


@pytest.mark.parametrize(
    ("line", "width"),
    [
        (labelled("state", "running"), 14),
        (labelled("calls", ""), 0),
        ("cart: 2 routines (run abcd)", 0),
        ("    cart: it has no free version", 0),
        ("  … and 3 routines more, of which all went well", 0),
        ("", 0),
    ],
)
def test_a_line_of_a_description_is_known(line: str, width: int) -> None:
    """Its text begins where all of them begin; other lines have no such column."""
    assert width == label_width(line)
