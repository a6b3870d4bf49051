"""Putting a split in force, finding out whether it was, and reading it back."""

from __future__ import annotations

import anyio
import pytest
from attrs import evolve
from tests.crash.every import play_named
from tests.dcdn_house import JILIN, ZHEJIANG, DcdnHouse
from tests.house import OTHER, House
from tests.steps.bench import SHOP, perform

from esa_flows import Context, Outcome, flow
from esa_flows.engine.step import NotHappened
from esa_flows.errors import Conflict, InUse, NotFound
from esa_flows.localcloud import Fault, Switches
from esa_flows.model import (
    Deployment,
    Duration,
    Environment,
    Routine,
    Share,
    Split,
    VersionId,
)
from esa_flows.steps.deploy import Deploy, Publish, deploy, read_back
from esa_flows.steps.observe import look
from esa_flows.testing import Disturbance
from esa_flows.testing.rehearsal import go_on

ONE, TWO, SIX = VersionId("1"), VersionId("2"), VersionId("6")
WHOLE_ONE = Deployment(split=Split.whole(ONE), id="a")
TENTH = Split((Share(ONE, 90), Share(TWO, 10)))


def _routine(now: Deployment | None) -> Routine:
    return Routine(name=SHOP, production=now)


def _wanted(split: Split, previous: Deployment | None, *ours: Split) -> Deploy:
    return Deploy(
        routine=SHOP,
        environment=Environment.PRODUCTION,
        split=split,
        previous=previous,
        ours=ours,
    )


def test_what_is_wanted_and_new_happened() -> None:
    """The split serves that did not serve before: ours, with its id."""
    now = Deployment(split=TENTH, id="b")

    assert now == _wanted(TENTH, WHOLE_ONE).compare(_routine(now))
    assert now == _wanted(TENTH, None).compare(_routine(now))


def test_what_served_before_did_not_happen() -> None:
    """The split before, under whatever id: nobody changed anything."""
    again = Deployment(split=Split.whole(ONE), id="z")

    assert NotHappened() == _wanted(TENTH, WHOLE_ONE).compare(_routine(WHOLE_ONE))
    assert NotHappened() == _wanted(TENTH, WHOLE_ONE).compare(_routine(again))
    assert NotHappened() == _wanted(TENTH, None).compare(_routine(None))


def test_the_same_split_again_needs_a_new_deployment() -> None:
    """Where it served before already, only another id tells that it happened."""
    wanted = _wanted(Split.whole(ONE), WHOLE_ONE)
    new = Deployment(split=Split.whole(ONE), id="b")

    assert NotHappened() == wanted.compare(_routine(WHOLE_ONE))
    assert new == wanted.compare(_routine(new))


def test_anything_else_is_somebody_else() -> None:
    """The conflict names all three: what serves, what was known, what was wanted."""
    found = _wanted(TENTH, WHOLE_ONE).compare(
        _routine(Deployment(split=Split.whole(SIX), id="c"))
    )

    assert isinstance(found, Conflict)
    assert (
        "Production of shop serves 6 100 %; this run last knew 1 100 % and wants"
        " 1 90 % + 2 10 %."
        " Somebody else deployed meanwhile; nothing of theirs was changed."
        " See it with: esa-flows versions list shop - keep theirs and do no more, or"
        " put back what served before with: esa-flows rollback shop --to 1"
    ) == str(found)


def test_nothing_where_something_served_is_somebody_else() -> None:
    """No call takes a deployment away; so it is not ours."""
    found = _wanted(TENTH, WHOLE_ONE).compare(_routine(None))

    assert isinstance(found, Conflict)
    assert "serves nothing" in str(found)


def test_on_the_way_back_our_own_splits_are_nobody_elses() -> None:
    """What this run asked for may be seen late."""
    wanted = _wanted(Split.whole(ONE), WHOLE_ONE, TENTH)
    ours = Deployment(split=TENTH, id="b")
    theirs = Deployment(split=Split.whole(SIX), id="c")

    assert NotHappened() == wanted.compare(_routine(ours))
    assert isinstance(wanted.compare(_routine(theirs)), Conflict)


