"""The way back of a rollout that has ended: all that it released is put back."""

from collections.abc import Collection, Container, Iterable, Sequence

from attrs import evolve, frozen

from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.engine.journal import RunRow
from esa_flows.errors import InvalidInput
from esa_flows.fleet.course import Course
from esa_flows.fleet.order import Order, OrderedWave
from esa_flows.fleet.report import RolloutReport, RoutineEnd, RoutineReport
from esa_flows.fleet.retreat import retreat
from esa_flows.model import HOME, Realm
from esa_flows.release.legs import Leg, expose, ship
from esa_flows.release.migrate import migrate
from esa_flows.release.release import release

__all__ = ["Undo", "barred", "refuse_nothing", "undo", "undo_of", "undoable"]

DEPLOYS = frozenset(each.name for each in (release, migrate, expose, ship))
"""Flows after which a routine serves what somebody wanted of it."""


@frozen(kw_only=True)
class Undo:
    """A rollout to take back, or one wave of it.

    Attributes:
        run: The run of the rollout.
        order: The routines that go back, in their waves.
        legs: How far each of them came.
    """

    run: str
    order: Order
    legs: tuple[Leg, ...]


@flow
async def undo(ctx: Context, wanted: Undo) -> RolloutReport:
    """Put back what served before a rollout: production of all first, then staging.

    What somebody else deployed since stays, and is told as a conflict. Dying anywhere
    in it leaves some routines back and others not: a resume looks at each again, and
    one that is back is left as it is. There is no way back from it.

    Args:
        ctx: The flow's context.
        wanted: What goes back.

    Returns:
        How each of them fared.
    """
    course = Course(run=wanted.run, order=wanted.order)
    for leg in wanted.legs:
        course.take(leg.report.id, leg)

    course.was_aborted = True
    await retreat(ctx, course)
    course.refuse_blocked()
    return evolve(course.report(), run=ctx.run_id)


def undoable(report: RolloutReport, wave: int = 0) -> tuple[RoutineReport, ...]:
    """Give the routines that a rollout released.

    Args:
        report: How it ended.
        wave: The number of a wave, to which it is narrowed; 0 for all.
    """
    return tuple(
        each
        for each in report.routines
        if each.end is RoutineEnd.RELEASED and wave in {0, each.wave}
    )


def refuse_nothing(run: str, wave: int, found: Collection[object]) -> None:
    """Refuse to take back what released nothing.

    Args:
        run: The run of the rollout.
        wave: The number of a wave, to which it is narrowed; 0 for all.
        found: What there is to take back, or to say about it.

    Raises:
        InvalidInput: There is nothing.
    """
    if found:
        return

    where = f"Wave {wave} of rollout" if wave else "Rollout"
    raise InvalidInput(
        f"{where} {run} released nothing that could be taken back.",
        next_move=f"See how each routine fared: esa-flows report {run}",
    )


def barred(
    each: RoutineReport, later: Iterable[RunRow], realm: Realm = HOME
) -> RoutineReport | None:
    """Tell of a routine that stays, as somebody wanted something of it since.

    What it serves does not show that where it was the same once more.

    Args:
        each: How it fared in the rollout.
        later: Runs about it that began after it was released.
        realm: Whose it is.
    """
    found = next((row for row in later if row.run.flow in DEPLOYS), None)
    if found is None:
        return None

    run, name = found.run.id, each.routine.name
    did = "has released it since" if found.ended else "is at it, and has not ended"
    move = f"rollback {name}" if found.ended else f"abort {run}"
    return evolve(
        each,
        end=RoutineEnd.CONFLICT,
        production_as_before=False,
        seconds=0.0,
        reason=f"Run {run} {did}.",
        next_move=f"To take it back nevertheless: esa-flows {move}{realm.flag}",
    )


def undo_of(
    run: str, order: Order, legs: Iterable[Leg], others: Sequence[RoutineReport] = ()
) -> Undo:
    """Say what goes back.

    Args:
        run: The run of the rollout.
        order: What it was to do.
        legs: How far each routine came that shall go back.
        others: Routines that stay, and why.
    """
    # The time that counts is that of the way back.
    known = {leg.report.id: evolve(leg, seconds=0.0) for leg in legs}
    waves = [_narrowed(wave, known) for wave in order.waves]
    told = {each.wave for each in others}
    meant = tuple(w for w in waves if w.tasks or w.number in told)
    order = evolve(order, waves=meant, others=tuple(others))
    return Undo(run=run, order=order, legs=tuple(known.values()))


def _narrowed(wave: OrderedWave, known: Container[str]) -> OrderedWave:
    tasks = (task for task in wave.tasks if task.name in known)
    return evolve(wave, tasks=tuple(tasks))
