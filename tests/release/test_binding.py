"""Whose variables the versions of a release carry, and what people are told."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.house import BROKEN, NEW, House

from esa_flows import Outcome
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import InvalidInput
from esa_flows.files import digest_of
from esa_flows.localcloud import Switches
from esa_flows.model import (
    Bundle,
    Deployment,
    Environment,
    Routine,
    RoutineName,
    Split,
    Version,
    VersionId,
)
from esa_flows.release.binding import (
    Bindings,
    adopted_notes,
    refuse_stray,
    rollback_notes,
    served_notes,
    variable_notes,
    wants_variables,
)
from esa_flows.release.spec import Binding, Release
from esa_flows.steps.observe import World
from esa_flows.steps.read_variables import RoutineVariables

STAGING, PRODUCTION = Environment.STAGING, Environment.PRODUCTION
SHOP = RoutineName("shop")
CARRIED = (
    "Version 2 carries the variables of production as they were when it was made,"
    " 2026-03-01 12:00 UTC"
)
DAY = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
places = st.none() | st.sampled_from(Environment)


def _release(
    binding: Binding = Binding.AUTO, target: Environment = PRODUCTION
) -> Release:
    bundle = Bundle(digest=digest_of(NEW), size=len(NEW))
    return Release(routine=SHOP, bundle=bundle, binding=binding, target=target)


def _world(
    staging: Environment | None = None,
    production: Environment | None = None,
    *,
    serves: str = "sp",
) -> World:
    """Make a routine whose version 1 serves staging and version 2 production."""
    return World(
        routine=Routine(
            name=SHOP,
            staging=_whole("1") if "s" in serves else None,
            production=_whole("2") if "p" in serves else None,
        ),
        versions=(
            Version(id="2", bound_to=production, created_at=DAY),
            Version(id="1", bound_to=staging),
        ),
    )


def _whole(version: str) -> Deployment:
    return Deployment(split=Split.whole(VersionId(version)))


@given(st.sampled_from(Binding), places, places)
def test_what_serves_decides_unless_somebody_did(
    binding: Binding, staging: Environment | None, production: Environment | None
) -> None:
    """Anything bound that serves is enough, be it bound to the wrong environment."""
    found = wants_variables(_world(staging, production), _release(binding))
    said = {Binding.ON: True, Binding.FRESH: True, Binding.OFF: False}

    assert said.get(binding, bool(staging or production)) is found


@pytest.mark.parametrize(
    "world", [_world(serves=""), World(routine=_world().routine, versions=())]
)
def test_nothing_tells_where_nothing_that_is_listed_serves(world: World) -> None:
    """Then somebody has to be asked."""
    assert wants_variables(world, _release()) is None


@pytest.mark.parametrize(
    ("target", "places"),
    [(STAGING, (STAGING,)), (PRODUCTION, (STAGING, PRODUCTION))],
)
def test_production_needs_a_version_of_its_own(
    target: Environment, places: tuple[Environment, ...]
) -> None:
    """After staging's, which proves the same bytes."""
    bound = Bindings.of(_release(target=target))

    assert places == bound.places
    assert bound.are_bound
    assert not Bindings().are_bound


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (RoutineVariables(staging=("A",), production=("A",)), ()),
        (
            RoutineVariables(staging=("A", "B", "C"), production=("B",)),
            ("Only staging of shop has A, C.",),
        ),
        (
            RoutineVariables(staging=("A",), production=tuple("BCDEFGH")),
            (
                "Only staging of shop has A.",
                "Only production of shop has B, C, D, E, F and 2 more.",
            ),
        ),
        (RoutineVariables(), ("shop has no variables: --bind off saves a version.",)),
        (
            RoutineVariables(why="not allowed to read them (X)"),
            ("The variables of shop were not compared: not allowed to read them (X).",),
        ),
    ],
)
def test_variables_that_only_one_environment_has_are_named(
    seen: RoutineVariables, told: tuple[str, ...]
) -> None:
    """A staging gate cannot notice what production lacks."""
    assert told == variable_notes(SHOP, seen)


def test_what_serves_with_the_wrong_variables_is_told() -> None:
    """Somebody deployed the same version to both environments."""
    world = _world(PRODUCTION, STAGING)

    assert (
        "Staging of shop serves 1, which carries the variables of production.",
        "Production of shop serves 2, which carries the variables of staging.",
    ) == served_notes(world, _release())
    assert () == served_notes(_world(STAGING, PRODUCTION), _release())
    assert () == served_notes(_world(serves=""), _release())


def test_losing_variables_is_told() -> None:
    """Who says off may have forgotten that what serves has some."""
    (note,) = served_notes(_world(STAGING, PRODUCTION), _release(Binding.OFF))

    assert (
        "2, which serves production, carries variables; the code released now sees"
        " none."
    ) == note
    assert () == served_notes(_world(), _release(Binding.OFF))


def test_how_old_the_variables_of_an_adopted_version_are_is_told() -> None:
    """Only of those that carry some."""
    world = _world(None, PRODUCTION)

    (note,) = adopted_notes(world, [VersionId("1"), VersionId("2")])

    assert f"{CARRIED}: --bind fresh takes those of now." == note
    assert () == adopted_notes(world, [VersionId("1")])


