"""The routines of an account: list them, look at one, remove one.

Looking asks for what helps and does without what it does not get. Removing is a run
like others: recorded, resumable, and refused while another run refers to the routine.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from attrs import frozen

from esa_flows.api.cloud import RoutineCloud, RoutineSummary
from esa_flows.api.route import RelatedRecord, Route
from esa_flows.connection import Connection
from esa_flows.engine.observe import Observer
from esa_flows.errors import AccessDenied, Refused, RoutineNotFound, RunInProgress
from esa_flows.model import Realm, RoutineName, Selector
from esa_flows.release.remove import Removal, Removed, remove
from esa_flows.runs import Runs
from esa_flows.steps.observe import World

__all__ = ["Overview", "Routines"]

T = TypeVar("T")


@frozen(kw_only=True)
class Overview:
    """A routine with all that leads to it.

    Attributes:
        world: What serves where, and which versions there are.
        routes: Rules of sites that lead to it; None where they could not be read.
        records: Host names bound to it; None where they could not be read.
        unread: Why something could not be read.
    """

    world: World
    routes: tuple[Route, ...] | None = None
    records: tuple[RelatedRecord, ...] | None = None
    unread: tuple[str, ...] = ()


@frozen
class Routines:
    """The routines of a client's account."""

    _connection: Connection
    _runs: Runs

    async def list(self, select: Selector | str = "") -> tuple[RoutineSummary, ...]:
        """Give the routines that a selector means, by name, of the whole account.

        Args:
            select: Such as `name:cart-*`; all where empty.

        Raises:
            InvalidInput: The selector selects nothing that there could be.
            Refused: The provider does not show all routines; says how many.
        """
        wanted = Selector.of(select)
        found = await self._cloud.list_routines()
        chosen = (one for one in found if wanted.matches(one.name))
        return tuple(sorted(chosen, key=lambda one: one.name))

    async def show(self, name: RoutineName) -> Overview:
        """Give a routine with its versions, routes and related records.

        Raises:
            RoutineNotFound: There is no such routine.
        """
        cloud, unread = self._cloud, list[str]()
        seen = await cloud.observe(name)
        world = World(routine=seen, versions=await cloud.list_versions(name))
        routes = await _read(cloud.routes, name, unread)
        records = await _read(cloud.related_records, name, unread)
        return Overview(
            world=world, routes=routes, records=records, unread=tuple(unread)
        )

    async def remove(
        self, wanted: Removal, *, observer: Observer | None = None
    ) -> Removed:
        """Delete a routine for good, the code of its versions saved first.

        An unfinished removal of it is gone on with.

        Raises:
            RunInProgress: An unfinished run refers to it; nothing was done.
            Conflict: It serves production, and that was not allowed.
        """
        engine, begun = self._connection.engine, await self.begun(wanted)
        realm = self._connection.settings.realm
        if begun:
            await self._runs.left(begun)
            gone: Removed = await engine.resume(begun, observer=observer)
            return gone

        return await engine.start(
            remove,
            wanted,
            subject=realm.subject(wanted.routine),
            content=_content_of(wanted),
            observer=observer,
        )

    async def begun(self, wanted: Removal) -> str:
        """Give the unfinished run of just this removal; empty where there is none.

        Raises:
            RunInProgress: Another unfinished run refers to the routine.
        """
        this = (remove.name, _content_of(wanted))
        found = ""
        for row in await self._runs.unfinished(wanted.routine):
            if (row.run.flow, row.run.content) != this:
                raise _in_progress(wanted.routine, row.run.id, self._runs.realm)

            found = row.run.id

        return found

    @property
    def _cloud(self) -> RoutineCloud:
        return self._connection.cloud


async def _read(
    ask: Callable[[RoutineName], Awaitable[T]], name: RoutineName, unread: list[str]
) -> T | None:
    """Read what a report can do without; note why where it must."""
    try:
        return await ask(name)
    except RoutineNotFound:
        raise
    except (AccessDenied, Refused) as error:
        unread.append(error.message)
        return None


def _content_of(wanted: Removal) -> str:
    return "remove:while-serving" if wanted.while_serving else "remove"


def _in_progress(routine: RoutineName, run: str, realm: Realm) -> RunInProgress:
    return RunInProgress(
        f"{routine} has an unfinished run {run}: it is not deleted under it.",
        next_move=f"Finish it with: esa-flows resume {run}{realm.flag}"
        f" or go back with: esa-flows abort {run}{realm.flag}",
    )
