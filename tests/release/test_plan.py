"""What a release will do to a routine as it was seen."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import canaries

from esa_flows.errors import Conflict, InvalidInput
from esa_flows.files import digest_of
from esa_flows.model import (
    AreaCanary,
    Bundle,
    Canary,
    Cloud,
    Deployment,
    Duration,
    Environment,
    Routine,
    Share,
    Split,
    Version,
    VersionId,
    VersionStatus,
)
from esa_flows.release.conflict import refuse_canary
from esa_flows.release.plan import (
    candidates,
    exposures,
    foreign_canary,
    is_served,
    notes,
    refuse_unknown_areas,
    stable_of,
    way_to_production,
)
from esa_flows.release.spec import OnConflict, Release
from esa_flows.steps.observe import World

DIGEST = digest_of(b"new")
OURS = f"ef1 s={DIGEST.short} r=abcd1234 p=- e=- g=-"
THEIRS = "ef1 s=0123456789abcdef r=abcd1234 p=- e=- g=-"
BOUND = f"ef1 s={DIGEST.short} r=abcd1234 p=- e=s g=-"
ONE, TWO = VersionId("1"), VersionId("2")
HALVES = Split((Share(ONE, 50), Share(TWO, 50)))


def _release(**changes: object) -> Release:
    bundle = Bundle(digest=DIGEST, size=3)
    return Release(routine="shop", bundle=bundle, **changes)  # type: ignore[arg-type]


def _world(
    *versions: Version, production: Split | None = None, staging: Split | None = None
) -> World:
    return World(
        routine=Routine(
            name="shop",
            production=Deployment(split=production) if production else None,
            staging=Deployment(split=staging) if staging else None,
        ),
        versions=versions,
    )


@given(canaries)
def test_a_canary_becomes_rising_shares_against_the_stable_version(
    canary: Canary,
) -> None:
    """Each stage is a split of the new and the stable version; the last is whole."""
    made = exposures(canary, TWO, ONE)

    assert canary.stages == tuple(each.stage for each in made)
    assert Split.whole(TWO) == made[-1].split
    for each in made[:-1]:
        shares = {share.version: share.percentage for share in each.split.shares}

        assert {
            TWO: each.stage.percentage,
            ONE: 100 - each.stage.percentage,
        } == shares


@given(canaries)
def test_without_a_stable_version_it_goes_straight_to_everything(
    canary: Canary,
) -> None:
    """A first release keeps the last stage's bake, and nothing else of the canary."""
    made = exposures(canary, TWO, None)

    assert [(Split.whole(TWO), canary.stages[-1])] == [(e.split, e.stage) for e in made]


def test_what_serves_is_looked_at_first() -> None:
    """If it is the one, nothing needs to be done; then the tagged, oldest first."""
    world = _world(
        Version(id="12"),
        Version(id="11", description=OURS),
        Version(id="9", description=OURS),
        production=Split.whole(VersionId("12")),
    )

    assert ("12", "9", "11") == candidates(world, _release())


def test_each_candidate_is_looked_at_once() -> None:
    """A live version with our tag is no second candidate."""
    world = _world(
        Version(id="2", description=OURS),
        Version(id="1", description=OURS),
        production=Split.whole(TWO),
    )

    assert ("2", "1") == candidates(world, _release())


@pytest.mark.parametrize(
    "version",
    [
        Version(id="1"),
        Version(id="1", description=THEIRS),
        Version(id="1", description=OURS, status=VersionStatus.FAILED),
        Version(id="1", description=OURS, bound_to=Environment.STAGING),
        Version(id="1", description=BOUND),
    ],
    ids=["no tag", "other content", "failed", "bound to variables", "bound by its tag"],
)
def test_what_cannot_be_it_is_not_looked_at(version: Version) -> None:
    """A version that serves nowhere needs our tag of this content, and to be usable."""
    assert () == candidates(_world(version), _release())


