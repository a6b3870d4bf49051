"""How a release ended, for people and programs."""

from __future__ import annotations

from tests.house import NEW, House

from esa_flows import Outcome, Report
from esa_flows.engine.codec import decode, encode
from esa_flows.localcloud import Fault
from esa_flows.model import Deployment, RoutineName, Split, VersionId
from esa_flows.release.report import ways_out

SHOP = RoutineName("shop")


def test_a_report_reads_as_sentences() -> None:
    """What, how, what serves now, why, what now, and what else."""
    report = Report(
        run="abcd1234",
        routine=SHOP,
        outcome=Outcome.ROLLED_BACK,
        version=VersionId("2"),
        production=Deployment(split=Split.whole(VersionId("1"))),
        reason="The gate said no.",
        next_move="Mend it.",
        notes=("One note.",),
    )

    assert (
        "shop: rolled back as version 2. Production serves 1 100 %."
        " The gate said no. Mend it. One note."
    ) == str(report)


def test_a_report_of_nothing_says_so() -> None:
    """No version and no deployment leave no holes in the sentence."""
    report = Report(run="abcd1234", routine=SHOP, outcome=Outcome.FAILED)

    assert "shop: failed. Production serves nothing." == str(report)


def test_a_report_survives_the_journal() -> None:
    """Who asks again for a run that has ended gets the same report."""
    report = Report(
        run="abcd1234",
        routine=SHOP,
        outcome=Outcome.RELEASED,
        version=VersionId("2"),
        before=Deployment(split=Split.whole(VersionId("1")), id="7"),
    )

    assert report == decode(encode(report), Report)


async def _paused(house: House, *faults: Fault) -> Report:
    house.cloud.inject(*faults)
    async with house.client() as client:
        return await client.release("shop", NEW, canary="10:5s,100", check=False)


async def test_a_run_that_stops_before_production_says_that_it_is_as_before() -> None:
    """The journal tells that nothing was begun there, and which version was made."""
    with House() as house:
        old = house.live()
        report = await _paused(
            house,
            Fault(
                operation="CreateRoutineCodeDeployment",
                kind="error",
                times=None,
                env="staging",
            ),
        )

        assert Outcome.PAUSED is report.outcome
        assert house.versions()[-1] == report.version
        assert report.production_as_before
        assert report.production is not None
        assert {old} == report.production.split.versions
        assert (
            f"Go on with: esa-flows resume {report.run}"
            f" or go back with: esa-flows abort {report.run}"
        ) == report.next_move


async def test_a_run_that_stops_between_two_versions_names_the_newer() -> None:
    """Staging's was made first; a package's version counts like that of code."""
    with House() as house:
        house.live_bound()
        report = await _paused(
            house,
            Fault(
                operation="CreateRoutineCodeDeployment",
                kind="error",
                times=None,
                env="staging",
            ),
        )

        assert Outcome.PAUSED is report.outcome
        assert house.versions()[-1] == report.version
        assert "staging" == house.bound()[report.version or ""]


async def test_a_run_that_stops_in_production_says_that_it_may_differ() -> None:
    """A deployment was begun and nobody knows its end: it is not called as before."""
    with House() as house:
        old = house.live()
        report = await _paused(
            house,
            Fault(
                operation="CreateRoutineCodeDeployment",
                kind="error",
                times=None,
                env="production",
            ),
        )

        assert Outcome.PAUSED is report.outcome
        assert not report.production_as_before
        assert report.before is not None
        assert {old} == report.before.split.versions


async def test_a_run_that_stops_after_the_way_back_is_as_before() -> None:
    """Production was put back; what stopped it then was about staging."""
    with House() as house:
        house.live()
        report = await _paused(
            house,
            Fault(
                operation="CreateRoutineCodeDeployment",
                kind="refuse",
                code="InvalidParameter",
                env="production",
                call=2,
            ),
            Fault(
                operation="CreateRoutineCodeDeployment",
                kind="error",
                times=None,
                env="staging",
                call=2,
            ),
        )

        assert Outcome.PAUSED is report.outcome
        assert report.production_as_before


async def test_a_run_that_never_began_has_failed() -> None:
    """Nothing that could be gone on with was done: it is over, and nothing changed."""
    with House() as house:
        house.live()
        report = await _paused(
            house, Fault(operation="GetRoutine", kind="error", times=None)
        )

        assert Outcome.FAILED is report.outcome
        assert report.production_as_before
        assert report.version is None
        assert "" == report.next_move


def test_the_ways_out_name_what_is_known() -> None:
    """With a version three commands, without one two."""
    shop = RoutineName("shop")

    assert 3 == len(ways_out(shop, VersionId("7")).split(" - "))
    assert (
        "Go back by hand with: esa-flows rollback shop"
        " - See what serves with: esa-flows versions list shop"
    ) == ways_out(shop, None)
