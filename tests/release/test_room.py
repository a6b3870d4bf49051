"""Which versions go: every decision against an oracle that tries every subset."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.errors import InvalidInput, NothingPrunable
from esa_flows.files import digest_of
from esa_flows.model import (
    Bundle,
    Deployment,
    Routine,
    Share,
    Split,
    Version,
    VersionId,
)
from esa_flows.release.room import (
    Keep,
    choose_victims,
    keep_of,
    plan_pruning,
    predecessors,
    reasons_to_stay,
    tidying,
)
from esa_flows.release.spec import Pruning, Release
from esa_flows.steps.observe import World

IDS = tuple(VersionId(str(number)) for number in range(8, 14))
AREAS = ("presetCanaryJilin", "presetCanaryZhejiang")
OURS = "ef1 s=0123456789abcdef r=abcd1234 p=- e=- g=-"
some_ids = st.frozensets(st.sampled_from(IDS), max_size=2)


@st.composite
def _deployments(draw: st.DrawFn, ids: tuple[VersionId, ...]) -> Deployment | None:
    if not ids or draw(st.booleans()):
        return None

    served = draw(st.lists(st.sampled_from(ids), min_size=1, max_size=2, unique=True))
    if len(served) == 1:
        return Deployment(split=Split.whole(served[0]))

    share = draw(st.integers(1, 99))
    pair = (Share(served[0], share), Share(served[1], 100 - share))
    return Deployment(split=Split(pair))


@st.composite
def _worlds(draw: st.DrawFn) -> World:
    ids = tuple(draw(st.lists(st.sampled_from(IDS), unique=True)))
    return World(
        routine=Routine(
            name="shop",
            staging=draw(_deployments(ids)),
            production=draw(_deployments(ids)),
            areas={area: draw(st.sampled_from([None, *ids])) for area in AREAS},
        ),
        versions=tuple(
            Version(id=v, description=draw(st.sampled_from(["", OURS]))) for v in ids
        ),
    )


keeps = st.builds(
    Keep,
    protected=some_ids,
    foreign=st.booleans(),
    before=some_ids,
    newest=st.integers(0, 3),
    last=some_ids,
)


def _breaks(gone: frozenset[Version], world: World, keep: Keep) -> bool:
    """Tell whether deleting these would break what is promised, in its words."""
    served = [
        share.version
        for deployment in (world.routine.staging, world.routine.production)
        if deployment is not None
        for share in deployment.split.shares
    ]
    ages = sorted((int(v.id) for v in world.versions), reverse=True)
    for version in gone:
        areas = world.routine.areas.values()
        is_served = version.id in served or version.id in areas
        is_kept = version.id in keep.protected or version.id in keep.before
        is_not_ours = keep.foreign and "ef1" not in version.description
        is_new = ages.index(int(version.id)) < keep.newest
        if is_served or is_kept or is_not_ours or is_new:
            return True

    return False


def _oracle(world: World, keep: Keep, most: int) -> frozenset[Version]:
    """Try every subset; the best breaks nothing, leaves few, takes few and old."""
    subsets = chain.from_iterable(
        combinations(world.versions, size) for size in range(len(world.versions) + 1)
    )
    sound = [
        gone for found in subsets if not _breaks(gone := frozenset(found), world, keep)
    ]

    def cost(gone: frozenset[Version]) -> tuple[int, int, int, list[int]]:
        too_many = max(0, len(world.versions) - len(gone) - most)
        served_before = sum(v.id in keep.last for v in gone)
        return too_many, len(gone), served_before, sorted(int(v.id) for v in gone)

    return min(sound, key=cost)


@given(_worlds(), keeps, st.integers(0, 7))
def test_the_plan_is_the_oracles(world: World, keep: Keep, most: int) -> None:
    """No subset of the versions would be a better one to delete."""
    plan = plan_pruning(world, keep, most=most)

    assert _oracle(world, keep, most) == frozenset(plan.goes)


@given(_worlds(), keeps, st.integers(0, 7))
def test_each_version_goes_or_stays_with_a_reason(
    world: World, keep: Keep, most: int
) -> None:
    """A plan speaks of every version once, and never without saying why."""
    plan = plan_pruning(world, keep, most=most)

    told = [v.id for v in plan.goes] + [stay.version for stay in plan.stays]
    assert sorted(v.id for v in world.versions) == sorted(told)
    assert all(stay.reason for stay in plan.stays)


@given(_worlds(), keeps, st.integers(1, 7), st.integers(1, 2))
def test_as_many_go_as_need_room(
    world: World, keep: Keep, quota: int, room: int
) -> None:
    """As few as fit, which are the oracle's; else the refusal."""
    best = _oracle(world, keep, quota - room)
    if len(world.versions) - len(best) > quota - room:
        with pytest.raises(NothingPrunable):
            choose_victims(world, keep, quota=quota, room=room)

        return

    assert best == frozenset(choose_victims(world, keep, quota=quota, room=room))


