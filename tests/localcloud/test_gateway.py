"""The gateway: dispatch, permissions, shapes of answers, faults."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.localcloud import Fault, Request
from esa_flows.localcloud.esa import ESA
from esa_flows.localcloud.values import Listener

from .desk import HOST, code_of, desk, split

NAMES = ["authorization", "content-type", "host", "x-acs-action", "x-acs-date"]


def test_answers_have_the_documented_headers() -> None:
    """Every answer carries its request id twice, a trace id and the cloud's date."""
    reply = desk().reply("GetErService")
    body = json.loads(reply.body)

    assert reply.header("content-type") == "application/json;charset=utf-8"
    assert reply.header("x-acs-request-id") == body["RequestId"]
    assert len(body["RequestId"]) == 36
    assert reply.header("x-acs-trace-id") == body["RequestId"].replace("-", "").lower()
    assert reply.header("date") == "Fri, 02 Jan 2026 03:04:05 GMT"


def test_refusals_have_the_documented_shape() -> None:
    """Code, message, host and a link to the provider's help."""
    reply = desk().reply("GetRoutine", Name="missing")
    body = json.loads(reply.body)

    assert reply.status == 400
    assert body["Code"] == "RoutineNotExist"
    assert body["Message"] == "The routine missing does not exist."
    assert body["HostId"] == HOST
    assert body["Recommend"].startswith(
        "https://api.aliyun.com/troubleshoot?q=RoutineNotExist&product=ESA"
    )


@pytest.mark.parametrize(
    "operation", ["ListRoutineBuilds", "UploadRoutineCode", "Nonsense"]
)
def test_unknown_operations_are_not_found(operation: str) -> None:
    """What this cloud does not know has HTTP status 404."""
    reply = desk().reply(operation)

    assert (reply.status, code_of(reply)) == (404, "InvalidApi.NotFound")


def test_another_version_of_the_api_is_not_found() -> None:
    """An operation belongs to its API version."""
    made = desk()
    request = made.sign(made.unsigned("GetRoutine", {}, x_acs_version="2018-01-15"))

    assert code_of(made.cloud.handle(request)) == "InvalidApi.NotFound"


def test_other_methods_are_unsupported() -> None:
    """GET and POST, nothing else."""
    made = desk()
    request = made.in_query("GetRoutine", "PUT", Name="hello")

    assert code_of(made.cloud.handle(request)) == "UnsupportedHTTPMethod"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_parameters_may_stand_in_the_query(method: str) -> None:
    """The command line tool puts them there, even on a POST."""
    made = desk()
    request = made.in_query("GetRoutine", method, Name="hello")

    assert json.loads(made.cloud.handle(request).body)["Envs"][0]["Env"] == "production"


def test_parameters_may_be_json() -> None:
    """A nested value needs no second encoding there."""
    made = desk()
    version = made.version()
    value = split("staging", {version: 100})
    shares = json.loads(value["CodeVersions"])
    request = made.in_json(
        "CreateRoutineCodeDeployment", {**value, "CodeVersions": shares}
    )

    assert made.cloud.handle(request).status == 200


def test_missing_parameters_are_named() -> None:
    """The gateway builds the code from the parameter's name."""
    assert desk().code("GetRoutine") == "MissingName"


def test_a_ram_denial_names_the_action() -> None:
    """The detail tells which statement a policy lacks."""
    made = desk(denied={"esa:GetRoutine"})
    reply = made.reply("GetRoutine", Name="hello")
    body = json.loads(reply.body)

    assert (reply.status, body["Code"]) == (403, "Forbidden.RAM")
    assert body["AccessDeniedDetail"]["AuthAction"] == "esa:GetRoutine"


def test_plain_http_can_be_refused() -> None:
    """Operations whose metadata lists HTTPS only, and no others."""
    made = desk(require_tls=True)

    assert made.code("GetErService") == "InvalidProtocol.NeedSsl"
    assert made.reply("GetRoutine", Name="hello").status == 200


