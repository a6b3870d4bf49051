"""One look answers several questions, for a second."""

from __future__ import annotations

import pytest
from attrs import define

from esa_flows.api.cloud import Op
from esa_flows.api.sight import Sight
from esa_flows.errors import LeaseLost
from esa_flows.model import Routine, RoutineName
from esa_flows.wire import Verb

SHOP, CART = RoutineName("shop"), RoutineName("cart")


@define
class Watch:
    """A clock that stands still until it is set."""

    now: float = 100.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now


def _seen(sight: Sight, name: RoutineName = SHOP) -> Routine:
    """Look at a routine now."""
    stamp, routine = sight.stamp(lambda _: None), Routine(name=name)
    stamp(Op.OBSERVE)
    sight.note(routine, stamp)
    return routine


def test_nothing_is_known_at_first() -> None:
    """A new process has seen nothing."""
    assert Sight(Watch()).fresh(SHOP) is None


def test_a_look_is_good_for_a_second() -> None:
    """Counted from when it was sent; each routine by itself."""
    watch = Watch()
    sight = Sight(watch)
    seen = _seen(sight)
    watch.now += 0.99

    assert seen == sight.fresh(SHOP)
    assert sight.fresh(CART) is None

    watch.now += 0.02

    assert sight.fresh(SHOP) is None


def test_the_last_look_counts() -> None:
    """Each look begins the second anew."""
    watch = Watch()
    sight = Sight(watch)
    _seen(sight)
    watch.now += 0.9
    seen = _seen(sight)
    watch.now += 0.9

    assert seen is sight.fresh(SHOP)


def test_what_is_changed_is_seen_no_more() -> None:
    """Whatever comes of the change; the others stay."""
    sight = Sight(Watch())
    _seen(sight)
    cart = _seen(sight, CART)
    with pytest.raises(LeaseLost), sight.changing(SHOP):
        raise LeaseLost("It is not yours any more.")

    assert sight.fresh(SHOP) is None
    assert cart == sight.fresh(CART)


def test_a_look_that_was_not_let_pass_is_none() -> None:
    """The permit decides; what it refuses has no time."""
    sight = Sight(Watch())

    def refuse(verb: Verb) -> None:
        """Let nothing pass."""
        raise LeaseLost(f"{verb.name} is not yours any more.")

    stamp = sight.stamp(refuse)
    with pytest.raises(LeaseLost):
        stamp(Op.OBSERVE)

    sight.note(Routine(name=SHOP), stamp)

    assert stamp.at is None
    assert sight.fresh(SHOP) is None


def test_no_more_is_kept_than_counts() -> None:
    """Of a large fleet only what was seen within the last second."""
    watch = Watch()
    sight = Sight(watch)
    for number in range(50):
        _seen(sight, RoutineName(f"shop-{number}"))
        watch.now += 0.25

    assert "<Sight [routines: 4]>" == repr(sight)
