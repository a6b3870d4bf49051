"""The ESA operations this cloud knows: one handler for each, found by name.

A handler takes the call and the world and returns the members of the success answer
without ``RequestId``, or raises ``CloudError``. An operation that is not in the table
answers ``InvalidApi.NotFound``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen

from esa_flows.localcloud.world import World

from . import deployments, routines, service, versions
from .call import Call

__all__ = ["OPERATIONS", "VERSION", "Call", "Operation"]

VERSION = "2024-09-10"


@frozen
class Operation:
    """One entry of the table.

    Attributes:
        handler: does it.
        https_only: the service's metadata lists no plain HTTP for it.
        halts: its page lists ``RoutineUserServiceStatusHalt``.
    """

    handler: Callable[[Call, World], dict[str, Any]]
    https_only: bool = False
    halts: bool = False


OPERATIONS: dict[str, Operation] = {
    "CommitRoutineStagingCode": Operation(versions.commit, halts=True),
    "CreateRoutine": Operation(routines.create),
    "CreateRoutineCodeDeployment": Operation(
        deployments.create, https_only=True, halts=True
    ),
    "DeleteRoutine": Operation(routines.delete),
    "DeleteRoutineCodeVersion": Operation(versions.delete, https_only=True, halts=True),
    "GetErService": Operation(service.get_service, https_only=True),
    "GetRoutine": Operation(routines.get),
    "GetRoutineAccessToken": Operation(service.access_token),
    "GetRoutineCodeVersion": Operation(versions.get_code),
    "GetRoutineCodeVersionInfo": Operation(versions.get_info),
    "GetRoutineStagingCodeUploadInfo": Operation(versions.upload_info, halts=True),
    "GetRoutineStagingEnvIp": Operation(service.staging_addresses),
    "GetRoutineUserInfo": Operation(routines.user_info),
    "ListEdgeRoutinePlans": Operation(service.list_plans, https_only=True),
    "ListRoutineCodeVersions": Operation(versions.list_versions),
    "ListUserRoutines": Operation(routines.list_routines),
    "PublishRoutineCodeVersion": Operation(deployments.publish),
    "UpdateRoutineConfigDescription": Operation(routines.update, halts=True),
}
