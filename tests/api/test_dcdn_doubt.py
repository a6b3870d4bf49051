"""What one error code means, once somebody has looked."""

from __future__ import annotations

import json

import pytest

from esa_flows.api.dcdn_answers import Described
from esa_flows.api.dcdn_doubt import (
    is_doubtful,
    may_be_created,
    may_be_ended,
    may_be_gone,
    may_be_numbered,
    may_have,
    may_lack,
    may_serve,
    not_done,
)
from esa_flows.errors import (
    AccessDenied,
    AccountBlocked,
    CallError,
    InUse,
    NotFound,
    OutcomeUnknown,
    QuotaExceeded,
    Refused,
    RoutineExists,
    RoutineNotFound,
    Throttled,
)
from esa_flows.localcloud.dcdn.phrases import PHRASES
from esa_flows.model import Areas, Version, VersionId
from esa_flows.wire.classify import classify
from esa_flows.wire.reply import Facts

CODE = "EdgeRoutine.GeneralError"
ID, OTHER = VersionId("17"), VersionId("18")
SEEN = Described(
    environments=frozenset({"staging", "production", "presetCanaryJilin"}),
    serving={"production": ID},
    versions=(Version(id=ID, description="ef1 a"),),
)


def raised(text: str, code: str = CODE) -> CallError:
    """Give the error of a change with this text."""
    facts = Facts(
        status=400,
        code=code,
        message=f"A server error occurred: {text}",
        request_id="R-1",
        headers={},
    )
    return classify("PublishRoutineCodeRevision", facts, product="dcdn", mutates=True)


KNOWN: dict[str, type[CallError]] = {
    "bad_conf": Refused,
    "bad_name": Refused,
    "halted": AccountBlocked,
    "revision_in_use": InUse,
    "revision_missing": NotFound,
    "revision_quota": QuotaExceeded,
    "routine_exists": RoutineExists,
    "routine_missing": RoutineNotFound,
    "routine_quota": QuotaExceeded,
}


@pytest.mark.parametrize("language", [0, 1], ids=["english", "chinese"])
@pytest.mark.parametrize("name", KNOWN)
def test_a_text_is_believed_after_a_look(name: str, language: int) -> None:
    """In either language, with everything the provider said."""
    text = PHRASES[name][language]
    before = raised(text)
    after = not_done(before)

    assert OutcomeUnknown is type(before)
    assert KNOWN[name] is type(after)
    assert (CODE, "R-1", "PublishRoutineCodeRevision") == (
        after.code,
        after.request_id,
        after.operation,
    )
    assert text in after.message
    assert "by the text alone" not in after.message
    assert after.next_move


@pytest.mark.parametrize("text", ["something odd", "系统繁忙", "", "internal"])
def test_a_text_that_says_nothing_stays_unknown(text: str) -> None:
    """Even after a look."""
    before = raised(text)

    assert before is not_done(before)


def test_throttling_by_text_can_be_tried_again() -> None:
    """After a look it was certainly not executed."""
    assert Throttled is type(not_done(raised("请求过于频繁")))


def test_a_denial_says_which_action_is_missing() -> None:
    """Ready to paste."""
    error = not_done(raised("no permission"))
    statement = json.loads(error.next_move.partition(": ")[2])

    assert AccessDenied is type(error)
    assert ["dcdn:PublishRoutineCodeRevision"] == statement["Statement"][0]["Action"]


def test_only_the_one_code_is_doubtful() -> None:
    """Every other has a meaning of its own."""
    assert is_doubtful(raised("x"))
    assert not is_doubtful(raised("x", "InternalException"))


def test_what_must_be_seen_for_a_change_that_may_have_happened() -> None:
    """Each fact for itself; in doubt it happened."""
    said = OutcomeUnknown
    areas = Areas(["presetCanaryJilin", "presetCanaryAnhui"])

    assert may_be_numbered("ef1 a")(SEEN, said)
    assert not may_be_numbered("ef1")(SEEN, said)
    assert may_serve(ID, Areas.parse("presetCanaryJilin,production"))(SEEN, said)
    assert not may_serve(ID, Areas(["staging"]))(SEEN, said)
    assert not may_serve(OTHER, Areas(["production"]))(SEEN, said)
    assert may_be_gone(OTHER)(SEEN, said)
    assert not may_be_gone(OTHER)(SEEN, NotFound)
    assert not may_be_gone(ID)(SEEN, said)
    assert may_have(areas)(SEEN, said)
    assert not may_have(Areas(["presetCanaryAnhui"]))(SEEN, said)
    assert may_lack(areas)(SEEN, said)
    assert not may_lack(Areas(["presetCanaryJilin"]))(SEEN, said)
    assert may_be_created(SEEN, said)
    assert not may_be_created(SEEN, RoutineExists)
    assert may_be_ended(SEEN, RoutineNotFound)
    assert not may_be_ended(SEEN, said)
