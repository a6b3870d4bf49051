"""What each documented error means."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest

from esa_flows.errors import (
    AccessDenied,
    AccountBlocked,
    BadCredentials,
    CallError,
    Executed,
    InUse,
    NotFound,
    OutcomeUnknown,
    QuotaExceeded,
    Refused,
    RoutineExists,
    RoutineNotFound,
    Throttled,
)
from esa_flows.wire.classify import classify, ram_statement, retry_after
from esa_flows.wire.exchange import Response
from esa_flows.wire.phrases import GENERAL_ERROR
from esa_flows.wire.reply import Facts, facts_of

DEPLOY = "CreateRoutineCodeDeployment"
SLOT = "GetRoutineStagingCodeUploadInfo"
COMMIT = "CommitRoutineStagingCode"
LOOK_FIRST = "Look at the provider's state before doing it again."
WAIT = "Wait, then make the same call again."
REPORT = "Report it with the request id"
COMPARE = "Compare what was given with the provider's message."


class Documented(NamedTuple):
    """One documented line: what comes and what it shall mean."""

    operation: str
    status: int
    code: str
    error: type[CallError]
    executed: Executed
    transient: bool
    next_move: str


NO, UNKNOWN = Executed.NO, Executed.UNKNOWN
D = Documented
TABLE = [
    # CreateRoutineCodeDeployment, each documented code
    D(DEPLOY, 400, "InternalException", OutcomeUnknown, UNKNOWN, True, LOOK_FIRST),
    D(DEPLOY, 400, "RoutineNotExist", RoutineNotFound, NO, False, "Check the name"),
    D(DEPLOY, 400, "ParameterNotExist", NotFound, NO, False, "List the versions"),
    D(DEPLOY, 400, "InternalOperationError", OutcomeUnknown, UNKNOWN, True, LOOK_FIRST),
    D(DEPLOY, 400, "DependedByOthers", InUse, NO, False, "Read which versions"),
    D(
        DEPLOY,
        400,
        "RoutineUserServiceStatusHalt",
        AccountBlocked,
        NO,
        False,
        "Settle the account",
    ),
    D(DEPLOY, 400, "InvalidParameter", Refused, NO, False, COMPARE),
    # GetRoutineStagingCodeUploadInfo, each documented code
    D(SLOT, 400, "InternalException", OutcomeUnknown, UNKNOWN, True, LOOK_FIRST),
    D(SLOT, 400, "InvalidParameter", Refused, NO, False, COMPARE),
    D(SLOT, 400, "RoutineNotExist", RoutineNotFound, NO, False, "Check the name"),
    D(SLOT, 400, "InternalOperationError", OutcomeUnknown, UNKNOWN, True, LOOK_FIRST),
    D(
        SLOT,
        400,
        "CodeVersionNumberExceedQuotaLimit",
        QuotaExceeded,
        NO,
        False,
        "Prune the oldest version",
    ),
    D(
        SLOT,
        400,
        "RoutineUserServiceStatusHalt",
        AccountBlocked,
        NO,
        False,
        "Settle the account",
    ),
    # every other code
    D(COMMIT, 400, "Throttling", Throttled, NO, True, WAIT),
    D(COMMIT, 400, "Throttling.User", Throttled, NO, True, WAIT),
    D(COMMIT, 400, "Throttling.Api", Throttled, NO, True, WAIT),
    D(COMMIT, 429, "Throttling.User", Throttled, NO, True, WAIT),
    D(COMMIT, 400, "Rejected.Throttling", Throttled, NO, True, WAIT),
    D(COMMIT, 503, "Rejected.Throttling", Throttled, NO, True, WAIT),
    D(COMMIT, 400, "TooManyRequests", Throttled, NO, True, WAIT),
    D(COMMIT, 503, "ServiceUnavailable", OutcomeUnknown, UNKNOWN, True, LOOK_FIRST),
    D(COMMIT, 500, "InternalError", OutcomeUnknown, UNKNOWN, True, LOOK_FIRST),
    D(COMMIT, 400, "Site.ServiceBusy", OutcomeUnknown, UNKNOWN, True, LOOK_FIRST),
    D(COMMIT, 400, "LockFailed", OutcomeUnknown, UNKNOWN, True, LOOK_FIRST),
    D(COMMIT, 400, "SignatureNonceUsed", OutcomeUnknown, UNKNOWN, True, LOOK_FIRST),
    D(
        "PublishRoutineCodeRevision",
        400,
        "EdgeRoutine.GeneralError",
        OutcomeUnknown,
        UNKNOWN,
        True,
        LOOK_FIRST,
    ),
    D("CreateRoutine", 400, "ParameterNotExist", Refused, NO, False, COMPARE),
    D(
        "DeleteRoutineCodeVersion",
        400,
        "SiteParameterNotMatch",
        Refused,
        NO,
        False,
        COMPARE,
    ),
    D("CreateRoutine", 400, "RoutineAlreadyExist", RoutineExists, NO, False, "Use it"),
    D("CreateRoutine", 400, "RoutineNameAlreadyExist", RoutineExists, NO, False, "Use"),
    D(
        "CreateRoutine",
        400,
        "RoutineNameAlreadyExists",
        RoutineExists,
        NO,
        False,
        "Use",
    ),
    D(
        "CreateRoutine",
        400,
        "RoutineNumberExceedQuotaLimit",
        QuotaExceeded,
        NO,
        False,
        "Delete a routine",
    ),
    D(
        COMMIT,
        400,
        "CodeVersionNumberExceedQuotaLimit",
        QuotaExceeded,
        NO,
        False,
        "Prune",
    ),
    D(
        "DeleteRoutineCodeVersion",
        400,
        "DependedByOthers",
        InUse,
        NO,
        False,
        "Read which",
    ),
    D("CreateRoutine", 400, "ServiceNotOpen", AccountBlocked, NO, False, "Open the"),
    D("CreateRoutine", 403, "DcdnServiceNotFound", AccountBlocked, NO, False, "Open"),
    D("OpenErService", 400, "ErService.HasOpened", Refused, NO, False, ""),
    D("UpdateRoutineRoute", 400, "CanNotSetSequence", Refused, NO, False, "Leave the"),
    D(COMMIT, 400, "InvalidTimeStamp.Expired", Refused, NO, False, "Set the clock"),
    D(COMMIT, 403, "RequestTimeTooSkewed", Refused, NO, False, "Set the clock"),
    D(COMMIT, 400, "InvalidTimeStamp.Format", Refused, NO, False, REPORT),
    D(COMMIT, 400, "IncompleteSignature", Refused, NO, False, REPORT),
    D(COMMIT, 400, "MissingName", Refused, NO, False, REPORT),
    D(COMMIT, 400, "UnsupportedHTTPMethod", Refused, NO, False, REPORT),
    D(COMMIT, 400, "SignatureDoesNotMatch", BadCredentials, NO, False, "Copy the"),
    D(COMMIT, 403, "SignatureDoesNotMatch", BadCredentials, NO, False, "Copy the"),
    D(COMMIT, 404, "InvalidAccessKeyId.NotFound", BadCredentials, NO, False, "Check"),
    D(COMMIT, 400, "InvalidAccessKeyId.Inactive", BadCredentials, NO, False, "Enable"),
    D(COMMIT, 400, "InvalidSecurityToken.Expired", BadCredentials, NO, False, "Get"),
    D(COMMIT, 400, "InvalidSecurityToken.Malformed", BadCredentials, NO, False, "Use"),
    D(
        COMMIT,
        403,
        "InvalidSecurityToken.MismatchWithAccessKey",
        BadCredentials,
        NO,
        False,
        "Use key id",
    ),
    D(COMMIT, 403, "Forbidden.RAM", AccessDenied, NO, False, "Attach this policy"),
    D(COMMIT, 403, "NoPermission", AccessDenied, NO, False, "Attach this policy"),
    D(COMMIT, 404, "InvalidApi.NotFound", Refused, NO, False, "Check the endpoint"),
    D(COMMIT, 404, "InvalidProduct.NotFound", Refused, NO, False, "Check the endpoint"),
    D(COMMIT, 404, "InvalidProtocol.NeedSsl", Refused, NO, False, "Use an https"),
    # what no document tells
    D(COMMIT, 400, "Odd.Code", Refused, NO, False, "Read the provider's message."),
    D(COMMIT, 404, "Odd.Code", Refused, NO, False, "Read the provider's message."),
    D(COMMIT, 500, "Odd.Code", OutcomeUnknown, UNKNOWN, True, LOOK_FIRST),
    D(COMMIT, 429, "Odd.Code", Throttled, NO, True, WAIT),
    D(COMMIT, 200, "Odd.Code", OutcomeUnknown, UNKNOWN, True, "Look at"),
    D(COMMIT, 302, "", OutcomeUnknown, UNKNOWN, True, "Look at"),
]


def facts(status: int, code: str, **headers: str) -> Facts:
    """Give the facts of an error in the documented shape."""
    body = {
        "RequestId": "R-1",
        "HostId": "esa.cn-hangzhou.aliyuncs.com",
        "Code": code,
        "Message": "the provider's words",
        "Recommend": f"https://api.aliyun.com/troubleshoot?q={code}",
    }
    return facts_of(Response.of(status, json.dumps(body).encode(), **headers))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.operation}-{row.code}")
def test_every_documented_code(row: Documented) -> None:
    """Operation and code decide class, whether it was executed, and the next move."""
    error = classify(row.operation, facts(row.status, row.code))

    assert type(error) is row.error
    assert error.executed is row.executed
    assert error.transient is row.transient
    assert error.next_move.startswith(row.next_move)
    assert error.message.startswith(f"{row.operation} ")
    assert (error.operation, error.code) == (row.operation, row.code)
    assert error.request_id == "R-1"
    assert error.recommend == f"https://api.aliyun.com/troubleshoot?q={row.code}"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"", OutcomeUnknown),
        (200, b"<html>login</html>", OutcomeUnknown),
        (200, b'{"RequestId": "R', OutcomeUnknown),
        (200, b"[]", OutcomeUnknown),
        (302, b"", OutcomeUnknown),
        (400, b"<html>bad request</html>", OutcomeUnknown),
        (404, b'{"Code": 7}', OutcomeUnknown),
        (403, b"blocked", OutcomeUnknown),
        (429, b"<html>slow down</html>", Throttled),
        (500, b"{}", OutcomeUnknown),
        (502, b"<html>bad gateway</html>", OutcomeUnknown),
        (504, b"", OutcomeUnknown),
        (400, b"<Error><Code>Throttling</Code></Error>", Throttled),
        (400, b"<Error><Code>RoutineNotExist</Code></Error>", RoutineNotFound),
    ],
)
def test_any_body_is_survived(status: int, body: bytes, error: type[CallError]) -> None:
    """What is not the provider's own answer tells nothing about the call."""
    assert type(classify(COMMIT, facts_of(Response.of(status, body)))) is error


