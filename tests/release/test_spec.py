"""What a release and a rollback are asked to do."""

from __future__ import annotations

import pytest

from esa_flows.engine.codec import decode, encode
from esa_flows.errors import InvalidInput
from esa_flows.files import digest_of
from esa_flows.model import Bundle, Canary, Environment, VersionId
from esa_flows.release.spec import Binding, Release, Rollback

BUNDLE = Bundle(digest=digest_of(b"new"), size=3, source="dist/worker.js")


def test_a_release_survives_the_journal() -> None:
    """What a resumed run is asked to do is what the first process was asked."""
    release = Release(
        routine="shop",
        bundle=BUNDLE,
        canary=Canary.parse("10:5m,100"),
        target=Environment.STAGING,
        protect=(VersionId("1"),),
        prune_foreign=False,
        binding=Binding.FRESH,
    )

    assert release == decode(encode(release), Release)


def test_a_rollback_survives_the_journal() -> None:
    """A version id stays text, with all its digits."""
    rollback = Rollback(routine="shop", to=VersionId("1710120201067203242"))

    assert rollback == decode(encode(rollback), Rollback)


@pytest.mark.parametrize("choice", Binding)
def test_a_binding_is_read_from_its_word(choice: Binding) -> None:
    """As people write it."""
    assert choice is Binding.of(choice.value)


def test_a_word_that_is_no_binding_is_refused() -> None:
    """With those that are."""
    with pytest.raises(InvalidInput) as caught:
        Binding.of("maybe")

    assert "'maybe' says nothing about variables: use auto, on, fresh, off." == str(
        caught.value
    )


@pytest.mark.parametrize("quota", [1, 0, -1])
def test_a_quota_that_fits_no_release_is_refused(quota: int) -> None:
    """One version serves and one is new: less leaves no room."""
    with pytest.raises(InvalidInput, match="leaves no room for a release; 2 is the"):
        Release(routine="shop", bundle=BUNDLE, quota=quota)


def test_a_name_the_provider_would_refuse_is_refused_here() -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidInput, match="is not a routine name"):
        Rollback(routine="Shop")
