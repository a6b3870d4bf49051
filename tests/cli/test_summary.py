"""How a release ended."""

from __future__ import annotations

from tests.cli.reports import NEW, OLD, canary, removed, report, whole

from esa_flows.cli.summary import Spent, removed_words, report_json, summary
from esa_flows.model import Cloud, Digest
from esa_flows.release.report import Outcome
from esa_flows.steps.prune import Pruned

SPENT = Spent(calls=12, uploads=1, seconds=604.2)


def test_a_release() -> None:
    """What serves now and before, what it took, and the way back."""
    ended = report(
        Outcome.RELEASED,
        version=NEW,
        before=whole(OLD),
        production=whole(NEW),
        staging=whole(NEW),
        notes=("The quota\nis 5.",),
    )

    assert (
        f"shop: released, version {NEW} (run 7k2f7k2f7k2f)",
        f"  production  {NEW} 100 %",
        f"  before      {OLD} 100 %",
        f"  staging     {NEW} 100 %",
        "  took        12 calls and 1 upload in 10m 04s",
        "  note        The quota is 5.",
        "  roll back   esa-flows rollback shop",
    ) == summary(ended, SPENT)


def test_nothing_before_means_no_way_back() -> None:
    """A first release has nothing to go back to."""
    ended = report(Outcome.RELEASED, version=NEW, production=whole(NEW))

    told = summary(ended, Spent(calls=1, seconds=0.5))

    assert "  before      nothing" in told
    assert "  took        1 call in 0.5 s" == told[-1]


def test_a_run_that_was_stopped_claims_nothing() -> None:
    """Where the report does not know what serves, it says only what it knows."""
    safe = report(Outcome.FAILED, reason="It.")
    exposed = report(Outcome.PAUSED, reason="It.", production_as_before=False)

    assert "  production  as before" == summary(safe, SPENT)[1]
    assert "  production  may have changed" == summary(exposed, SPENT)[1]


def test_as_json() -> None:
    """Ids are text, shares are numbers, times are seconds."""
    ended = report(
        Outcome.PAUSED,
        version=NEW,
        before=whole(OLD),
        production=canary(),
        staging=whole(NEW),
        production_as_before=False,
        reason="It\x1b.",
        next_move="Go on.",
        notes=("n",),
    )

    assert {
        "run": "7k2f7k2f7k2f",
        "routine": "shop",
        "cloud": "esa",
        "outcome": "paused",
        "version": NEW,
        "before": {OLD: 100},
        "production": {OLD: 90, NEW: 10},
        "staging": {NEW: 100},
        "areas": {},
        "production_as_before": False,
        "reason": "It\N{REPLACEMENT CHARACTER}.",
        "next_move": "Go on.",
        "pruned": [],
        "notes": ["n"],
        "calls": 12,
        "uploads": 1,
        "seconds": 604.2,
    } == report_json(ended, SPENT)
    assert report_json(report(Outcome.FAILED), SPENT)["before"] is None


def test_a_removal() -> None:
    """One line: what is lost, and what is not."""
    assert (
        "shop is deleted with 1 version; the code of 1 is kept beside the journal."
        == removed_words(removed())
    )


def test_what_was_deleted_is_listed_with_its_backup() -> None:
    """Whoever misses a version finds the digest to restore."""
    gone = (
        Pruned(version=OLD, backup=Digest("ab" * 32)),
        Pruned(version=NEW, backup=Digest("cd" * 32), has_assets=True),
        Pruned(version=NEW),
    )
    lines = summary(report(Outcome.PRUNED, pruned=gone), SPENT)

    assert f"  deleted     version {OLD}, saved as {'ab' * 8}" in lines
    assert f"  deleted     version {NEW}, its code alone saved as {'cd' * 8}" in lines
    assert f"  deleted     version {NEW}, not saved" in lines


def test_areas_that_differ_from_production_are_named() -> None:
    """One that serves the same is no news; the way back reaches the same cloud."""
    ended = report(
        Outcome.RELEASED,
        cloud=Cloud.DCDN,
        before=whole(OLD),
        production=whole(NEW),
        areas={
            "presetCanaryJilin": NEW,
            "presetCanaryZhejiang": OLD,
            "presetCanaryAnhui": None,
        },
    )

    told = summary(ended, SPENT)

    assert f"  Zhejiang    {OLD}" in told
    assert "  Anhui       nothing of its own" in told
    assert "Jilin" not in "".join(told)
    assert "  roll back   esa-flows rollback shop --cloud dcdn" == told[-1]
    assert {"presetCanaryJilin": NEW}.items() <= (
        report_json(ended, SPENT)["areas"].items()
    )