def test_https_is_accepted_where_it_is_required() -> None:
    """The carrier tells the scheme."""
    made = desk(require_tls=True)
    request = made.request("GetErService")
    object.__setattr__(request, "scheme", "https")

    assert made.cloud.handle(request).status == 200


def test_an_unpaid_bill_halts_changes_only() -> None:
    """Reading goes on while changing is refused."""
    made = desk(service_halted=True)

    assert made.code("CommitRoutineStagingCode", Name="hello") == (
        "RoutineUserServiceStatusHalt"
    )
    assert made.reply("GetRoutine", Name="hello").status == 200


def test_latency_is_told_to_the_carrier() -> None:
    """A range is thrown anew for each answer; the cloud itself does not wait."""
    made = desk(latency=(0.25, 0.5))
    delays = {made.reply("GetErService").delay for _ in range(20)}

    assert len(delays) > 1
    assert all(0.25 <= delay <= 0.5 for delay in delays)


def test_a_lost_reply_is_executed() -> None:
    """The version exists although nobody heard of it."""
    made = desk()
    made.post(made.form())
    made.cloud.inject(Fault(operation="CommitRoutineStagingCode", kind="lost"))
    reply = made.reply("CommitRoutineStagingCode", Name="hello")

    assert reply.cut == "reset"
    assert len(made.cloud.console.routine("hello").versions) == 1


def test_a_reset_is_not_executed() -> None:
    """The connection broke before the call was done."""
    made = desk()
    made.post(made.form())
    made.cloud.inject(Fault(operation="CommitRoutineStagingCode", kind="reset"))
    reply = made.reply("CommitRoutineStagingCode", Name="hello")

    assert reply.cut == "reset"
    assert made.cloud.console.routine("hello").versions == {}


def test_a_fault_can_be_about_one_routine_and_environment() -> None:
    """The gateway tells the script whom a call is about."""
    made = desk()
    version = made.version()
    made.cloud.inject(
        Fault(operation="*", kind="html", routine="hello", env="production")
    )
    made.deploy("staging", {version: 100})
    told = split("production", {version: 100})
    reply = made.reply("CreateRoutineCodeDeployment", **told)

    assert reply.status == 502


def test_refusals_by_fault_have_the_api_s_shape() -> None:
    """A scripted business error looks like a true one."""
    made = desk()
    made.cloud.inject(Fault(operation="*", kind="refuse", code="LockFailed"))

    assert made.code("GetRoutine", Name="hello") == "LockFailed"
    assert made.cloud.report().codes == {"LockFailed": 1}


def test_an_operation_can_play_a_fault_itself() -> None:
    """A form already too old is handed out as if it were good."""
    made = desk()
    made.cloud.inject(
        Fault(operation="GetRoutineStagingCodeUploadInfo", kind="expired")
    )
    reply = made.post(made.form())

    assert b"Policy expired" in reply.body


ANY_TEXT = st.text(
    st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=20
)


@given(
    operation=st.sampled_from(sorted(ESA.operations)),
    params=st.dictionaries(
        st.sampled_from(["Name", "CodeVersion", "CodeVersions", "Env", "PageSize"]),
        st.one_of(ANY_TEXT, st.sampled_from(["hello", "[1]", "9" * 5000, "staging"])),
    ),
)
def test_no_parameters_break_the_cloud(operation: str, params: dict[str, str]) -> None:
    """Whatever is signed gets an answer in the documented shape."""
    reply = desk().reply(operation, **params)

    assert reply.status in {200, 400}
    assert "RequestId" in json.loads(reply.body)


@given(
    target=ANY_TEXT,
    headers=st.lists(st.tuples(st.sampled_from(NAMES), ANY_TEXT)),
    body=st.binary(max_size=50),
    listener=st.sampled_from(get_args(Listener)),
)
def test_no_bytes_break_the_cloud(
    target: str, headers: list[tuple[str, str]], body: bytes, listener: Listener
) -> None:
    """Whatever arrives unsigned is refused, at every door."""
    request = Request(
        method="POST",
        target=f"/{target}",
        headers=tuple(headers),
        body=body,
        listener=listener,
    )

    assert desk().cloud.handle(request).status >= 400
