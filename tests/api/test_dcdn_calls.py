"""A change with a doubtful answer, and the one look that settles it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tests.api.dcdn_desk import DcdnDesk, Script, caller_of
from tests.api.desk import NAME

from esa_flows.api.cloud import Op
from esa_flows.api.dcdn_calls import DcdnCalls
from esa_flows.errors import (
    CallError,
    LeaseLost,
    NotFound,
    OutcomeUnknown,
    QuotaExceeded,
    RoutineNotFound,
)
from esa_flows.localcloud import Fault
from esa_flows.wire import Verb
from esa_flows.wire.permit import Permit, always

FULL = "the number of code revisions exceeds the limit"
SEEN = {"Content": {"EnvConf": {"production": {"CodeRev": "17"}}, "CodeRevs": []}}


def calls_of(script: Script, permit: Permit = always) -> DcdnCalls:
    """Make calls that are answered by a script."""
    return DcdnCalls(
        caller=caller_of(DcdnDesk(), script), permit=permit, asked=Counter()
    )


async def change(calls: DcdnCalls, *, happened: bool = False) -> object:
    """Make a change of which a look says whether it happened."""
    return await calls.change(
        Op.SLOT, NAME, {"CodeDescription": "x"}, unless=lambda *_: happened
    )


@pytest.mark.parametrize(
    ("look", "happened", "error"),
    [
        (SEEN, False, QuotaExceeded),
        (SEEN, True, OutcomeUnknown),
        ("the routine does not exist", False, QuotaExceeded),
        ("odd", False, OutcomeUnknown),
        ("the service is suspended", False, OutcomeUnknown),
        ({"Content": {}}, False, OutcomeUnknown),
    ],
)
async def test_a_look_settles_a_doubtful_answer(
    look: Any, *, happened: bool, error: type[CallError]
) -> None:
    """Nothing happened, and the text says why; in every other case it is unknown."""
    script = Script({"UploadRoutineCode": FULL, "DescribeRoutine": look})

    with pytest.raises(error, match="exceeds the limit") as caught:
        await change(calls_of(script), happened=happened)

    assert error is type(caught.value)
    assert "UploadRoutineCode" == caught.value.operation
    assert 2 == len(script.sent)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("the routine does not exist", RoutineNotFound),
        ("the service is suspended", OutcomeUnknown),
        ("odd", OutcomeUnknown),
    ],
)
async def test_a_routine_that_is_gone_may_be_what_was_asked_for(
    text: str, error: type[CallError]
) -> None:
    """Then its absence proves nothing, unless the text says that it was gone before."""
    gone = "the routine does not exist"
    calls = calls_of(Script({"DeleteRoutine": text, "DescribeRoutine": gone}))

    with pytest.raises(error) as caught:
        await calls.change(
            Op.DELETE_ROUTINE, NAME, {}, unless=lambda *_: False, ends_routine=True
        )

    assert error is type(caught.value)


async def test_the_text_is_handed_to_who_judges() -> None:
    """What it says may agree with what is seen."""
    heard: list[type[CallError]] = []

    def judge(_: object, text: type[CallError]) -> bool:
        """Note the text; in doubt it happened."""
        heard.append(text)
        return True

    script = Script({"UploadRoutineCode": FULL, "DescribeRoutine": SEEN})
    with pytest.raises(OutcomeUnknown):
        await calls_of(script).change(Op.SLOT, NAME, {}, unless=judge)

    assert [QuotaExceeded] == heard


async def test_an_answer_needs_no_look() -> None:
    """One call, with the routine's name in it."""
    script = Script({"UploadRoutineCode": {"Content": {"CodeRevision": "17"}}})
    calls = calls_of(script)

    await change(calls)

    assert 1 == len(script.sent)
    assert {Op.SLOT: 1} == calls.asked


async def test_an_answer_that_says_nothing_is_not_looked_at() -> None:
    """Whoever called decides what to look at."""
    desk = DcdnDesk()
    calls = DcdnCalls(caller=desk.dcdn._caller, permit=always, asked=Counter())
    desk.cloud.inject(Fault(operation="UploadRoutineCode", kind="lost"))

    with pytest.raises(OutcomeUnknown):
        await change(calls)

    assert {"UploadRoutineCode": 1} == desk.cloud.report().calls


async def test_the_look_asks_for_the_verb_it_serves() -> None:
    """A step declares the verb, and its permit hears of no other."""
    heard: list[Verb] = []

    def note(verb: Verb) -> None:
        """Note the verb."""
        heard.append(verb)

    script = Script({"UploadRoutineCode": FULL, "DescribeRoutine": SEEN})
    with pytest.raises(QuotaExceeded):
        await change(calls_of(script, note))

    assert [Op.SLOT, Op.SLOT] == heard


async def test_who_lost_the_run_does_not_look() -> None:
    """The look needs a permit too."""
    heard: list[Verb] = []

    def once(verb: Verb) -> None:
        """Allow one call."""
        heard.append(verb)
        if len(heard) > 1:
            raise LeaseLost("taken over")

    script = Script({"UploadRoutineCode": FULL, "DescribeRoutine": SEEN})
    with pytest.raises(LeaseLost):
        await change(calls_of(script, once))

    assert 1 == len(script.sent)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("the routine does not exist", RoutineNotFound),
        ("函数不存在", RoutineNotFound),
        ("the code revision does not exist", NotFound),
        ("odd", OutcomeUnknown),
    ],
)
async def test_a_look_is_judged_as_the_read_it_is(
    text: str, error: type[CallError]
) -> None:
    """On behalf of a verb that changes something, too."""
    calls = calls_of(Script({"DescribeRoutine": text}))

    with pytest.raises(error) as caught:
        await calls.look(Op.DELETE, NAME)

    assert error is type(caught.value)
