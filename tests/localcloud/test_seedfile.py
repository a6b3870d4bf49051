"""Routines to begin with, from TOML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from esa_flows.localcloud.seedfile import (
    SeedRoutine,
    SeedVersion,
    plain_seeds,
    seeds_from,
    seeds_from_toml,
    sow,
)

from .desk import Desk

FLEET = """
[[routine]]
name = "cart-{n}"
count = 2
description = "the cart"
production = { 1 = 90, 2 = 10 }

[[routine.version]]
source = "one"
description = "release 1"

[[routine.version]]
file = "worker.js"

[[routine]]
name = "old"
product = "dcdn"
staging = {}

[[routine.version]]
source = "dcdn"
"""
ONE = SeedVersion(content=b"one", description="release 1")
TWO = SeedVersion(content=b"\xfftwo")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with the code that the TOML names."""
    (tmp_path / "worker.js").write_bytes(b"\xfftwo")
    return tmp_path


def test_routines_are_read(folder: Path) -> None:
    """Counted, with code from text and file; the last version serves where not said."""
    cart, second, old = seeds_from_toml(FLEET, folder)

    assert cart == SeedRoutine(
        name="cart-1",
        description="the cart",
        product="esa",
        versions=(ONE, TWO),
        live={"production": {1: 90, 2: 10}, "staging": {2: 100}},
    )
    assert ("cart-2", cart.versions) == (second.name, second.versions)
    assert ("dcdn", {"production": {1: 100}}) == (old.product, old.live)


def test_files_travel_with_them(folder: Path) -> None:
    """What JSON carries makes the same routines, where no such folder is."""
    assert seeds_from_toml(FLEET, folder) == seeds_from(plain_seeds(FLEET, folder))


def test_they_are_added_and_made_live(folder: Path) -> None:
    """A second time the versions come besides."""
    made = Desk()
    seeds = seeds_from_toml(FLEET, folder)

    sow(made.cloud.console, seeds)
    report = made.cloud.report()
    sow(made.cloud.console, seeds[:1])

    first, second = report.versions["cart-1"]
    (revision,) = report.versions["dcdn/old"]
    assert {"production": {first: 90, second: 10}, "staging": {second: 100}} == (
        report.splits["cart-1"]
    )
    assert {"production": {revision: 100}} == report.splits["dcdn/old"]
    routine = made.cloud.console.routine("cart-1")
    assert "the cart" == routine.description
    assert b"\xfftwo" == routine.versions[second].content
    assert 4 == len(made.cloud.report().versions["cart-1"])


def test_a_routine_without_versions_serves_nothing() -> None:
    """It is there."""
    made = Desk()
    sow(made.cloud.console, seeds_from([{"name": "bare"}]))

    assert () == made.cloud.report().versions["bare"]


V = [{"source": "x"}]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ({}, "expected a list of routines"),
        ([1], "expected a list of routines"),
        ([{}], "'' is no name"),
        ([{"name": "Ü"}], "'Ü' is no name"),
        ([{"name": 1}], "name = 1 is of another type"),
        ([{"name": "ab", "versions": []}], "a routine has no 'versions'"),
        ([{"name": "ab", "count": 0}], "count = 0 is not from 1"),
        ([{"name": "ab", "count": True}], "count = True is of another type"),
        ([{"name": "ab", "count": 2}], r"no \{n\} to tell 2 apart"),
        ([{"name": "ab", "product": "er"}], "neither esa nor dcdn"),
        ([{"name": "ab", "version": [1]}], "are no tables"),
        ([{"name": "ab", "version": [{}]}], "either a source or a file"),
        ([{"name": "ab", "version": [{"code": ""}]}], "a version has no 'code'"),
        ([{"name": "ab", "version": [{"content": "?"}]}], "base64"),
        ([{"name": "ab", "staging": {"1": 100}}], "that it does not have"),
        ([{"name": "ab", "version": V, "staging": {"x": 1}}], "'x' is no number"),
        ([{"name": "ab", "version": V, "staging": {"1": 99}}], "not 100 in all"),
        ([{"name": "ab", "version": V, "staging": {"1": 1e2}}], "not 100 in all"),
        (
            [
                {
                    "name": "ab",
                    "version": V * 3,
                    "staging": {"1": 20, "2": 30, "3": 50},
                }
            ],
            "more than two versions",
        ),
        (
            [
                {
                    "name": "ab",
                    "product": "dcdn",
                    "version": V * 2,
                    "production": {"1": 50, "2": 50},
                }
            ],
            "one version serves alone",
        ),
    ],
)
def test_what_cannot_be_is_named(rows: Any, reason: str) -> None:
    """The sentence says which member."""
    with pytest.raises(ValueError, match=reason):
        seeds_from(rows)


@pytest.mark.parametrize("text", ["", "routine = 1", "[routine]\nname = 'ab'"])
def test_a_file_without_routines_is_refused(text: str, tmp_path: Path) -> None:
    """An empty seed is a typing error."""
    with pytest.raises(ValueError, match=r"no table \[\[routine\]\]"):
        seeds_from_toml(text, tmp_path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Before anything is added."""
    with pytest.raises(OSError, match=r"worker\.js"):
        plain_seeds(FLEET, tmp_path)
