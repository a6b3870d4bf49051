"""Every DCDN operation of the release path, by the official SDK; prints what it saw.

``python dcdn.py sync|async URL ACCESS_KEY_ID ACCESS_KEY_SECRET [TOKEN]``
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

import asyncio
import base64
import sys
from typing import Any

from alibabacloud_dcdn20180115 import models as m
from alibabacloud_dcdn20180115.client import Client
from pointing import Ask, asking, config_of, post, tell

CODE = b'export default { fetch: () => new Response("from the official SDK") };\n'
AREA = "presetCanaryZhejiang"


async def revisions(ask: Ask, name: str) -> dict[str, Any]:
    """Upload, read back, publish to an area and to all, prune."""
    asked = m.UploadRoutineCodeRequest(name=name, code_description="Hello World")
    old, new = [(await ask("upload_routine_code", asked)).content for _ in "ab"]
    statuses = [post(made["OssPostConfig"], CODE) for made in (old, new)]
    first, second = old["CodeRevision"], new["CodeRevision"]
    read = m.DescribeRoutineCodeRevisionRequest(name=name, select_code_revision=second)
    code = (await ask("describe_routine_code_revision", read)).content["ErCode"]
    for revision, envs in ((first, ["production"]), (second, ["production", AREA])):
        publish = m.PublishRoutineCodeRevisionRequest(
            name=name, select_code_revision=revision, envs=envs
        )
        await ask("publish_routine_code_revision", publish)

    delete = m.DeleteRoutineCodeRevisionRequest(name=name, select_code_revision=first)
    gone = (await ask("delete_routine_code_revision", delete)).content
    return {
        "uploads": statuses,
        "same code": base64.b64decode(code) == CODE,
        "deleted": gone,
    }


async def tests(ask: Ask, name: str) -> dict[str, Any]:
    """Upload test code, which goes to staging, and make it formal."""
    asked = m.UploadStagingRoutineCodeRequest(name=name, code_description="test")
    made = (await ask("upload_staging_routine_code", asked)).content
    status = post(made["OssPostConfig"], CODE)
    formal = m.CommitStagingRoutineCodeRequest(name=name, code_description="formal")
    told = (await ask("commit_staging_routine_code", formal)).content
    return {"test upload": status, "newer": told["CodeRevision"] > made["CodeRevision"]}


async def account(ask: Ask, name: str) -> dict[str, Any]:
    """Read what is the account's."""
    subdomains = m.SetRoutineSubdomainRequest(subdomains=["subdomain-test"])
    await ask("set_routine_subdomain", subdomains)
    info = (await ask("describe_routine_user_info")).content
    specs = (await ask("describe_routine_spec")).content
    areas = (await ask("describe_routine_canary_envs")).content
    domains = m.DescribeRoutineRelatedDomainsRequest(name=name)
    related = (await ask("describe_routine_related_domains", domains)).content
    status = await ask("describe_user_er_status", m.DescribeUserErStatusRequest())
    return {
        "routines": [held["RoutineName"] for held in info["Routines"]],
        "subdomains": info["Subdomains"],
        "specs": specs["Specs"],
        "areas": len(areas["Envs"]),
        "domains": related["RelatedDomains"],
        "on service": status.on_service,
    }


async def described(ask: Ask, name: str) -> dict[str, Any]:
    """Describe the routine, then take the area away and delete all of it."""
    asked = m.DescribeRoutineRequest(name=name)
    told = (await ask("describe_routine", asked)).content
    drop = m.DeleteRoutineConfEnvsRequest(name=name, envs=[AREA])
    await ask("delete_routine_conf_envs", drop)
    left = (await ask("describe_routine", asked)).content["Envs"]
    delete = m.DeleteRoutineRequest(name=name)
    return {
        "revisions": len(told["CodeRevs"]),
        "live": {env: bool(held["CodeRev"]) for env, held in told["EnvConf"].items()},
        "described": base64.b64decode(told["Description"]).decode(),
        "envs": left,
        "gone": (await ask("delete_routine", delete)).content,
    }


async def main(kind: str, *where: str) -> None:
    """Walk through everything with one routine."""
    ask = asking(Client(config_of(*where)), kind)
    name = f"sdk-{kind}"
    conf = {"staging": {"SpecName": "50ms"}, "production": {"SpecName": "50ms"}}
    create = m.CreateRoutineRequest(name=name, description="first", env_conf=conf)
    created = (await ask("create_routine", create)).content
    area = {AREA: {"SpecName": "50ms", "AllowedHosts": ["a.example.com"]}}
    edit = m.EditRoutineConfRequest(name=name, description="second", env_conf=area)
    await ask("edit_routine_conf", edit)
    tell(
        {
            "created": created,
            **await revisions(ask, name),
            **await tests(ask, name),
            **await account(ask, name),
            **await described(ask, name),
        }
    )


asyncio.run(main(*sys.argv[1:]))