def test_what_served_before_goes_last() -> None:
    """Though it is the oldest: where one other may go, the way back stays."""
    versions = tuple(Version(id=VersionId(n)) for n in "123")
    world = World(routine=Routine(name="shop"), versions=versions)
    keep = Keep(last=frozenset({VersionId("1")}))

    goes = [
        [version.id for version in plan_pruning(world, keep, most=most).goes]
        for most in (2, 1, 0)
    ]

    assert [["2"], ["2", "3"], ["2", "3", "1"]] == goes


@given(
    world=_worlds(), newest=st.integers(1, 7), protect=some_ids, foreign=st.booleans()
)
def test_tidying_never_takes_the_way_back(
    world: World, newest: int, protect: frozenset[VersionId], *, foreign: bool
) -> None:
    """What serves, what served before, the protected and the newest all stay."""
    wanted = Pruning(
        routine="shop", keep=newest, protect=tuple(protect), foreign=foreign
    )

    gone = {v.id for v in tidying(world, wanted).goes}
    kept = {v.id for v in sorted(world.versions, key=lambda v: int(v.id))[-newest:]}
    assert not gone & (world.routine.live | protect | predecessors(world) | kept)
    if not foreign:
        assert all("ef1" in v.description for v in world.versions if v.id in gone)


@given(_worlds(), keeps)
def test_each_version_that_stays_has_a_reason(world: World, keep: Keep) -> None:
    """A reason stands for exactly the versions that may not go."""
    stay = {v.id for v in world.versions if _breaks(frozenset({v}), world, keep)}

    assert stay == set(reasons_to_stay(world, keep))


def test_the_reasons_are_sentences() -> None:
    """Each cause has words of its own, the strongest first."""
    ids = [VersionId(str(n)) for n in range(1, 8)]
    world = World(
        routine=Routine(
            name="shop",
            production=Deployment(split=Split.whole(ids[0])),
            staging=Deployment(split=Split.whole(ids[1])),
        ),
        versions=tuple(Version(id=v) for v in ids),
    )
    keep = Keep(
        protected=frozenset({ids[2]}),
        foreign=True,
        before=frozenset({ids[3]}),
        newest=2,
    )

    assert {
        "1": "serves production",
        "2": "serves staging",
        "3": "protected",
        "4": "served before, the way back",
        "5": "not made by esa-flows",
        "6": "not made by esa-flows",
        "7": "not made by esa-flows",
    } == reasons_to_stay(world, keep)


def test_nothing_prunable_lists_every_version() -> None:
    """The refusal is all a person needs to decide."""
    version = VersionId("1")
    world = World(
        routine=Routine(name="shop", production=Deployment(split=Split.whole(version))),
        versions=(Version(id=version),),
    )

    with pytest.raises(NothingPrunable) as caught:
        choose_victims(world, Keep(), quota=1)

    assert (
        "shop has 1 of 1 versions and none may be deleted: 1 serves production."
        " Deploy away from one, unprotect one, or raise the plan's quota."
    ) == str(caught.value)


