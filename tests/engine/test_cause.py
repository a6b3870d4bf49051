"""Which of several errors decides."""

from __future__ import annotations

import pytest

from esa_flows.engine.cause import cause, leaves, one_error
from esa_flows.errors import (
    Aborted,
    BadCredentials,
    NotSent,
    OutcomeUnknown,
    Refused,
    StepMisuse,
)

PASSES = NotSent("never left")
UNKNOWN = OutcomeUnknown("lost")
DEFINITE = Refused("no")
OWN = ValueError("own")
MISUSE = StepMisuse("wrong")
ABORT = Aborted("asked to")
STOPS = BadCredentials("who are you")


@pytest.mark.parametrize(
    ("errors", "decides"),
    [
        ([PASSES], PASSES),
        ([PASSES, DEFINITE], DEFINITE),
        ([OWN, DEFINITE], OWN),
        ([DEFINITE, UNKNOWN, PASSES], UNKNOWN),
        ([UNKNOWN, MISUSE], MISUSE),
        ([UNKNOWN, ABORT], ABORT),
        ([MISUSE, STOPS, UNKNOWN], STOPS),
    ],
)
def test_the_gravest_decides(errors: list[Exception], decides: Exception) -> None:
    """An unknown outcome must not hide behind an answer, nor a stop behind either."""
    assert decides is cause(ExceptionGroup("several", errors))
    assert decides is cause(ExceptionGroup("all", [ExceptionGroup("some", errors)]))


def test_one_error_decides_itself() -> None:
    """What is no group is given as it is."""
    assert OWN is cause(OWN)


def test_leaves_are_found_at_every_depth() -> None:
    """Groups in groups are opened, in order."""
    inner = BaseExceptionGroup("inner", [KeyboardInterrupt(), OWN])

    assert [KeyboardInterrupt, ValueError, NotSent] == [
        type(leaf) for leaf in leaves(BaseExceptionGroup("outer", [inner, PASSES]))
    ]


async def test_tasks_side_by_side_fail_with_one_error() -> None:
    """The gravest of theirs, as itself; an error that is alone passes as it is."""
    with pytest.raises(OutcomeUnknown) as group:
        async with one_error():
            raise ExceptionGroup("several", [PASSES, UNKNOWN])

    with pytest.raises(Refused) as alone:
        async with one_error():
            raise DEFINITE

    assert (UNKNOWN, DEFINITE) == (group.value, alone.value)
