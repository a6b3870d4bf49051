"""The ESA API 2024-09-10: one handler for each operation that is played here.

The hosted builds are not: they answer ``InvalidApi.NotFound``.
"""

from __future__ import annotations

from esa_flows.localcloud.operation import Api, Operation

from . import assets, deployments, records, routes, routines, service, sites, variables
from . import versions as code

__all__ = ["ESA"]

ESA = Api(
    product="esa",
    version="2024-09-10",
    operations={
        "CommitRoutineStagingCode": Operation(code.commit, halts=True),
        "CreateRoutine": Operation(routines.create),
        "CreateRoutineCodeDeployment": Operation(
            deployments.create, https_only=True, halts=True
        ),
        "CreateRoutineRelatedRecord": Operation(records.create),
        "CreateRoutineRoute": Operation(routes.create),
        "CreateRoutineWithAssetsCodeVersion": Operation(assets.create, halts=True),
        "DeleteRoutine": Operation(routines.delete),
        "DeleteRoutineCodeVersion": Operation(code.delete, https_only=True, halts=True),
        "DeleteRoutineEnvironmentVariables": Operation(variables.delete_variables),
        "DeleteRoutineRelatedRecord": Operation(records.delete),
        "DeleteRoutineRoute": Operation(routes.delete, https_only=True),
        "GetErService": Operation(service.get_service, https_only=True),
        "GetMatchSite": Operation(sites.match_site),
        "GetRoutine": Operation(routines.get),
        "GetRoutineAccessToken": Operation(service.access_token),
        "GetRoutineCodeVersion": Operation(code.get_code),
        "GetRoutineCodeVersionInfo": Operation(code.get_info),
        "GetRoutineRoute": Operation(routes.get, https_only=True),
        "GetRoutineStagingCodeUploadInfo": Operation(code.upload_info, halts=True),
        "GetRoutineStagingEnvIp": Operation(service.staging_addresses),
        "GetRoutineUserInfo": Operation(routines.user_info),
        "ListEdgeRoutinePlans": Operation(service.list_plans, https_only=True),
        "ListEdgeRoutineRecords": Operation(records.list_of_site, https_only=True),
        "ListRoutineCanaryAreas": Operation(service.canary_areas),
        "ListRoutineCodeVersions": Operation(code.list_versions),
        "ListRoutineEnvironmentVariables": Operation(variables.list_variables),
        "ListRoutineRelatedRecords": Operation(
            records.list_of_routine, https_only=True
        ),
        "ListRoutineRoutes": Operation(routes.list_of_routine, https_only=True),
        "ListSiteRoutes": Operation(routes.list_of_site, https_only=True),
        "ListSites": Operation(sites.list_sites, https_only=True),
        "ListUserRoutines": Operation(routines.list_routines),
        "OpenErService": Operation(service.open_service, https_only=True),
        "PublishRoutineCodeVersion": Operation(deployments.publish),
        "SetRoutineEnvironmentVariables": Operation(variables.set_variables),
        "UpdateRoutineConfigDescription": Operation(routines.update, halts=True),
        "UpdateRoutineRoute": Operation(routes.update, https_only=True),
    },
    refused=(
        "CreateRoutineBuild",
        "CreateRoutineBuildConfiguration",
        "DeleteRoutineBuildConfiguration",
        "GetRoutineBuild",
        "GetRoutineBuildConfiguration",
        "ListRoutineBuildConfigurations",
        "ListRoutineBuilds",
        "ReDoRoutineBuild",
        "StopRoutineBuild",
        "UpdateRoutineBuildConfiguration",
    ),
)
