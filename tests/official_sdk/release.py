"""A whole release driven by the unmodified official SDK; prints what it saw as JSON.

Run by the interpreter of the SDK's own virtual environment:
``python release.py http://127.0.0.1:PORT ACCESS_KEY_ID ACCESS_KEY_SECRET``.
"""

# mypy: disable-error-code="import-not-found, import-untyped, no-any-return"
from __future__ import annotations

import base64
import json
import sys
from typing import Any
from urllib.parse import urlsplit

import requests
from alibabacloud_esa20240910 import models
from alibabacloud_esa20240910.client import Client
from alibabacloud_tea_openapi.models import Config
from darabonba.exceptions import DaraException

NAME = "sdk-routine"
CODE = b'export default { fetch: () => new Response("from the official SDK") };\n'


def client_of(url: str, key_id: str, secret: str) -> Client:
    """Point the SDK at a local server, as its users would."""
    config = Config(
        access_key_id=key_id,
        access_key_secret=secret,
        endpoint=urlsplit(url).netloc,
        protocol="http",
    )
    return Client(config)


def upload(client: Client, description: str) -> int:
    """Fill the staging slot and return OSS's status."""
    asked = models.GetRoutineStagingCodeUploadInfoRequest(
        name=NAME, code_description=description
    )
    form = client.get_routine_staging_code_upload_info(asked).body.oss_post_config
    fields = {key: value for key, value in form.items() if key != "Url"}
    fields["x-oss-security-token"] = fields.pop("XOssSecurityToken")
    file = ("index.js", CODE, "application/javascript")
    reply = requests.post(form["Url"], data=fields, files={"file": file}, timeout=10)
    return reply.status_code


def commit(client: Client, description: str) -> str:
    """Make a version of the slot and return its id."""
    asked = models.CommitRoutineStagingCodeRequest(
        name=NAME, code_description=description
    )
    return client.commit_routine_staging_code(asked).body.code_version


def deploy(client: Client, env: str, shares: dict[str, int]) -> str:
    """Set a split and return the deployment's id."""
    share = models.CreateRoutineCodeDeploymentRequestCodeVersions
    asked = models.CreateRoutineCodeDeploymentRequest(
        name=NAME,
        env=env,
        strategy="percentage",
        code_versions=[
            share(code_version=version, percentage=part)
            for version, part in shares.items()
        ],
    )
    return client.create_routine_code_deployment(asked).body.deployment_id


def live(client: Client) -> dict[str, dict[str, int]]:
    """Return the splits in force."""
    envs = client.get_routine(models.GetRoutineRequest(name=NAME)).body.envs
    return {
        env.env: {
            share.code_version: share.percentage
            for share in env.code_deploy.code_versions
        }
        for env in envs
        if env.code_deploy
    }


def listed(client: Client) -> list[str]:
    """Return the ids of all versions, newest first."""
    asked = models.ListRoutineCodeVersionsRequest(
        name=NAME, page_number=1, page_size=20
    )
    rows = client.list_routine_code_versions(asked).body.code_versions
    return [row.code_version for row in rows]


def delete(client: Client, version: str) -> str:
    """Delete a version and return the status, or the code of the refusal."""
    asked = models.DeleteRoutineCodeVersionRequest(name=NAME, code_version=version)
    try:
        return client.delete_routine_code_version(asked).body.status
    except DaraException as error:
        return error.code


def release(client: Client) -> dict[str, Any]:
    """Walk a routine from nothing to a finished release."""
    seen: dict[str, Any] = {}
    seen["service"] = client.get_er_service(models.GetErServiceRequest()).body.status
    created = client.create_routine(models.CreateRoutineRequest(name=NAME))
    seen["created"] = created.body.status
    seen["uploads"] = [upload(client, "old")]
    old = commit(client, "old")
    deploy(client, "staging", {old: 100})
    deploy(client, "production", {old: 100})

    seen["uploads"].append(upload(client, "new"))
    new = commit(client, "new")
    version = models.GetRoutineCodeVersionRequest(name=NAME, code_version=new)
    code = client.get_routine_code_version(version).body.routine_code
    seen["same_code"] = base64.b64decode(code) == CODE
    state = models.GetRoutineCodeVersionInfoRequest(name=NAME, code_version=new)
    seen["state"] = client.get_routine_code_version_info(state).body.status

    deploy(client, "staging", {new: 100})
    deploy(client, "production", {new: 10, old: 90})
    seen["canary"] = list(live(client)["production"].values())
    seen["delete_live"] = delete(client, old)
    deploy(client, "production", {new: 100})
    seen["delete_old"] = delete(client, old)
    seen["live_is_new"] = live(client) == {env: {new: 100} for env in live(client)}
    seen["only_new_left"] = listed(client) == [new]
    seen["staging_addresses"] = client.get_routine_staging_env_ip().body.ipv4
    routines = client.list_user_routines(models.ListUserRoutinesRequest(page_size=20))
    seen["routines"] = [row.routine_name for row in routines.body.routines]
    plans = client.list_edge_routine_plans().body.plan_info
    seen["quota"] = plans[0].er_routine_code_version_quota
    return seen


if __name__ == "__main__":
    sys.stdout.write(json.dumps(release(client_of(*sys.argv[1:]))) + "\n")
