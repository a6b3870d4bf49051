"""How far a release has come, by what serves."""

from __future__ import annotations

import pytest

from esa_flows.errors import Conflict
from esa_flows.files import digest_of
from esa_flows.model import (
    AreaCanary,
    Bundle,
    Canary,
    Cloud,
    Deployment,
    Environment,
    Routine,
    Share,
    Split,
    VersionId,
)
from esa_flows.release.position import BEFORE, position_of
from esa_flows.release.spec import OnConflict, Release

OLD, NEW, ELSE = VersionId("1"), VersionId("2"), VersionId("3")
HALVES = Split((Share(OLD, 70), Share(ELSE, 30)))


def _release(**changes: object) -> Release:
    bundle = Bundle(digest=digest_of(b"new"), size=3)
    given = {"canary": Canary.parse("10:5m,50:5m,100"), **changes}
    return Release(routine="shop", bundle=bundle, **given)  # type: ignore[arg-type]


def _serving(split: Split | None) -> Routine:
    production = Deployment(split=split) if split else None
    return Routine(name="shop", production=production)


@pytest.mark.parametrize(
    ("split", "at"),
    [
        (Split.whole(OLD), BEFORE),
        (Split.canary(NEW, 10, OLD), 0),
        (Split.canary(NEW, 50, OLD), 1),
        (Split.whole(NEW), 2),
    ],
)
def test_each_share_is_a_place(split: Split, at: int) -> None:
    """Before, each share, and the last one."""
    before = _serving(Split.whole(OLD))

    assert at == position_of(_serving(split), _release(), before, NEW).at


@pytest.mark.parametrize(
    "split",
    [Split.whole(ELSE), Split.canary(NEW, 20, OLD), Split.canary(NEW, 10, ELSE), None],
)
def test_what_is_no_share_is_somebody_else_s(split: Split | None) -> None:
    """It is not touched; both ways out are named."""
    before = _serving(Split.whole(OLD))

    with pytest.raises(Conflict, match="none of its shares") as caught:
        position_of(_serving(split), _release(), before, NEW)

    assert "esa-flows rollback shop" in caught.value.next_move


def test_without_a_version_nothing_of_it_can_serve() -> None:
    """What serves is what served before, or somebody else's."""
    before = _serving(Split.whole(OLD))

    assert BEFORE == position_of(before, _release(), before, None).at
    with pytest.raises(Conflict):
        position_of(_serving(Split.whole(NEW)), _release(), before, None)


def test_a_first_release_has_one_place() -> None:
    """Nothing served before: everything, or nothing yet."""
    nothing = _serving(None)

    assert BEFORE == position_of(nothing, _release(), nothing, NEW).at
    assert 0 == position_of(_serving(Split.whole(NEW)), _release(), nothing, NEW).at


def test_a_release_to_staging_has_no_place_in_production() -> None:
    """Whatever serves there is nothing of its."""
    before, now = _serving(Split.whole(OLD)), _serving(Split.whole(ELSE))

    assert (
        BEFORE == position_of(now, _release(target=Environment.STAGING), before, NEW).at
    )


def test_an_ended_canary_is_where_it_begins() -> None:
    """abort-first has been done already: from there it goes on."""
    wanted = _release(on_conflict=OnConflict.ABORT_FIRST)
    ended = position_of(_serving(Split.whole(OLD)), wanted, _serving(HALVES), NEW)
    not_yet = position_of(_serving(HALVES), wanted, _serving(HALVES), NEW)

    assert ended.before.production is not None
    assert Split.whole(OLD) == ended.before.production.split
    assert _serving(HALVES) == not_yet.before


@pytest.mark.parametrize("serves", [OLD, ELSE])
def test_a_superseded_canary_may_be_ended_for_its_larger_share(
    serves: VersionId,
) -> None:
    """That share is the stable one in any case; the other one is somebody's release."""
    wanted = _release(on_conflict=OnConflict.SUPERSEDE)
    now, before = _serving(Split.whole(serves)), _serving(HALVES)
    if serves == ELSE:
        with pytest.raises(Conflict):
            position_of(now, wanted, before, NEW)
    else:
        found = position_of(now, wanted, before, NEW)

        assert (BEFORE, now.production) == (found.at, found.before.production)


def test_a_canary_that_nobody_may_end_was_not_ended_by_us() -> None:
    """Whoever did that has deployed since."""
    wanted = _release(on_conflict=OnConflict.REFUSE)
    with pytest.raises(Conflict):
        position_of(_serving(Split.whole(OLD)), wanted, _serving(HALVES), NEW)


@pytest.mark.parametrize("choice", OnConflict)
def test_where_nothing_served_there_is_no_canary(choice: OnConflict) -> None:
    """Whatever was to become of one."""
    nothing, wanted = _serving(None), _release(on_conflict=choice)

    assert BEFORE == position_of(nothing, wanted, nothing, NEW).at


def _by_area(production: VersionId, zhejiang: VersionId, jilin: VersionId) -> Routine:
    areas = {"presetCanaryZhejiang": zhejiang, "presetCanaryJilin": jilin}
    whole = Deployment(split=Split.whole(production))
    return Routine(name="shop", production=whole, areas=areas)


def _release_by_area(**changes: object) -> Release:
    areas = AreaCanary.parse("Zhejiang:5m,production")
    return _release(canary=Canary(), areas=areas, cloud=Cloud.DCDN, **changes)


@pytest.mark.parametrize(
    ("serves", "at"),
    [((OLD, OLD, OLD), BEFORE), ((OLD, NEW, OLD), 0), ((NEW, NEW, NEW), 1)],
)
def test_each_area_is_a_place(
    serves: tuple[VersionId, VersionId, VersionId], at: int
) -> None:
    """Those of earlier stages serve on; production takes the others along."""
    now = _by_area(*serves)

    assert at == position_of(now, _release_by_area(), _by_area(OLD, OLD, OLD), NEW).at


@pytest.mark.parametrize(
    "serves", [(OLD, OLD, NEW), (OLD, NEW, ELSE), (NEW, NEW, OLD), (OLD, ELSE, OLD)]
)
def test_another_area_is_somebody_else_s(
    serves: tuple[VersionId, VersionId, VersionId],
) -> None:
    """One that the plan did not come to, or something that it did not bring."""
    before = _by_area(OLD, OLD, OLD)
    with pytest.raises(Conflict, match="none of its shares"):
        position_of(_by_area(*serves), _release_by_area(), before, NEW)


def test_an_ended_canary_by_areas_is_where_it_begins() -> None:
    """Their area serves what production does by then; another one must, too."""
    wanted = _release_by_area(on_conflict=OnConflict.ABORT_FIRST)
    before, ended = _by_area(OLD, ELSE, OLD), _by_area(OLD, OLD, OLD)
    found = position_of(ended, wanted, before, NEW)

    assert (BEFORE, ended.areas) == (found.at, found.before.areas)
    with pytest.raises(Conflict):
        position_of(_by_area(OLD, OLD, NEW), wanted, before, NEW)
