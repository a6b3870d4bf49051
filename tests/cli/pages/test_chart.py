"""The pictures of a report."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.pages.stories import Page, gate, span

from esa_flows.cli.pages.chart import (
    axis,
    calls_chart,
    gate_chart,
    lane_picture,
    legend,
    ticks,
)
from esa_flows.cli.pages.story import Lane, Phase


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.3, ("0", "0.1 s", "0.2 s")),
        (10.0, ("0", "2 s", "4 s", "6 s", "8 s")),
        (100.0, ("0", "30 s", "1m", "1m 30s")),
        (4_000.0, ("0", "15m", "30m", "45m", "1h")),
        (400_000.0, ("0", "1d 00h", "2d 00h", "3d 00h", "4d 00h")),
    ],
)
def test_an_axis_names_few_round_times(seconds: float, told: tuple[str, ...]) -> None:
    """Without one that would stick out at the right."""
    words = [text.replace("1h 00m", "1h") for text in Page.of(axis(seconds)).texts]

    assert list(told) == words


@given(st.floats(0.001, 1e8))
def test_an_axis_is_never_crowded(seconds: float) -> None:
    """However long a run took."""
    found = ticks(seconds)

    assert 0.0 == found[0]
    assert len(found) <= 6
    assert found[-1] <= seconds * 1.0001


def test_a_lane_has_a_bar_for_each_span() -> None:
    """With its words to hover over, in its colour, marked where it failed."""
    lane = Lane(
        label="upload",
        rows=((span(Phase.UPLOAD, 0.0, 2.5, "a < b"), span(Phase.BACK, 5.0, 10.0)),),
    )

    drawn = lane_picture(lane, 10.0)

    assert '<rect x="0.000%" width="25.000%" y="0" height="14" class="p-upload"/>' in (
        drawn
    )
    assert 'x="50.000%" width="50.000%"' in drawn
    assert "a &lt; b: 2.5 s" in drawn


@pytest.mark.parametrize(("rows", "most"), [(1, 15), (10, 130), (200, 400)])
def test_many_rows_become_thin(rows: int, most: int) -> None:
    """A wave of hundreds fits a page."""
    lane = Lane(label="wave", rows=((span(Phase.BAKE, 0.0, 1.0),),) * rows)

    (height,) = re.findall(
        r'^<svg width="100%" height="(\d+)"', lane_picture(lane, 1.0)
    )
    assert int(height) <= most


def test_the_legend_names_what_is_drawn() -> None:
    """And nothing else."""
    assert ["look", "bake"] == Page.of(legend([Phase.BAKE, Phase.LOOK])).text.split()


def test_calls_are_drawn_under_their_cap() -> None:
    """The line is where the cap is, and the peak is told to who cannot see it."""
    drawn = calls_chart({0: 50, 3: 100}, 100, 4.0)

    assert 'aria-label="At most 100 calls in one second, of 100 allowed."' in drawn
    assert 'y1="10.71%"' in drawn  # 100 of 112
    assert "0,100 0.00,55.36 250.00,55.36" in drawn
    assert "cap 100/s" in drawn


def test_a_long_run_shows_the_fullest_second_of_each_stretch() -> None:
    """An hour is not drawn in seconds, and its peak is not smoothed away."""
    drawn = calls_chart({5: 1, 6: 99}, 100, 36_000.0)

    assert drawn.count(",") < 1_000
    assert "11.61" in drawn  # 99 of 112


def test_a_gate_is_drawn_against_its_limit() -> None:
    """A dot for each reading, in the colour of its verdict."""
    drawn = gate_chart([gate(value=0.1, limit=0.2), gate("fail", value=0.4)], 10.0)

    assert 'class="v-fail"' in drawn
    assert "limit 0.2" in drawn
    assert 'cx="40.000%"' in drawn
    assert 'height="90"' in drawn


def test_a_gate_that_measures_nothing_is_a_strip() -> None:
    """Its verdicts alone; a word that could be no class is none."""
    drawn = gate_chart([gate(), gate("a b")], 10.0)

    assert 'height="28"' in drawn
    assert 'class=""' in drawn
