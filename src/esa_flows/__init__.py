"""Safe, resumable releases of edge functions on Alibaba Cloud ESA.

The front door is `Client`; flows of one's own are made with `step` and `flow`.

A name is imported when it is first asked for, so that a program may import this package
at its top and pay for what it uses. Type checkers read `__init__.pyi`.
"""

from importlib import import_module

__version__ = "0.1.0"

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

_HOMES = {
    "Aborted": "errors",
    "Account": "fleet.account",
    "Approval": "engine.context",
    "Binding": "release.spec",
    "Client": "client",
    "Conflict": "errors",
    "Context": "engine.context",
    "DeadlineExceeded": "errors",
    "Denied": "errors",
    "EsaFlowsError": "errors",
    "FailureBudget": "fleet.spec",
    "Flow": "engine.flow",
    "Freeze": "model.freeze",
    "Gate": "gates.spec",
    "GateFunction": "gates.functions",
    "Happened": "engine.step",
    "Intent": "engine.step",
    "Member": "fleet.spec",
    "NotHappened": "engine.step",
    "Observer": "engine.observe",
    "OnConflict": "release.spec",
    "Outcome": "release.report",
    "Parts": "connection",
    "Plan": "release.planned",
    "Reading": "gates.verdict",
    "ReleaseFailed": "errors",
    "Report": "release.report",
    "Rollout": "fleet.spec",
    "RolloutPlan": "fleet.plan",
    "RolloutReport": "fleet.report",
    "RoutineSummary": "api.cloud",
    "Settings": "settings",
    "Verdict": "gates.verdict",
    "Watched": "gates.watched",
    "WayBack": "fleet.way_back",
    "Wave": "fleet.spec",
    "flow": "engine.flow",
    "gate": "gates.functions",
    "step": "engine.step",
}
_ROOMS = frozenset(
    {
        "api",
        "connection",
        "engine",
        "errors",
        "fallbacks",
        "files",
        "intake",
        "migrations",
        "model",
        "plans",
        "releases",
        "rollbacks",
        "rollouts",
        "routines",
        "runs",
        "started",
        "steps",
        "testing",
        "trace",
        "undos",
        "versions",
        "wire",
    }
)


def __getattr__(name: str) -> object:
    """Import a name when it is first asked for (PEP 562)."""
    if name in _ROOMS:
        return import_module(f"esa_flows.{name}")

    if name not in _HOMES:
        raise AttributeError(f"module 'esa_flows' has no attribute {name!r}")

    found: object = getattr(import_module(f"esa_flows.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """List what can be asked for, loaded or not."""
    return sorted({*globals(), *__all__, *_ROOMS})
