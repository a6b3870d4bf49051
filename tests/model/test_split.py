"""Splits that are sound or not made."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from tests import strategies as some

from esa_flows.errors import InvalidInput
from esa_flows.model import (
    Share,
    Split,
    VersionId,
)

ONE, TWO = VersionId("1000000000000000001"), VersionId("1000000000000000002")


@given(some.splits)
def test_the_order_of_a_split_means_nothing(split: Split) -> None:
    """Two splits that say the same are equal, and hash alike."""
    turned = Split(tuple(reversed(split.shares)))

    assert turned == split
    assert hash(turned) == hash(split)
    assert sum(share.percentage for share in split.shares) == 100
    assert split.majority in split.versions
    assert split.is_whole == (len(split.versions) == 1)


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [
        ((), "A split has one or two versions; this one has 0."),
        ((ONE, 50, TWO, 30, "3", 20), "this one has 3."),
        ((ONE, 50, ONE, 50), f"A split names version {ONE} twice."),
        ((ONE, 50, TWO, 40), "The shares of a split must sum to 100, not 90."),
        ((ONE, 99), "must sum to 100, not 99."),
    ],
)
def test_what_is_no_split_is_refused(shares: tuple[Any, ...], sentence: str) -> None:
    """One or two versions, each once, and everything given away."""
    pairs = zip(shares[::2], shares[1::2], strict=True)
    with pytest.raises(InvalidInput) as caught:
        Split(tuple(Share(version, percentage) for version, percentage in pairs))

    assert sentence in str(caught.value)


@pytest.mark.parametrize("share", [0, 101, -1, 50.0, "50", True])
def test_what_is_no_share_is_refused(share: Any) -> None:
    """Whole numbers from 1 to 100, and numbers only."""
    with pytest.raises(InvalidInput, match="is not a share"):
        Share(ONE, share)


def test_splits_are_made_for_a_release() -> None:
    """A canary gives the rest to the stable version; at 100 nothing is left."""
    canary = Split.canary(TWO, 10, ONE)

    assert canary == Split((Share(ONE, 90), Share(TWO, 10)))
    assert str(canary) == f"{ONE} 90 % + {TWO} 10 %"
    assert canary.majority == ONE
    assert not canary.is_whole
    assert Split.canary(TWO, 100, ONE) == Split.whole(TWO)
    assert Split.whole(TWO).is_whole


def test_of_equal_shares_the_older_version_leads() -> None:
    """Ids are numbers: the shorter one is the older."""
    split = Split((Share(VersionId("9"), 50), Share(VersionId("10"), 50)))

    assert split.majority == "9"
