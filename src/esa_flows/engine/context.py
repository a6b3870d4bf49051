"""What a step or a flow is given: its run, its clock, the ports it may use.

In a flow, `do`, `sleep`, `gather`, `each`, `timeout`, `approve` and `run` are the
primitives whose outcomes are recorded; in a step, `need` gives the ports. Each says so
when used in the wrong place.
"""

import datetime as dt
from collections.abc import (
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    Sized,
)
from contextlib import AbstractAsyncContextManager
from functools import partial
from random import Random  # noqa: TID251  seeded by the run: the same on every replay
from typing import Any, Protocol, TypeVar, overload

from attrs import define, field, frozen

from esa_flows.engine.work import Work, checked_name
from esa_flows.errors import StepMisuse
from esa_flows.model import Duration

__all__ = ["Approval", "Branch", "Context", "Driver", "Limit", "Names"]

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
I = TypeVar("I")  # noqa: E741  the field's letter for an input type
O = TypeVar("O")  # noqa: E741  the field's letter for an output type
P = TypeVar("P")

Branch = Callable[["Context"], Awaitable[O]]
"""One of several things done side by side."""


class Names(Sized, Iterable[str], Protocol):
    """What branches are called, in order; a rollout has as many as it has routines."""


class Limit(Protocol):
    """A timeout under way."""

    @property
    def expired(self) -> bool:
        """Whether it ran out before the end of what it bounds was reached."""
        ...


class Approval(Protocol):
    """That a person agreed."""

    @property
    def by(self) -> str:
        """Who."""
        ...

    @property
    def at(self) -> dt.datetime:
        """When they said so, UTC."""
        ...


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

    async def approve(self, what: str, *, path: tuple[str, ...], key: str) -> Approval:
        """Wait until a person decides."""
        ...

    def timeout(
        self, duration: Duration, *, path: tuple[str, ...], key: str
    ) -> AbstractAsyncContextManager[Limit]:
        """Bound what is done inside by a recorded time."""
        ...

    async def gather(
        self,
        names: Names,
        branch: Callable[[str], Branch[O]],
        *,
        path: tuple[str, ...],
        key: str,
        limit: int | None,
    ) -> list[O]:
        """Do several things side by side; what waits for its turn is not made yet."""
        ...

    async def run(
        self,
        flow: Work[I, O],
        value: I,
        *,
        path: tuple[str, ...],
        key: str,
        about: tuple[str, str],
        place: str,
        stops: bool,
    ) -> O:
        """Do a flow as a run of its own."""
        ...

    def begun(self, flow: Work[I, O]) -> Mapping[str, str]:
        """Give the runs of its own that were ever begun of a flow: ids by key."""
        ...

    def agreed(self) -> Mapping[str, str]:
        """Give who agreed to what was ever asked: their names, by key."""
        ...

    def given(self, flow: Work[I, O], *, path: tuple[str, ...], key: str) -> O | None:
        """Give what a run of its own returned, where that is recorded."""
        ...


