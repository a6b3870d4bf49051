"""Keep temporary credentials fresh: fetched early, once at a time, kept on failure.

* Early: a quarter of an hour before they expire, or a quarter of their life if that is
  less. One caller fetches; the others go on with what there is.
* Late: with three minutes left everybody waits for the new ones.
* A failed fetch does no harm while the old ones are valid; the next try comes a minute
  later at the earliest, or with the next call once time is short.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable

import anyio
from attrs import define, field

from esa_flows.errors import EsaFlowsError
from esa_flows.wire.credentials import Credentials

__all__ = ["Refreshing"]

_EARLY = 15 * 60.0
_LATE = 3 * 60.0
_PAUSE = 60.0


@define(repr=False, eq=False)
class Refreshing:
    """Credentials that are fetched again before they expire.

    Args:
        fetch: Gets new credentials.
        now: The wall clock, with a time zone.
    """

    _fetch: Callable[[], Awaitable[Credentials]]
    _now: Callable[[], dt.datetime] = field(kw_only=True)
    _held: Credentials | None = field(init=False, default=None)
    _early: float = field(init=False, default=_EARLY)
    _not_before: dt.datetime | None = field(init=False, default=None)
    _fetching: anyio.Lock = field(init=False, factory=anyio.Lock)

    async def get(self) -> Credentials:
        """Give credentials that are valid now.

        Raises:
            EsaFlowsError: None could be fetched, and none are left.
        """
        held = self._held
        if held is not None and not self._must_stop(held):
            return held

        async with self._fetching:
            if self._held is not None and not self._due(self._held):
                return self._held

            return await self._renew()

    def forget(self, refused: Credentials) -> None:
        """Drop these credentials; the next `get` fetches others."""
        if self._held == refused:
            self._held = None

    def __repr__(self) -> str:
        return f"<Refreshing {self._held.masked_id if self._held else 'nothing yet'}>"

    def _must_stop(self, held: Credentials) -> bool:
        return self._due(held) and (self._late(held) or not self._fetching.locked())

    def _due(self, held: Credentials) -> bool:
        early = held.remaining(self._now()) < self._early
        return self._late(held) or (early and not self._pausing())

    def _late(self, held: Credentials) -> bool:
        return held.remaining(self._now()) < min(_LATE, self._early)

    def _pausing(self) -> bool:
        return self._not_before is not None and self._now() < self._not_before

    async def _renew(self) -> Credentials:
        try:
            fresh = await self._fetch()
        except EsaFlowsError as error:
            self._not_before = self._now() + dt.timedelta(seconds=_PAUSE)
            if self._held is None or self._held.remaining(self._now()) <= 0:
                # The frames below hold what a service answered.
                raise error.with_traceback(None) from error.__cause__

            return self._held

        self._held, self._not_before = fresh, None
        self._early = min(_EARLY, fresh.remaining(self._now()) / 4)
        return fresh
