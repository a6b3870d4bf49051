"""The tree of errors, drawn and real."""

from __future__ import annotations

import re

import pytest

from esa_flows import errors
from esa_flows.errors import (
    AccountBlocked,
    CallError,
    EsaFlowsError,
    Executed,
    NotSent,
    OutcomeUnknown,
    Refused,
    ReleaseFailed,
    Throttled,
)

KINDS = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, EsaFlowsError)
}


def drawn() -> dict[str, str]:
    """Read the tree in the module's docstring: each error and the one it is under."""
    assert errors.__doc__ is not None
    lines = re.findall(r"^    ([│ ]*)[├└]── (\w+)", errors.__doc__, re.MULTILINE)
    above, tree = ["EsaFlowsError"], {}
    for indent, name in lines:
        depth = len(indent) // 4
        del above[depth + 1 :]
        tree[name] = above[-1]
        above.append(name)

    return tree


def test_the_tree_is_drawn_as_it_is() -> None:
    """The picture people read shows every error where it is."""
    real = {
        name: kind.__base__.__name__
        for name, kind in KINDS.items()
        if kind.__base__ is not None and kind is not EsaFlowsError
    }

    assert drawn() == real


def test_every_error_is_public_and_explained() -> None:
    """What can be raised can be imported, and says what it means."""
    assert sorted({*KINDS, "Executed"}) == sorted(errors.__all__)
    assert all(kind.__doc__ for kind in KINDS.values())


def test_an_error_is_its_sentence_and_its_next_move() -> None:
    """Where there is no next move, there is no blank either."""
    assert str(EsaFlowsError("It broke.")) == "It broke."
    assert str(EsaFlowsError("It broke.", next_move="Mend it.")) == "It broke. Mend it."


def test_a_call_error_shows_its_facts() -> None:
    """Operation, code and request id are what the provider's support asks for."""
    error = CallError(
        "It broke.",
        next_move="Mend it.",
        operation="GetRoutine",
        code="Internal",
        request_id="R-1",
        recommend="https://example.com/help",
    )

    assert str(error) == (
        "It broke. (operation GetRoutine, code Internal, request R-1) Mend it."
        " https://example.com/help"
    )
    assert str(CallError("It broke.")) == "It broke."
    assert str(CallError("It broke.", code="X")) == "It broke. (code X)"


@pytest.mark.parametrize(
    ("kind", "executed", "transient"),
    [
        (NotSent, Executed.NO, True),
        (Throttled, Executed.NO, True),
        (OutcomeUnknown, Executed.UNKNOWN, True),
        (Refused, Executed.NO, False),
        (AccountBlocked, Executed.NO, False),
    ],
)
def test_two_questions_sort_the_call_errors(
    kind: type[CallError], executed: Executed, *, transient: bool
) -> None:
    """Whether it was executed, and whether the same call may succeed later."""
    assert (kind.executed, kind.transient) == (executed, transient)


def test_only_one_outcome_is_unknown() -> None:
    """Every other error of a call is certain that nothing was executed."""
    unknown = {
        kind
        for kind in KINDS.values()
        if issubclass(kind, CallError) and kind.executed is Executed.UNKNOWN
    }

    assert unknown == {OutcomeUnknown}


def test_some_errors_know_more() -> None:
    """A hint to wait and a report travel with their errors."""
    throttled = Throttled("Slow.", retry_after=2.0, code="Throttling")
    failed = ReleaseFailed(
        "No.", report="r", production_as_before=True, next_move="Go."
    )

    assert (throttled.retry_after, throttled.code) == (2.0, "Throttling")
    assert (failed.report, failed.production_as_before) == ("r", True)
    assert str(failed) == "No. Go."
