"""Whether a rollout may begin at this time of the calendar; pure."""

import datetime as dt

from esa_flows.errors import Frozen, InvalidInput
from esa_flows.fleet.plan import RolloutPlan
from esa_flows.model.freeze import Override, coming

__all__ = ["refuse_frozen", "refuse_late"]


def refuse_frozen(plan: RolloutPlan, now: dt.datetime) -> None:
    """Refuse to begin where nothing may be exposed.

    Args:
        plan: What would begin.
        now: The wall clock's time.

    Raises:
        Frozen: Says until when.
    """
    window = coming(plan.freezes, now)
    if window is None or not window.has_begun(now) or not plan.has_changes:
        return

    raise Frozen(
        f"Frozen from {window}: nothing new is exposed, and nothing was begun.",
        next_move="Begin it then; or now, to make all ready and wait, with: --wait - or"
        " expose all the same with: --ignore-freeze REASON",
    )


def refuse_late(plan: RolloutPlan, override: Override | None) -> None:
    """Refuse to change what a run was told when it began.

    Args:
        plan: What has begun.
        override: What it is to be told now; None for nothing.

    Raises:
        InvalidInput: Says how its window is ignored.
    """
    if override is not None:
        raise InvalidInput(
            f"Run {plan.run} has begun, and heeds its freeze windows.",
            next_move="Where it waits for one, let it go on with: esa-flows approve"
            f" {plan.run} --ignore-freeze REASON",
        )
