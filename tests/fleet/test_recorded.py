"""The plan of a way back, read from its run."""

from __future__ import annotations

from esa_flows.engine.codec import encode
from esa_flows.fleet.fallback import fallback, fallback_of
from esa_flows.fleet.makespan import Pace
from esa_flows.fleet.recorded import WAYS_BACK, recorded_way_back
from esa_flows.fleet.way_back import Return, WayBack
from esa_flows.model import Cloud, RoutineId, Split, VersionId

OLD = Split.whole(VersionId("1772366400000000001"))


def test_what_a_run_takes_back_is_what_was_planned() -> None:
    """With where each routine goes, and what it costs."""
    going = Return(routine=RoutineId("aa"), serves=OLD, to=OLD, calls=4, first=4)
    plan = WayBack(name="spring", returns=(going,), pace=Pace(calls=50))
    value = encode(fallback_of(plan, Cloud.ESA))

    found = recorded_way_back({"flow": fallback.name, "input": value}, Pace(calls=50))

    assert plan == found
    assert found.going == found.meant == {"aa"}


def test_other_runs_take_nothing_back() -> None:
    """Neither does one whose process died before it did anything."""
    assert recorded_way_back({"flow": "rollout", "input": {}}, Pace()) is None
    assert recorded_way_back({"flow": fallback.name}, Pace()) is None
    assert recorded_way_back({}, Pace()) is None
    assert {"undo", "fallback"} == {*WAYS_BACK}
