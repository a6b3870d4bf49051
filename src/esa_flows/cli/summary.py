"""How a release ended, for people in a few lines and for programs as JSON; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import asdict, frozen

from esa_flows.cli.text import (
    calls_words,
    clean,
    counted,
    labelled,
    one_line,
    seconds_words,
    served_words,
)
from esa_flows.model import Deployment, VersionId
from esa_flows.model.areas import short_name
from esa_flows.release.remove import Removed
from esa_flows.release.report import Outcome, Report
from esa_flows.steps.prune import Pruned

__all__ = ["Spent", "removed_words", "report_json", "summary", "world_unknown"]


@frozen(kw_only=True)
class Spent:
    """What it took.

    Attributes:
        calls: Calls of this process that count under the cap.
        uploads: Those that do not: to the storage service.
        seconds: Time it took this process.
    """

    calls: int
    uploads: int = 0
    seconds: float

    def __str__(self) -> str:
        told = calls_words(self.calls, self.uploads)
        return f"{told} in {seconds_words(self.seconds)}"


def summary(report: Report, spent: Spent) -> tuple[str, ...]:
    """Tell how a run ended.

    Args:
        report: Its report.
        spent: What it took.
    """
    version = f", version {report.version}" if report.version else ""
    return (
        one_line(f"{report.routine}: {report.outcome}{version} (run {report.run})"),
        *_places(report),
        *(labelled("deleted", _pruned(gone)) for gone in report.pruned),
        labelled("took", str(spent)),
        *(labelled("note", one_line(note)) for note in report.notes),
        *_advice(report),
    )


def world_unknown(report: Report) -> bool:
    """Tell whether a report does not say what serves: the run was stopped."""
    return report.production is None and report.staging is None


def _places(report: Report) -> tuple[str, ...]:
    if world_unknown(report):
        as_before = "as before" if report.production_as_before else "may have changed"
        return (labelled("production", as_before),)

    now, before = served_words(report.production), served_words(report.before)
    places = [labelled("production", now), labelled("before", before)]
    if now == before:
        places.pop()

    others = _differing(report.production, report.areas)
    areas = [labelled(name, held or "nothing of its own") for name, held in others]
    return (*places, *areas, labelled("staging", served_words(report.staging)))


def _advice(report: Report) -> tuple[str, ...]:
    changed = report.production and report.before
    if report.outcome is Outcome.RELEASED and changed and not report.reason:
        back = f"esa-flows rollback {report.routine}{report.realm.flag}"
        return (labelled("roll back", back),)

    return ()


def _pruned(gone: Pruned) -> str:
    saved = f"saved as {gone.backup.short}" if gone.backup else "not saved"
    return f"version {gone.version}, {'its code alone ' * gone.has_assets}{saved}"


def _differing(
    production: Deployment | None, areas: Mapping[str, VersionId | None]
) -> tuple[tuple[str, VersionId | None], ...]:
    """Give the areas that do not serve what production does, by their short names."""
    live = production.split.majority if production else None
    others = ((area, held) for area, held in areas.items() if held != live)
    return tuple((short_name(area), held) for area, held in others)


def report_json(report: Report, spent: Spent) -> dict[str, Any]:
    """Give a report as plain JSON values.

    Args:
        report: The report.
        spent: What it took.
    """
    return {
        "run": report.run,
        "routine": report.routine,
        "cloud": report.cloud.value,
        "outcome": report.outcome.value,
        "version": report.version,
        "before": shares(report.before),
        "production": shares(report.production),
        "staging": shares(report.staging),
        "areas": dict(report.areas),
        "production_as_before": report.production_as_before,
        "reason": clean(report.reason),
        "next_move": clean(report.next_move),
        "pruned": [asdict(gone) for gone in report.pruned],
        "notes": [clean(note) for note in report.notes],
        "calls": spent.calls,
        "uploads": spent.uploads,
        "seconds": round(spent.seconds, 3),
    }


def shares(deployment: Deployment | None) -> dict[str, int] | None:
    """Give a deployment's shares by version; None where nothing serves."""
    if deployment is None:
        return None

    return {share.version: share.percentage for share in deployment.split.shares}


def removed_words(gone: Removed) -> str:
    """Say what was deleted with a routine, and what is kept of it."""
    versions = counted(len(gone.before.versions), "version")
    return (
        f"{gone.routine} is deleted with {versions};"
        f" the code of {len(gone.saved)} is kept beside the journal."
    )
