"""What the releases of a rollout would find: many routines looked at, for its plan."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Self

import anyio
from attrs import define, evolve, field, frozen

from esa_flows.connection import Connection
from esa_flows.engine.cause import one_error
from esa_flows.errors import InvalidInput, Refused, ReleaseError
from esa_flows.fleet.draft import Seen, slots_of
from esa_flows.fleet.waves import Candidate
from esa_flows.model import Canary, RoutineId
from esa_flows.outlook import Found, Outlook
from esa_flows.release.planned import PlannedRelease
from esa_flows.release.spec import Release

__all__ = ["Asked", "Prospects"]

REFUSALS = (ReleaseError, Refused, InvalidInput)
"""What is said of one routine, against trouble with the account or the network."""


@frozen(kw_only=True)
class Asked:
    """A routine with its release, as it was asked for.

    Attributes:
        candidate: What it may be taken into a wave by.
        release: What it shall get.
    """

    candidate: Candidate
    release: Release


@define(kw_only=True)
class _Account:
    """Looks at the routines of one account, some at once."""

    outlook: Outlook
    run: str
    latency: float = 0.0
    _found: dict[RoutineId, Found] = field(factory=dict, init=False)
    _planned: dict[RoutineId, PlannedRelease] = field(factory=dict, init=False)
    _refused: dict[RoutineId, str] = field(factory=dict, init=False)

    async def through(
        self, asked: Sequence[Asked], busy: Mapping[str, str], at_once: int
    ) -> None:
        """Look at all of them; the first alone, to see how long a call takes."""
        waiting = iter(asked)
        while not self._found and (first := next(waiting, None)) is not None:
            began = anyio.current_time()
            await self._some(iter([first]), busy)
            calls = sum(found.calls for found in self._found.values())
            self.latency = (anyio.current_time() - began) / max(1, calls)

        async with one_error(), anyio.create_task_group() as tasks:
            for _ in range(at_once):
                tasks.start_soon(self._some, waiting, busy)

    def replan(self, planned: PlannedRelease, canary: Canary) -> PlannedRelease:
        """Give what a release would do if it went by another canary."""
        release = evolve(planned.release, canary=canary, areas=None)
        found = self._found[release.id]
        return self.outlook.planned(release, found, run=self.run)

    async def _some(self, waiting: Iterator[Asked], busy: Mapping[str, str]) -> None:
        for each in waiting:
            name, release = each.candidate.name, each.release
            run = busy.get(release.realm.subject(release.routine))
            if run:
                self._refused[name] = f"Unfinished run {run} is at it."
                continue

            try:
                found = self._found[name] = await self.outlook.look(release)
                self._planned[name] = self.outlook.planned(release, found, run=self.run)
            except REFUSALS as error:
                self._refused[name] = str(error)

    def seen(self, candidate: Candidate) -> Seen:
        """Give what was seen of a routine."""
        planned = self._planned.get(candidate.name)
        if planned is None:
            return Seen(candidate=candidate, refusal=self._refused[candidate.name])

        found = self._found[candidate.name].survey
        return Seen(
            candidate=candidate, planned=planned, slots=slots_of(planned, found)
        )


@frozen(repr=False)
class Prospects:
    """Looks at the routines of several accounts, in all of them at once."""

    _of: Mapping[str, _Account]

    def __repr__(self) -> str:
        return f"<Prospects of {len(self._of)} accounts>"

    @classmethod
    def of(cls, connection: Connection, accounts: Sequence[str], run: str) -> Self:
        """Look at nothing yet.

        Args:
            connection: Leads to the accounts.
            accounts: Their names; empty for the client's own.
            run: The id that the rollout's run shall have.
        """
        outlooks = {name: Outlook(connection.at(name)) for name in accounts}
        return cls({n: _Account(outlook=o, run=run) for n, o in outlooks.items()})

    async def through(
        self, asked: Sequence[Asked], busy: Mapping[str, str], at_once: int
    ) -> None:
        """Look at all of them.

        Args:
            asked: The routines.
            busy: Unfinished runs, by what journals call the routine they are at.
            at_once: How many of an account are looked at at once.

        Raises:
            EsaFlowsError: What ended a look, where it says nothing of one routine.
        """
        its: dict[str, list[Asked]] = {name: [] for name in self._of}
        for each in asked:
            its[each.candidate.name.account].append(each)

        async with one_error(), anyio.create_task_group() as tasks:
            for name, looking in self._of.items():
                tasks.start_soon(looking.through, its[name], busy, at_once)

    @property
    def latencies(self) -> dict[str, float]:
        """How many seconds a call took, by account."""
        return {name: account.latency for name, account in self._of.items()}

    def seen(self, asked: Sequence[Asked]) -> tuple[Seen, ...]:
        """Give what was seen of each.

        Args:
            asked: The routines.
        """
        names = [each.candidate for each in asked]
        return tuple(self._of[each.name.account].seen(each) for each in names)

    def replan(self, planned: PlannedRelease, canary: Canary) -> PlannedRelease:
        """Give what a release would do if it went by another canary.

        Args:
            planned: What it would do by its own.
            canary: The other one.
        """
        return self._of[planned.release.account].replan(planned, canary)
