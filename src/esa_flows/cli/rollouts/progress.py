"""Where each routine of a rollout stands, folded from what its runs tell; no I/O."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import define, field

from esa_flows.api.cloud import Op
from esa_flows.cli.rollouts.outline import Outline, OutlinedWave, routine_of
from esa_flows.cli.text import brief, one_line
from esa_flows.cli.words import step_words
from esa_flows.engine.codec import encode
from esa_flows.engine.observe import Happening, Moment
from esa_flows.engine.state import Event
from esa_flows.engine.work import Identity
from esa_flows.model.freeze import awaits_end
from esa_flows.release.report import Outcome

__all__ = ["FleetProgress", "Member", "Stand"]


class Stand(enum.Enum):
    """Where a routine stands."""

    WAITING = "waiting"
    PREPARING = "preparing"
    READY = "ready"
    EXPOSING = "exposing"
    BAKING = "baking"
    ASKING = "asking"
    GOING_BACK = "going back"
    RELEASED = "released"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    ROLLED_BACK = "rolled back"
    TAKEN_BACK = "taken back"
    CONFLICT = "conflict"
    STUCK = "stuck"


SERVES = frozenset({Stand.EXPOSING, Stand.BAKING, Stand.ASKING, Stand.RELEASED})
"""Where visitors are served what the rollout brings."""

BAD = frozenset({Stand.FAILED, Stand.ROLLED_BACK, Stand.CONFLICT, Stand.STUCK})
"""What the failure budget is charged with."""

ENDS = BAD | {Stand.RELEASED, Stand.UNCHANGED, Stand.TAKEN_BACK}

_BY_OUTCOME: Mapping[str, Stand] = MappingProxyType(
    {
        "prepared": Stand.READY,
        Outcome.RELEASED.value: Stand.RELEASED,
        Outcome.UNCHANGED.value: Stand.UNCHANGED,
        Outcome.FAILED.value: Stand.FAILED,
        Outcome.ROLLED_BACK.value: Stand.ROLLED_BACK,
        Outcome.ABORTED.value: Stand.TAKEN_BACK,
        Outcome.CONFLICT.value: Stand.CONFLICT,
        Outcome.STUCK.value: Stand.STUCK,
    }
)


@define(kw_only=True)
class Member:
    """One routine of a rollout.

    Attributes:
        name: Which.
        wave: The number of its wave.
        stand: Where it stands.
        share: The share of production it has, or is on its way to, in words.
        until: When its bake ends, on the clock given.
        said: What it does, or why it fared so.
        is_called_back: Whether it goes back because somebody asked for that.
        moved: When it moved last, on the clock given.
    """

    name: str
    wave: int
    stand: Stand = Stand.WAITING
    share: str = ""
    until: float = 0.0
    said: str = ""
    is_called_back: bool = False
    moved: float = 0.0


@define(kw_only=True)
class FleetProgress:
    """A rollout as its watcher knows it.

    Attributes:
        outline: What is planned.
        run: Its id; empty before it has one.
        resumed: Whether an earlier process began it.
        members: Its routines, in the order of the waves.
        wave: The number of the wave under way; 0 before the first.
        baking: When the bake of the wave ends, on the clock given; 0 for none.
        question: What a person is asked; empty where nobody is.
        window: Until when a freeze window holds it, in a sentence; empty for none.
        news: What was asked of the rollout, in a few words.
        calls: Calls that its steps made, by verb.
    """

    outline: Outline
    run: str = ""
    resumed: bool = False
    members: dict[str, Member] = field(init=False)
    wave: int = 0
    baking: float = 0.0
    question: str = ""
    window: str = ""
    news: str = ""
    calls: Counter[str] = field(factory=Counter)
    _legs: dict[str, Member] = field(factory=dict, init=False)
    _counts: dict[int, Counter[Stand]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.members = {
            name: Member(name=name, wave=wave.number)
            for wave in self.outline.waves
            for name in wave.routines
        }
        self._counts = {
            wave.number: Counter({Stand.WAITING: len(wave.routines)})
            for wave in self.outline.waves
        }

    def __repr__(self) -> str:
        return f"<FleetProgress {self.run or '…'} [{self.done} of {self.outline.size}]>"

    def take(self, happening: Happening, now: float) -> Member | None:
        """Take in one more thing.

        Args:
            happening: What the rollout, or a run of one of its routines, told.
            now: Seconds on any clock that goes forward.

        Returns:
            The routine that moved; None where none did.
        """
        self.calls.update(happening.facts.get("calls", {}))
        is_own = not self.run and "." not in happening.run
        if is_own or happening.run == self.run:
            self.run = happening.run
            self._own(happening, now)
            return None

        return self._leg(happening, now)

    def counts(self, wave: OutlinedWave) -> Counter[Stand]:
        """Give how many routines of a wave stand where."""
        return self._counts[wave.number]

    def wave_of(self, run: str) -> int:
        """Give the number of the wave of a routine's run; 0 where it has none.

        Args:
            run: The run's id.
        """
        member = self._legs.get(run)
        return member.wave if member else 0

    @property
    def capped_calls(self) -> int:
        """Calls that count under the cap."""
        return self.calls.total() - self.calls[Op.POST.name]

    @property
    def done(self) -> int:
        """How many routines have ended."""
        return sum(self._count(stand) for stand in ENDS)

    @property
    def failures(self) -> int:
        """How many have failed."""
        return sum(self._count(stand) for stand in BAD)

    @property
    def exposed(self) -> int:
        """How many serve visitors what the rollout brings."""
        return sum(self._count(stand) for stand in SERVES)

    @property
    def back(self) -> float:
        """Seconds it would take to take back all that is exposed now."""
        each = (
            (wave.back / len(wave.routines), self._counts[wave.number])
            for wave in self.outline.waves
            if wave.routines
        )
        return sum(back * sum(c[stand] for stand in SERVES) for back, c in each)

    def left(self, now: float) -> float:
        """Give the seconds that it still takes at least."""
        seconds = 0.0
        for wave in self.outline.waves:
            counts = self._counts[wave.number]
            over = sum(counts[stand] for stand in ENDS)
            share = 1 - over / max(1, len(wave.routines))
            if wave.number > self.wave or over < len(wave.routines):
                seconds += wave.least * share + wave.bake
            elif wave.number == self.wave:
                seconds += max(0.0, self.baking - now)

        return seconds

    # --- the rollout's own run

    def _own(self, happening: Happening, now: float) -> None:
        moment, facts = happening.moment, happening.facts
        if moment is Moment.RUN_RESUMED:
            self.resumed, self.news = True, ""
        elif moment is Moment.SLEEPING:
            self.baking = now + facts.get("seconds", 0.0)
        elif moment is Moment.ASKING and awaits_end(happening.step):
            self.window = one_line(facts.get("what", ""))
        elif moment is Moment.ASKING:
            self.question = one_line(facts.get("what", ""))
        elif moment is Moment.SIGNALLED:
            self._signalled(facts)
        elif moment in {Moment.STEP_DONE, Moment.STEP_FAILED}:
            self.question, self.window, self.baking = "", "", 0.0

    def _signalled(self, facts: Mapping[str, Any]) -> None:
        if facts.get("event") in {Event.ABORT.value, Event.PAUSE.value}:
            self.news = one_line(f"{facts['event']} asked for by {facts.get('by', '')}")

    # --- the runs of its routines

    def _leg(self, happening: Happening, now: float) -> Member | None:
        if happening.moment in {Moment.RUN_STARTED, Moment.RUN_RESUMED}:
            self._legs[happening.run] = self._member(happening)

        member = self._legs.get(happening.run)
        if member is None:
            return None

        share, move = member.share, _MOVES.get(happening.moment, _stays)
        stand = move(member, happening, now)
        if (member.stand, member.share) == (stand, share):
            return None

        self._move(member, stand)
        member.moved = now
        return member

    def _member(self, happening: Happening) -> Member:
        name = routine_of(str(happening.facts.get("subject", "")))
        wave = self.outline.wave_of(name)
        self.wave = max(self.wave, wave)
        return self.members.setdefault(name, Member(name=name, wave=wave))

    def _move(self, member: Member, stand: Stand) -> None:
        counts = self._counts.setdefault(member.wave, Counter())
        counts[member.stand] -= 1
        counts[stand] += 1
        member.stand = stand

    def _count(self, stand: Stand) -> int:
        return sum(counts[stand] for counts in self._counts.values())


def _stays(member: Member, _: Happening, __: float) -> Stand:
    return member.stand


def _begins(member: Member, happening: Happening, _: float) -> Stand:
    flow = happening.facts.get("flow", "")
    if flow in {"take_back", "rollback"}:
        member.is_called_back = True
        return Stand.GOING_BACK

    if flow == "expose":
        return Stand.EXPOSING

    return Stand.PREPARING if member.stand is Stand.WAITING else member.stand


def _steps(member: Member, happening: Happening, __: float) -> Stand:
    identity = Identity.read(happening.step) or Identity((), "")
    place, _, share = identity.key.partition(":")
    member.said = step_words(happening.step)
    if identity.name != "deploy":
        return member.stand

    if share.startswith("back"):
        return Stand.GOING_BACK

    if place != "production":
        return member.stand

    member.share = f"{share} %" if share.isdigit() else share
    return Stand.EXPOSING


def _bakes(member: Member, happening: Happening, now: float) -> Stand:
    if member.stand not in SERVES:
        return member.stand

    # A share that is watched by gates sleeps between readings: no end is known.
    is_watch = ":watch:" in happening.step
    member.until = 0.0 if is_watch else now + happening.facts.get("seconds", 0.0)
    return Stand.BAKING


def _asks(member: Member, happening: Happening, _: float) -> Stand:
    member.said = one_line(happening.facts.get("what", ""))
    return Stand.ASKING


def _ends(member: Member, happening: Happening, _: float) -> Stand:
    error = happening.facts.get("error")
    if error is not None:
        member.said = brief(str(error.get("message", "")))
        is_touched = member.stand in SERVES or member.stand is Stand.GOING_BACK
        return Stand.STUCK if is_touched else Stand.FAILED

    value = encode(happening.facts.get("value"))
    told = value.get("report", value) if isinstance(value, Mapping) else {}
    member.said = one_line(told.get("reason", ""))
    stand = _BY_OUTCOME.get(told.get("outcome", ""), Stand.FAILED)
    is_as_asked = member.is_called_back and stand is Stand.ROLLED_BACK
    return Stand.TAKEN_BACK if is_as_asked else stand


_MOVES: Mapping[Moment, Callable[[Member, Happening, float], Stand]] = MappingProxyType(
    {
        Moment.RUN_STARTED: _begins,
        Moment.RUN_ENDED: _ends,
        Moment.STEP_STARTED: _steps,
        Moment.SLEEPING: _bakes,
        Moment.ASKING: _asks,
    }
)
