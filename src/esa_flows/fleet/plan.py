"""A rollout as it is planned: what happens to each routine, when, and at what cost.

It is a file, too: what it says is carried out, or refused where the world has changed.
"""

import datetime as dt
import enum
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Self

from attrs import evolve, field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.fleet.account import Account
from esa_flows.fleet.spec import FailureBudget
from esa_flows.model import Duration, RoutineId
from esa_flows.model.freeze import Freeze, Window
from esa_flows.model.webhook import Webhook
from esa_flows.release.forecast import total
from esa_flows.release.plan_file import PlanFile
from esa_flows.release.planned import PlannedRelease

__all__ = [
    "Bound",
    "Course",
    "PlannedAccount",
    "PlannedRoutine",
    "PlannedWave",
    "RolloutPlan",
    "SlotBudget",
    "calls_of",
    "is_rollout_plan",
]

FILE = PlanFile(
    kind="esa-flows rollout plan",
    schema=1,
    refusal="This is no plan of a rollout: make one with:"
    " esa-flows plan fleet.toml -o plan.json",
)


class Course(enum.StrEnum):
    """What will happen to a routine."""

    RELEASE = "release"
    ADOPT = "adopt"
    """A version that holds the bundle is there; it is released."""

    UNCHANGED = "unchanged"
    REFUSE = "refuse"


class Bound(enum.StrEnum):
    """What a time cannot be shorter for."""

    CAP = "cap"
    LATENCY = "latency"
    BAKE = "bake"


@frozen(kw_only=True)
class SlotBudget:
    """The room that a routine has for versions.

    Attributes:
        held: Versions it has.
        quota: Versions it may have.
        pinned: Of those it has, the ones that must stay.
        makes: Versions that are to be made.
        goes: Versions that are deleted to make room.
    """

    held: int
    quota: int
    pinned: int
    makes: int
    goes: int


@frozen(kw_only=True)
class PlannedRoutine:
    """What will happen to one routine.

    Attributes:
        routine: Which one.
        course: What.
        why: Why, in a sentence.
        wave: The number of its wave, from 1; 0 where it is in none.
        release: Its release; None where it is refused.
        depends_on: Routines of this rollout that must be released before it.
        slots: Its room for versions; None where none is made.
    """

    routine: RoutineId
    course: Course
    why: str = ""
    wave: int = 0
    release: PlannedRelease | None = None
    depends_on: tuple[RoutineId, ...] = ()
    slots: SlotBudget | None = None

    def refused(self, why: str) -> Self:
        """Give the same as it is refused, and left as it is.

        Args:
            why: In a sentence.
        """
        return evolve(
            self, course=Course.REFUSE, why=why, wave=0, release=None, slots=None
        )

    @property
    def calls(self) -> Mapping[str, int]:
        """Calls by verb that its release takes; none where nothing is done."""
        if self.release is None or not self.wave:
            return {}

        return self.release.forecast.calls


@frozen(kw_only=True)
class PlannedWave:
    """A wave with the routines it has.

    Attributes:
        number: Its number, from 1.
        name: What it is called; empty where it has no name.
        told: Which routines were asked for, in words, such as `10% of tier=3`.
        routines: The routines, dependencies first.
        steps: The shares they go through, in words; several where they differ.
        gates: What is asked before it counts as good, in words.
        bake: How long it is watched before the next one.
        approve: Whether a person is asked before the next one.
        calls: Calls by verb, of all its routines.
        exposed: Most routines that visitors see before they have proven themselves.
        why: What that follows from.
        prepares: Whether all is made ready first and then exposed; otherwise each
            routine goes its whole way at once, because nothing would wait.
        least: The least time its releases take, without its own bake.
        bound: What that is bound by.
        rollback: The time it takes to take all of it back.
    """

    number: int
    name: str = ""
    told: str = ""
    routines: tuple[RoutineId, ...] = ()
    steps: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    bake: Duration = Duration(0)
    approve: bool = False
    calls: Mapping[str, int] = field(factory=dict, hash=False)
    exposed: int = 1
    why: str = ""
    prepares: bool = True
    least: Duration = Duration(0)
    bound: Bound = Bound.CAP
    rollback: Duration = Duration(0)

    def narrowed(self, routines: Mapping[RoutineId, PlannedRoutine]) -> Self:
        """Give the same with those of its routines that are still in a wave.

        Args:
            routines: All routines of the plan.
        """
        kept = [routines[name] for name in self.routines if routines[name].wave]
        names = tuple(each.routine for each in kept)
        return evolve(self, routines=names, calls=calls_of(kept))

    @property
    def minimum_time(self) -> Duration:
        """The least time until the next wave can begin."""
        return Duration(self.least.seconds + self.bake.seconds)


