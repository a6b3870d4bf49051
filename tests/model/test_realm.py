"""Whose routines are meant, and what journals and commands call them."""

from __future__ import annotations

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.model import HOME, Cloud, Realm, RoutineName

SHOP = RoutineName("shop")
REALMS = [Realm(cloud, account) for cloud in Cloud for account in ("", "eu")]


@pytest.mark.parametrize("realm", REALMS, ids=str)
def test_a_subject_is_read_back(realm: Realm) -> None:
    """Cloud, account and name come out as they went in; so does a place."""
    assert (realm, SHOP) == Realm.read(realm.subject(SHOP))
    assert realm == Realm.at(realm.place)


def test_subjects_are_told_apart_by_what_comes_before_the_name() -> None:
    """A routine of ESA in the client's own account is called by its name alone."""
    assert ["shop", "eu/shop", "dcdn/shop", "dcdn/eu/shop"] == [
        realm.subject(SHOP) for realm in REALMS
    ]
    assert "dcdn/shop" == Realm(Cloud.DCDN).subject("dcdn/shop")
    assert HOME == Realm.at("esa")


def test_a_command_says_what_it_does_not_mean_by_itself() -> None:
    """Neither word for ESA and the client's own account."""
    assert ["", " --account eu", " --cloud dcdn", " --cloud dcdn --account eu"] == [
        realm.flag for realm in REALMS
    ]


@pytest.mark.parametrize(
    ("subject", "said"),
    [("dcdn/Some Thing", "not a routine name"), ("Some/shop", "not a name for an acc")],
)
def test_a_subject_without_a_routine_is_refused(subject: str, said: str) -> None:
    """What people name their own runs by is no routine."""
    with pytest.raises(InvalidInput, match=said):
        Realm.read(subject)


def test_an_account_cannot_be_called_like_a_cloud() -> None:
    """Nobody could tell them apart before a name."""
    with pytest.raises(InvalidInput, match="neither esa nor dcdn"):
        Realm(account="dcdn")
