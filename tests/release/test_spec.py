"""What a release and a rollback are asked to do."""

from __future__ import annotations

from typing import Any

import pytest

from esa_flows.engine.codec import decode, encode
from esa_flows.errors import InvalidInput
from esa_flows.files import digest_of
from esa_flows.model import (
    AreaCanary,
    Bundle,
    Canary,
    Cloud,
    Environment,
    VersionId,
)
from esa_flows.release.spec import Binding, Release, Rollback, canary_of
from esa_flows.steps.request_assets_slot import Package

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


# --- what a cloud does not have ------------------------------------------------------

DCDN, AREAS = Cloud.DCDN, AreaCanary.parse("Zhejiang:10m,production")


def _dcdn(**changes: object) -> Release:
    return Release(routine="shop", bundle=BUNDLE, cloud=DCDN, **changes)  # type: ignore[arg-type]


def test_a_release_by_areas_survives_the_journal() -> None:
    """With its cloud, whose rules it is held to again."""
    assert _dcdn(areas=AREAS) == decode(encode(_dcdn(areas=AREAS)), Release)
    assert {"presetCanaryZhejiang"} == _dcdn(areas=AREAS).area_names
    assert frozenset() == _dcdn().area_names


@pytest.mark.parametrize("kind", [Release, Rollback])
def test_what_was_recorded_without_a_cloud_is_esas(kind: type[Any]) -> None:
    """Journals of before there was another one stay readable."""
    asked: Any = {"routine": "shop", "bundle": BUNDLE} if kind is Release else {}
    written = encode(kind(**{"routine": "shop"} | asked))
    del written["cloud"]

    assert Cloud.ESA is decode(written, kind).cloud


def test_shares_are_refused_where_there_are_none() -> None:
    """And what there is instead is named."""
    with pytest.raises(InvalidInput, match=r"no shares.*10:5m,100.*Zhejiang:10m"):
        _dcdn(canary=Canary.parse("10:5m,100"))


def test_assets_are_refused_where_there_are_none() -> None:
    """A routine is one file of code there."""
    package = Package(code=digest_of(b"code"), assets=1)
    with pytest.raises(InvalidInput, match="DCDN takes no assets"):
        _dcdn(package=package)


def test_areas_are_refused_where_there_are_none() -> None:
    """Shares are what ESA has."""
    with pytest.raises(InvalidInput, match=r"ESA has no areas.*10:5m,50:5m,100"):
        Release(routine="shop", bundle=BUNDLE, areas=AREAS)


def test_a_canary_is_read_as_its_cloud_has_them() -> None:
    """One text, two grammars; a value says itself which one it is."""
    shares = Canary.parse("10:5m,100")

    assert (shares, None) == canary_of(Cloud.ESA, "10:5m,100")
    assert (shares, None) == canary_of(DCDN, shares)
    assert (Canary(), AREAS) == canary_of(DCDN, "Zhejiang:10m,production")
    assert (Canary(), AREAS) == canary_of(Cloud.ESA, AREAS)
    assert (Canary(), AreaCanary()) == canary_of(DCDN, "100")
