"""What a caller keeps to beside the cap."""

from __future__ import annotations

import anyio
import anyio.lowlevel

from esa_flows.wire.allowance import Allowance
from esa_flows.wire.lane import Lane, way_back


async def _turns(allowance: Allowance, count: int) -> float:
    """Take so many turns at once; give how long that takes."""
    began = anyio.current_time()

    async def one() -> None:
        """Take one turn, which takes no time."""
        async with allowance.turn(Lane.DEPLOY):
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        for _ in range(count):
            tasks.start_soon(one)

    return anyio.current_time() - began


async def test_nobody_waits_where_nobody_wants_it() -> None:
    """A thousand calls go at once: the cap is somebody else's affair."""
    allowance = Allowance()

    assert 0 == await _turns(allowance, 1000)
    assert (None, "<Allowance for all>") == (allowance.calls, repr(allowance))


async def test_of_several_wishes_the_fewest_calls_count() -> None:
    """Twenty a second take four seconds for a hundred; then all go again."""
    allowance = Allowance()
    with allowance.at_most(50), allowance.at_most(20), allowance.at_most(30):
        took = await _turns(allowance, 100)
        shown = repr(allowance)

    assert 3.5 < took < 4.6
    assert "<Allowance 20>" == shown
    assert 0 == await _turns(allowance, 100)


async def test_who_goes_back_does_not_wait() -> None:
    """By the lane of its call, or of all that is done around it."""
    allowance = Allowance()
    began = anyio.current_time()
    with allowance.at_most(1):
        for _ in range(10):
            async with allowance.turn(Lane.ROLLBACK):
                pass

            with way_back():
                async with allowance.turn(Lane.DEPLOY):
                    pass

    assert began == anyio.current_time()


async def test_a_turn_comes_back_whatever_becomes_of_it() -> None:
    """A call that is cancelled was answered as far as this is concerned."""
    allowance = Allowance()
    with allowance.at_most(5):
        for _ in range(20):
            with anyio.move_on_after(0.1):
                async with allowance.turn(Lane.DEPLOY):
                    await anyio.sleep_forever()

        took = await _turns(allowance, 1)

    assert took <= 1.0
