"""Where a release stands, and what may therefore be done."""

from __future__ import annotations

from attrs import evolve

from esa_flows.errors import GateFailed, OutcomeUnknown
from esa_flows.model import (
    Cloud,
    Deployment,
    Environment,
    Realm,
    Routine,
    Share,
    Split,
    VersionId,
)
from esa_flows.release.journey import Journey
from esa_flows.release.report import Outcome

ONE, TWO = VersionId("1"), VersionId("2")
TENTH = Split((Share(ONE, 90), Share(TWO, 10)))
PRODUCTION = Environment.PRODUCTION


def _journey() -> Journey:
    before = Routine(name="shop", production=Deployment(split=Split.whole(ONE), id="a"))
    return Journey(run="abcd1234", before=before)


def _seeing(journey: Journey, split: Split | None) -> Journey:
    seen = Deployment(split=split, id="b") if split else None
    journey.now = evolve(journey.before, production=seen)
    return journey


def test_what_served_before_is_ours() -> None:
    """Going back may begin from it, whoever deployed it again."""
    assert _seeing(_journey(), Split.whole(ONE)).is_ours(PRODUCTION)


def test_what_was_asked_for_is_ours() -> None:
    """Every split of this run is known, the last and the ones before."""
    journey = _journey()
    journey.begin(PRODUCTION, TENTH)
    journey.begin(PRODUCTION, Split.whole(TWO))

    assert _seeing(journey, TENTH).is_ours(PRODUCTION)
    assert _seeing(journey, Split.whole(TWO)).is_ours(PRODUCTION)


def test_everything_else_is_somebody_elses() -> None:
    """Another split, or nothing where something served."""
    journey = _journey()
    journey.begin(Environment.STAGING, Split.whole(TWO))

    assert not _seeing(journey, TENTH).is_ours(PRODUCTION)
    assert not _seeing(journey, None).is_ours(PRODUCTION)


def test_what_was_refused_was_never_asked() -> None:
    """A deployment that certainly did not happen needs no way back."""
    journey = _journey()
    journey.begin(PRODUCTION, TENTH)
    journey.refused(PRODUCTION)

    assert not journey.has_asked(PRODUCTION)
    assert not _seeing(journey, TENTH).is_ours(PRODUCTION)


def test_as_before_means_the_split_not_the_deployment() -> None:
    """The same split under another id serves the same."""
    assert _seeing(_journey(), Split.whole(ONE)).production_as_before
    assert not _seeing(_journey(), TENTH).production_as_before


def test_the_report_says_reason_and_move_once_each() -> None:
    """The reason is the error without its advice; the advice stands apart."""
    error = GateFailed("It said no.", next_move="Mend it.")
    report = _journey().report(Outcome.FAILED, error)

    assert ("It said no.", "Mend it.") == (report.reason, report.next_move)


def test_a_call_error_keeps_its_facts_in_the_reason() -> None:
    """Operation, code and request id stay; the advice moves out of the middle."""
    error = OutcomeUnknown(
        "It broke.",
        next_move="Look first.",
        operation="GetRoutine",
        recommend="https://example.test/help",
    )
    report = _journey().report(Outcome.FAILED, error, next_move="Go back.")

    assert "It broke. (operation GetRoutine) https://example.test/help" == report.reason
    assert "Go back." == report.next_move


def test_an_error_without_advice_is_its_own_reason() -> None:
    """Nothing is cut where there is nothing to cut."""
    report = _journey().report(Outcome.FAILED, GateFailed("It said no."))

    assert ("It said no.", "") == (report.reason, report.next_move)


ZHEJIANG = "presetCanaryZhejiang"


def _with_areas(version: VersionId = ONE, **changes: VersionId) -> Routine:
    production = Deployment(split=Split.whole(changes.get("production", ONE)))
    return Routine(name="shop", production=production, areas={ZHEJIANG: version})


def test_an_area_that_changed_is_not_as_before() -> None:
    """Its visitors get something else; one without its own version is no change."""
    journey = Journey(run="abcd1234", before=_with_areas())
    assert journey.production_as_before

    journey.now = _with_areas(TWO)
    assert not journey.production_as_before

    journey.now = evolve(
        _with_areas(), areas={ZHEJIANG: ONE, "presetCanaryJilin": None}
    )
    assert journey.production_as_before


def test_the_places_this_run_changed_are_ours() -> None:
    """With what they served before or what it asked for, and nothing else."""
    journey = Journey(run="abcd1234", before=_with_areas())
    journey.begin(PRODUCTION, Split.whole(TWO), (ZHEJIANG,))
    assert (ZHEJIANG,) == journey.touched

    for version, is_ours in ((ONE, True), (TWO, True), (VersionId("6"), False)):
        journey.now = _with_areas(version)

        assert is_ours is journey.is_ours(PRODUCTION)


def test_a_place_that_was_refused_was_never_touched() -> None:
    """There is no way back from what did not happen."""
    journey = Journey(run="abcd1234", before=_with_areas())
    journey.begin(PRODUCTION, Split.whole(TWO), (ZHEJIANG,))
    journey.begin(Environment.STAGING, Split.whole(TWO))
    journey.refused(Environment.STAGING)
    assert (ZHEJIANG,) == journey.touched

    journey.refused(PRODUCTION)
    assert not journey.touched


def test_the_report_says_what_areas_serve_and_which_cloud_it_is() -> None:
    """A command in it must reach the same routine."""
    journey = Journey(run="abcd1234", before=_with_areas(), realm=Realm(Cloud.DCDN))
    report = journey.report(Outcome.RELEASED)

    assert (Cloud.DCDN, {ZHEJIANG: ONE}) == (report.cloud, report.areas)
