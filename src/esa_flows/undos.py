"""What a journal knows of a rollout that has ended, and its way back."""

from collections.abc import Iterable

import anyio
from attrs import evolve, frozen

from esa_flows.connection import Connection
from esa_flows.engine.codec import decode
from esa_flows.engine.history import History
from esa_flows.engine.journal import NewRun, RunRow
from esa_flows.engine.observe import Observer
from esa_flows.engine.view import RunView
from esa_flows.errors import EsaFlowsError, InvalidInput, RunInProgress
from esa_flows.fleet.makespan import Pace
from esa_flows.fleet.order import Order
from esa_flows.fleet.report import RolloutReport, RoutineReport
from esa_flows.fleet.rollout import rollout
from esa_flows.fleet.salvage import Salvage
from esa_flows.fleet.undo import Undo, barred, refuse_nothing, undo, undo_of, undoable
from esa_flows.fleet.way_back import WayBack, way_back_of
from esa_flows.release.legs import Leg
from esa_flows.releases import Releases, ended
from esa_flows.runs import Runs

__all__ = ["Undos", "salvage_of", "undo_from"]

MOST_RUNS = 100_000


@frozen(repr=False)
class Undos:
    """Takes back what rollouts released, each in a run of its own."""

    _connection: Connection
    _releases: Releases

    def __repr__(self) -> str:
        return "<Undos>"

    async def plan(self, run: str, wave: int = 0) -> WayBack:
        """Say what would go back, from the journal alone.

        Args:
            run: A rollout's id, or four characters of it or more.
            wave: The number of a wave that alone goes back; 0 for all.

        Raises:
            RunInProgress: It has not ended, or another part of it is taken back.
            InvalidInput: It is no rollout, or released nothing.
        """
        runs = self._releases.runs
        view = await _ended(runs, run)
        joined = await self._under_way(view.run.id, wave)
        left = (await salvage_of(runs, view)).unfinished
        wanted = await undo_from(runs, view.run.id, wave, is_certain=not left)
        own = Pace(calls=self._connection.settings.calls_per_second)
        return evolve(way_back_of(wanted, own), joins=joined, unfinished=left)

    async def go(self, run: str, wave: int, observer: Observer) -> RolloutReport:
        """Take it back, or join the unfinished run that does.

        What of it is under way is aborted first. Dying before the run of the way back
        is recorded leaves routines back and others not; the same call does the rest.

        Args:
            run: As for `plan`.
            wave: As for `plan`.
            observer: Told what the runs do.
        """
        runs = self._releases.runs
        view = await _ended(runs, run)
        whole = view.run.id
        found: RolloutReport
        joined = await self._under_way(whole, wave)
        if joined:
            found = await self._releases.join(joined, observer=observer)
            return found

        await self._abort((await salvage_of(runs, view)).unfinished, observer)
        wanted = await undo_from(runs, whole, wave)
        return await self._connection.engine.start(
            undo,
            wanted,
            subject=wanted.order.name or whole,
            content=_content(whole, wave),
            observer=observer,
        )

    async def _under_way(self, run: str, wave: int) -> str:
        """Give the unfinished run that takes just this back; empty where none does.

        Raises:
            RunInProgress: One takes back another part of the same rollout.
        """
        journal = self._connection.engine.journal
        rows = await journal.list(unfinished=True, heads=True, most=MOST_RUNS)
        for row in rows:
            if row.run.content == _content(run, wave):
                return row.run.id

            _refuse_part(row, run, self._releases.runs.realm.flag)

        return ""

    async def _abort(self, runs: Iterable[str], observer: Observer) -> None:
        """Abort runs of routines, all at once; each goes back by itself.

        Raises:
            EsaFlowsError: What the first of them met that could not.
        """
        errors: list[EsaFlowsError] = []

        async def one(run: str) -> None:
            try:
                await self._releases.runs.ask_to_abort(run)
                end = self._releases.abort(run, observer=observer)
                await ended(end, check=False)
            except EsaFlowsError as error:
                errors.append(error)

        async with anyio.create_task_group() as tasks:
            for run in runs:
                tasks.start_soon(one, run)

        if errors:
            raise errors[0]


