"""What becomes of a request: an answer, an error of its own, or everybody's error."""

from __future__ import annotations

import sqlite3

import pytest
from attrs import define

from esa_flows.engine.journal_request import RefusedError, Request
from esa_flows.errors import InvalidInput, JournalUnavailable, UnknownRun


@define
class Tables:
    """Tables that hold nothing, and may fail to."""

    source: str = "j.sqlite"
    trouble: Exception | None = None

    def flush(self) -> None:
        """Fail where that is wanted."""
        if self.trouble is not None:
            raise self.trouble


def refusing(tables: Tables) -> int:
    """Do nothing, for a reason."""
    raise UnknownRun(f"{tables.source} has none.")


def test_an_answer_is_given() -> None:
    """What the work gave is what was asked for."""
    request = Request(lambda _: 7, writes=False)
    request.serve(Tables())

    assert 7 == request.result()
    assert not request.refused


def test_an_answer_given_anew_replaces_a_refusal() -> None:
    """What is done again is answered again."""
    request = Request(lambda tables: tables.source, writes=True)
    request.fail(JournalUnavailable("Full."))
    request.serve(Tables())

    assert "j.sqlite" == request.result()


@pytest.mark.parametrize("writes", [True, False])
def test_only_who_writes_undoes_the_others(writes: bool) -> None:  # noqa: FBT001  parametrized
    """A refused reader left nothing behind."""
    request = Request(refusing, writes=writes)
    request.serve(Tables())

    assert request.refused
    if not writes:
        request.refuse_all()
        return

    with pytest.raises(RefusedError):
        request.refuse_all()


def test_apart_the_tables_error_is_the_givers() -> None:
    """What cannot be written is the fault of the one who gave it."""
    request = Request(lambda _: 7, writes=True)
    request.serve_apart(Tables(trouble=sqlite3.IntegrityError("NOT NULL")))

    with pytest.raises(
        InvalidInput,
        match=r"The journal j\.sqlite cannot hold what it was given: NOT NULL",
    ):
        request.result()


def test_what_all_met_replaces_an_answer() -> None:
    """An answer given before the commit failed is none; errors are not shared."""
    error = JournalUnavailable("Full.", next_move="Free space.")
    first, second = (Request(lambda _: 7, writes=True) for _ in range(2))
    for request in (first, second):
        request.serve(Tables())
        request.fail(error)

    with pytest.raises(JournalUnavailable, match=r"Full\. Free space\.") as one:
        first.result()
    with pytest.raises(JournalUnavailable) as two:
        second.result()

    assert one.value is not two.value
