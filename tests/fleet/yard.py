"""A fleet in one process and in virtual time: routines, an order, and its run."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from attrs import define, field
from tests.house import BROKEN, EDGE, NEW, OLD, House

from esa_flows import Client
from esa_flows.fleet.budget import Limits
from esa_flows.fleet.order import Order, OrderedWave, Task
from esa_flows.fleet.report import RolloutReport, RoutineEnd
from esa_flows.fleet.rollout import rollout
from esa_flows.fleet.spec import Member, OnExhausted, Rollout, Wave
from esa_flows.intake import release_of
from esa_flows.model import Duration, RoutineId
from esa_flows.model.freeze import Freeze, Override
from esa_flows.release.legs import Setting

RUN = "fleet1"


@define(kw_only=True)
class Yard:
    """Routines that serve something old, and what they shall get.

    Attributes:
        house: Client, cloud and journal.
        bad: Routines whose bundle answers 500.
        canary: Shares and bake times of all.
        canaries: Those of single routines.
        needs: What routines depend on.
        olds: The version that each served before.
    """

    house: House = field(factory=House)
    bad: Collection[str] = ()
    canary: str = "100"
    canaries: dict[str, str] = field(factory=dict)
    needs: dict[str, tuple[str, ...]] = field(factory=dict)
    olds: dict[str, str] = field(factory=dict)

    def live(self, *names: str) -> None:
        """Make routines that serve an old version everywhere."""
        for name in names:
            self.olds[name] = self.house.live(name, OLD)

    async def task(self, client: Client, name: str, **choices: Any) -> Task:
        """Give what one routine shall get."""
        code = BROKEN if name in self.bad else NEW
        wanted = await release_of(
            client.connection,
            name,
            code,
            canary=self.canaries.get(name, self.canary),
            **choices,
        )
        needs = tuple(map(RoutineId, self.needs.get(name, ())))
        return Task(setting=Setting(release=wanted), depends_on=needs)

    async def wave(
        self,
        client: Client,
        number: int,
        names: Iterable[str],
        *,
        bake: str = "0s",
        approve: bool = False,
        prepares: bool = True,
        **limits: Any,
    ) -> OrderedWave:
        """Give a wave."""
        return OrderedWave(
            number=number,
            tasks=tuple([await self.task(client, name) for name in names]),
            limits=Limits(**{"fleet": 0, **limits}),
            prepares=prepares,
            bake=Duration.parse(bake),
            approve=approve,
        )

    async def order(
        self,
        client: Client,
        *waves: Iterable[str],
        on_exhausted: str = "rollback-wave",
        freezes: tuple[Freeze, ...] = (),
        override: Override | None = None,
        **choices: Any,
    ) -> Order:
        """Give a rollout of several waves that are alike."""
        made = [
            await self.wave(client, number, names, **choices)
            for number, names in enumerate(waves, start=1)
        ]
        return Order(
            waves=tuple(made),
            on_exhausted=OnExhausted(on_exhausted),
            freezes=freezes,
            override=override,
        )

    async def run(self, client: Client, order: Order, **more: Any) -> RolloutReport:
        """Carry an order out."""
        return await client.run(rollout, order, run_id=RUN, **more)

    def new(self, name: str) -> bool:
        """Tell whether production of a routine serves our version, whole."""
        ours = self.house.tagged(name)
        return bool(ours) and {ours[-1]: 100} == self.house.serves(name)

    def is_old(self, name: str) -> bool:
        """Tell whether a routine serves its old version everywhere."""
        old = {self.olds[name]: 100}
        return all(old == self.house.serves(name, env) for env in EDGE)


def ends(report: RolloutReport) -> dict[str, RoutineEnd]:
    """Give how each routine fared."""
    return {str(each.routine): each.end for each in report.routines}


def rollout_of(
    *names: str, canary: str = "100", approve: bool = False, **choices: Any
) -> Rollout:
    """Give a rollout of one routine a wave, where a person is asked; of one wave else.

    Args:
        names: Its routines.
        canary: Shares and bake times of all.
        approve: Whether a person is asked after each wave.
        choices: The other attributes.
    """
    waves = [Wave(1, approve=True)] * len(names) if approve else [Wave()]
    members = [Member(name, NEW, canary=canary) for name in names]
    return Rollout(**{"members": members, "waves": waves, **choices})
