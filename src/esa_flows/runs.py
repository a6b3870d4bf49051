"""The runs in a client's journal: find them, look at them, ask something of them."""

from collections.abc import AsyncIterator, Collection
from typing import Any

import anyio
from attrs import frozen

from esa_flows.engine.engine import Engine
from esa_flows.engine.journal import NewRun, Row, RunRow, SignalVerb
from esa_flows.engine.observe import Observer
from esa_flows.engine.view import RunView
from esa_flows.errors import IllegalMove, InvalidInput
from esa_flows.model import HOME, Deployment, Realm
from esa_flows.model.freeze import Override, awaits_end
from esa_flows.release.report import first_seen

__all__ = ["Runs"]

POLL = 0.5
"""Seconds between looks at a run that another process drives."""


_MOST = 1_000
"""Runs about one thing that are looked through."""


@frozen
class Runs:
    """The runs in a client's journal.

    Attributes:
        by: Who asks, for the record.
        realm: Whose routines are meant by their names.
    """

    _engine: Engine
    by: str = "someone"
    realm: Realm = HOME

    async def get(self, run: str) -> RunView:
        """Look at a run.

        Args:
            run: Its id, or four characters of it or more.

        Raises:
            UnknownRun: The journal knows no such run.
        """
        return await self._engine.view(run)

    async def here(self, run: str) -> RunView:
        """Look at a run whose routines are those of this client's cloud.

        Args:
            run: Its id, or four characters of it or more.

        Raises:
            UnknownRun: The journal knows no such run.
            InvalidInput: It belongs to another cloud.
        """
        view = await self._engine.view(run)
        await self._engine.refuse_elsewhere(view.run.id, view.history)
        return view

    async def later(self, run: NewRun) -> tuple[RunRow, ...]:
        """Give the other runs about the same thing that began no earlier, newest first.

        Args:
            run: The run.
        """
        rows = await self._engine.journal.list(subject=run.subject, most=_MOST)
        return tuple(
            row
            for row in rows
            if row.run.id != run.id and row.run.started_at >= run.started_at
        )

    async def children(
        self, run: str, *, but: Collection[str] = ()
    ) -> AsyncIterator[tuple[NewRun, tuple[Row, ...]]]:
        """Give the runs that a run has begun, one at a time, with their rows.

        Args:
            run: Its whole id.
            but: Ids of those that are not wanted.
        """
        journal = self._engine.journal
        found = await journal.find(f"{run}.")
        for row in sorted(found, key=lambda row: row.run.started_at):
            if row.run.id not in but:
                yield row.run, await journal.rows(row.run.id)

    async def before(self, run: str) -> Deployment | None:
        """Give what production served when a run first looked; None where unknown."""
        return first_seen((await self._engine.view(run)).history)

    async def list(
        self, *, routine: str = "", most: int = 100, every: bool = False
    ) -> tuple[RunView, ...]:
        """Give runs, newest first.

        Those that another run has begun, as a rollout does for each routine, are given
        for a routine alone.

        Args:
            routine: Only runs about this routine; empty for all.
            every: Whether runs that another run has begun are given in any case.
            most: At most so many.
        """
        subject = self.realm.subject(routine) if routine else ""
        heads = not (subject or every)
        rows = await self._engine.journal.list(subject=subject, heads=heads, most=most)
        return tuple([await self._engine.view(row.run.id) for row in rows])

    async def unfinished(self, routine: str) -> tuple[RunRow, ...]:
        """Give the runs about a routine that have not ended, newest first.

        Args:
            routine: Its name; empty for the runs of all.
        """
        subject = self.realm.subject(routine) if routine else ""
        return await self._engine.journal.list(subject=subject, unfinished=True)

    async def pause(self, run: str) -> None:
        """Ask the process that drives a run to stop where it is."""
        found = await self._engine.resolve(run)
        await self._engine.signal(found.run.id, SignalVerb.PAUSE, by=self.by)

    async def resume(self, run: str) -> None:
        """Ask the process that attends to a paused run to go on with it.

        One that does has called `attend`. Where no process does, `client.resume(run)`
        goes on with it from here.
        """
        found = await self._engine.resolve(run)
        await self._engine.signal(found.run.id, SignalVerb.RESUME, by=self.by)

    async def approve(
        self, run: str, *, by: str = "", ignore_freeze: str = ""
    ) -> RunView:
        """Agree to what a run asks, whichever process drives it; give the run.

        Args:
            run: Its id, or four characters of it or more.
            by: Who agrees; by default who uses this client.
            ignore_freeze: Why a rollout that waits for the end of a freeze window shall
                not; goes into the journal and the report.

        Raises:
            IllegalMove: It asks nothing.
            InvalidInput: It waits for a window and no reason is given, or it does not.
        """
        if not ignore_freeze:
            return await self._answer(run, SignalVerb.APPROVE, by)

        view = await self._engine.view(run)
        if not _awaits_window(view):
            raise InvalidInput(f"Run {view.run.id} waits for no freeze window now.")

        leave = Override(reason=ignore_freeze, by=by or self.by)
        told = f"{leave.by}: {leave.reason}"
        await self._engine.signal(view.run.id, SignalVerb.APPROVE, by=told)
        return view

    async def deny(self, run: str, *, by: str = "") -> RunView:
        """Say no to what a run asks: its flow meets `Denied`. Otherwise as `approve`.

        Raises:
            IllegalMove: It asks nothing.
            InvalidInput: It waits for the end of a freeze window.
        """
        return await self._answer(run, SignalVerb.DENY, by)

    async def _answer(self, run: str, verb: SignalVerb, by: str) -> RunView:
        view = await self._engine.view(run)
        if not view.history.questions or view.history.is_ended:
            raise IllegalMove(
                f"Run {view.run.id} asks nothing; it is {view.history.state}.",
                next_move=f"Look with: esa-flows status {view.run.id}",
            )

        if _awaits_window(view):
            raise InvalidInput(
                f"Run {view.run.id} waits for the end of a freeze window, and goes on"
                " by itself then.",
                next_move=f"Ignore it with: esa-flows approve {view.run.id}"
                " --ignore-freeze REASON - or go back with: esa-flows abort"
                f" {view.run.id}",
            )

        await self._engine.signal(view.run.id, verb, by=by or self.by)
        return view

    async def ask_to_abort(self, run: str) -> RunView:
        """Put an abort into a run's inbox, unless it has ended; give the run.

        Raises:
            InvalidInput: It belongs to another cloud, and nobody there would heed it.
        """
        view = await self._engine.view(run)
        if not view.history.is_ended:
            if not view.is_driven:
                await self._engine.refuse_elsewhere(view.run.id, view.history)

            await self._engine.signal(view.run.id, SignalVerb.ABORT, by=self.by)

        return view

    async def wait(self, run: str) -> Any:
        """Wait until the process that drives a run has brought it to its end.

        Returns:
            What its flow returned; None where that process left it unfinished.

        Raises:
            EsaFlowsError: What its flow raised.
        """
        view = await self.left(run)
        if not view.history.is_ended:
            return None

        return await self._engine.resume(view.run.id)

    async def attend(self, run: str, *, observer: Observer | None = None) -> Any:
        """Wait until somebody asks a run that stands still to go on, then do so.

        For a process that stays: `resume` and `approve` of another one reach it within
        half a second.

        Args:
            run: Its id, or four characters of it or more.
            observer: Told what the run does.

        Returns:
            What its flow returned.

        Raises:
            AlreadyRunning: Another living process goes on with it.
            EsaFlowsError: What ended or stopped it.
        """
        view = await self._engine.view(run)
        by = "" if view.history.is_ended else await self._asked(view)
        return await self._engine.resume(view.run.id, by=by, observer=observer)

    async def _asked(self, view: RunView) -> str:
        """Wait for a signal that wants a run to go on; tell whose it is."""
        journal, after = self._engine.journal, view.history.signal
        while True:
            for signal in await journal.signals(view.run.id, after=after):
                after = signal.id
                if signal.verb is not SignalVerb.PAUSE:
                    return signal.by

            await anyio.sleep(POLL)

    async def left(self, run: str) -> RunView:
        """Wait until no living process drives a run, ended or not; give the run."""
        while True:
            view = await self._engine.view(run)
            if view.history.is_ended or not view.is_driven:
                return view

            await anyio.sleep(POLL)


def _awaits_window(view: RunView) -> bool:
    """Tell whether a run waits for the end of a freeze window."""
    asked = sorted(view.history.questions.items(), key=lambda found: found[1].seq)
    return bool(asked) and not view.history.is_ended and awaits_end(asked[0][0])