@define(kw_only=True)
class Context:
    """The run as its flow and steps see it.

    Attributes:
        run_id: The run's id.
        attempt: Which attempt of the step this is, from 1; 0 in a flow.
        after_another: Whether another process did the steps before and this one none
            yet: what those steps saw may be long ago.
    """

    run_id: str
    attempt: int = 0
    after_another: bool = False
    _now: Callable[[], dt.datetime]
    _driver: Driver | None = None
    _ports: Callable[[type[Any]], Any] | None = None
    _path: tuple[str, ...] = ()
    _step: str = ""
    _random: Random | None = field(default=None, init=False)

    def now(self) -> dt.datetime:
        """Give the wall clock's time, in UTC. It decides no effect."""
        return self._now()

    @property
    def random(self) -> Random:
        """Randomness that is the same on every replay.

        Drawn from the run's id and the place in it, so it is no source for secrets.
        """
        if self._random is None:
            seed = "/".join((self.run_id, *self._path))
            self._random = Random(seed)  # noqa: S311  replayed, not secret

        return self._random

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

    async def approve(self, *, what: str, key: str = "") -> Approval:
        """Ask a person and wait, over restarts too, until one has decided.

        Meanwhile the run is held; `esa-flows status RUN` shows the question and
        `esa-flows approve RUN` answers it.

        Args:
            what: What a person is to agree to, in a sentence.
            key: Tells this question apart from the run's others.

        Returns:
            Who agreed, and when.

        Raises:
            Denied: A person said no.
            StepChanged: Another question was asked under this key.
        """
        driver = self._driving("approve")
        return await driver.approve(what, path=self._path, key=key)

    def timeout(
        self, duration: Duration | dt.timedelta | str, *, key: str
    ) -> AbstractAsyncContextManager[Limit]:
        """Bound what is done inside; that it ran out is recorded.

        What has an outcome by then keeps it, a call in flight is finished first; the
        primitive that is waited for raises `DeadlineExceeded`, also on every replay.

        Args:
            duration: How long, counted over restarts.
            key: Tells this timeout apart from the run's others.

        Example:
            ``async with ctx.timeout("10m", key="gate"): await ctx.do(gate, release)``
        """
        driver = self._driving("timeout")
        return driver.timeout(Duration.of(duration), path=self._path, key=key)

    @overload
    async def gather(
        self, one: Branch[A], two: Branch[B], /, *, key: str = ...
    ) -> tuple[A, B]: ...

    @overload
    async def gather(
        self, one: Branch[A], two: Branch[B], three: Branch[C], /, *, key: str = ...
    ) -> tuple[A, B, C]: ...

    @overload
    async def gather(
        self, *branches: Branch[O], key: str = ..., limit: int | None = ...
    ) -> tuple[O, ...]: ...

    async def gather(
        self, *branches: Branch[Any], key: str = "", limit: int | None = None
    ) -> tuple[Any, ...]:
        """Do several things side by side; wait for all of them.

        Each branch gets a context of its own, under whose path it records. One that
        fails does not tear the others: they go on to their ends. Then the gravest
        failure is raised, with the others as its notes.

        Args:
            branches: Functions of a context, such as `lambda ctx: ctx.do(step, x)`.
            key: Tells repeated uses in one flow apart.
            limit: At most so many at once.

        Returns:
            What they gave, in order.
        """
        places = _Places(len(branches))
        made = partial(_at, branches)
        return tuple(await self._gather(places, made, key, limit))

    async def each(
        self,
        work: Work[I, O],
        values: Mapping[str, I],
        *,
        key: str = "",
        limit: int | None = None,
    ) -> dict[str, O]:
        """Do the same for several values side by side; otherwise as `gather`.

        Args:
            work: A step, chain or flow.
            values: Its inputs, by the name that each has in the journal.
            key: Tells repeated uses in one flow apart.
            limit: At most so many at once.

        Returns:
            What each gave, by the same names.
        """
        given = {checked_name(name): value for name, value in values.items()}
        found = await self._gather(
            given, lambda name: _doing(work, given[name]), key or work.name, limit
        )
        return dict(zip(given, found, strict=True))

    async def run(
        self,
        flow: Work[I, O],
        value: I,
        *,
        key: str = "",
        subject: str = "",
        content: str = "",
        place: str = "",
        stops: bool = True,
    ) -> O:
        """Do a flow as a run of its own: with an id, a journal and a lease of its own.

        Its id is this run's with a number behind. It is driven from here; an abort of
        this run aborts it, and a resume of this run goes on with it.

        Args:
            flow: The flow.
            value: Its input; recorded.
            key: Tells repeated uses of the same flow apart.
            subject: What it is about, such as a routine.
            content: Digest of what it brings there.
            place: Where it belongs, in the engine's words; empty for where this run
                does.
            stops: Whether trouble with its account stops this run at once. Otherwise it
                is raised here, without an end: what runs beside can come to its own,
                and a flow that then raises it is stopped by that, to be resumed.

        Returns:
            What the flow returned.

        Raises:
            InvalidInput: The engine does not lead to that place.
            AccountBlocked: It was stopped by that, and does not stop this run.
            EsaFlowsError: What ended it.
        """
        driver = self._driving("run")
        return await driver.run(
            flow,
            value,
            path=self._path,
            key=key,
            about=(subject, content),
            place=place,
            stops=stops,
        )

    def begun(self, flow: Work[I, O]) -> Mapping[str, str]:
        """Give the runs of its own that this run ever began of a flow, wherever in it.

        Also those that another process began. For who must go on with what is under way
        before anything new is begun; no more may follow from it, since it grows.

        Args:
            flow: The flow.

        Returns:
            Their ids, by the keys they were begun with.
        """
        return self._driving("begun").begun(flow)

    def agreed(self) -> Mapping[str, str]:
        """Give who agreed to what this run ever asked, wherever in it.

        Also what another process asked. For what is told in the end; no more may follow
        from it, since it grows.

        Returns:
            Their names, by the keys of the questions.
        """
        return self._driving("agreed").agreed()

    def given(self, flow: Work[I, O], *, key: str = "") -> O | None:
        """Give what a run of its own returned; None where it did not end.

        For who meets an abort or a timeout instead: the run has ended by then.

        Args:
            flow: Its flow.
            key: What it was begun with, here.

        Raises:
            EsaFlowsError: What ended it.
        """
        return self._driving("given").given(flow, path=self._path, key=key)

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

    async def _gather(
        self,
        names: Names,
        branch: Callable[[str], Branch[O]],
        key: str,
        limit: int | None,
    ) -> list[O]:
        driver = self._driving("gather")
        return await driver.gather(names, branch, path=self._path, key=key, limit=limit)

    def _driving(self, verb: str) -> Driver:
        if self._driver is None:
            raise StepMisuse(
                f"ctx.{verb}() works inside a flow only;"
                f" this is the step {self._step!r}.",
                next_move="Compose steps in an @flow function.",
            )

        return self._driver


@frozen
class _Places:
    """The names of branches that are known by their places, made when asked for."""

    _count: int

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        return map(str, range(self._count))


def _at(branches: Sequence[Branch[Any]], place: str) -> Branch[Any]:
    return branches[int(place)]


def _doing(work: Work[I, O], value: I) -> Branch[O]:
    return lambda ctx: ctx.do(work, value)
