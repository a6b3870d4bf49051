"""The table of error codes."""

from __future__ import annotations

import re

import pytest

from esa_flows.errors import NotFound, Refused
from esa_flows.wire.codes import ROWS, Row, row_for


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.codes[0])
def test_every_row_reads_as_the_end_of_a_sentence(row: Row) -> None:
    """Lower case, no full stop; the next move is whole sentences."""
    assert re.fullmatch(r"[a-z].*[^.]", row.means)
    assert re.fullmatch(r"([A-Z].*\.)?", row.next_move)


def test_a_row_for_some_operations_goes_before_the_general_one() -> None:
    """The same code means an unknown version where a version is named."""
    deploy = row_for("CreateRoutineCodeDeployment", "ParameterNotExist")
    create = row_for("CreateRoutine", "ParameterNotExist")

    assert deploy is not None
    assert create is not None
    assert (deploy.error, create.error) == (NotFound, Refused)


def test_an_undocumented_code_has_no_row() -> None:
    """The status decides then."""
    assert row_for("GetRoutine", "Odd.Code") is None
    assert row_for("GetRoutine", "") is None
