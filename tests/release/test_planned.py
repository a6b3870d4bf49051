"""A plan as a value and as a file."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import bundles, canaries, routine_names, splits, times

from esa_flows.errors import InvalidInput
from esa_flows.files import digest_of
from esa_flows.model import Bundle, Canary, Deployment, Duration, Routine
from esa_flows.release.forecast import Forecast
from esa_flows.release.planned import Plan, PlannedRelease
from esa_flows.release.spec import Release

AT = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


def _planned(canary: str = "100", **forecast: Any) -> PlannedRelease:
    bundle = Bundle(digest=digest_of(b"x"), size=1, source="worker.js")
    told: dict[str, Any] = {"calls": {"observe": 2, "post": 1}, "shares": ("100",)}
    return PlannedRelease(
        run="7k2f7k2f7k2f",
        release=Release(routine="shop", bundle=bundle, canary=Canary.parse(canary)),
        before=Routine(name="shop"),
        forecast=Forecast(**told | forecast),
    )


@st.composite
def _plans(draw: st.DrawFn) -> Plan:
    name = draw(routine_names)
    production = Deployment(split=draw(splits), id="8")
    planned = PlannedRelease(
        run="7k2f7k2f7k2f",
        release=Release(routine=name, bundle=draw(bundles), canary=draw(canaries)),
        before=draw(st.none() | st.just(Routine(name=name, production=production))),
        forecast=Forecast(calls={"observe": draw(st.integers(0, 9))}),
    )
    return Plan(made_at=draw(times), releases=(planned,))


@given(_plans())
def test_what_is_written_is_read(plan: Plan) -> None:
    """Nothing is lost on the way through the file."""
    assert plan == Plan.parse(plan.to_json())


def test_the_file_says_what_it_is() -> None:
    """Its kind and the version of its format come first."""
    told = json.loads(Plan(made_at=AT, releases=(_planned(),)).to_json())

    assert ["kind", "schema"] == list(told)[:2]
    assert ("esa-flows plan", 1) == (told["kind"], told["schema"])


def test_a_plan_of_many_adds_up() -> None:
    """Calls are of all, the time is of the longest; uploads are under no cap."""
    many = (_planned("10:5m,100", watch=Duration(300)), _planned(watch=Duration(60)))
    plan = Plan(made_at=AT, releases=many)

    assert {"observe": 4, "post": 2} == plan.calls
    assert 4 == plan.capped_calls
    assert "5m" == str(plan.minimum_time)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON"),
        ("[]", "This is no plan: make one with"),
        ('{"kind": "else"}', "This is no plan"),
        ('{"kind": "esa-flows plan", "schema": 2}', "has format 2; this program reads"),
        ('{"kind": "esa-flows plan", "schema": 1}', "a value in it is not what"),
        (
            (
                '{"kind": "esa-flows plan", "schema": 1, "releases": [],'
                ' "made_at": "2026-03-01T12:00:00+00:00"}'
            ),
            "cannot be used",
        ),
    ],
)
def test_what_is_no_plan_is_refused(text: str, why: str) -> None:
    """Before anything is sent, with what is wrong."""
    with pytest.raises(InvalidInput, match=why):
        Plan.parse(text)


def test_a_plan_of_nothing_is_none() -> None:
    """There is nothing to carry out."""
    with pytest.raises(InvalidInput, match="releases nothing"):
        Plan(made_at=AT, releases=())