@pytest.mark.parametrize(
    ("production", "target", "told"),
    [
        (None, "1", ()),
        (PRODUCTION, "1", ("Version 1 carries no variables: the code sees none now.",)),
        (
            PRODUCTION,
            "2",
            (f"{CARRIED}.",),
        ),
    ],
)
def test_a_way_back_tells_of_its_variables(
    production: Environment | None, target: str, told: tuple[str, ...]
) -> None:
    """Going back to code goes back to its variables, or to none."""
    assert told == rollback_notes(_world(None, production), VersionId(target))


def test_production_is_not_given_what_is_stagings() -> None:
    """By the provider's word, or by our tag's."""
    with pytest.raises(InvalidInput) as caught:
        refuse_stray(_world(STAGING, PRODUCTION), VersionId("1"))

    assert (
        "Version 1 of shop carries the variables of staging: production would be given"
        " them. No other version may serve production: release the earlier code again,"
        " with production's variables, by: esa-flows release shop FILE --bind on"
    ) == str(caught.value)


@pytest.mark.parametrize("production", [None, PRODUCTION])
def test_what_is_productions_or_nobodys_may_serve_it(
    production: Environment | None,
) -> None:
    """Nothing is said."""
    refuse_stray(_world(STAGING, production), VersionId("2"))


# --- in a release -------------------------------------------------------------------


async def test_where_nothing_serves_the_variables_decide() -> None:
    """A first release with variables is bound unasked; they are read once."""
    with House() as house:
        for env in ("staging", "production"):
            house.cloud.console.set_variable("shop", env, "KEY", "value")

        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome
        assert ["staging", "production"] == list(house.bound().values())
        assert 2 == house.transport.calls.count("variables")


@pytest.mark.parametrize(
    ("made", "calls"), [(True, 2), (False, 0)], ids=["empty", "created"]
)
async def test_where_there_are_no_variables_nothing_is_bound(
    made: bool,  # noqa: FBT001  a parameter of a test
    calls: int,
) -> None:
    """A routine that this run made is not even asked."""
    with House() as house:
        if made:
            house.cloud.console.routine("shop")

        async with house.client() as client:
            report = await client.release("shop", NEW, create=True)

        assert Outcome.RELEASED is report.outcome
        assert {} == house.bound()
        assert () == report.notes
        assert calls == house.transport.calls.count("variables")


async def test_where_nobody_may_ask_nothing_is_bound_and_it_is_said() -> None:
    """An unknown is told with what decides it."""
    denied = frozenset({"esa:ListRoutineEnvironmentVariables"})
    with House(switches=Switches(denied=denied)) as house:
        house.cloud.console.set_variable("shop", "production", "KEY", "value")
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert {} == house.bound()
        (note,) = report.notes
        assert (
            "The variables of shop are unknown (not allowed to read them"
            " (ListRoutineEnvironmentVariables)): this release carries none; --bind on"
            " and --bind off decide."
        ) == note


async def test_an_unbound_routine_costs_no_call_more() -> None:
    """What serves is listed anyway, with whose variables it carries."""
    with House() as house:
        house.live()
        house.cloud.console.set_variable("shop", "production", "KEY", "value")
        async with house.client() as client:
            await client.release("shop", NEW)

        assert {} == house.bound()
        assert "variables" not in house.transport.calls


async def test_a_bound_routine_stays_bound() -> None:
    """Unasked, as what serves is."""
    with House() as house:
        house.live_bound()
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert "production" == house.bound()[report.version or ""]


async def test_off_makes_one_version_and_says_what_it_lacks() -> None:
    """The way out of being bound."""
    with House() as house:
        house.live_bound()
        async with house.client() as client:
            report = await client.release("shop", NEW, bind="off")

        assert report.version not in house.bound()
        assert {report.version: 100} == house.serves() == house.serves(env="staging")
        assert "carries variables; the code released now sees none" in str(report)


async def test_bytes_that_serve_with_variables_are_not_the_bytes_without() -> None:
    """The same code in a bound version is not unchanged where none is wanted."""
    with House() as house:
        made = house.live_bound(code=NEW)
        async with house.client() as client:
            report = await client.release("shop", NEW, bind="off")

        assert Outcome.RELEASED is report.outcome
        assert report.version not in made.values()


async def test_a_word_that_says_nothing_is_refused() -> None:
    """Before anything is sent."""
    with House() as house:
        house.live()
        async with house.client() as client:
            with pytest.raises(InvalidInput, match="use auto, on, fresh, off"):
                await client.release("shop", NEW, bind="yes")

        assert [] == house.transport.calls


async def test_no_value_of_a_variable_is_kept_anywhere() -> None:
    """Not in the journal, not in a report, not in an error."""
    journal = MemoryJournal()
    with House(journal=journal, switches=Switches(secrets_shown=True)) as house:
        house.live_bound()
        house.cloud.console.set_variable("shop", "staging", "ONLY", "hue-only")
        async with house.client() as client:
            first = await client.release("shop", NEW, bind="on")
            failed = await client.release("shop", BROKEN, check=False)
            runs = [await client.runs.get(r.run) for r in (first, failed)]

        kept = " ".join(row.record.body for run in runs for row in run.rows)
        assert "TOKEN" in kept
        assert "ONLY" in str(first)
        for told in (kept, str(first), str(failed), repr(runs)):
            assert "old-" not in told
            assert "hue-" not in told
