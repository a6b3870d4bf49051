"""What a step or a flow is given: its run, its clock, the ports it may use.

In a flow, `do` and `sleep` are the primitives whose outcomes are recorded; in a step,
`need` gives the ports. Each says so when used in the wrong place.
"""

import datetime as dt
from collections.abc import Callable
from random import Random  # noqa: TID251  for the type; the instance comes from the edge
from typing import Any, Protocol, TypeVar

from attrs import define, field

from esa_flows.engine.work import Work
from esa_flows.errors import StepMisuse
from esa_flows.model import Duration

__all__ = ["Context", "Driver"]

I = TypeVar("I")  # noqa: E741  the field's letter for an input type
O = TypeVar("O")  # noqa: E741  the field's letter for an output type
P = TypeVar("P")


class Driver(Protocol):
    """What does the work a flow asks for, and records it."""

    async def do(
        self,
        work: Work[I, O],
        value: I,
        *,
        path: tuple[str, ...],
        key: str,
        round_: int,
    ) -> O:
        """Do a piece of work once, or give its recorded outcome."""
        ...

    async def sleep(
        self, duration: Duration, *, path: tuple[str, ...], key: str
    ) -> None:
        """Wait until a recorded time."""
        ...


@define(kw_only=True)
class Context:
    """The run as its flow and steps see it.

    Attributes:
        run_id: The run's id.
        random: Randomness of this run.
        attempt: Which attempt of the step this is, from 1; 0 in a flow.
        after_another: Whether another process did the steps before and this one none
            yet: what those steps saw may be long ago.
    """

    run_id: str
    random: Random
    attempt: int = 0
    after_another: bool = False
    _now: Callable[[], dt.datetime]
    _driver: Driver | None = None
    _ports: Callable[[type[Any]], Any] | None = None
    _path: tuple[str, ...] = ()
    _place: str = field(default="a flow")

    def now(self) -> dt.datetime:
        """Give the wall clock's time, in UTC. It decides no effect."""
        return self._now()

    async def do(
        self,
        work: Work[I, O],
        value: I,
        *,
        key: str = "",
        round: int = 1,  # noqa: A002
    ) -> O:
        """Do a step, chain or flow; once recorded it is never done again.

        Args:
            work: What to do.
            value: Its input.
            key: Tells apart repeated uses of the same work in this run.
            round: Counts deliberate restarts, from 1.

        Returns:
            The output, from the journal where it is there already.

        Raises:
            DuplicateStep: This identity was used before in this run.
            StepChanged: The journal recorded another version or input for it.
        """
        driver = self._driving("do")
        return await driver.do(work, value, path=self._path, key=key, round_=round)

    async def sleep(self, duration: Duration | dt.timedelta | str, *, key: str) -> None:
        """Wait, surviving a restart: the journal holds the time to wake up.

        Args:
            duration: How long, as `10m`, `timedelta` or `Duration`.
            key: Tells this wait apart from the run's other waits.
        """
        driver = self._driving("sleep")
        await driver.sleep(Duration.of(duration), path=self._path, key=key)

    def need(self, port: type[P]) -> P:
        """Give a port, bound to this attempt of this step.

        Args:
            port: The protocol or class the engine was given an implementation of.

        Raises:
            StepMisuse: Used in a flow, or the engine has no such port.
        """
        if self._ports is None:
            raise StepMisuse(
                "ctx.need() works inside a step only:"
                " what a flow does itself would not be recorded.",
                next_move="Move the call into a step and ctx.do() it.",
            )

        found: P = self._ports(port)
        return found

    def _driving(self, verb: str) -> Driver:
        if self._driver is None:
            raise StepMisuse(
                f"ctx.{verb}() works inside a flow only; this is {self._place}.",
                next_move="Compose steps in an @flow function.",
            )

        return self._driver
