"""What a rollout is asked to do, checked when it is made."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.fleet.account import Account
from esa_flows.fleet.amount import Amount
from esa_flows.fleet.spec import (
    FailureBudget,
    Member,
    Mode,
    OnExhausted,
    Rollout,
    Wave,
)
from esa_flows.model import Canary, Duration, RoutineId


def test_a_wave_is_written_as_people_say_it() -> None:
    """A number, a share, up to a share, or the rest; of all or of some."""
    waves = [
        Wave(1),
        Wave("5%"),
        Wave(upto="10%"),
        Wave.rest(),
        Wave.rest(labels={"tier": "3"}),
        Wave(2, select="name:cart-*", labels={"tier": "3"}),
    ]

    assert [
        "1",
        "5%",
        "up to 10%",
        "the rest",
        "the rest of tier=3",
        "2 of name:cart-* tier=3",
    ] == list(map(str, waves))


def test_a_wave_takes_what_users_write() -> None:
    """Texts become values when they are given."""
    wave = Wave(1, bake="30m", canary="10:5m,100")

    assert Amount(1) == wave.size
    assert Duration(1800) == wave.bake
    assert Canary.parse("10:5m,100") == wave.canary
    assert Duration(60) == Wave(bake=dt.timedelta(minutes=1)).bake


@pytest.mark.parametrize(
    ("wave", "sentence"),
    [
        ({"size": 1, "upto": "10%"}, "A wave of 1 cannot also end at 10%"),
        ({"size": 0}, "A wave of no routine releases nothing"),
        ({"upto": "0%"}, "A wave of no routine releases nothing"),
    ],
)
def test_a_wave_that_makes_no_sense_is_refused(
    wave: dict[str, Any], sentence: str
) -> None:
    """Two sizes are one too many, and nothing is too little."""
    with pytest.raises(InvalidInput, match=sentence):
        Wave(**wave)


def test_a_wave_takes_by_name_and_label() -> None:
    """Both must fit, where both are given."""
    wave = Wave(select="name:cart-*", labels={"tier": "3"})

    assert wave.takes(RoutineId("cart-eu"), {"tier": "3", "team": "a"})
    assert not wave.takes(RoutineId("cart-eu"), {"tier": "2"})
    assert not wave.takes(RoutineId("pay-eu"), {"tier": "3"})


def test_a_budget_is_strict_and_tolerates_nothing_by_default() -> None:
    """Who says nothing gets the careful one."""
    budget = FailureBudget()

    assert (Amount(0), None) == (budget.fleet, budget.wave)
    assert (Mode.STRICT, OnExhausted.ROLLBACK_WAVE) == (
        budget.mode,
        budget.on_exhausted,
    )


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"mode": "lax"}, "'lax' is no way a budget is kept: use strict, soft"),
        ({"on_exhausted": "panic"}, "'panic' is no way a budget ends: use stop"),
        ({"fleet": "many"}, "'many' is no number of routines"),
    ],
)
def test_a_budget_says_what_is_allowed(choice: dict[str, str], sentence: str) -> None:
    """A typing error is met with the words there are."""
    with pytest.raises(InvalidInput, match=sentence):
        FailureBudget(**choice)


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"members": []}, "has no routine"),
        ({"waves": []}, "has no wave"),
        ({"concurrency": 0}, "With 0 routines at once"),
        ({"members": [Member("a1", b"x")] * 2}, "Listed twice: a1"),
    ],
)
def test_a_rollout_of_nothing_or_of_one_twice_is_refused(
    parts: dict[str, Any], sentence: str
) -> None:
    """Before anything is read or sent."""
    with pytest.raises(InvalidInput, match=sentence):
        Rollout(**{"members": [Member("shop", b"x")], **parts})


def test_a_member_may_be_a_pattern_and_keeps_its_bytes_to_itself() -> None:
    """Code does not belong into a log."""
    assert Member("cart-*", "worker.js").is_pattern
    assert not Member("cart-eu", "worker.js").is_pattern
    assert "secret" not in repr(Member("cart-eu", b"secret"))


def test_a_wave_may_take_the_routines_of_one_account() -> None:
    """By their own names; the words for it say so."""
    wave = Wave(select="name:cart-*", account="eu")

    assert wave.takes(RoutineId("eu/cart-a"), {})
    assert not wave.takes(RoutineId("us/cart-a"), {})
    assert not wave.takes(RoutineId("cart-a"), {})
    assert "the rest of name:cart-* account eu" == str(wave)


def test_one_name_in_two_accounts_is_no_repetition() -> None:
    """In one it is; and an account must be described."""
    eu, own = Member("cart", b"x", account="eu"), Member("cart", b"x")
    wanted = Rollout(members=[eu, own], accounts={"eu": Account()})

    assert ("eu/cart", "cart") == tuple(each.id for each in wanted.members)
    assert ("eu", "") == wanted.used
    with pytest.raises(InvalidInput, match="Listed twice: eu/cart"):
        Rollout(members=[eu, eu], accounts={"eu": Account()})

    with pytest.raises(InvalidInput, match=r"of this rollout: eu. It has: us"):
        Rollout(members=[eu], accounts={"us": Account()})

    with pytest.raises(InvalidInput, match=r"of this rollout: eu. It has: none"):
        Rollout(members=[own], waves=[Wave(account="eu")])