@pytest.mark.parametrize(
    ("served", "said"),
    [(1, "2 more are needed and only 1 may"), (2, "2 more are needed and none may")],
)
def test_a_shortage_of_two_is_named(served: int, said: str) -> None:
    """Where two must fit, the sentence says so and how many may go."""
    ids = (VersionId("1"), VersionId("2"))
    world = World(
        routine=Routine(
            name="shop",
            production=Deployment(split=Split.whole(ids[0])),
            staging=Deployment(split=Split.whole(ids[served - 1])),
        ),
        versions=tuple(Version(id=v) for v in ids),
    )

    with pytest.raises(NothingPrunable) as caught:
        choose_victims(world, Keep(), quota=2, room=2)

    assert f"shop has 2 of 2 versions, {said} be deleted: 1 serves" in str(caught.value)


def test_where_there_is_room_nothing_goes() -> None:
    """Though all of it might; one too many costs one."""
    versions = tuple(Version(id=VersionId(n)) for n in "123")
    world = World(routine=Routine(name="shop"), versions=versions)

    assert () == plan_pruning(world, Keep(), most=3).goes
    assert versions[:1] == plan_pruning(world, Keep(), most=2).goes


def test_the_newest_have_a_reason() -> None:
    """How many are kept is part of it."""
    versions = tuple(Version(id=VersionId(n)) for n in "12")
    world = World(routine=Routine(name="shop"), versions=versions)

    assert {"2": "among the newest 1"} == reasons_to_stay(world, Keep(newest=1))


def test_a_negative_number_is_not_kept() -> None:
    """A sign too many is refused where it is made."""
    with pytest.raises(InvalidInput, match="-1 versions cannot be kept"):
        Keep(newest=-1)


@pytest.mark.parametrize("prune_foreign", [True, False])
def test_a_release_keeps_what_it_was_told_to(*, prune_foreign: bool) -> None:
    """And takes what served before only where there is no other."""
    world = _served("2", before="1")
    release = Release(
        routine="shop",
        bundle=Bundle(digest=digest_of(b"x"), size=1),
        protect=(VersionId("7"),),
        prune_foreign=prune_foreign,
    )

    assert Keep(
        protected=frozenset({VersionId("7")}),
        foreign=not prune_foreign,
        last=frozenset({VersionId("1")}),
    ) == keep_of(release, world)


def test_tidying_takes_all_that_nothing_needs() -> None:
    """What serves and what served before stay, the newest too."""
    world = _served("2", before="1", others="345")
    wanted = Pruning(routine="shop", keep=1)

    gone = [version.id for version in tidying(world, wanted).goes]
    assert ["3", "4"] == gone


def _served(live: str, *, before: str, others: str = "") -> World:
    """Give a routine that serves a version whose tag names the one before."""
    tag = f"ef1 s=0123456789abcdef r=abcd1234 p={before} e=- g=-"
    whole = Deployment(split=Split.whole(VersionId(live)))
    versions = (Version(id=VersionId(n)) for n in (before, *others))
    return World(
        routine=Routine(name="shop", production=whole),
        versions=(Version(id=VersionId(live), description=tag), *versions),
    )


def test_the_tags_of_what_serves_name_what_served_before() -> None:
    """Only live versions' tags count: an older one's predecessor is history."""
    tag = "ef1 s=0123456789abcdef r=abcd1234 p={} e=- g=-"
    live = VersionId("3")
    world = World(
        routine=Routine(name="shop", production=Deployment(split=Split.whole(live))),
        versions=(
            Version(id=live, description=tag.format("2")),
            Version(id=VersionId("2"), description=tag.format("1")),
            Version(id=VersionId("1")),
        ),
    )

    assert {"2"} == predecessors(world)
