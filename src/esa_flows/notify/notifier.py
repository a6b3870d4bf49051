"""Tell webhooks what runs do, beside the runs: bounded, patient for a while, then not.

Telling puts an event into the queue of each webhook that wants it, and returns. What
cannot be delivered is counted and told at the end; no run waits for it or ends by it.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from attrs import define, field

from esa_flows.backoff import Backoff
from esa_flows.engine.observe import Happening
from esa_flows.errors import CallError
from esa_flows.events import Event, Kind, Teller
from esa_flows.notify.message import message
from esa_flows.notify.target import Target
from esa_flows.wire.transport import HttpxTransport, Transport, open_client

__all__ = ["Notifier", "Post", "over_http"]

Post = Callable[[], AbstractAsyncContextManager[Transport]]
"""Opens what carries requests to webhooks."""

MOST = 256
"""Events that may wait for one webhook."""

ATTEMPTS = 5
"""Attempts to deliver one event; some twenty seconds at most, answers not counted."""

PATIENCE = 10.0
"""Seconds that events which still wait get when a program ends."""

_BACKOFF = Backoff(base=1.0, most=8.0)
_LATER = frozenset({408, 425, 429})
_FAILED = 500
_GOOD = range(200, 300)


@asynccontextmanager
async def over_http() -> AsyncIterator[Transport]:
    """Open an HTTP client for webhooks alone; proxies of the environment count."""
    async with open_client() as http:
        yield HttpxTransport(http)


@define(eq=False)
class _Line:
    """What waits for one webhook."""

    target: Target
    most: int
    taken: int = 0
    delivered: int = 0
    trouble: str = ""
    into: MemoryObjectSendStream[Event] = field(init=False)
    out: MemoryObjectReceiveStream[Event] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.into, self.out = anyio.create_memory_object_stream[Event](self.most)

    def put(self, event: Event) -> None:
        self.taken += 1
        try:
            self.into.send_nowait(event)
        except (anyio.WouldBlock, anyio.BrokenResourceError, anyio.ClosedResourceError):
            self.trouble = self.trouble or "it was too slow"


@define(eq=False)
class Notifier:
    """An observer that tells webhooks, beside the run.

    Args:
        targets: The webhooks.
        chance: A number drawn evenly from 0 to 1, for waits.
        post: Opens what carries requests.
        most: Events that may wait for one webhook.

    Example:
        ``tasks.start_soon(notifier.deliver)``, then ``client.start(plan,
        observer=notifier)``, then ``await notifier.finish()``.
    """

    _targets: Iterable[Target]
    _chance: Callable[[], float]
    _post: Post = over_http
    _most: int = MOST
    _teller: Teller = field(factory=Teller, init=False)
    _lines: tuple[_Line, ...] = field(init=False)
    _is_over: anyio.Event = field(factory=anyio.Event, init=False)

    def __attrs_post_init__(self) -> None:
        self._lines = tuple(_Line(target, self._most) for target in self._targets)

    def __call__(self, happening: Happening) -> None:
        """Take in what a run tells; never waits."""
        self.tell(happening)

    def tell(self, happening: Happening, *, wave: int = 0) -> None:
        """Take in what a run of a rollout tells; never waits.

        Args:
            happening: What it tells.
            wave: The number of its wave.
        """
        self._put(self._teller.event(happening, wave=wave))

    def turn(
        self, kind: Kind, happening: Happening, *, wave: int, data: dict[str, Any]
    ) -> None:
        """Take in what follows from a happening; see `Teller.turn`."""
        self._put(self._teller.turn(kind, happening, wave=wave, data=data))

    async def deliver(self) -> None:
        """Deliver events as they come, until `finish`; to be started beside the run."""
        async with self._post() as transport, anyio.create_task_group() as tasks:
            for line in self._lines:
                tasks.start_soon(self._through, line, transport)

        self._is_over.set()

    async def finish(self) -> None:
        """Take no more, and wait for what is to be delivered, but not for long."""
        with anyio.CancelScope(shield=True), anyio.move_on_after(PATIENCE):
            for line in self._lines:
                line.into.close()

            await self._is_over.wait()

    @property
    def lost(self) -> tuple[str, ...]:
        """What was not delivered: how many, where to and why, a sentence each."""
        return tuple(
            f"{lost} of {line.taken} notifications did not reach {line.target.host}:"
            f" {line.trouble or 'there was no time left'}."
            for line in self._lines
            if (lost := line.taken - line.delivered)
        )

    def __repr__(self) -> str:
        delivered = sum(line.delivered for line in self._lines)
        return f"<Notifier of {len(self._lines)} webhooks, {delivered} delivered>"

    def _put(self, event: Event) -> None:
        for line in self._lines:
            if line.target.hook.wants(event.kind, event.run):
                line.put(event)

    async def _through(self, line: _Line, transport: Transport) -> None:
        async with line.out:
            async for event in line.out:
                await self._one(line, event, transport)

    async def _one(self, line: _Line, event: Event, transport: Transport) -> None:
        """Deliver one event, or give it up."""
        request = message(event, line.target)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                status = (await transport.send(request)).status
            except CallError:
                status = 0

            if status in _GOOD:
                line.delivered += 1
                return

            line.trouble = f"it answered {status}" if status else "it did not answer"
            if status and status < _FAILED and status not in _LATER:
                return

            if attempt < ATTEMPTS:
                await anyio.sleep(_BACKOFF.wait(attempt, self._chance()))