def test_a_sentence_without_a_code_tells_the_status() -> None:
    """It is all there is to go by."""
    error = classify(COMMIT, facts_of(Response.of(502, b"<html>")))

    assert error.message == (
        "CommitRoutineStagingCode failed at the provider,"
        " which does not say how far it came (HTTP 502)."
    )


def test_a_sentence_names_operation_meaning_and_the_providers_words() -> None:
    """One clear sentence, the provider's last."""
    error = classify(DEPLOY, facts(400, "RoutineNotExist"))

    assert error.message == (
        "CreateRoutineCodeDeployment found no routine of this name in the account;"
        " the provider says: the provider's words"
    )


@pytest.mark.parametrize(
    "code",
    [
        "SignatureDoesNotMatch",
        "InvalidSecurityToken.Expired",
        "InvalidSecurityToken.Malformed",
    ],
)
def test_messages_that_hold_signed_parts_are_not_repeated(code: str) -> None:
    """The provider quotes there what was signed, the token included."""
    assert "the provider's words" not in str(classify(COMMIT, facts(403, code)))


def test_a_call_changes_something_unless_it_is_said_not_to() -> None:
    """A text that would end a read leaves a change unknown."""
    known = Facts(
        status=400, code=GENERAL_ERROR, message="The routine does not exist", headers={}
    )

    assert OutcomeUnknown is type(classify(COMMIT, known))
    assert RoutineNotFound is type(classify(COMMIT, known, mutates=False))


