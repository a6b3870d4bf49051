"""Durations as people write them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from tests import strategies as some

from esa_flows.errors import InvalidInput
from esa_flows.model import (
    Duration,
)


@given(some.durations)
def test_a_duration_is_its_text(duration: Duration) -> None:
    """What people read is the duration again."""
    assert Duration.parse(str(duration)) == duration


@pytest.mark.parametrize(
    ("text", "seconds", "shown"),
    [
        ("30s", 30, "30s"),
        ("0s", 0, "0s"),
        ("0.5s", 0.5, "0.5s"),
        ("90s", 90, "1m30s"),
        ("10m", 600, "10m"),
        ("1h30m", 5400, "1h30m"),
        (" 1h 30m ", 5400, "1h30m"),
        ("2d", 172_800, "2d"),
        ("1d1h1m1s", 90_061, "1d1h1m1s"),
    ],
)
def test_durations_are_written_as_people_write_them(
    text: str, seconds: float, shown: str
) -> None:
    """Days, hours, minutes and seconds, in that order."""
    assert Duration.parse(text) == Duration(seconds)
    assert str(Duration(seconds)) == shown


@pytest.mark.parametrize("text", ["", "5", "5ms", "m", "1m1h", "-1s", "1e3s", "soon"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """The sentence shows how durations are written."""
    with pytest.raises(InvalidInput) as caught:
        Duration.parse(text)

    assert str(caught.value) == (
        f"{text!r} is not a duration: write 30s, 10m, 1h30m or 2d."
    )


@pytest.mark.parametrize("seconds", [-1.0, float("inf"), float("nan")])
def test_an_impossible_duration_is_refused(seconds: float) -> None:
    """Time does not run backwards, nor for ever."""
    with pytest.raises(
        InvalidInput, match=f"A duration of {seconds} s is not possible"
    ):
        Duration(seconds)


def test_a_duration_counts_microseconds() -> None:
    """What its text could not say is not in it, and nearly a minute is a minute."""
    assert Duration(1 / 3) == Duration.parse("0.333333s")
    assert str(Duration(59.999_999_9)) == "1m"


def test_a_duration_is_taken_as_users_have_it() -> None:
    """Text, timedelta and Duration are the same."""
    expected = Duration(90)

    assert Duration.of("1m30s") == expected
    assert Duration.of(dt.timedelta(seconds=90)) == expected
    assert Duration.of(expected) is expected
