"""A TCP proxy that does to bytes what networks do: in between, and knowing no HTTP.

It passes bytes on, in both directions, until a rule strikes: one that waits for a
certain exchange and then resets, truncates, stalls, drips or delays. What it does to a
connection it does to this connection alone; the next one is whole again.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal
from urllib.parse import urlsplit

import anyio
from anyio.abc import Listener, SocketAttribute, SocketStream, TaskGroup
from attrs import define, field, frozen

Kind = Literal["reset", "close", "stall", "drip", "delay"]
Way = Literal["there", "back"]

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds
_GONE = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)


@frozen(kw_only=True)
class Rule:
    """What happens to one exchange.

    Attributes:
        about: Bytes in the request that it waits for.
        kind: `reset` breaks the connection with RST, `close` ends it with FIN, `stall`
            passes nothing on any more, `drip` passes a byte at a time, `delay` passes
            everything late.
        way: Whether it strikes the request or the reply.
        after: Bytes that are passed on first, of that request or that reply.
        number: Which of the exchanges that it waits for, from 1.
        seconds: How late, or how slow.
    """

    about: bytes
    kind: Kind
    way: Way = "back"
    after: int = 0
    number: int = 1
    seconds: float = 0.05


@define
class _Connection:
    """One connection that passes through, and the rule that has struck it."""

    near: SocketStream
    far: SocketStream
    rule: Rule | None = None
    passed: int = 0


@define
class Proxy:
    """The proxy, while it listens.

    Attributes:
        target: Where bytes go on to.
        rules: What is still to happen.
        latency: Seconds that everything takes, each way.
        tasks: Where its connections live.
        port: Where it listens, on 127.0.0.1.
        struck: Rules that have struck, in order.
        connections: How many were accepted.
    """

    target: tuple[str, int]
    rules: list[Rule]
    latency: float
    tasks: TaskGroup
    port: int = 0
    struck: list[Rule] = field(factory=list)
    connections: int = 0
    _seen: dict[int, int] = field(factory=dict)
    _open: anyio.CancelScope = field(factory=anyio.CancelScope)

    @property
    def url(self) -> str:
        """Its address over plain HTTP."""
        return f"http://127.0.0.1:{self.port}"

    async def listen(self) -> None:
        """Take connections, always at the same port."""
        listening = await anyio.create_tcp_listener(
            local_host="127.0.0.1", local_port=self.port
        )
        self.port = listening.extra(SocketAttribute.local_port)
        self._open = anyio.CancelScope()
        self.tasks.start_soon(self._accept, listening, self._open)

    async def deafen(self) -> None:
        """Refuse connections from now on, and end those that are there."""
        self._open.cancel()
        await anyio.sleep(0.05)

    async def _accept(
        self, listening: Listener[SocketStream], scope: anyio.CancelScope
    ) -> None:
        with scope:
            async with listening:
                await listening.serve(self.serve)

    async def serve(self, near: SocketStream) -> None:
        """Carry one connection."""
        self.connections += 1
        async with near, await anyio.connect_tcp(*self.target) as far:
            connection = _Connection(near, far)
            async with anyio.create_task_group() as both:
                both.start_soon(self._there, connection, both.cancel_scope)
                both.start_soon(self._back, connection, both.cancel_scope)

    async def _there(self, held: _Connection, end: anyio.CancelScope) -> None:
        with suppress(*_GONE):
            while True:
                data = await held.near.receive()
                self._look(held, data)
                await self._carry(held, data, held.far, "there")

        end.cancel()

    async def _back(self, held: _Connection, end: anyio.CancelScope) -> None:
        with suppress(*_GONE):
            while True:
                data = await held.far.receive()
                await self._carry(held, data, held.near, "back")

        end.cancel()

    def _look(self, held: _Connection, data: bytes) -> None:
        """See whether a request begins that a rule waits for."""
        for index, rule in enumerate(self.rules):
            if rule in self.struck or rule.about not in data:
                continue

            self._seen[index] = self._seen.get(index, 0) + 1
            if self._seen[index] == rule.number:
                held.rule, held.passed = rule, 0
                self.struck.append(rule)
                return

    async def _carry(
        self, held: _Connection, data: bytes, to: SocketStream, way: Way
    ) -> None:
        """Pass bytes on, as far as the rule lets them."""
        await anyio.sleep(self.latency)
        rule = held.rule
        if rule is None or rule.way != way:
            await to.send(data)
            return

        room = max(0, rule.after - held.passed)
        held.passed += len(data)
        if data[:room]:
            await to.send(data[:room])

        rest = data[room:]
        if rest:
            await self._strike(held, rule, rest, to)

    async def _strike(
        self, held: _Connection, rule: Rule, rest: bytes, to: SocketStream
    ) -> None:
        if rule.kind == "stall":
            await anyio.sleep_forever()
        elif rule.kind == "delay":
            await anyio.sleep(rule.seconds)
            await to.send(rest)
        elif rule.kind == "drip":
            for place in range(len(rest)):
                await to.send(rest[place : place + 1])
                await anyio.sleep(rule.seconds)
        else:
            await _break(held, reset=rule.kind == "reset")


async def _break(held: _Connection, *, reset: bool) -> None:
    """End a connection on both sides, rudely or politely."""
    for stream in (held.near, held.far):
        if reset:
            raw: socket.socket = stream.extra(SocketAttribute.raw_socket)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

        await stream.aclose()

    raise anyio.EndOfStream


@asynccontextmanager
async def proxied(url: str, *rules: Rule, latency: float = 0.0) -> AsyncIterator[Proxy]:
    """Stand before an address while the block runs.

    Args:
        url: Where bytes go on to.
        rules: What happens on the way.
        latency: Seconds that everything takes, each way.
    """
    parts = urlsplit(url)
    target = (parts.hostname or "", parts.port or 0)
    async with anyio.create_task_group() as tasks:
        proxy = Proxy(target, list(rules), latency, tasks)
        await proxy.listen()
        yield proxy
        tasks.cancel_scope.cancel()