def test_a_denied_action_is_printed_ready_to_paste() -> None:
    """The statement names the operation, or the action the provider names."""
    plain = classify(DEPLOY, facts(403, "Forbidden.RAM"))
    told = classify(
        DEPLOY,
        Facts(status=403, code="NoPermission", denied_action="esa:Other", headers={}),
    )
    policy = json.loads(plain.next_move.partition(": ")[2])

    assert policy == {
        "Version": "1",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["esa:CreateRoutineCodeDeployment"],
                "Resource": "*",
            }
        ],
    }
    assert told.next_move.endswith(ram_statement("esa:Other"))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({"x_acs_retry_after": "1500"}, 1.5),
        ({"x_acs_retry_after": "0"}, 0.0),
        ({"x_acs_retry_after": "-5"}, 0.0),
        ({"x_acs_retry_after": "soon"}, 0.0),
        ({"x_acs_retry_after": "999999999"}, 120.0),
        ({"x_acs_retry_after": "9" * 30}, 0.0),
        ({"x_ratelimit_user": "Limit:100,Remain:0,TimeLeft:700,Reset:1"}, 0.7),
        ({"x_ratelimit_user_api": "Limit:100,Remain:0,TimeLeft:300"}, 0.3),
        (
            {
                "x_ratelimit_user": "TimeLeft:700",
                "x_ratelimit_user_api": "TimeLeft:900",
            },
            0.9,
        ),
        ({"x_ratelimit_user": "TimeLeft:999999"}, 120.0),
        ({"x_acs_retry_after": "50", "x_ratelimit_user": "TimeLeft:700"}, 0.05),
        ({"x_ratelimit_user": "Limit:100"}, 0.0),
    ],
)
def test_the_wait_the_provider_asks_for(
    headers: dict[str, str], seconds: float
) -> None:
    """Milliseconds of the newer header, else the longer of the older two; capped."""
    known = facts(400, "Throttling.User", **headers)
    error = classify(COMMIT, known)
    assert isinstance(error, Throttled)

    assert retry_after(known) == seconds
    assert error.retry_after == seconds
