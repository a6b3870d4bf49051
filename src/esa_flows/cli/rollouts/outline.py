"""What of a rollout's plan is shown beside what happens: values alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import field, frozen

from esa_flows.cli.text import one_line
from esa_flows.fleet.plan import Bound, RolloutPlan
from esa_flows.fleet.way_back import Return, WayBack
from esa_flows.model import Cloud, Duration, RoutineId

__all__ = ["Outline", "OutlinedWave", "bound_words", "routine_of"]


@frozen(kw_only=True)
class OutlinedWave:
    """A wave as it is planned.

    Attributes:
        number: Its number, from 1; 0 where there are none.
        name: What it is called; empty where it has no name.
        routines: What it releases.
        steps: The shares they go through, in words.
        bake: Seconds it is watched before the next one.
        least: Seconds it takes at least, without that.
        back: Seconds it takes to take all of it back.
    """

    number: int
    name: str = ""
    routines: tuple[str, ...]
    steps: str = ""
    bake: float = 0.0
    least: float = 0.0
    back: float = 0.0

    @property
    def label(self) -> str:
        """What people call it."""
        if not self.number:
            return "all"

        return f"wave {self.number}{f' {self.name}' * bool(self.name)}"


@frozen(kw_only=True)
class Outline:
    """A rollout as it is planned.

    Attributes:
        name: What it is called.
        waves: Its waves, in order.
        calls: Calls it takes that count under the cap; 0 where that is not known.
        tolerated: How many routines may fail.
        cap: Calls allowed in any second, in all its accounts together.
        seconds: The least time it takes in all; 0 where that is not known.
        bound: What that is bound by, in words.
        is_back: Whether what was released goes back.
    """

    name: str = ""
    waves: tuple[OutlinedWave, ...]
    calls: int = 0
    tolerated: int = 0
    cap: int = 100
    seconds: float = 0.0
    bound: str = ""
    is_back: bool = False
    _places: Mapping[str, int] = field(init=False, repr=False, eq=False)

    @_places.default
    def _placed(self) -> Mapping[str, int]:
        return {name: wave.number for wave in self.waves for name in wave.routines}

    @classmethod
    def of(cls, plan: RolloutPlan) -> Self:
        """Take from a plan what is shown.

        Args:
            plan: The plan.
        """
        return cls(
            name=plan.name,
            waves=tuple(
                OutlinedWave(
                    number=wave.number,
                    name=wave.name,
                    routines=tuple(map(str, wave.routines)),
                    steps=" or ".join(wave.steps),
                    bake=wave.bake.seconds,
                    least=wave.least.seconds,
                    back=wave.rollback.seconds,
                )
                for wave in plan.waves
            ),
            calls=plan.capped_calls,
            tolerated=plan.tolerated,
            cap=sum(each.calls_per_second for each in plan.accounts)
            or plan.calls_per_second,
            seconds=plan.minimum_time.seconds,
            bound=bound_words(plan.bound),
        )

    @classmethod
    def back(cls, plan: WayBack) -> Self:
        """Take what is shown from the plan of a way back.

        Args:
            plan: The plan.
        """
        its: dict[int, list[Return]] = {}
        for each in plan.returns:
            its.setdefault(each.wave, []).append(each)

        share = plan.minimum_time.seconds / max(1, plan.calls)
        waves = (
            OutlinedWave(
                number=number,
                routines=tuple(str(each.routine) for each in returns),
                steps="back",
                least=share * sum(each.calls for each in returns),
            )
            for number, returns in sorted(its.items())
        )
        used = {each.routine.account for each in plan.returns} or {""}
        return cls(
            name=plan.name,
            waves=tuple(waves),
            calls=plan.calls,
            cap=sum(plan.pace.at(account).calls for account in used),
            is_back=True,
        )

    @classmethod
    def read(cls, recorded: Mapping[str, Any], *, cap: int = 100) -> Self:
        """Take what is shown from what the journal holds of a rollout's input.

        How many calls it takes is not known there where it began without its journal.

        Args:
            recorded: The input of its run, as JSON.
            cap: Calls allowed in any second of an account that says nothing of it.
        """
        waves = recorded["waves"]
        cap = _together(recorded, cap)
        tolerated = waves[0]["limits"]["fleet"] if waves else 0
        made = tuple(_recorded(wave, cap) for wave in waves)
        told = recorded.get("expected") or {}
        return cls(
            name=recorded["name"],
            waves=made,
            calls=told.get("calls", 0),
            tolerated=tolerated,
            cap=cap,
            seconds=Duration.parse(told.get("time", "0s")).seconds,
            bound=bound_words(Bound(told["bound"])) if told else "",
        )

    @property
    def title(self) -> str:
        """What is done to what."""
        verb = "roll back" if self.is_back else "rollout"
        return one_line(f"{verb} {self.name}".strip())

    @property
    def size(self) -> int:
        """How many routines are to be released."""
        return len(self._places)

    def wave_of(self, routine: str) -> int:
        """Give the number of a routine's wave; 0 where it is in none."""
        return self._places.get(routine, 0)


_WAY_BACK = 3
"""Calls that take one routine back: a look, a deployment, and that it is seen."""


def _recorded(wave: Mapping[str, Any], cap: int) -> OutlinedWave:
    releases = [task["setting"]["release"] for task in wave["tasks"]]
    steps = dict.fromkeys(_shares(release["canary"]) for release in releases)
    return OutlinedWave(
        number=wave["number"],
        name=wave["name"],
        routines=tuple(map(_id, releases)),
        steps=" or ".join(steps),
        bake=Duration.parse(wave["bake"]).seconds,
        least=Duration.parse(wave.get("least", "0s")).seconds,
        back=len(releases) * _WAY_BACK / cap,
    )


def routine_of(subject: str) -> str:
    """Give which routine of a rollout a run is about.

    Args:
        subject: What the journal calls it; both clouds may have one name.
    """
    return subject.removeprefix(f"{Cloud.DCDN.place}/")


def _id(release: Mapping[str, Any]) -> str:
    return RoutineId.of(release.get("account", ""), release["routine"])


def _together(recorded: Mapping[str, Any], cap: int) -> int:
    """Give the calls a second of all accounts together."""
    tasks = (task for wave in recorded["waves"] for task in wave["tasks"])
    used = {task["setting"]["release"].get("account", "") for task in tasks}
    said = recorded.get("accounts", {})
    return sum((said.get(n) or {}).get("calls_per_second") or cap for n in used) or cap


def bound_words(bound: Bound) -> str:
    """Say what a time is bound by.

    Args:
        bound: What.
    """
    known = {Bound.CAP: "the cap", Bound.BAKE: "bakes"}
    return known.get(bound, "how long calls take")


def _shares(canary: Mapping[str, Any]) -> str:
    """Give the shares of a canary; areas by their number."""
    stages = canary["stages"]
    return " → ".join(str(s.get("percentage", n + 1)) for n, s in enumerate(stages))
