"""The flows that every client can begin and go on with, and whose runs end reported."""

from typing import Any

from esa_flows.engine.flow import Flow
from esa_flows.release.legs import Leg, expose, prepare, ship, take_back
from esa_flows.release.migrate import migrate
from esa_flows.release.prune import prune_versions
from esa_flows.release.release import release
from esa_flows.release.report import Report
from esa_flows.release.restore import restore
from esa_flows.release.rollback import rollback

__all__ = ["LEGS", "SHIPPED"]

SHIPPED: tuple[Flow[Any, Report], ...] = (
    release,
    rollback,
    prune_versions,
    restore,
    migrate,
)

LEGS: tuple[Flow[Any, Leg], ...] = (prepare, expose, ship, take_back)
"""Those whose runs end with a report and with what the next leg needs."""
