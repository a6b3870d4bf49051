"""Which version goes when there is no room: every decision against a slow oracle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.errors import NothingPrunable
from esa_flows.model import Deployment, Routine, Share, Split, Version, VersionId
from esa_flows.release.room import Keep, choose_victims, reasons_to_stay
from esa_flows.steps.observe import World

IDS = tuple(VersionId(str(number)) for number in range(8, 14))
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
        ),
        versions=tuple(
            Version(id=v, description=draw(st.sampled_from(["", OURS]))) for v in ids
        ),
    )


keeps = st.builds(
    Keep,
    protected=some_ids,
    foreign=st.booleans(),
    last=some_ids,
)


def _may_go(version: Version, world: World, keep: Keep) -> bool:
    """Say the rule once more, as one sentence."""
    served = [
        share.version
        for deployment in (world.routine.staging, world.routine.production)
        if deployment is not None
        for share in deployment.split.shares
    ]
    return not (
        version.id in served
        or version.id in keep.protected
        or (keep.foreign and "ef1" not in version.description)
    )


@given(_worlds(), keeps, st.integers(1, 7), st.integers(1, 2))
def test_the_choice_is_the_oracles(
    world: World, keep: Keep, quota: int, room: int
) -> None:
    """As few as fit; the oldest that may go, what served before last; else a no."""
    free = [v for v in world.versions if _may_go(v, world, keep)]
    others = sorted((v for v in free if v.id not in keep.last), key=lambda v: int(v.id))
    last = sorted((v for v in free if v.id in keep.last), key=lambda v: int(v.id))
    count = len(world.versions) + room - quota
    if count > len(free):
        with pytest.raises(NothingPrunable):
            choose_victims(world, keep, quota=quota, room=room)

        return

    victims = choose_victims(world, keep, quota=quota, room=room)

    assert tuple([*others, *last][: max(0, count)]) == victims


@given(_worlds(), keeps)
def test_each_version_that_stays_has_a_reason(world: World, keep: Keep) -> None:
    """A reason stands for exactly the versions that may not go."""
    stay = {v.id for v in world.versions if not _may_go(v, world, keep)}

    assert stay == set(reasons_to_stay(world, keep))


def test_the_reasons_are_sentences() -> None:
    """Each cause has words of its own, the strongest first."""
    ids = [VersionId(str(n)) for n in range(1, 5)]
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
    )

    assert {
        "1": "serves production",
        "2": "serves staging",
        "3": "protected",
        "4": "not made by esa-flows",
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
