"""Safe, resumable releases of edge functions on Alibaba Cloud ESA.

The front door is `Client`; flows of one's own are made with `step` and `flow`.
"""

from esa_flows.client import Client
from esa_flows.connection import Parts
from esa_flows.engine.context import Approval, Context
from esa_flows.engine.flow import flow
from esa_flows.engine.step import Happened, Intent, NotHappened, step
from esa_flows.errors import (
    Aborted,
    Conflict,
    DeadlineExceeded,
    Denied,
    EsaFlowsError,
    ReleaseFailed,
)
from esa_flows.release.report import Outcome, Report
from esa_flows.settings import Settings

__all__ = [
    "Aborted",
    "Approval",
    "Client",
    "Conflict",
    "Context",
    "DeadlineExceeded",
    "Denied",
    "EsaFlowsError",
    "Happened",
    "Intent",
    "NotHappened",
    "Outcome",
    "Parts",
    "ReleaseFailed",
    "Report",
    "Settings",
    "flow",
    "step",
]