def _live(house: House) -> tuple[Deploy, str, str]:
    """Make a routine with two versions; give a deployment of the second."""
    first = house.live()
    second = house.cloud.console.add_version("shop", OTHER)
    held = house.cloud.console.routine("shop").deployments["production"]
    previous = Deployment(split=Split.whole(VersionId(first)), id=held.id)
    return _wanted(Split.whole(VersionId(second)), previous), first, second


async def test_a_split_is_put_in_force_by_one_call() -> None:
    """The answer says what was asked, with the deployment's id."""
    with House() as house:
        wanted, _, second = _live(house)
        async with house.client() as client:
            made = await perform(client, deploy, wanted)

        assert wanted.split == made.split
        assert {second: 100} == house.serves()
        assert ["observe", "deploy production 100"] == house.transport.calls


@pytest.mark.parametrize("executed", [True, False])
async def test_a_lost_answer_is_compared_with_what_serves(*, executed: bool) -> None:
    """Sent again only where it surely did not happen."""
    with House() as house:
        wanted, _, second = _live(house)
        house.cloud.inject(
            Fault(
                operation="CreateRoutineCodeDeployment", kind="lost", executed=executed
            )
        )
        async with house.client() as client:
            await perform(client, deploy, wanted)

        assert {second: 100} == house.serves()
        assert (1 if executed else 2) == house.transport.calls.count(
            "deploy production 100"
        )


async def test_an_unknown_version_is_an_answer() -> None:
    """Deleted under us: it is not tried again."""
    with House() as house:
        wanted, first, second = _live(house)
        house.cloud.console.delete_version("shop", second)
        async with house.client() as client:
            with pytest.raises(NotFound):
                await perform(client, deploy, wanted)

        assert {first: 100} == house.serves()
        # Only the judge of the cloud may call this illegal: nobody could know.
        house.cloud.judge.violations.clear()


async def test_a_deployment_that_is_held_up_is_tried_four_times() -> None:
    """One, two and four seconds apart, with a look each time."""
    with House() as house:
        wanted, *_ = _live(house)
        house.cloud.inject(
            Fault(
                operation="CreateRoutineCodeDeployment",
                kind="refuse",
                code="DependedByOthers",
                times=None,
            )
        )
        async with house.client() as client:
            began = anyio.current_time()
            with pytest.raises(InUse):
                await perform(client, deploy, wanted)

            took = anyio.current_time() - began

        assert 7 <= took < 8
        assert ["observe", "deploy production 100"] * 4 == house.transport.calls


async def test_a_deployment_refused_but_seen_is_not_sent_again() -> None:
    """What serves counts, not what was answered."""
    with House() as house:
        wanted, *_ = _live(house)
        house.cloud.inject(
            Fault(
                operation="CreateRoutineCodeDeployment",
                kind="refuse",
                code="DependedByOthers",
                executed=True,
            )
        )
        async with house.client() as client:
            made = await perform(client, deploy, wanted)

        assert wanted.split == made.split
        assert ["observe", "deploy production 100", "observe"] == house.transport.calls


async def test_a_held_up_deployment_gives_way_to_somebody_else() -> None:
    """Between two tries somebody deployed: theirs stays."""
    with House() as house:
        wanted, *_ = _live(house)
        foreign = {house.cloud.console.add_version("shop", OTHER): 100}
        house.cloud.inject(
            Fault(
                operation="CreateRoutineCodeDeployment",
                kind="refuse",
                code="DependedByOthers",
            )
        )
        house.transport.after("deploy", lambda: house.deploy(foreign))
        async with house.client() as client:
            with pytest.raises(Conflict):
                await perform(client, deploy, wanted)

        assert foreign == house.serves()


async def test_reading_back_gives_the_whole_routine() -> None:
    """One reading answers for both environments."""
    with House() as house:
        wanted, first, second = _live(house)
        house.deploy({second: 100})
        async with house.client() as client:
            seen = await perform(client, read_back, wanted)

        assert wanted.split == seen.production.split
        assert {first} == seen.staging.split.versions
        assert ["observe"] == house.transport.calls


