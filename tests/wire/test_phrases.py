"""Reading DCDN's errors of free text."""

from __future__ import annotations

import re

import pytest
from tests.wire.doubles import CHANGE, LOOK, Scripted, caller, refusal

from esa_flows.errors import (
    AccessDenied,
    AccountBlocked,
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
from esa_flows.wire import Response
from esa_flows.wire.classify import classify
from esa_flows.wire.phrases import PHRASES, Phrase, likely
from esa_flows.wire.reply import Facts

TEXTS: list[tuple[str, type[CallError]]] = [
    ("Request was denied due to user flow control.", Throttled),
    ("call too frequently: too frequent", Throttled),
    ("请求过于频繁, 请稍后重试", Throttled),
    ("触发限流", Throttled),
    ("internal error, please try again later", OutcomeUnknown),
    ("the routine revision quota service timed out", OutcomeUnknown),
    ("系统繁忙, 请稍后重试", OutcomeUnknown),
    ("内部错误", OutcomeUnknown),
    ("your account is overdue", AccountBlocked),
    ("the service has not been opened", AccountBlocked),
    ("账号已欠费", AccountBlocked),
    ("服务未开通", AccountBlocked),
    ("You are not authorized to do this.", AccessDenied),
    ("没有权限", AccessDenied),
    ("code revision number exceeds the quota limit", QuotaExceeded),
    ("too many code revisions", QuotaExceeded),
    ("exceed max number of routine", QuotaExceeded),
    ("版本数量超过最大限制", QuotaExceeded),
    ("配额不足", QuotaExceeded),
    ("routine name already exists", RoutineExists),
    ("RoutineNameAlreadyExist", RoutineExists),
    ("函数名称已存在", RoutineExists),
    ("the revision is being used by env production", InUse),
    ("revision is deployed", InUse),
    ("版本正在使用中", InUse),
    ("该版本被引用, 不能删除", InUse),
    ("code revision 1622034169188190000 does not exist", NotFound),
    ("no such revision", NotFound),
    ("代码版本不存在", NotFound),
    ("The routine does not exist", RoutineNotFound),
    ("RoutineNotExist", RoutineNotFound),
    ("function not found", RoutineNotFound),
    ("函数不存在", RoutineNotFound),
    ("the spec doesn't exist", NotFound),
    ("环境不存在", NotFound),
    ("Name is invalid", Refused),
    ("CodeDescription is required", Refused),
    ("参数错误", Refused),
    ("名称不能为空", Refused),
    ("something else entirely", OutcomeUnknown),
    ("", OutcomeUnknown),
]


def raised(text: str, *, mutates: bool) -> CallError:
    """Classify an answer of DCDN."""
    message = f"A server error occurred: {text}"
    facts = Facts(
        status=400, code="EdgeRoutine.GeneralError", message=message, headers={}
    )
    return classify("UploadRoutineCode", facts, product="dcdn", mutates=mutates)


@pytest.mark.parametrize(("text", "error"), TEXTS)
def test_a_read_is_told_apart_by_its_text(text: str, error: type[CallError]) -> None:
    """The message keeps the provider's words."""
    got = raised(text, mutates=False)

    assert error is type(got)
    assert text in got.message
    assert "EdgeRoutine.GeneralError" == got.code


@pytest.mark.parametrize(("text", "error"), TEXTS)
def test_a_change_is_never_called_off_by_text_alone(
    text: str, error: type[CallError]
) -> None:
    """It stays unknown, whatever the text; what it likely is comes after a look."""
    got = raised(text, mutates=True)

    assert (OutcomeUnknown, Executed.UNKNOWN) == (type(got), got.executed)
    assert "Look at the provider's state before doing it again." == got.next_move
    assert error is likely(got)


def test_a_text_that_says_something_is_told() -> None:
    """So that a person sees it before anybody has looked."""
    message = raised("too many code revisions", mutates=True).message

    assert message.startswith(
        "UploadRoutineCode failed; by the text alone it would make one more than the"
        " plan allows; the provider says: A server error occurred: too many"
    )


def test_likely_is_the_class_itself_for_every_other_code() -> None:
    """Whose code says enough."""
    error = Refused("x; the provider says: quota exceeded", code="InvalidParameter")

    assert Refused is likely(error)


@pytest.mark.parametrize("phrase", PHRASES, ids=lambda phrase: phrase.error.__name__)
def test_every_phrase_reads_as_the_end_of_a_sentence(phrase: Phrase) -> None:
    """Lower case, no full stop; the next move is whole sentences."""
    assert re.fullmatch(r"[a-z].*[^.]", phrase.means)
    assert re.fullmatch(r"[A-Z].*\.", phrase.next_move)


def dcdn_refusal() -> Response:
    """Answer as DCDN does."""
    reply = refusal("EdgeRoutine.GeneralError")
    body = reply.body.replace(b"about EdgeRoutine.GeneralError", b"no such revision")
    return Response.of(400, body)


async def test_the_verb_of_the_call_decides_what_a_text_may_say() -> None:
    """A caller knows whether it changes something."""
    with pytest.raises(NotFound):
        await caller(Scripted(dcdn_refusal())).call(LOOK)

    with pytest.raises(OutcomeUnknown):
        await caller(Scripted(dcdn_refusal())).call(CHANGE)
