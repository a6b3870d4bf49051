from esa_flows import api as api
from esa_flows import connection as connection
from esa_flows import engine as engine
from esa_flows import errors as errors
from esa_flows import fallbacks as fallbacks
from esa_flows import files as files
from esa_flows import intake as intake
from esa_flows import migrations as migrations
from esa_flows import model as model
from esa_flows import plans as plans
from esa_flows import releases as releases
from esa_flows import rollbacks as rollbacks
from esa_flows import rollouts as rollouts
from esa_flows import routines as routines
from esa_flows import runs as runs
from esa_flows import started as started
from esa_flows import steps as steps
from esa_flows import testing as testing
from esa_flows import trace as trace
from esa_flows import undos as undos
from esa_flows import versions as versions
from esa_flows import wire as wire
from esa_flows.api.cloud import RoutineSummary
from esa_flows.client import Client
from esa_flows.connection import Parts
from esa_flows.engine.context import Approval, Context
from esa_flows.engine.flow import Flow, flow
from esa_flows.engine.observe import Observer
from esa_flows.engine.step import Happened, Intent, NotHappened, step
from esa_flows.errors import (
    Aborted,
    Conflict,
    DeadlineExceeded,
    Denied,
    EsaFlowsError,
    ReleaseFailed,
)
from esa_flows.fleet.account import Account
from esa_flows.fleet.plan import RolloutPlan
from esa_flows.fleet.report import RolloutReport
from esa_flows.fleet.spec import FailureBudget, Member, Rollout, Wave
from esa_flows.fleet.way_back import WayBack
from esa_flows.gates.functions import GateFunction, gate
from esa_flows.gates.spec import Gate
from esa_flows.gates.verdict import Reading, Verdict
from esa_flows.gates.watched import Watched
from esa_flows.model.freeze import Freeze
from esa_flows.release.planned import Plan
from esa_flows.release.report import Outcome, Report
from esa_flows.release.spec import Binding, OnConflict
from esa_flows.settings import Settings

__version__: str

__all__ = [
    "Aborted",
    "Account",
    "Approval",
    "Binding",
    "Client",
    "Conflict",
    "Context",
    "DeadlineExceeded",
    "Denied",
    "EsaFlowsError",
    "FailureBudget",
    "Flow",
    "Freeze",
    "Gate",
    "GateFunction",
    "Happened",
    "Intent",
    "Member",
    "NotHappened",
    "Observer",
    "OnConflict",
    "Outcome",
    "Parts",
    "Plan",
    "Reading",
    "ReleaseFailed",
    "Report",
    "Rollout",
    "RolloutPlan",
    "RolloutReport",
    "RoutineSummary",
    "Settings",
    "Verdict",
    "Watched",
    "Wave",
    "WayBack",
    "flow",
    "gate",
    "step",
]