async def test_reading_back_waits_for_what_shows_late() -> None:
    """Ten seconds late is in time."""
    with House(switches=Switches(live_lag=10.0)) as house:
        wanted, _, second = _live(house)
        await anyio.sleep(60)
        house.deploy({second: 100})
        async with house.client() as client:
            seen = await perform(client, read_back, wanted)

        assert wanted.split == seen.production.split
        assert 1 < house.transport.calls.count("observe") < 10


async def test_reading_back_does_not_wait_for_ever() -> None:
    """After thirty seconds it is said that it does not serve."""
    with House() as house:
        wanted, *_ = _live(house)
        async with house.client() as client:
            began = anyio.current_time()
            with pytest.raises(Conflict):
                await perform(client, read_back, wanted)

            assert 30 <= anyio.current_time() - began < 36


async def test_reading_back_somebody_elses_split_is_a_conflict_at_once() -> None:
    """There is nothing to wait for."""
    with House() as house:
        wanted, *_ = _live(house)
        house.deploy({house.cloud.console.add_version("shop", OTHER): 100})
        async with house.client() as client:
            with pytest.raises(Conflict):
                await perform(client, read_back, wanted)

        assert ["observe"] == house.transport.calls


async def test_who_takes_over_looks_before_deploying() -> None:
    """The look that guards it was another process's, and may be long ago."""
    play = play_named("fresh")
    rehearsal = play.rehearsal()
    await play.prepare(rehearsal)
    rehearsal.fate.add([Disturbance(at="record", number=15, kind="die after")])
    await rehearsal.live(play.act)
    died_after = rehearsal.witness.acts[-1].subject
    console = rehearsal.cloud.console
    theirs = console.add_version("shop", OTHER)
    console.deploy("shop", "production", {theirs: 100})
    ended = await rehearsal.live(go_on)

    assert "still_serves[staging]#1" == died_after
    assert Outcome.CONFLICT is ended.value.outcome
    assert {theirs: 100} == rehearsal.cloud.report().splits["shop"]["production"]


async def test_a_deployment_that_had_to_wait_looks_again() -> None:
    """Somebody may have deployed meanwhile."""
    with House() as house:
        wanted, *_ = _live(house)
        theirs = house.cloud.console.add_version("shop", OTHER)
        house.cloud.inject(
            Fault(operation="CreateRoutineCodeDeployment", kind="throttle")
        )
        house.transport.after("deploy", lambda: house.deploy({theirs: 100}))
        async with house.client() as client:
            with pytest.raises(Conflict, match="Somebody else deployed meanwhile"):
                await perform(client, deploy, wanted)

        assert ["observe", "deploy production 100", "observe"] == house.transport.calls
        assert {theirs: 100} == house.serves()


@pytest.mark.parametrize(
    ("environment", "age", "looks"),
    [("production", 0.5, 1), ("production", 1.5, 2), ("staging", 1.5, 1)],
)
async def test_production_is_guarded_by_a_look_that_is_a_second_old(
    environment: str, age: float, looks: int
) -> None:
    """A younger look of the flow's is enough; staging is only read back."""
    with House() as house:
        wanted, *_ = _live(house)
        wanted = evolve(wanted, environment=Environment(environment))

        @flow
        async def looks_first(ctx: Context, given: Deploy) -> None:
            """Look, wait, deploy."""
            await ctx.do(look, given.routine)
            await ctx.sleep(Duration(age), key="wait")
            await ctx.do(deploy, given)

        async with house.client() as client:
            await client.run(looks_first, wanted)

        deployed = f"deploy {environment} 100"
        assert ["observe"] * looks + [deployed] == house.transport.calls


# --- production and its areas --------------------------------------------------------


def _areas(production: VersionId | None, **areas: VersionId | None) -> Routine:
    """Make a routine that serves these; areas by their short names."""
    whole = Deployment(split=Split.whole(production)) if production else None
    names = {f"presetCanary{name}": held for name, held in areas.items()}
    return Routine(name=SHOP, production=whole, areas=names)


