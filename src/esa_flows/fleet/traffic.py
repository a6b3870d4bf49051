"""Who of a wave may go now: what is ready waits for its turn under the budget.

A process that goes on with a rollout counts what an earlier one had exposed before it
lets anything new go. All waiting here ends by itself: a routine waits only for others
that are under way, and those end, also by an abort.
"""

from collections.abc import Mapping

import anyio
from attrs import define, field

from esa_flows.fleet.budget import room
from esa_flows.fleet.course import Course
from esa_flows.fleet.order import OrderedWave, Task
from esa_flows.model import RoutineId
from esa_flows.release.legs import Leg
from esa_flows.release.report import Outcome

__all__ = ["Traffic"]


@define(kw_only=True)
class Traffic:
    """Lets the routines of one wave go.

    Attributes:
        course: Where the rollout stands.
        wave: The wave.
        prepared: Routines that were begun to be made ready, also by other processes.
        exposed: Routines that are exposed and have not ended.
    """

    course: Course
    wave: OrderedWave
    prepared: frozenset[str]
    exposed: set[RoutineId]
    _begun: frozenset[RoutineId] = field(init=False)
    _news: anyio.Event = field(factory=anyio.Event, init=False)
    _over: dict[RoutineId, anyio.Event] = field(factory=dict, init=False)

    @classmethod
    def of(
        cls,
        course: Course,
        wave: OrderedWave,
        *,
        prepared: Mapping[str, str],
        exposed: Mapping[str, str],
    ) -> "Traffic":
        """Begin, or go on with, a wave.

        Args:
            course: Where the rollout stands.
            wave: The wave.
            prepared: Runs that were begun to make routines ready, by routine.
            exposed: Runs that were begun to expose them.
        """
        names = (task.name for task in wave.tasks)
        return cls(
            course=course,
            wave=wave,
            prepared=frozenset(prepared),
            exposed={name for name in names if name in exposed},
        )

    def __attrs_post_init__(self) -> None:
        self._begun = frozenset(self.exposed)

    def __repr__(self) -> str:
        return f"<Traffic of wave {self.wave.number} [{len(self.exposed)} exposed]>"

    def may_prepare(self, task: Task) -> bool:
        """Tell whether a routine may be made ready; note it where it never will."""
        if task.name in self.prepared:
            return True  # it is under way: it is gone on with

        return not self.course.is_over and not self._is_skipped(task.name)

    def ready(self, task: Task) -> None:
        """Note that a routine is ready, or never will be."""
        self._made(task.name).set()
        if task.name in self.course.reports:
            self._tell()  # it has ended, and others may have waited for it

    async def leg_of(self, task: Task) -> Leg | None:
        """Wait until a routine is ready; None where it will not be exposed."""
        await self._made(task.name).wait()
        del self._over[task.name]
        leg = self.course.legs.get(task.name)
        return leg if leg and leg.report.outcome is Outcome.PREPARED else None

    async def enter(self, task: Task) -> bool:
        """Wait until a routine may be exposed; tell whether it may."""
        name = task.name
        if name in self._begun:
            return True

        while not self.course.is_over and not self._is_skipped(name):
            if not self.course.waits(name) and self._has_room():
                self.exposed.add(name)
                return True

            await self._news.wait()

        return False

    def leave(self, task: Task) -> None:
        """Note that a routine is not exposed any more, or for good."""
        self.exposed.discard(task.name)
        self._tell()

    def _made(self, name: RoutineId) -> anyio.Event:
        return self._over.setdefault(name, anyio.Event())

    def _has_room(self) -> bool:
        now = self.course.standing(self.wave.number, exposed=len(self.exposed))
        return room(self.wave.limits, now) > 0

    def _is_skipped(self, name: RoutineId) -> bool:
        needed = self.course.broken(name)
        if needed is not None:
            self.course.skip(name, needed)
            self._tell()

        return needed is not None

    def _tell(self) -> None:
        self._news.set()
        self._news = anyio.Event()
