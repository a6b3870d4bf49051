"""A run that goes on by itself while its client is open: watched, waited for, asked."""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Self
from weakref import WeakSet

import anyio
from attrs import define, field

from esa_flows.engine.observe import Happening, Observer, tell
from esa_flows.runs import Runs

__all__ = ["Listener", "Started"]


@define(kw_only=True, eq=False)
class Listener:
    """What a run does, for one who listens: ``async for happening in listener``."""

    _over: anyio.Event
    _heard: deque[Happening] = field(factory=deque, init=False)
    _news: anyio.Event = field(factory=anyio.Event, init=False)

    def __repr__(self) -> str:
        return f"<Listener [{len(self._heard)} not taken]>"

    def tell(self, *happenings: Happening) -> None:
        """Let it hear something, or that it is over."""
        self._heard.extend(happenings)
        self._news.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Happening:
        while not self._heard:
            if self._over.is_set():
                raise StopAsyncIteration

            await self._news.wait()
            self._news = anyio.Event()

        return self._heard.popleft()


@define(kw_only=True, eq=False)
class Started:
    """A run of a client, which owns it: leaving who started it does nothing to it.

    Attributes:
        id: The run's id.
    """

    id: str
    _runs: Runs
    _observer: Observer | None = None
    _over: anyio.Event = field(factory=anyio.Event, init=False)
    _value: Any = field(default=None, init=False)
    _error: Exception | None = field(default=None, init=False)
    _listeners: WeakSet["Listener"] = field(factory=WeakSet, init=False)

    def __repr__(self) -> str:
        state = "over" if self._over.is_set() else "under way"
        return f"<Started {self.id} [{state}]>"

    async def drive(self, end: Callable[..., Awaitable[Any]]) -> None:
        """Bring it to its end, in a task of the client.

        Args:
            end: Drives it, and tells the observer.
        """
        try:
            self._value = await end(observer=self._heard)
        except Exception as error:  # noqa: BLE001  raised by result()
            self._error = error
        finally:
            self._over.set()
            for listener in self._listeners:
                listener.tell()

    async def result(self) -> Any:
        """Wait for its end.

        Returns:
            What its flow gave: of a rollout the report, however it ended.

        Raises:
            Paused: It was stopped where it was, or its client was closed.
            EsaFlowsError: What ended or stopped it.
        """
        await self._over.wait()
        if self._error is not None:
            raise self._error

        return self._value

    def events(self) -> "Listener":
        """Give what it does from now on, as it happens, until it is over.

        Who is slow misses nothing; what is not yet taken is kept. Leave whenever you
        like.
        """
        listener = Listener(over=self._over)
        self._listeners.add(listener)
        return listener

    async def approve(self, *, by: str = "", ignore_freeze: str = "") -> None:
        """Agree to what it asks.

        Args:
            by: Who agrees; by default who uses the client.
            ignore_freeze: Why it shall not wait for the end of a freeze window.
        """
        await self._runs.approve(self.id, by=by, ignore_freeze=ignore_freeze)

    async def deny(self, *, by: str = "") -> None:
        """Say no to what it asks.

        Args:
            by: Who says so; by default who uses the client.
        """
        await self._runs.deny(self.id, by=by)

    async def pause(self) -> None:
        """Ask it to stop where it is."""
        await self._runs.pause(self.id)

    async def abort(self) -> None:
        """Ask it to go back to what served before."""
        await self._runs.ask_to_abort(self.id)

    def _heard(self, happening: Happening) -> None:
        if self._observer is not None:
            tell(self._observer, happening)

        for listener in self._listeners:
            listener.tell(happening)
