"""Questions about a routine that has no code yet, and about what it does not have."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from types import MappingProxyType
from typing import Any

from esa_flows.api.reply import Member
from esa_flows.errors import QuotaExceeded, Refused
from esa_flows.model import Environment, Split, VersionId
from esa_flows.survey.account import code_of
from esa_flows.survey.bench import Bench, Deed
from esa_flows.survey.finding import Open, Seen

__all__ = [
    "ask_bad_page",
    "ask_description",
    "ask_empty_slot",
    "ask_exists",
    "ask_record",
    "ask_undeployed",
    "ask_unknown_delete",
    "ask_unknown_deploy",
    "ask_unknown_version",
    "ask_variables",
    "shape_of",
]

NO_VERSION = VersionId("1000000000000000001")
"""Ids are nanoseconds since 1970: this one would be of 2001."""

_LAST_PAGE = 2
_HIDDEN = "not-a-secret"
_BAD_KEY = "1-bad"
_VARIABLES = MappingProxyType(
    {
        "PLAIN": {"Type": "plain_text", "Value": "plain"},
        "HIDDEN": {"Type": "secret_text", "Value": _HIDDEN},
    }
)


async def ask_exists(bench: Bench) -> Seen:
    """Make the scratch routine a second time: CreateRoutine."""
    try:
        await bench.do(
            lambda: bench.cloud.create_routine(bench.name, bench.description)
        )
    except QuotaExceeded:
        raise Open("The account has as many routines as it may have.") from None
    except Refused as error:
        code = code_of(error)
        return Seen(answer=f"refused with {code}", settings={"exists_code": code})

    return Seen(answer="taken a second time; the local cloud always refuses it")


async def ask_undeployed(bench: Bench) -> Seen:
    """See how an environment looks where nothing was deployed: GetRoutine."""
    reply = await bench.ask("GetRoutine", Name=bench.name)
    envs = reply.member("Envs")
    if envs.value in (None, []):
        return Seen(answer="no environment is listed; the local cloud always lists two")

    answer, shape = shape_of(envs.items()[0])
    return Seen(answer=answer, settings={"undeployed": shape} if shape else {})


def shape_of(env: Member) -> tuple[str, str]:
    """Say how an environment without a deployment is shown, and the switch for it.

    Args:
        env: An item of ``Envs``.
    """
    given = dict(env.members())
    if "CodeDeploy" not in given:
        return "CodeDeploy is missing", "missing"

    deploy = given["CodeDeploy"]
    if deploy.value is None:
        return "CodeDeploy is null", "null"

    if isinstance(deploy.value, dict) and deploy.value.get("CodeVersions") == []:
        return "CodeDeploy has no versions", "empty"

    return "CodeDeploy has a form that the local cloud does not play", ""


async def ask_record(bench: Bench) -> Seen:
    """Read the default record: GetRoutine."""
    reply = await bench.ask("GetRoutine", Name=bench.name)
    record = reply.member("DefaultRelatedRecord").text()
    shown = record.replace(bench.name, "NAME") or "none"
    return Seen(
        answer=f"{shown}; the local cloud has NAME.8-hex-digits.er.aliyun-esa.net"
    )


async def ask_description(bench: Bench) -> Seen:
    """Read the routine's description back: GetRoutine."""
    reply = await bench.ask("GetRoutine", Name=bench.name)
    told = reply.member("Description").text()
    wrapped = base64.b64encode(bench.description.encode()).decode()
    if told == bench.description:
        return Seen(answer="plainly", settings={"esa_descriptions": "plain"})

    if told == wrapped:
        return Seen(answer="in Base64", settings={"esa_descriptions": "base64"})

    return Seen(answer=f"in another form, {len(told)} characters long")


async def _refused(call: Callable[[], Awaitable[Any]], switch: str) -> Seen:
    """See with which code something is refused that names what is not there."""
    try:
        await call()
    except Refused as error:
        code = code_of(error)
        return Seen(answer=f"refused with {code}", settings={switch: code})

    return Seen(answer="taken; the local cloud always refuses it")


async def ask_unknown_version(bench: Bench) -> Seen:
    """Read a version that never was: GetRoutineCodeVersion."""
    return await _refused(
        lambda: bench.look(lambda: bench.cloud.read_code(bench.name, NO_VERSION)),
        "unknown_version_code",
    )


async def ask_unknown_delete(bench: Bench) -> Seen:
    """Delete a version that never was: DeleteRoutineCodeVersion."""
    return await _refused(
        lambda: bench.do(lambda: bench.cloud.delete_version(bench.name, NO_VERSION)),
        "unknown_version_code",
    )


async def ask_unknown_deploy(bench: Bench) -> Seen:
    """Deploy a version that never was, to staging: CreateRoutineCodeDeployment."""
    split = Split.whole(NO_VERSION)
    return await _refused(
        lambda: bench.do(
            lambda: bench.cloud.deploy(bench.name, Environment.STAGING, split)
        ),
        "unknown_deploy_code",
    )


async def ask_empty_slot(bench: Bench) -> Seen:
    """Make a version where nothing was uploaded: CommitRoutineStagingCode."""
    return await _refused(lambda: bench.commit("nothing"), "empty_slot_code")


async def ask_bad_page(bench: Bench) -> Seen:
    """Ask for a page behind the last documented one: ListRoutineCodeVersions."""
    try:
        reply = await bench.ask(
            "ListRoutineCodeVersions",
            Name=bench.name,
            PageNumber=str(_LAST_PAGE + 1),
            PageSize="20",
        )
    except Refused as error:
        return Seen(
            answer=f"refused with {code_of(error)}", settings={"bad_page": "refuse"}
        )

    page = reply.member("PageNumber").whole()
    if page == _LAST_PAGE:
        return Seen(answer="the last page is given", settings={"bad_page": "clamp"})

    return Seen(answer=f"page {page} is given; the local cloud has no switch for it")


async def ask_variables(bench: Bench) -> Seen:
    """Set a variable with an odd name and a secret one, in staging, and read them."""
    kept, told = await _set_with_a_bad_one(bench)
    reply = await bench.ask(
        "ListRoutineEnvironmentVariables", Name=bench.name, Env="staging"
    )
    hidden = reply.member("EnvironmentVariables").member("HIDDEN").member("Value")
    shown = hidden.value == _HIDDEN
    secrets = "secret values are told" if shown else "secret values are not told"
    return Seen(answer=f"{told}; {secrets}", settings={**kept, "secrets_shown": shown})


async def _set_with_a_bad_one(bench: Bench) -> tuple[dict[str, str], str]:
    bad = {_BAD_KEY: {"Type": "plain_text", "Value": "odd"}}
    try:
        reply = await _set(bench, {**_VARIABLES, **bad})
    except Refused as error:
        await _set(bench, dict(_VARIABLES))
        return {"bad_variable": "refuse"}, f"an odd name is refused ({code_of(error)})"

    keys = [item.text() for item in reply.member("SetKeys").items()]
    if _BAD_KEY in keys:
        return {}, f"the name {_BAD_KEY} is taken, where the local cloud takes it not"

    return {"bad_variable": "skip"}, "an odd name is left out"


async def _set(bench: Bench, variables: dict[str, dict[str, str]]) -> Member:
    return await bench.ask(
        "SetRoutineEnvironmentVariables",
        deed=Deed.CHANGE,
        Name=bench.name,
        Env="staging",
        EnvironmentVariables=json.dumps(variables, separators=(",", ":")),
    )
