"""How a run ended becomes what a command shows and answers."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cli.office import Office, text_on
from tests.cli.reports import failure, removed, report

from esa_flows.cli.desk import Answer
from esa_flows.cli.ending import Ending, show, wait_for
from esa_flows.cli.exits import Exit
from esa_flows.cli.watch import Watch
from esa_flows.errors import InvalidInput
from esa_flows.release.report import Outcome


async def gives(value: Any) -> Any:
    """Be work that ends well."""
    return value


async def raises(error: Exception) -> Any:
    """Be work that ends badly."""
    raise error


async def shown(ending: Ending) -> tuple[Answer, str, str]:
    """Show an end at a desk; give the answer and what was written."""
    office = Office()
    desk = office.desk()
    async with office.client() as client:
        answer = show(desk, Watch(desk=desk, client=client, title="release"), ending)

    return answer, text_on(desk.out), text_on(desk.err)


async def test_a_failed_release_is_an_end_with_its_report() -> None:
    """The failure is kept beside its report; other errors go on."""
    ended = report(Outcome.FAILED, reason="No.")
    failed = failure(ended)

    assert await wait_for(raises(failed)) == (ended, failed)
    assert await wait_for(gives(ended)) == (ended, None)
    with pytest.raises(InvalidInput):
        await wait_for(raises(InvalidInput("No.")))


async def test_a_good_end_is_shown_and_answers_zero() -> None:
    """The summary is written and the payload is the report."""
    answer, out, _ = await shown((report(Outcome.RELEASED), None))

    assert answer.exit is Exit.OK
    assert answer.payload is not None
    assert "shop: released" in out


async def test_an_end_that_came_before_is_said_to_be_old() -> None:
    """A run that nobody drove now had ended before."""
    _, _, err = await shown((report(Outcome.RELEASED), None))

    assert "had ended before; nothing was done now" in err


async def test_a_failure_has_its_own_code_and_complaint() -> None:
    """What went wrong decides the exit code, and is told."""
    ended = report(Outcome.STUCK, reason="No way back.", production_as_before=False)

    answer, _, _ = await shown((ended, failure(ended)))

    assert answer.exit is Exit.NOT_AS_BEFORE
    assert answer.error is not None


async def test_a_flow_of_ones_own_shows_what_it_gave() -> None:
    """There is no report to summarise; its value is shown."""
    answer, out, _ = await shown((42, None))

    assert answer.exit is Exit.OK
    assert "gave 42" in out


async def test_a_removal_is_told_in_words() -> None:
    """What was deleted, and what is kept of it."""
    answer, out, _ = await shown((removed(), None))

    assert answer.exit is Exit.OK
    assert "shop is deleted with 1 version; the code of 1 is kept" in out
