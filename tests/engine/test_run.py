"""What a run's driver and its steps share."""

from __future__ import annotations

import pytest
from tests.engine.desk import BEGIN, RUN, Desk, Died, cut
from tests.engine.flows import one

from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.engine.history import History
from esa_flows.engine.journal import Kind, NewRun
from esa_flows.engine.run import drafted
from esa_flows.engine.state import Event
from esa_flows.engine.step import step
from esa_flows.errors import StepMisuse
from esa_flows.model import Duration

NEW = NewRun(id=RUN, flow="one", subject="", content="", started_at=BEGIN)


async def test_a_run_says_what_it_is() -> None:
    """Its id and its state, nothing of its values."""
    desk = Desk()
    engine = desk.engine(one)
    lease = await desk.journal.create(NEW, engine.owner)

    assert "<Run 0123456789ab new>" == repr(
        engine._drive(lease, History(), None, "").run
    )


async def test_what_is_recorded_is_known_as_the_journal_tells_it() -> None:
    """A process that goes on, and one that reads its rows, know the same."""
    desk = Desk()
    engine = desk.engine(one)
    lease = await desk.journal.create(NEW, engine.owner)
    run = engine._drive(lease, History(), None, "").run
    done = {"v": 1, "in": "digest", "value": {"a": [1, None, "ä"]}, "seconds": 0.5}

    await run.record(Kind.STARTED, {"flow": "one", "v": 1, "input": "x"})
    await run.record(Kind.INTENT, {"v": 1, "in": "digest"}, step="put#1", attempt=2)
    await run.record(Kind.OUTCOME, done, step="put#1", attempt=2)
    await run.record_event(Event.PAUSE, by="me", signal=3)

    assert History.of(await desk.journal.rows(RUN)) == run.history


def test_what_json_cannot_say_is_no_record() -> None:
    """The author is told whose value it is."""
    body = {"value": object()}
    with pytest.raises(StepMisuse, match=r"^It has a value that cannot be recorded: T"):
        drafted(Kind.OUTCOME, BEGIN, body, step="put#1", whose="It")


@step.read()
async def whose(ctx: Context, _: str) -> bool:
    """Tell whether another process did what was done before."""
    return ctx.after_another


@flow
async def asking(ctx: Context, value: str) -> list[bool]:
    """Ask three times."""
    return [await ctx.do(whose, value, key=key) for key in "abc"]


async def test_who_takes_over_knows_it_until_a_step_is_done() -> None:
    """Who began the run does not; nor does who took over, from the second step on."""
    desk = Desk()
    begun = await desk.start(asking)
    desk.journal = cut(desk.journal, 2)
    taken = await desk.resume(asking)

    assert [False, False, False] == begun
    assert [False, True, False] == taken


async def test_a_deadline_is_no_step_that_another_process_did() -> None:
    """Who goes on with a run that had done nothing did what was done before."""
    desk = Desk()
    engine = desk.engine(asking)
    desk.journal.kill_at(2, keeps_last=False)
    with pytest.raises(Died):
        await engine.start(asking, "x", run_id=RUN, deadline=Duration(60))

    desk.journal.revive()

    assert [False, False, False] == await desk.resume(asking)
