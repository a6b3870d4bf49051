"""The values everybody shares: names, versions, splits, canaries, tags, selectors.

Each is checked when it is made, so that later code never asks again. Each string
grammar has a class with `parse`, whose `str()` is the same text again.
"""

from esa_flows.model.area_canary import AreaCanary, AreaStage
from esa_flows.model.areas import Areas
from esa_flows.model.bundle import Bundle
from esa_flows.model.canary import Canary, Stage
from esa_flows.model.cloud import Cloud
from esa_flows.model.duration import Duration
from esa_flows.model.names import (
    AccountName,
    Digest,
    RoutineId,
    RoutineName,
    SourceName,
    VersionId,
)
from esa_flows.model.realm import HOME, Realm
from esa_flows.model.routine import Deployment, Routine, Version, VersionStatus
from esa_flows.model.selector import Selector
from esa_flows.model.split import WHOLE, Environment, Share, Split
from esa_flows.model.tag import Tag

__all__ = [
    "HOME",
    "WHOLE",
    "AccountName",
    "AreaCanary",
    "AreaStage",
    "Areas",
    "Bundle",
    "Canary",
    "Cloud",
    "Deployment",
    "Digest",
    "Duration",
    "Environment",
    "Realm",
    "Routine",
    "RoutineId",
    "RoutineName",
    "Selector",
    "Share",
    "SourceName",
    "Split",
    "Stage",
    "Tag",
    "Version",
    "VersionId",
    "VersionStatus",
]
