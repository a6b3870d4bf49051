"""One thread for a store that blocks."""

from __future__ import annotations

import threading

import pytest

from esa_flows.errors import NotSent
from esa_flows.wire.teller import ThreadTeller

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]


async def test_work_is_done_in_its_order_in_one_thread() -> None:
    """What was told before is done before what is asked."""
    teller, done = ThreadTeller(5.0, lambda: None), []
    for number in range(3):
        teller.tell(lambda number=number: done.append((number, threading.get_ident())))  # type: ignore[misc]

    await teller.ask(lambda: done.append((3, threading.get_ident())))
    teller.close()

    assert [number for number, _ in done] == [0, 1, 2, 3]
    assert len({thread for _, thread in done} | {threading.get_ident()}) == 2


async def test_what_goes_wrong_is_told_to_who_asked() -> None:
    """Whoever only told hears nothing."""
    teller = ThreadTeller(5.0, lambda: None)

    def fail() -> None:
        """Go wrong."""
        raise ValueError("wrong")

    teller.tell(fail)
    with pytest.raises(ValueError, match="wrong"):
        await teller.ask(fail)

    teller.close()


async def test_work_that_hangs_is_interrupted() -> None:
    """Whoever asks waits so long and no longer; work behind it is not begun."""
    hang, done = threading.Event(), []
    teller = ThreadTeller(0.05, hang.set)
    teller.tell(lambda: done.append(hang.wait(30)))
    with pytest.raises(TimeoutError):
        await teller.ask(lambda: done.append(False))

    teller.close()

    assert done == [True]


async def test_after_the_end_nothing_is_done() -> None:
    """A call that ends after its client has nobody to tell, and fails nobody."""
    teller, done = ThreadTeller(5.0, lambda: None), []
    teller.close()
    teller.close()
    teller.tell(lambda: done.append(1))
    with pytest.raises(NotSent, match="the client is closed"):
        await teller.ask(lambda: done.append(2))

    assert done == []


def test_a_teller_shows_its_patience() -> None:
    """A line for a log."""
    teller = ThreadTeller(5.0, lambda: None)
    teller.close()

    assert repr(teller) == "<ThreadTeller, 5 s patience>"
