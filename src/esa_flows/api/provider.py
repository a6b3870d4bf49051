"""What both clouds of the provider stand on: a caller, a way to OSS, a permit, counts.

An upload goes to OSS with a form that the provider signed, whichever cloud gave it.
"""

from __future__ import annotations

import abc
import datetime as dt
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Self

import anyio
from attrs import define, evolve, field

from esa_flows.api.cloud import CloudStatistics, Op, Placed, UploadSlot
from esa_flows.api.oss import post_object
from esa_flows.api.sight import Sight
from esa_flows.api.slot import HostRule
from esa_flows.errors import InvalidInput
from esa_flows.files import Blob
from esa_flows.model import Routine, RoutineName
from esa_flows.wire.call import Caller
from esa_flows.wire.permit import Permit, always
from esa_flows.wire.transport import Transport

__all__ = ["Provider", "room_for"]

_UPLOADS = 8


def room_for(uploads: int = _UPLOADS) -> anyio.Semaphore:
    """Make room for uploads at once; more make none faster, and each takes memory.

    Args:
        uploads: How many.

    Raises:
        InvalidInput: None at all.
    """
    if uploads < 1:
        raise InvalidInput(
            f"With {uploads} uploads at once nothing is ever uploaded.",
            next_move="Allow at least one: uploads_at_once=1.",
        )

    return anyio.Semaphore(uploads, fast_acquire=True)


@define(repr=False, eq=False)
class Provider(abc.ABC):
    """The common ground of the provider's clouds.

    Args:
        caller: Makes signed calls.
        transport: Sends forms to OSS.
        now: Gives the time of day with its zone, to tell whether a form is still good.
        boundary: Gives a new random text of hexadecimal digits for each upload.
        allow_loopback_oss: Whether forms may go to loopback over plain HTTP: only for a
            client whose endpoint is on loopback.
        oss_hosts: Patterns of further hosts that forms may go to.
        permit: Asked before every call.
        asked: Counts calls; shared with the copies that `bound` makes, and with the
            other clouds of one client.
        uploads: Room for uploads that are under way at once; shared likewise. They take
            no slot of the cap, so that nothing else would keep a fleet from sending all
            its bundles in one second.
        sight: What was seen a moment ago; shared with the copies, too.
    """

    _caller: Caller
    _transport: Transport
    _now: Callable[[], dt.datetime] = field(kw_only=True)
    _boundary: Callable[[], str] = field(kw_only=True)
    _allow_loopback_oss: bool = field(kw_only=True, default=False)
    _oss_hosts: tuple[str, ...] = field(kw_only=True, default=())
    _permit: Permit = field(kw_only=True, default=always)
    _asked: Counter[Op] = field(kw_only=True, factory=Counter)
    _uploads: anyio.Semaphore = field(kw_only=True, factory=room_for)
    _sight: Sight = field(kw_only=True, factory=Sight)

    def bound(self, *, permit: Permit) -> Self:
        """Give the same cloud, whose every call asks this permit right before it."""
        return evolve(self, permit=permit)

    async def glance(self, name: RoutineName) -> Routine:
        """Say what serves where: as seen within the last second, else by a look."""
        return self._sight.fresh(name) or await self.observe(name)

    @abc.abstractmethod
    async def observe(self, name: RoutineName) -> Routine:
        """Say what serves where."""

    async def _seen(
        self, name: RoutineName, look: Callable[[Self, RoutineName], Awaitable[Routine]]
    ) -> Routine:
        """Look, and keep what is seen for a moment."""
        stamp = self._sight.stamp(self._permit)
        seen = await look(self.bound(permit=stamp), name)
        self._sight.note(seen, stamp)
        return seen

    async def post(self, slot: UploadSlot, blob: Blob) -> Placed:
        """Upload code once: PostObject of OSS, which takes no slot of the cap."""
        async with self._uploads:
            slot.check(blob.size, self._now() + self._caller.skew)
            self._permit(Op.POST)
            self._asked[Op.POST] += 1
            return await post_object(self._transport, slot, blob, self._boundary())

    def statistics(self) -> CloudStatistics:
        """Say what was asked so far, by all that count together."""
        return CloudStatistics(calls=dict(self._asked))

    @property
    def _hosts(self) -> HostRule:
        """Where forms may go."""
        return HostRule(allow_loopback=self._allow_loopback_oss, extra=self._oss_hosts)
