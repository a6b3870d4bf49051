"""Standing in line."""

from __future__ import annotations

from esa_flows.wire.lane import Lane
from esa_flows.wire.lines import Lines, Waiter


def test_lanes_go_in_their_order_and_within_one_the_first_to_come() -> None:
    """A rollback goes first whenever it came; two deploys go as they came."""
    lines = Lines()
    came = [Waiter(Lane.HOUSEKEEPING), Waiter(Lane.DEPLOY), Waiter(Lane.DEPLOY)]
    came.append(Waiter(Lane.ROLLBACK))
    for waiter in came:
        lines.join(waiter)

    went = []
    while first := lines.first():
        lines.leave(first)
        went.append(came.index(first))

    assert went == [3, 1, 2, 0]


def test_whoever_stands_behind_the_last_lane_is_passed_over() -> None:
    """They stay in line."""
    lines = Lines()
    lines.join(Waiter(Lane.UPLOAD))

    assert lines.first(Lane.DEPLOY) is None
    assert lines.waiting == 1


def test_leaving_twice_is_as_good_as_once() -> None:
    """Whoever was granted and is cancelled then leaves again."""
    lines, waiter = Lines(), Waiter(Lane.DEPLOY)
    lines.join(waiter)
    lines.leave(waiter)
    lines.leave(waiter)

    assert lines.waiting == 0


async def test_a_grant_rings() -> None:
    """Whoever may go is told."""
    waiter = Waiter(Lane.DEPLOY)
    waiter.grant()
    await waiter.bell.wait()

    assert waiter.granted


async def test_whoever_is_sent_back_hears_it() -> None:
    """It was not granted anything."""
    waiter = Waiter(Lane.DEPLOY, holds=True)
    waiter.send_back()
    await waiter.bell.wait()

    assert (True, False) == (waiter.sent_back, waiter.granted)


def test_those_behind_a_lane_are_told_in_their_order() -> None:
    """Whoever stands in the lane itself is not among them."""
    lines = Lines()
    came = [Waiter(lane) for lane in (*Lane, Lane.UPLOAD)]
    for waiter in came:
        lines.join(waiter)

    assert (came[2], came[4], came[3]) == lines.behind(Lane.DEPLOY)
    assert () == lines.behind(Lane.HOUSEKEEPING)