def test_a_live_version_of_other_content_is_not_read() -> None:
    """Its tag says that it holds something else: reading it would be a spare call."""
    world = _world(Version(id="1", description=THEIRS), production=Split.whole(ONE))

    assert () == candidates(world, _release())


def test_a_version_that_serves_a_part_is_not_looked_at_as_live() -> None:
    """Only what serves everything may make a release unchanged."""
    world = _world(Version(id="1"), Version(id="2"), staging=HALVES)

    assert () == candidates(world, _release(target=Environment.STAGING))


def test_served_means_the_whole_target() -> None:
    """A share is not enough, and the other environment does not count."""
    world = _world(production=HALVES, staging=Split.whole(ONE))

    assert not is_served(world, _release(), ONE)
    assert is_served(world, _release(target=Environment.STAGING), ONE)
    assert not is_served(world, _release(target=Environment.STAGING), TWO)


def test_a_split_is_somebody_s_canary() -> None:
    """Two versions serve before this release has done anything."""
    assert HALVES == foreign_canary(_world(production=HALVES).routine, _release())


@pytest.mark.parametrize(
    ("production", "target"),
    [
        (None, Environment.PRODUCTION),
        (Split.whole(ONE), Environment.PRODUCTION),
        (HALVES, Environment.STAGING),
    ],
)
def test_what_is_no_foreign_canary_passes(
    production: Split | None, target: Environment
) -> None:
    """Nothing, one version, or a release that stays away from production."""
    world = _world(production=production)

    assert foreign_canary(world.routine, _release(target=target)) is None


@pytest.mark.parametrize(
    ("split", "stable"),
    [
        (None, None),
        (Split.whole(ONE), ONE),
        (Split.whole(TWO), TWO),
        (HALVES, ONE),
        (Split((Share(ONE, 30), Share(TWO, 70))), ONE),
    ],
)
def test_the_new_version_shares_with_another_one(
    split: Split | None, stable: VersionId | None
) -> None:
    """With the larger share, unless that is the new version's own."""
    assert stable == stable_of(split, TWO)


@pytest.mark.parametrize(
    ("bound_to", "found"),
    [(None, ("1",)), (Environment.STAGING, ("3", "2")), (Environment.PRODUCTION, ())],
)
def test_a_twin_is_no_candidate_for_the_other(
    bound_to: Environment | None, found: tuple[str, ...]
) -> None:
    """Same bytes with other variables are another version; its own live one first."""
    world = _world(
        Version(id="4", description=BOUND, bound_to=Environment.PRODUCTION),
        Version(id="3", bound_to=Environment.STAGING),
        Version(id="2", description=BOUND),
        Version(id="1", description=OURS),
        staging=Split.whole(VersionId("3")),
        production=Split.whole(VersionId("2")),
    )
    if bound_to is Environment.PRODUCTION:
        world = _world(*world.versions[1:], production=Split.whole(VersionId("3")))

    assert found == candidates(world, _release(), bound_to)


@given(st.sampled_from(["10:5m,100", "100"]), st.sampled_from(Environment))
def test_a_note_is_made_where_a_canary_cannot_be_had(
    canary: str, target: Environment
) -> None:
    """A first release to production with more than one share; else silence."""
    release = _release(canary=Canary.parse(canary), target=target)
    wanted = canary != "100" and target is Environment.PRODUCTION

    assert wanted == bool(notes(_world(), release))
    assert () == notes(_world(production=Split.whole(ONE)), release)


# --- production and its areas --------------------------------------------------------

ZHEJIANG, JILIN, REST = "presetCanaryZhejiang", "presetCanaryJilin", "presetCanaryAnhui"


def _by_areas(text: str = "100") -> Release:
    return _release(cloud=Cloud.DCDN, areas=AreaCanary.parse(text))


def _in_areas(
    areas: dict[str, VersionId | None], live: VersionId | None = ONE
) -> World:
    production = Deployment(split=Split.whole(live)) if live else None
    routine = Routine(name="shop", production=production, areas=areas)
    return World(routine=routine, versions=())


