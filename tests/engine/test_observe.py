"""Telling is not recording."""

from __future__ import annotations

import logging

import pytest
from tests.engine.desk import BEGIN, RUN, Desk, cut
from tests.engine.flows import DONE, errand

from esa_flows.engine.observe import Happening, Moment, tell

HAPPENING = Happening(moment=Moment.RUN_STARTED, run=RUN, at=BEGIN)


def test_nobody_need_watch() -> None:
    """Without an observer nothing is told."""
    tell(None, HAPPENING)


def test_an_observer_is_told() -> None:
    """It gets the happening itself."""
    told: list[Happening] = []
    tell(told.append, HAPPENING)

    assert [HAPPENING] == told
    assert ("", 0, {}) == (HAPPENING.step, HAPPENING.attempt, HAPPENING.facts)


def _raise(_: Happening) -> None:
    raise ValueError("watching went wrong")


def test_what_an_observer_raises_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Its error goes to the log with the run's id, and no further."""
    with caplog.at_level(logging.ERROR, "esa_flows"):
        tell(_raise, HAPPENING)

    (record,) = caplog.records
    assert f"An observer of run {RUN} raised; the run goes on." == record.getMessage()
    assert record.exc_info is not None


async def test_an_observer_that_raises_disturbs_no_run() -> None:
    """Live and on a resume, everything is done as if nobody watched."""
    desk = Desk()
    engine = desk.engine(errand)

    assert DONE == await engine.start(errand, "x", run_id=RUN, observer=_raise)
    desk.journal = cut(desk.journal, 6)
    found = await desk.engine(errand).resume(RUN, observer=_raise)
    assert DONE[1:] == found[1:]
