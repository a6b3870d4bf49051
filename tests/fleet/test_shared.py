"""What many routines do alike is held once, and says what it said."""

from __future__ import annotations

from attrs import evolve

from esa_flows.fleet.plan import Course, PlannedRoutine, SlotBudget
from esa_flows.fleet.shared import Shared
from esa_flows.model import Bundle, Digest, RoutineId, RoutineName
from esa_flows.release.forecast import Forecast
from esa_flows.release.planned import PlannedRelease
from esa_flows.release.spec import Release


def _planned(
    name: str, share: str = "100", *, is_unchanged: bool = False
) -> PlannedRoutine:
    release = PlannedRelease(
        run="abcd",
        release=Release(
            routine=RoutineName(name), bundle=Bundle(digest=Digest("a" * 64), size=3)
        ),
        before=None,
        forecast=Forecast(
            calls={"observe": 3, "deploy": 2},
            shares=(f"{share} %",),
            notes=(f"Then {share}.",),
            is_unchanged=is_unchanged,
        ),
    )
    slots = SlotBudget(held=1, quota=9, pinned=1, makes=1, goes=0)
    return PlannedRoutine(
        routine=RoutineId(name),
        course=Course.RELEASE,
        release=release,
        slots=slots,
    )


def test_what_two_routines_do_alike_is_held_once() -> None:
    """The whole forecast, where all of it is equal, and the room for versions."""
    shared = Shared()
    one, two = map(shared.routine, (_planned("aa"), _planned("bb")))

    assert one.release
    assert two.release
    assert one.release.forecast is two.release.forecast
    assert one.slots is two.slots


def test_parts_are_shared_where_the_whole_is_not() -> None:
    """Calls and shares are those of most, though a version that goes is its own."""
    shared = Shared()
    alike, other = _planned("aa"), _planned("bb", is_unchanged=True)
    found = [shared.routine(each).release for each in (alike, other)]
    one, two = (release.forecast for release in found if release)

    assert one != two
    assert one.calls is two.calls
    assert (one.shares, one.notes) == (two.shares, two.notes)
    assert one.shares is two.shares
    assert one.notes is two.notes


def test_shared_says_what_each_said() -> None:
    """Equal, whatever was seen before; one that is refused has nothing to share."""
    shared = Shared()
    refused = evolve(_planned("cc"), release=None, slots=None, course=Course.REFUSE)
    all_of_them = [_planned("aa"), _planned("bb", "10"), refused]

    assert all_of_them == list(map(shared.routine, all_of_them))
    assert "<Shared [values: 9]>" == repr(shared)


def test_what_only_looks_equal_is_not_shared() -> None:
    """A truth is no number, though Python finds them equal."""
    shared = Shared()
    shared.one(1)

    assert shared.one(True) is True
