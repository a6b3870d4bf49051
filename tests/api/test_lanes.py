"""The lane of each verb."""

from __future__ import annotations

from esa_flows.api.cloud import Op
from esa_flows.api.lanes import LANES
from esa_flows.wire.lane import Lane


def test_every_verb_has_a_lane_and_none_the_first() -> None:
    """The first lane belongs to the way back, whatever it calls."""
    assert set(Op) == set(LANES)
    assert Lane.ROLLBACK not in LANES.values()


def test_deployments_go_before_uploads_before_lists_and_deletions() -> None:
    """What changes what is served goes first; making room can wait."""
    told = [LANES[op] for op in (Op.DEPLOY, Op.COMMIT, Op.LIST, Op.DELETE)]

    assert told == [Lane.DEPLOY, Lane.UPLOAD, Lane.HOUSEKEEPING, Lane.HOUSEKEEPING]
