"""What is wrong in a rollout's file, in words."""

from __future__ import annotations

from esa_flows.fleet.file_words import told_of, wrong


def test_one_thing_is_told_in_one_line() -> None:
    """Several are told one below the other."""
    assert "fleet.toml: It is odd." == str(wrong("fleet.toml", ["It is odd."]))
    assert "fleet.toml: 2 things are wrong:\n  a\n  b" == str(
        wrong("fleet.toml", ["a", "b"])
    )


def test_what_nobody_foresaw_is_told_as_it_is() -> None:
    """With the file as its place."""
    assert ["the file: its value is not what it should be."] == told_of(
        TypeError("odd"), None
    )
