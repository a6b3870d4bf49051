"""What a journal knows of a rollout that has ended, for its way back."""

from attrs import evolve

from esa_flows.engine.codec import decode
from esa_flows.errors import InvalidInput
from esa_flows.fleet.order import Order
from esa_flows.fleet.report import RolloutReport, RoutineReport
from esa_flows.fleet.rollout import rollout
from esa_flows.fleet.undo import Undo, barred, undo_of, undoable
from esa_flows.release.legs import Leg
from esa_flows.runs import Runs

__all__ = ["undo_from"]


async def undo_from(runs: Runs, run: str, wave: int = 0) -> Undo:
    """Give what goes back if a rollout is taken back.

    Args:
        runs: Those of the journal.
        run: Its id, or the first four characters of it or more.
        wave: The number of a wave that alone goes back; 0 for all.

    Raises:
        InvalidInput: It is no rollout, it has not ended, it released nothing, or it
            belongs to another cloud.
    """
    view = await runs.here(run)
    whole, history = view.run.id, view.history
    if view.run.flow != rollout.name:
        raise InvalidInput(
            f"Run {whole} is no rollout.",
            next_move="Take one routine back with: esa-flows rollback NAME",
        )

    value = (history.ended or {}).get("value")
    if value is None:
        raise InvalidInput(
            f"Rollout {whole} has not ended, or ended without a report.",
            next_move=f"Take all of it back with: esa-flows abort {whole}",
        )

    report: RolloutReport = decode(value, RolloutReport)
    order: Order = decode(history.started["input"], Order)
    legs, others = list[Leg](), list[RoutineReport]()
    for each in undoable(report, wave):
        its = await runs.get(each.run)
        stays = barred(
            each,
            await runs.later(its.run),
            evolve(runs.realm, account=each.routine.account),
        )
        if stays is None:
            legs.append(decode((its.history.ended or {}).get("value"), Leg))
        else:
            others.append(stays)

    return undo_of(whole, order, legs, others)
