"""The account's service state, plan figures, staging addresses and preview tokens.

Source: ESA API 2024-09-10, GetErService, ListEdgeRoutinePlans, GetRoutineStagingEnvIp,
GetRoutineAccessToken.
"""

from __future__ import annotations

from typing import Any

from esa_flows.localcloud.world import World

from .call import Call


def get_service(_call: Call, world: World) -> dict[str, Any]:
    """Return whether edge functions are opened."""
    return {"PlanName": "er_paymode", "Status": world.switches.service_status}


def access_token(call: Call, world: World) -> dict[str, Any]:
    """Return a preview token for the default record."""
    routine = world.state.routine(call.account, call.need("Name"))
    return {"Token": world.preview_token(routine.name, call.now)}


def staging_addresses(_call: Call, _world: World) -> dict[str, Any]:
    """Return where staging is reached: on this machine."""
    return {"IPV4": ["127.0.0.1"]}


def list_plans(_call: Call, world: World) -> dict[str, Any]:
    """Return the plan's figures; they are text, as in the provider's sample."""
    plan = {
        "BillingMode": "POSTPAY",
        "ErRoutineCodeVersionQuota": str(world.switches.version_quota),
        "ErRoutineQuota": str(world.switches.routine_quota),
        "ErRoutineRouteSiteCountQuota": "100",
        "PaymentMethod": "er_paymode",
        "PlanName": "er_paymode",
    }
    return {
        "PageNumber": 1,
        "PageSize": 20,
        "PlanInfo": [plan],
        "TotalCount": 1,
        "TotalPage": 1,
    }