def _way(text: str, world: World) -> list[tuple[str, tuple[str, ...], Duration]]:
    made = way_to_production(_by_areas(text), TWO, world.routine)
    assert {Split.whole(TWO)} == {each.split for each in made}
    return [(each.key, each.places, each.stage.bake) for each in made]


def test_a_canary_by_areas_ends_in_production_and_the_areas_nobody_named() -> None:
    """Each stage is one call; no area is left behind with the old version."""
    world = _in_areas({ZHEJIANG: ONE, JILIN: ONE, REST: None})

    assert [
        ("production:Zhejiang", (ZHEJIANG,), Duration(600)),
        ("production:100", ("production", REST, JILIN), Duration(60)),
    ] == _way("Zhejiang:10m,production:1m", world)


def test_without_a_canary_production_and_its_areas_go_together() -> None:
    """A release that leaves an area behind would not be one."""
    world = _in_areas({ZHEJIANG: ONE})

    assert [("production:100", ("production", ZHEJIANG), Duration(0))] == (
        _way("100", world)
    )


def test_a_first_release_goes_to_all_areas_at_once() -> None:
    """Nothing serves that could be compared with."""
    world = _in_areas({ZHEJIANG: None}, live=None)

    assert [("production:100", ("production", ZHEJIANG), Duration(60))] == (
        _way("Zhejiang:10m,production:1m", world)
    )
    assert "straight to 100 %" in notes(world, _by_areas("Zhejiang,production"))[0]


def test_a_routine_without_areas_goes_by_shares() -> None:
    """As it always did: there are no places to name."""
    world = _in_areas({})

    assert [("production:100", (), Duration(0))] == _way("100", world)
    assert [("production:100", (), Duration(60))] == _way("production:1m", world)


def test_an_area_that_serves_another_version_is_somebodys_canary() -> None:
    """It is named, with what takes every area to one version."""
    world = _in_areas({ZHEJIANG: TWO, JILIN: ONE, REST: None})

    with pytest.raises(Conflict, match=f"serves 1, but {ZHEJIANG} 2") as caught:
        refuse_canary(_by_areas(), world)

    assert "rollback shop --cloud dcdn" in caught.value.next_move
    assert "production's version gets everything first" in caught.value.next_move
    refuse_canary(_by_areas(), _in_areas({JILIN: ONE, REST: None}))
    refuse_canary(evolve(_by_areas(), on_conflict=OnConflict.SUPERSEDE), world)


def test_an_area_that_is_not_there_is_refused() -> None:
    """Hosts and CPU class of a new one are for a person to choose."""
    world = _in_areas({JILIN: ONE})

    with pytest.raises(InvalidInput, match=f"no environment {ZHEJIANG}.*: {JILIN}"):
        refuse_unknown_areas(world, _by_areas("Zhejiang,production"))

    with pytest.raises(InvalidInput, match="its areas: none"):
        refuse_unknown_areas(_in_areas({}), _by_areas("Zhejiang,production"))

    refuse_unknown_areas(world, _by_areas("Jilin,production"))
    refuse_unknown_areas(_in_areas({}, live=None), _by_areas("Zhejiang,production"))


@pytest.mark.parametrize(
    ("areas", "is_whole"),
    [({ZHEJIANG: ONE, REST: None}, True), ({ZHEJIANG: TWO}, False), ({}, True)],
)
def test_what_an_area_lacks_is_not_released(
    areas: dict[str, VersionId | None], *, is_whole: bool
) -> None:
    """Unchanged means everywhere; an area without a version of its own is no other."""
    staging = _release(cloud=Cloud.DCDN, target=Environment.STAGING)

    assert is_whole is is_served(_in_areas(areas), _by_areas(), ONE)
    assert not is_served(_in_areas(areas), staging, ONE)
