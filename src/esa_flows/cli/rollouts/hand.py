"""What the keys of a person do to the rollout that they watch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import anyio
from attrs import define, field

from esa_flows.cli.desk import Desk
from esa_flows.cli.keyboard import Keyboard
from esa_flows.cli.rollouts.progress import FleetProgress
from esa_flows.client import Client
from esa_flows.errors import EsaFlowsError

__all__ = ["Hand", "pressing"]

_YES = frozenset("yY")


@define
class Hand:
    """Turns keys into what a rollout is asked.

    Attributes:
        details: Whether every routine of the present wave is to be shown.
        is_sure: Whether a key answers the question before an abort.
        trouble: Why the last key did nothing, in a sentence.
    """

    _client: Client
    _progress: FleetProgress
    details: bool = field(default=False, init=False)
    is_sure: bool = field(default=False, init=False)
    trouble: str = field(default="", init=False)

    def __repr__(self) -> str:
        return f"<Hand at {self._progress.run or '…'}>"

    async def press(self, key: str) -> None:
        """Do what a key means; most mean nothing.

        Args:
            key: The key.
        """
        was_asked, self.is_sure, self.trouble = self.is_sure, False, ""
        act = _KEYS.get(key.lower())
        if was_asked:
            act = Hand.abort if key in _YES else None

        if act is None or not self._progress.run:
            return

        try:
            await act(self)
        except EsaFlowsError as error:
            self.trouble = error.message

    async def approve(self) -> None:
        """Agree to what it asks, where it asks something."""
        if self._progress.question:
            await self._client.runs.approve(self._progress.run)

    async def pause(self) -> None:
        """Stop it where it is."""
        await self._client.runs.pause(self._progress.run)

    async def ask(self) -> None:
        """Ask whether an abort is meant."""
        self.is_sure = True

    async def abort(self) -> None:
        """Take it back."""
        await self._client.runs.ask_to_abort(self._progress.run)

    async def look_closer(self) -> None:
        """Show every routine of the wave, or no longer."""
        self.details = not self.details


_KEYS: Mapping[str, Callable[[Hand], Awaitable[None]]] = MappingProxyType(
    {
        "a": Hand.approve,
        "p": Hand.pause,
        "x": Hand.ask,
        "d": Hand.look_closer,
    }
)


@contextmanager
def pressing(desk: Desk, hand: Hand) -> Iterator[None]:
    """Heed keys while the block runs, where a picture is drawn and somebody types.

    Args:
        desk: Knows where.
        hand: Heeds them.
    """
    keys = desk.keyboard if desk.is_live else None
    if keys is None or desk.beside is None:
        yield
        return

    scope = anyio.CancelScope()
    with keys.held():
        desk.beside.start_soon(_heed, scope, keys, hand)
        try:
            yield
        finally:
            scope.cancel()


async def _heed(scope: anyio.CancelScope, keys: Keyboard, hand: Hand) -> None:
    with scope:
        while True:
            await hand.press(await keys.key())