@frozen(kw_only=True)
class PlannedAccount:
    """What a rollout does in one account.

    Attributes:
        name: What it is called; empty for the client's own.
        access: How it is reached; None for the client's own.
        access_key: The id of its access key, masked.
        calls_per_second: The cap it was computed with.
        latency: Seconds that a call takes there, as the plan's own calls took.
        routines: How many of its routines are released.
        calls: Calls by verb, of all of them.
        least: The least time that these take under its cap alone.
    """

    name: str = ""
    access: Account | None = None
    access_key: str = ""
    calls_per_second: int = 100
    latency: float = 0.0
    routines: int = 0
    calls: Mapping[str, int] = field(factory=dict, hash=False)
    least: Duration = Duration(0)

    @property
    def capped_calls(self) -> int:
        """Calls that count under its cap."""
        return total(self.calls)


@frozen(kw_only=True)
class RolloutPlan:
    """What a rollout is going to do.

    Attributes:
        run: The id its run will have; its routines' runs are called after it.
        name: What it is called.
        made_at: When, in UTC.
        routines: What happens to each, in the order of the waves; those in none last.
        waves: The waves, in order.
        budget: How many may fail, as it was asked for.
        tolerated: How many that are.
        concurrency: Most routines that are worked on at once.
        slow_start: Whether a wave exposes one first, then two, four and so on.
        calls_per_second: The cap it was computed with.
        limit: Most calls a second in each account; None for as many as its cap allows.
        latency: Seconds that a call takes, as the plan's own calls took.
        bound: What the minimum time is bound by.
        freezes: When nothing new is exposed.
        window: The freeze window in force when it was made, or the next one.
        notify: Webhooks that are told what happens.
        notes: What a person should know.
        accounts: Each account of its routines, with its own cap; none where all of them
            are in the client's own.
    """

    run: str
    name: str = ""
    made_at: dt.datetime
    routines: tuple[PlannedRoutine, ...]
    waves: tuple[PlannedWave, ...]
    budget: FailureBudget
    tolerated: int = 0
    concurrency: int = 64
    slow_start: bool = False
    calls_per_second: int = 100
    limit: int | None = None
    latency: float = 0.0
    bound: Bound = Bound.CAP
    freezes: tuple[Freeze, ...] = ()
    window: Window | None = None
    notify: tuple[Webhook, ...] = ()
    notes: tuple[str, ...] = ()
    accounts: tuple[PlannedAccount, ...] = ()

    @property
    def slowest(self) -> PlannedAccount | None:
        """The account whose cap takes longest; None where there is no further one."""
        return max(self.accounts, key=lambda each: each.least.seconds, default=None)

    @property
    def calls(self) -> dict[str, int]:
        """Calls by verb, of all waves."""
        return dict(sum((Counter(wave.calls) for wave in self.waves), Counter()))

    @property
    def capped_calls(self) -> int:
        """Calls that count under the provider's cap."""
        return total(self.calls)

    @property
    def minimum_time(self) -> Duration:
        """The least time it takes: that of all waves, approvals not counted."""
        return Duration(sum(wave.minimum_time.seconds for wave in self.waves))

    @property
    def ends_at(self) -> dt.datetime:
        """When it ends at the earliest, where it begins as soon as it is made."""
        return self.made_at + dt.timedelta(seconds=self.minimum_time.seconds)

    @property
    def meets_window(self) -> bool:
        """Whether it is made in a freeze window, or would run into one."""
        return self.window is not None and self.window.has_begun(self.ends_at)

    @property
    def rollback_time(self) -> Duration:
        """The time it takes to take all of it back."""
        return Duration(sum(wave.rollback.seconds for wave in self.waves))

    @property
    def has_changes(self) -> bool:
        """Whether anything would be changed."""
        return any(wave.routines for wave in self.waves)

    @property
    def refused(self) -> tuple[PlannedRoutine, ...]:
        """The routines that cannot be released, with the reasons."""
        return self.of(Course.REFUSE)

    def of(self, *courses: Course) -> tuple[PlannedRoutine, ...]:
        """Give the routines to which one of these things will happen.

        Args:
            courses: What.
        """
        return tuple(each for each in self.routines if each.course in courses)

    def until(self, number: int) -> Self:
        """Give the same plan as it stops after a wave, where a person is asked.

        Waves without a routine are passed over; where nothing would come after it the
        plan stays as it is.

        Args:
            number: The wave's.

        Raises:
            InvalidInput: There is no such wave, or nothing is released up to there.
        """
        if not 0 < number <= len(self.waves):
            raise InvalidInput(
                f"There is no wave {number}: this rollout has {len(self.waves)}."
            )

        going = [wave.number for wave in self.waves if wave.routines]
        upto = [each for each in going if each <= number]
        if going and not upto:
            raise InvalidInput(
                f"Nothing is released up to wave {number}: the first with a routine is"
                f" wave {going[0]}."
            )

        if upto == going:
            return self

        waves = (
            evolve(wave, approve=wave.approve or wave.number == upto[-1])
            for wave in self.waves
        )
        return evolve(self, waves=tuple(waves))

    def without(self, refused: Mapping[RoutineId, str]) -> Self:
        """Give a plan in which more routines are refused, and what depends on them.

        Calls and tolerance are those of what is left; times are those that were
        planned, which is more than it takes.

        Args:
            refused: Why, by routine; such as `Client.refused` gives.
        """
        lost = self._lost(refused)
        known = {
            each.routine: each.refused(lost[each.routine])
            if each.routine in lost
            else each
            for each in self.routines
        }
        waves = tuple(wave.narrowed(known) for wave in self.waves)
        count = sum(len(wave.routines) for wave in waves)
        return evolve(
            self,
            routines=tuple(sorted(known.values(), key=lambda each: not each.wave)),
            waves=waves,
            tolerated=self.budget.fleet.down(count),
        )

    def _lost(self, refused: Mapping[RoutineId, str]) -> dict[RoutineId, str]:
        """Add those that depend on a refused one; what is depended on comes first."""
        lost: dict[RoutineId, str] = {}
        for each in self.routines:
            needed = next((name for name in each.depends_on if name in lost), None)
            if each.wave and each.routine in refused:
                lost[each.routine] = refused[each.routine]
            elif each.wave and needed:
                lost[each.routine] = f"It depends on {needed}, which is refused."

        return lost

    @property
    def stops(self) -> tuple[int, ...]:
        """The waves after which a person is asked."""
        going = [wave for wave in self.waves if wave.routines]
        return tuple(wave.number for wave in going[:-1] if wave.approve)

    def to_data(self) -> dict[str, Any]:
        """Give it as plain JSON values, with the version of its format."""
        return FILE.data(self)

    def to_json(self) -> str:
        """Write it as JSON text."""
        return FILE.text(self)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Args:
            text: The file's text.

        Raises:
            InvalidInput: It is no plan of a rollout, or of a newer format.
        """
        return FILE.read(text, cls)


def is_rollout_plan(text: str) -> bool:
    """Tell whether a file's text is a plan of a rollout, whatever else it may be.

    Args:
        text: The file's text.
    """
    return FILE.fits(text)


def calls_of(routines: Iterable[PlannedRoutine]) -> dict[str, int]:
    """Give the calls by verb that routines take together.

    Args:
        routines: As planned.
    """
    return dict(sum((Counter(each.calls) for each in routines), Counter()))
