"""How many routines may be exposed now, and when enough have failed: pure.

Exposed is a routine from the moment its release may change what visitors get until
that release has ended. Kept strictly, so few are exposed at once that even if every one
of them failed, the budget would be passed by one: with at most ``F - failures + 1`` of
them no more than ``F + 1`` can fail. Kept softly, only the concurrency counts, and what
is under way when the budget is passed may fail on top.
"""

from attrs import frozen

from esa_flows.fleet.spec import FailureBudget, Mode, Rollout

__all__ = ["Limits", "Standing", "is_passed", "limits_of", "most_exposed", "room"]


@frozen(kw_only=True)
class Limits:
    """What a wave keeps to.

    Attributes:
        fleet: Failures of the rollout that are tolerated.
        wave: Failures of the wave that are tolerated; None for no limit of its own.
        mode: How strictly that is kept.
        concurrency: Most routines that are worked on at once.
        slow_start: Whether it exposes one first, then two, four and so on.
    """

    fleet: int
    wave: int | None = None
    mode: Mode = Mode.STRICT
    concurrency: int = 64
    slow_start: bool = False


@frozen(kw_only=True)
class Standing:
    """Where a wave stands.

    Attributes:
        failures: Routines of the rollout that have failed.
        in_wave: Those of them that are of this wave.
        proven: Routines of this wave that were exposed and are good.
        exposed: Routines that are exposed and have not ended.
    """

    failures: int = 0
    in_wave: int = 0
    proven: int = 0
    exposed: int = 0


def limits_of(rollout: Rollout, *, fleet: int, wave: int) -> Limits:
    """Give what a wave of a rollout keeps to: tolerances are rounded down.

    Args:
        rollout: What is wanted.
        fleet: Routines that are to be released in all.
        wave: Routines of the wave.
    """
    budget: FailureBudget = rollout.budget
    return Limits(
        fleet=budget.fleet.down(fleet),
        wave=None if budget.wave is None else budget.wave.down(wave),
        mode=budget.mode,
        concurrency=rollout.concurrency,
        slow_start=rollout.slow_start,
    )


def is_passed(limits: Limits, now: Standing) -> bool:
    """Tell whether more have failed than are tolerated.

    Args:
        limits: What the wave keeps to.
        now: Where it stands.
    """
    return _tolerance_left(limits, now) < 0


def room(limits: Limits, now: Standing) -> int:
    """Give how many more may be exposed now.

    Args:
        limits: What the wave keeps to.
        now: Where it stands.
    """
    return max(0, _most(limits, now)[0] - now.exposed)


def most_exposed(limits: Limits, routines: int) -> tuple[int, str]:
    """Give how many of a wave are exposed at once while none has failed, and why.

    Args:
        limits: What the wave keeps to.
        routines: How many it has.
    """
    full = Standing(proven=routines)  # a slow start is over by then
    found, why = _most(limits, full)
    return (routines, "all of them") if routines <= found else (found, why)


def _most(limits: Limits, now: Standing) -> tuple[int, str]:
    left = _tolerance_left(limits, now)
    if left < 0:
        return 0, "the failure budget is passed"

    ways = [(limits.concurrency, "the concurrency")]
    if limits.mode is Mode.STRICT:
        ways.append((left + 1, f"strict: {left} more may fail"))

    if limits.slow_start:
        ways.append((now.proven + 1, "slow start"))

    return min(ways, key=lambda way: way[0])


def _tolerance_left(limits: Limits, now: Standing) -> int:
    """Give how many more failures are tolerated; below 0 where too many failed."""
    left = limits.fleet - now.failures
    return left if limits.wave is None else min(left, limits.wave - now.in_wave)
