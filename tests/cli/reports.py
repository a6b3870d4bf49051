"""Reports, failures and happenings made to order."""

from __future__ import annotations

import datetime as dt
from typing import Any

from esa_flows.engine.observe import Happening, Moment
from esa_flows.errors import ReleaseFailed
from esa_flows.model import (
    Deployment,
    Digest,
    Routine,
    RoutineName,
    Split,
    Version,
    VersionId,
)
from esa_flows.release.remove import Removed
from esa_flows.release.report import Outcome, Report
from esa_flows.steps import Saved, World

OLD, NEW = VersionId("1772366400000000001"), VersionId("1772366400000000002")
AT = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


def whole(version: VersionId) -> Deployment:
    """Give a deployment of one version alone."""
    return Deployment(split=Split.whole(version), id="7")


def canary(percentage: int = 10) -> Deployment:
    """Give a deployment of two versions."""
    return Deployment(split=Split.canary(NEW, percentage, OLD), id="8")


def report(outcome: Outcome, **changes: Any) -> Report:
    """Make a report."""
    return Report(
        run="7k2f7k2f7k2f", routine=RoutineName("shop"), outcome=outcome, **changes
    )


def failure(ended: Report, cause: Exception | None = None) -> ReleaseFailed:
    """Make the error that a release raises for a report."""
    error = ReleaseFailed(
        f"{ended.routine}: {ended.outcome}. {ended.reason}",
        next_move=ended.next_move,
        report=ended,
        production_as_before=ended.production_as_before,
    )
    error.__cause__ = cause
    return error


def happening(moment: Moment, step: str = "", **facts: Any) -> Happening:
    """Make something a run tells."""
    return Happening(moment=moment, run="7k2f7k2f7k2f", at=AT, step=step, facts=facts)


def removed() -> Removed:
    """Give a routine of one version that is gone."""
    name = RoutineName("shop")
    return Removed(
        routine=name,
        run="7k2f7k2f7k2f",
        before=World(routine=Routine(name=name), versions=(Version(id=OLD),)),
        saved=(Saved(version=OLD, backup=Digest("ab" * 32)),),
    )
