"""Every ESA operation of the release path, by the official SDK; prints what it saw.

``python esa.py sync|async URL ACCESS_KEY_ID ACCESS_KEY_SECRET [TOKEN]``
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

import asyncio
import base64
import sys
from typing import Any

from alibabacloud_esa20240910 import models as m
from alibabacloud_esa20240910.client import Client
from pointing import Ask, asking, config_of, post, tell, zipped

CODE = b'export default { fetch: () => new Response("from the official SDK") };\n'
RULE = '(http.host eq "www.example.com")'


async def versions(ask: Ask, name: str) -> dict[str, Any]:
    """Make a version of code and one with assets, deploy, publish, prune."""
    seen: dict[str, Any] = {}
    asked = m.GetRoutineStagingCodeUploadInfoRequest(name=name, code_description="one")
    form = (await ask("get_routine_staging_code_upload_info", asked)).oss_post_config
    seen["code upload"] = post(form, CODE)
    commit = m.CommitRoutineStagingCodeRequest(
        name=name, code_description="one", deploy_env="staging"
    )
    first = (await ask("commit_routine_staging_code", commit)).code_version
    options = m.CreateRoutineWithAssetsCodeVersionRequestConfOptions(
        not_found_strategy="SinglePageApplication"
    )
    package = m.CreateRoutineWithAssetsCodeVersionRequest(
        name=name, code_description="two", conf_options=options
    )
    made = await ask("create_routine_with_assets_code_version", package)
    second, form = made.code_version, made.oss_post_config.to_map()
    seen["package upload"] = post(form, zipped(CODE), "code.zip")
    info = m.GetRoutineCodeVersionInfoRequest(name=name, code_version=second)
    told = await ask("get_routine_code_version_info", info)
    seen["package"] = [
        told.status,
        told.has_assets,
        told.conf_options.not_found_strategy,
    ]
    code = m.GetRoutineCodeVersionRequest(name=name, code_version=second)
    read = (await ask("get_routine_code_version", code)).routine_code
    seen["same code"] = base64.b64decode(read) == CODE
    listing = m.ListRoutineCodeVersionsRequest(name=name, page_number=1, page_size=20)
    rows = (await ask("list_routine_code_versions", listing)).code_versions
    seen["listed"] = [[row.code_description, row.has_env_vars] for row in rows]
    seen |= await deployments(ask, name, first, second)
    return seen


async def deployments(ask: Ask, name: str, first: str, second: str) -> dict[str, Any]:
    """Split, promote, and delete what serves no more."""
    share = m.CreateRoutineCodeDeploymentRequestCodeVersions
    split = m.CreateRoutineCodeDeploymentRequest(
        name=name,
        env="production",
        strategy="percentage",
        code_versions=[
            share(code_version=first, percentage=80),
            share(code_version=second, percentage=20),
        ],
    )
    told = await ask("create_routine_code_deployment", split)
    publish = m.PublishRoutineCodeVersionRequest(
        name=name, env="staging", code_version=second
    )
    await ask("publish_routine_code_version", publish)
    envs = (await ask("get_routine", m.GetRoutineRequest(name=name))).envs
    await ask(
        "publish_routine_code_version",
        m.PublishRoutineCodeVersionRequest(
            name=name, env="production", code_version=second
        ),
    )
    delete = m.DeleteRoutineCodeVersionRequest(name=name, code_version=first)
    return {
        "split": [held.percentage for held in told.code_versions],
        "live": {
            env.env: [held.percentage for held in env.code_deploy.code_versions]
            for env in envs
        },
        "deleted": (await ask("delete_routine_code_version", delete)).status,
    }


async def variables(ask: Ask, name: str) -> dict[str, Any]:
    """Set, list and delete environment variables."""
    value = m.EnvironmentVariablesValue
    wanted = {
        "A": value(type="plain_text", value="1"),
        "B": value(type="secret_text", value="2"),
    }
    put = m.SetRoutineEnvironmentVariablesRequest(
        name=name, env="staging", environment_variables=wanted
    )
    told = (await ask("set_routine_environment_variables", put)).set_keys
    listing = m.ListRoutineEnvironmentVariablesRequest(name=name, env="staging")
    listed = await ask("list_routine_environment_variables", listing)
    drop = m.DeleteRoutineEnvironmentVariablesRequest(
        name=name, env="staging", environment_variable_keys=["B", "C"]
    )
    gone = await ask("delete_routine_environment_variables", drop)
    return {
        "set": told,
        "variables": {
            key: held.type for key, held in listed.environment_variables.items()
        },
        "dropped": [gone.deleted_keys, gone.failed_keys],
    }


async def ways(ask: Ask, name: str) -> dict[str, Any]:
    """Lead visitors to the routine: sites, records, routes."""
    sites = (await ask("list_sites", m.ListSitesRequest())).sites
    match = m.GetMatchSiteRequest(record_name="www.example.com")
    site = (await ask("get_match_site", match)).site_id
    bind = m.CreateRoutineRelatedRecordRequest(
        name=name, site_id=site, record_name="www.example.com"
    )
    record = (await ask("create_routine_related_record", bind)).record_id
    bound = await ask(
        "list_routine_related_records", m.ListRoutineRelatedRecordsRequest(name=name)
    )
    every = await ask(
        "list_edge_routine_records", m.ListEdgeRoutineRecordsRequest(site_id=site)
    )
    unbind = m.DeleteRoutineRelatedRecordRequest(
        name=name, site_id=site, record_name="www.example.com", record_id=record
    )
    return {
        "site": [held.site_name for held in sites if held.site_id == site],
        "records": [bound.total_count, every.total_count],
        "unbound": (await ask("delete_routine_related_record", unbind)).status,
        **await routes(ask, name, site),
    }


async def routes(ask: Ask, name: str, site: int) -> dict[str, Any]:
    """Create, change, list and delete a route."""
    create = m.CreateRoutineRouteRequest(
        site_id=site,
        routine_name=name,
        route_name="r",
        route_enable="on",
        rule=RULE,
    )
    number = (await ask("create_routine_route", create)).config_id
    change = m.UpdateRoutineRouteRequest(site_id=site, config_id=number, bypass="on")
    await ask("update_routine_route", change)
    one = m.GetRoutineRouteRequest(site_id=site, config_id=number)
    told = await ask("get_routine_route", one)
    mine = await ask(
        "list_routine_routes", m.ListRoutineRoutesRequest(routine_name=name)
    )
    every = await ask("list_site_routes", m.ListSiteRoutesRequest(site_id=site))
    drop = m.DeleteRoutineRouteRequest(site_id=site, config_id=number)
    await ask("delete_routine_route", drop)
    return {
        "route": [told.rule, told.bypass],
        "routes": [mine.total_count, every.total_count],
    }


async def account(ask: Ask, name: str) -> dict[str, Any]:
    """Read what is the account's."""
    service = await ask("get_er_service", m.GetErServiceRequest())
    routines = await ask("list_user_routines", m.ListUserRoutinesRequest(page_size=20))
    info = await ask("get_routine_user_info")
    plans = await ask("list_edge_routine_plans")
    addresses = await ask("get_routine_staging_env_ip")
    areas = await ask("list_routine_canary_areas")
    token = await ask(
        "get_routine_access_token", m.GetRoutineAccessTokenRequest(name=name)
    )
    return {
        "service": service.status,
        "routines": [held.routine_name for held in routines.routines],
        "info": len(info.routines),
        "quota": plans.plan_info[0].er_routine_code_version_quota,
        "addresses": addresses.ipv4,
        "areas": len(areas.canary_areas),
        "token": token.token.count("."),
    }


async def main(kind: str, *where: str) -> None:
    """Walk through everything with one routine."""
    ask = asking(Client(config_of(*where)), kind)
    name = f"sdk-{kind}"
    created = await ask("create_routine", m.CreateRoutineRequest(name=name))
    change = m.UpdateRoutineConfigDescriptionRequest(name=name, description="d")
    seen: dict[str, Any] = {
        "created": created.status,
        "described": (await ask("update_routine_config_description", change)).status,
        **await variables(ask, name),
        **await versions(ask, name),
        **await ways(ask, name),
        **await account(ask, name),
    }
    tell(seen)


asyncio.run(main(*sys.argv[1:]))
