"""A plan as a file."""

from __future__ import annotations

import pytest
from attrs import frozen

from esa_flows.errors import InvalidInput
from esa_flows.model import Duration
from esa_flows.release.plan_file import PlanFile

FILE = PlanFile(kind="esa-flows tea plan", schema=2, refusal="This is no plan of tea.")


@frozen(kw_only=True)
class _Tea:
    """Something to plan."""

    name: str
    draws: Duration = Duration(180)


def test_what_is_written_is_read_again() -> None:
    """With its kind and format in front, and names in any script as they are."""
    tea = _Tea(name="龙井", draws=Duration(60))

    text = FILE.text(tea)

    assert tea == FILE.read(text, _Tea)
    assert text.startswith('{\n "kind": "esa-flows tea plan",\n "schema": 2,\n')
    assert "龙井" in text
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ('\n{"kind": "esa-flows tea plan", "schema": 9}', True),
        ('{"kind": "esa-flows plan"}', False),
        ("{}", False),
        ("kind = 'esa-flows tea plan'", False),
    ],
)
def test_its_kind_is_told_without_reading_it_whole(text: str, *, fits: bool) -> None:
    """A file of TOML is none, and needs not be JSON."""
    assert fits is FILE.fits(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "This is no plan of tea."),
        ('{"kind": "esa-flows plan", "schema": 2}', "This is no plan of tea."),
        ('{"kind": "esa-flows tea plan", "schema": 3}', "has format 3;"),
        ('{"kind": "esa-flows tea plan", "schema": 2}', "a value in it is not what"),
        ("{", "This plan is no JSON"),
    ],
)
def test_what_cannot_be_used_is_refused(text: str, sentence: str) -> None:
    """With a sentence that says what it is instead."""
    with pytest.raises(InvalidInput, match=sentence):
        FILE.read(text, _Tea)


def test_a_newer_format_names_the_way_out() -> None:
    """Whoever made the plan can read it."""
    with pytest.raises(InvalidInput) as caught:
        FILE.read('{"kind": "esa-flows tea plan", "schema": 3}', _Tea)

    assert "Use the version of esa-flows that made it" in caught.value.next_move
