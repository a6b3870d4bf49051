"""Who of a wave may go now: what is ready waits for its turn under the budget.

A process that goes on with a rollout counts what an earlier one had exposed before it
lets anything new go. All waiting here ends by itself: a routine waits only for others
that are under way, and those end, also by an abort.
"""

import datetime as dt
from collections.abc import Callable, Mapping

import anyio
from attrs import define, field

from esa_flows.fleet.budget import room
from esa_flows.fleet.course import Course
from esa_flows.fleet.order import OrderedWave, Task
from esa_flows.model import RoutineId
from esa_flows.model.freeze import Window
from esa_flows.release.legs import Leg
from esa_flows.release.report import Outcome

__all__ = ["Traffic"]

_MOMENT = 1.0
"""Seconds after which a wall clock that was set back is looked at again."""


@define(kw_only=True)
class Traffic:
    """Lets the routines of one wave go.

    Attributes:
        course: Where the rollout stands.
        wave: The wave.
        prepared: Keys of routines that were begun to be made ready, by any process.
        exposed: Routines that are exposed and have not ended.
        now: The wall clock, which can delay an exposure.
    """

    course: Course
    wave: OrderedWave
    prepared: frozenset[str]
    exposed: set[RoutineId]
    now: Callable[[], dt.datetime]
    _begun: frozenset[RoutineId] = field(init=False)
    _news: anyio.Event = field(factory=anyio.Event, init=False)
    _over: dict[RoutineId, anyio.Event] = field(factory=dict, init=False)
    _unready: int = field(default=0, init=False)
    _held: set[RoutineId] = field(factory=set, init=False)
    _stir: anyio.Event = field(factory=anyio.Event, init=False)
    _is_through: bool = field(default=False, init=False)
    _is_stopped: bool = field(default=False, init=False)

    @classmethod
    def of(
        cls,
        course: Course,
        wave: OrderedWave,
        *,
        prepared: Mapping[str, str],
        exposed: Mapping[str, str],
        now: Callable[[], dt.datetime],
    ) -> "Traffic":
        """Begin, or go on with, a wave.

        Args:
            course: Where the rollout stands.
            wave: The wave.
            prepared: Runs that were begun to make routines ready, by routines' keys.
            exposed: Runs that were begun to expose them.
            now: The wall clock.
        """
        names = (task.name for task in wave.tasks)
        return cls(
            course=course,
            wave=wave,
            prepared=frozenset(prepared),
            exposed={name for name in names if name.key in exposed},
            now=now,
        )

    def __attrs_post_init__(self) -> None:
        self._begun = frozenset(self.exposed)
        self._unready = len(self.wave.tasks) if self.wave.prepares else 0

    def __repr__(self) -> str:
        return f"<Traffic of wave {self.wave.number} [{len(self.exposed)} exposed]>"

    def may_prepare(self, task: Task) -> bool:
        """Tell whether a routine may be made ready; note it where it never will."""
        if task.name.key in self.prepared:
            return True  # it is under way: it is gone on with

        return not self.course.is_held and not self._is_skipped(task.name)

    def ready(self, task: Task) -> None:
        """Note that a routine is ready, or never will be."""
        self._made(task.name).set()
        self._unready -= 1
        self._stir.set()
        if self.course.is_held or task.name in self.course.reports:
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

        while not self._is_over and not self._is_skipped(name):
            window = self.course.shutter.in_force(self.now())
            if window is not None:
                await self._hold(name, window)
                continue

            if not self.course.waits(name) and self._has_room():
                self.exposed.add(name)
                return True

            await self._news.wait()

        return False

    async def frozen(self) -> Window | None:
        """Wait until a freeze window is all that the wave waits for; give that.

        What is exposed goes its way to its end first, and what is being made ready is.

        Returns:
            The window; None where nothing of the wave waits any more.
        """
        while not self._is_through:
            window = self.course.shutter.in_force(self.now())
            if window is not None and self._is_idle:
                return window

            self._stir = anyio.Event()
            await self._stir.wait()

        return None

    def finish(self) -> None:
        """Note that nothing of the wave will be exposed any more."""
        self._is_through = True
        self._stir.set()

    def thaw(self) -> None:
        """Let those go on that a freeze window held."""
        self._tell()

    def stop(self) -> None:
        """Let nothing new go any more: who waits for windows to open does not."""
        self._is_stopped = True
        self._tell()

    def leave(self, task: Task) -> None:
        """Note that a routine is not exposed any more, or for good."""
        self.exposed.discard(task.name)
        self._tell()

    @property
    def _is_over(self) -> bool:
        return self.course.is_held or self._is_stopped

    @property
    def _is_idle(self) -> bool:
        """Whether whoever is left is held by a window."""
        is_quiet = not self.exposed and not self._unready
        return bool(self._held) and is_quiet and not self._is_over

    async def _hold(self, name: RoutineId, window: Window) -> None:
        """Wait until there is news, or the window should be over by the wall clock."""
        self._held.add(name)
        self._stir.set()
        left = (window.ends - self.now()).total_seconds()
        with anyio.move_on_after(max(_MOMENT, left)):
            await self._news.wait()

        self._held.discard(name)

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
        self._held.clear()  # whoever is still held says so again
        self._news.set()
        self._news = anyio.Event()
        self._stir.set()