def _publish(before: Routine, *places: str, ours: tuple[Split, ...] = ()) -> Publish:
    """Want version two in some places."""
    return Publish(
        routine=SHOP,
        environment=Environment.PRODUCTION,
        split=Split.whole(TWO),
        previous=before.production,
        places=places,
        before=before.places,
        ours=ours,
    )


OLD_EVERYWHERE = _areas(ONE, Zhejiang=ONE, Jilin=ONE)


def test_a_version_in_its_places_alone_happened() -> None:
    """The places serve it, the others what they served."""
    wanted = _publish(OLD_EVERYWHERE, ZHEJIANG)
    now = _areas(ONE, Zhejiang=TWO, Jilin=ONE)

    assert Deployment(split=Split.whole(TWO)) == wanted.compare(now)
    assert wanted.is_in_force(now)
    assert NotHappened() == wanted.compare(OLD_EVERYWHERE)
    assert not wanted.is_in_force(OLD_EVERYWHERE)


def test_a_place_that_is_seen_late_is_nobody_elses() -> None:
    """One call goes to all of them: what is missing will be seen."""
    wanted = _publish(OLD_EVERYWHERE, "production", JILIN)

    assert NotHappened() == wanted.compare(_areas(TWO, Zhejiang=ONE, Jilin=ONE))


@pytest.mark.parametrize(
    "now",
    [
        _areas(ONE, Zhejiang=SIX, Jilin=ONE),
        _areas(SIX, Zhejiang=TWO, Jilin=ONE),
        _areas(ONE, Zhejiang=TWO, Jilin=TWO),
        _areas(None, Zhejiang=ONE, Jilin=ONE),
    ],
)
def test_another_version_anywhere_is_somebody_else(now: Routine) -> None:
    """In the places to change, and in those that must stay as they are."""
    wanted = _publish(OLD_EVERYWHERE, ZHEJIANG)

    assert isinstance(wanted.compare(now), Conflict)
    assert not wanted.is_in_force(now)


def test_the_conflict_names_the_places_that_differ() -> None:
    """And what is there, what was known, and what was wanted."""
    now = _areas(ONE, Zhejiang=SIX, Jilin=None)

    assert (
        "shop is not as this run left it, which wants 2 in presetCanaryZhejiang:"
        " presetCanaryZhejiang serves 6, where this run last knew 1;"
        " presetCanaryJilin serves nothing, where this run last knew 1."
        " Somebody else published meanwhile; nothing of theirs was changed."
    ) == str(_publish(OLD_EVERYWHERE, ZHEJIANG).foreign(now))
    assert "it was not put in force" in str(
        _publish(OLD_EVERYWHERE, ZHEJIANG).foreign(OLD_EVERYWHERE)
    )


def test_the_same_version_again_is_done_again() -> None:
    """There are no ids that would tell: doing it twice is the same."""
    before = _areas(TWO, Zhejiang=TWO, Jilin=TWO)

    assert NotHappened() == _publish(before, "production", JILIN).compare(before)


def test_on_the_way_back_our_own_versions_are_known_in_every_place() -> None:
    """What this run published may be seen late, and is nobody else's."""
    wanted = _publish(OLD_EVERYWHERE, ZHEJIANG, ours=(Split.whole(SIX),))

    assert NotHappened() == wanted.compare(_areas(ONE, Zhejiang=SIX, Jilin=ONE))


async def test_places_are_published_to_in_one_call() -> None:
    """And seen there by one reading."""
    with DcdnHouse() as house:
        old = house.live()
        house.areas(ZHEJIANG, JILIN)
        new = house.cloud.console.add_revision("shop", OTHER)
        async with house.client() as client:
            before = (await client.versions("shop")).routine
            wanted = evolve(
                _publish(before, ZHEJIANG, JILIN), split=Split.whole(VersionId(new))
            )
            house.transport.forget()
            await perform(client, deploy, wanted)
            seen = await perform(client, read_back, wanted)

        assert f"deploy {JILIN}+{ZHEJIANG}" == house.transport.calls[0]
        assert {"staging": old, "production": old, ZHEJIANG: new, JILIN: new} == (
            house.now()
        )
        assert {ZHEJIANG: new, JILIN: new} == seen.areas
