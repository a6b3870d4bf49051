"""The table of the benchmarks says what was promised and whether it holds."""

from __future__ import annotations

import pytest
from attrs import evolve
from benchmarks.table import HEADS, Line, Promise, floor, peer, rendered, shown

LINE = Line(
    goal="P4",
    what="signed call",
    unit="µs",
    ours=1_100.0,
    beside=peer("bare post", 1_000.0),
    promise=Promise.ratio(most=1.25),
)


def test_a_line_within_its_promise_is_met() -> None:
    """The ratio is what is bounded, and it is shown beside the peer."""
    cells = dict(zip(HEADS, LINE.cells(), strict=True))

    assert "met" == cells["met"]
    assert "1.100" == cells["ratio"]
    assert "1,000 bare post" == cells["peer"]
    assert "" == cells["floor"]
    assert "ratio ≤ 1.25" == cells["target"]


def test_a_line_beyond_its_promise_is_not() -> None:
    """It says so, loudly."""
    beyond = evolve(LINE, ours=1_300.0)

    assert beyond.met is False
    assert "NOT MET" in beyond.cells()


def test_the_median_of_pairs_wins_over_the_ratio_of_medians() -> None:
    """Neighbours in time are what can be compared."""
    paired = evolve(LINE, ratio_found=1.3)

    assert 1.3 == paired.ratio
    assert paired.met is False


def test_a_figure_may_stand_alone() -> None:
    """A count needs nobody beside it."""
    alone = evolve(LINE, beside=None, promise=Promise.figure(most=0), ours=0)

    assert alone.ratio is None
    assert alone.met is True


def test_a_ratio_to_nothing_is_no_promise_kept() -> None:
    """A peer that measured zero proves nothing."""
    broken = evolve(LINE, beside=floor("nothing", 0.0))

    assert broken.ratio is None
    assert broken.met is False


def test_a_line_may_only_inform() -> None:
    """Without a promise nothing is met or missed."""
    assert evolve(LINE, promise=None).met is None


@pytest.mark.parametrize(
    ("promise", "text"),
    [
        (Promise.ratio(most=0.25), "ratio ≤ 0.25"),
        (Promise.figure(least=3_000), "≥ 3000"),
        (Promise.figure(least=1, most=2), "≥ 1, ≤ 2"),
    ],
)
def test_a_promise_in_words(promise: Promise, text: str) -> None:
    """Ratios are called so, bounds have their direction."""
    assert text == str(promise)


@pytest.mark.parametrize(
    ("figure", "text"),
    [(12_345.6, "12,346"), (100, "100"), (12.34, "12.3"), (0.01234, "0.0123")],
)
def test_figures_have_as_many_digits_as_say_something(figure: float, text: str) -> None:
    """No table needs nanoseconds of a second."""
    assert text == shown(figure)


def test_the_table_has_whole_lines() -> None:
    """Every head and every figure is in it, in columns; nothing is wrapped."""
    heads, line = rendered([LINE]).splitlines()

    assert [*HEADS] == heads.split()
    assert "P4" == line.split()[0]
    assert heads.index("peer") == line.index("1,000 bare post")
