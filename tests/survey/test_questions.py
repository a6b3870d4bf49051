"""The table of questions is sound."""

from __future__ import annotations

from pathlib import Path

from attrs import fields

from esa_flows.localcloud import Switches
from esa_flows.localcloud.apis import APIS
from esa_flows.survey.questions import QUESTIONS, Kind, chosen, cost, upkeep

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "measure-your-account.md"
SWITCHES = {attribute.name for attribute in fields(Switches)}


def test_every_question_settles_switches_that_exist() -> None:
    """None is invented."""
    assert {name for each in QUESTIONS for name in each.settles} <= SWITCHES


def test_every_question_has_a_name_of_its_own() -> None:
    """And says what it asks."""
    assert len(QUESTIONS) == len({each.name for each in QUESTIONS})
    assert all(each.asks.endswith("?") for each in QUESTIONS)


def test_calls_name_operations() -> None:
    """And uploads."""
    known = {*APIS["2024-09-10"].operations, "PostObject"}
    named = {name for each in QUESTIONS for name in each.calls} | set(upkeep())

    assert named <= known


def test_what_is_asked() -> None:
    """What waits and what is refused is asked on demand alone."""
    plain = chosen()

    assert {Kind.ALWAYS} == {each.kind for each in plain}
    assert QUESTIONS == chosen(slow=True, cap=True)
    assert {Kind.ALWAYS, Kind.SLOW} == {each.kind for each in chosen(slow=True)}


def test_the_page_tells_every_question() -> None:
    """With the switches it settles, as it is asked."""
    page = PAGE.read_text(encoding="utf-8")
    rows = {line.split(" | ")[1]: line for line in page.splitlines() if " | " in line}

    for each in QUESTIONS:
        assert each.name in rows[each.asks]
        assert all(f"`{name}`" in rows[each.asks] for name in each.settles)


def test_costs_are_summed() -> None:
    """With those of making the routine and taking it away."""
    one = next(each for each in QUESTIONS if each.name == "older form")

    found = cost([one, one])

    assert (2, 4, 1) == (
        found["PostObject"],
        found["GetRoutineStagingCodeUploadInfo"],
        found["DeleteRoutine"],
    )