async def undo_from(
    runs: Runs, run: str, wave: int = 0, *, is_certain: bool = True
) -> Undo:
    """Give what goes back if a rollout is taken back.

    Args:
        runs: Those of the journal.
        run: Its id, or the first four characters of it or more.
        wave: The number of a wave that alone goes back; 0 for all.
        is_certain: Whether it is refused where nothing was released.

    Raises:
        RunInProgress: It has not ended.
        InvalidInput: It is no rollout, it released nothing, or it belongs to another
            cloud.
    """
    view = await _ended(runs, run)
    whole, history = view.run.id, view.history
    order: Order = decode(history.started["input"], Order)
    value = (history.ended or {}).get("value")
    if value is None:
        salvage = await salvage_of(runs, view)
        known = [*salvage.undoable(wave)]
        told = [*salvage.others(wave)]
    else:
        report: RolloutReport = decode(value, RolloutReport)
        known = [await _known(runs, each) for each in undoable(report, wave)]
        told = []

    legs = list[Leg]()
    for its, each, leg in known:
        realm = evolve(runs.realm, account=each.routine.account)
        stays = barred(each, await runs.later(its), realm)
        if stays is None:
            legs.append(leg)
        else:
            told.append(stays)

    if is_certain:
        refuse_nothing(whole, wave, (*legs, *told))

    return undo_of(whole, order, legs, told)


async def salvage_of(runs: Runs, view: RunView) -> Salvage:
    """Give what the runs of a rollout's routines tell where it gives no report.

    Args:
        runs: Those of the journal.
        view: The rollout.
    """
    salvage = Salvage(decode(view.history.started["input"], Order))
    if "value" not in (view.history.ended or {}):
        async for child, rows in runs.children(view.run.id):
            salvage.take(child, History.of(rows))

    return salvage


async def _ended(runs: Runs, run: str) -> RunView:
    """Give a rollout that has ended.

    Raises:
        RunInProgress: It has not.
        InvalidInput: It is none, or belongs to another cloud.
    """
    view = await runs.here(run)
    whole, flag = view.run.id, runs.realm.flag
    if view.run.flow != rollout.name:
        raise InvalidInput(
            f"Run {whole} is no rollout.",
            next_move=f"Take one routine back with: esa-flows rollback NAME{flag}",
        )

    if not view.history.is_ended:
        raise RunInProgress(
            f"Rollout {whole} has not ended.",
            next_move=f"Take all of it back with: esa-flows abort {whole}{flag} - or"
            f" end it where it is with: esa-flows abort {whole} --keep{flag}",
        )

    if view.history.started.get("input") is None:
        refuse_nothing(whole, 0, ())  # its process died before it did anything

    return view


def _content(run: str, wave: int) -> str:
    """Tell the way back of the same from all others."""
    return f"{_whole(run)}{wave}"


def _whole(run: str) -> str:
    return f"undo:{run}:"


def _refuse_part(row: RunRow, run: str, flag: str) -> None:
    """Refuse to take a rollout back while another part of it, or all, goes back.

    Raises:
        RunInProgress: Names the run that is at it.
    """
    if not row.run.content.startswith(_whole(run)):
        return

    part = row.run.content.removeprefix(_whole(run))
    what = "all of it" if part == "0" else f"wave {part} of it"
    raise RunInProgress(
        f"Run {row.run.id}, which takes {what} back, has not ended.",
        next_move=f"Finish that first with: esa-flows resume {row.run.id}{flag}",
    )


async def _known(runs: Runs, each: RoutineReport) -> tuple[NewRun, RoutineReport, Leg]:
    its = await runs.get(each.run)
    return its.run, each, decode((its.history.ended or {}).get("value"), Leg)
