"""The account's service state, plan figures, addresses, areas and preview tokens.

Source: ESA API 2024-09-10, GetErService, OpenErService, ListEdgeRoutinePlans,
GetRoutineStagingEnvIp, GetRoutineAccessToken, ListRoutineCanaryAreas.
"""

from __future__ import annotations

from typing import Any

from esa_flows.localcloud.areas import AREAS
from esa_flows.localcloud.call import Call
from esa_flows.localcloud.refusal import CloudError
from esa_flows.localcloud.world import World


def get_service(call: Call, world: World) -> dict[str, Any]:
    """Return whether edge functions are opened."""
    return {"PlanName": "er_paymode", "Status": world.service_status(call.account)}


def open_service(call: Call, world: World) -> dict[str, Any]:
    """Open edge functions for the account.

    Raises:
        CloudError: ``ErService.HasOpened``.
    """
    if world.is_open(call.account):
        raise CloudError("ErService.HasOpened", "The service is opened already.")

    world.state.opened.add(call.account)
    return {}


def access_token(call: Call, world: World) -> dict[str, Any]:
    """Return a preview token for the default record."""
    routine = world.state.routine(call.account, call.need("Name"))
    return {"Token": world.preview_token(routine.name, call.now)}


def staging_addresses(_call: Call, _world: World) -> dict[str, Any]:
    """Return where staging is reached: on this machine."""
    return {"IPV4": ["127.0.0.1"]}


def canary_areas(_call: Call, _world: World) -> dict[str, Any]:
    """Return the names of the areas that the older publish call knew."""
    return {"CanaryAreas": list(AREAS)}


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
