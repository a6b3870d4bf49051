"""Errors into the journal and back."""

from __future__ import annotations

import json

import pytest

from esa_flows import errors
from esa_flows.engine.codec import dumps
from esa_flows.engine.failure import decode_error, encode_error, words
from esa_flows.errors import (
    CallError,
    EsaFlowsError,
    ReleaseFailed,
    StepFailed,
    Throttled,
)

CLASSES = sorted(
    (
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, EsaFlowsError)
    ),
    key=lambda kind: kind.__name__,
)


def through_the_journal(error: Exception) -> EsaFlowsError:
    """Record an error as text and read it back."""
    return decode_error(json.loads(dumps(encode_error(error))))


def made(kind: type[EsaFlowsError]) -> EsaFlowsError:
    """Give an error of a class, with all the facts it can have."""
    if issubclass(kind, CallError):
        return kind(
            "Did not work.",
            next_move="Try.",
            operation="GetRoutine",
            code="C",
            request_id="R-1",
            recommend="https://example.com/help",
        )

    if issubclass(kind, ReleaseFailed):
        return kind(
            "Did not work.", next_move="Try.", report=None, production_as_before=True
        )

    return kind("Did not work.", next_move="Try.")


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_comes_back(kind: type[EsaFlowsError]) -> None:
    """A resumed flow meets the same class, the same sentence, the same facts."""
    error = made(kind)
    back = through_the_journal(error)

    assert type(back) is kind
    assert str(back) == str(error)
    assert vars(back) == vars(error)


def test_a_wait_the_provider_asked_for_is_kept() -> None:
    """The seconds to wait are a fact of the error too."""
    back = through_the_journal(Throttled("Too many.", retry_after=2.5))

    assert isinstance(back, Throttled)
    assert back.retry_after == 2.5


def test_a_failed_release_keeps_where_production_is() -> None:
    """Its report stays out of the journal: the run's own records tell it."""
    error = ReleaseFailed("No.", report=object(), production_as_before=False)
    back = through_the_journal(error)

    assert isinstance(back, ReleaseFailed)
    assert back.production_as_before is False
    assert back.report is None


def test_a_users_own_error_comes_back_as_a_failed_step() -> None:
    """Its class and words are kept as a sentence."""
    back = through_the_journal(ZeroDivisionError("division by zero"))

    assert type(back) is StepFailed
    assert str(back) == "ZeroDivisionError: division by zero"


def test_a_users_own_kind_of_our_error_comes_back_as_a_failed_step() -> None:
    """A class that this library does not have cannot be made by it."""

    class Mine(CallError):
        """Somebody else's."""

    back = through_the_journal(Mine("No.", next_move="Ask."))

    assert type(back) is StepFailed
    assert str(back) == "Mine: No. Ask."


@pytest.mark.parametrize("name", ["Executed", "Any", "__doc__", ""])
def test_only_errors_are_made_of_a_record(name: str) -> None:
    """A name in a record makes nothing but an error of ours."""
    back = decode_error({"type": name, "message": "No."})

    assert type(back) is StepFailed
    assert str(back) == f"{name}: No."


class Mute(Exception):
    """An error that has no text."""

    def __str__(self) -> str:
        raise ValueError("no text")


def test_an_error_without_a_text_is_told_all_the_same() -> None:
    """Its class is known, and that its text cannot be had."""
    assert "its text cannot be had (ValueError)" == words(Mute())
    assert (
        "Mute: its text cannot be had (ValueError)" == encode_error(Mute())["message"]
    )
