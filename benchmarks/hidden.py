"""A provider that takes 60 calls a second where 100 are set: found, or run against.

In virtual time, so that a minute takes seconds and says the same on every machine.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
from attrs import define, field

from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, floor, peer
from esa_flows.errors import Throttled
from esa_flows.testing import virtual_backend
from esa_flows.wire.cap import Cap

__all__ = ["measure"]

TOLD, TAKEN, WORKERS = 100, 60, 200


@define
class Provider:
    """Takes so many calls in any second, and refuses the others.

    Attributes:
        begins: When it begins to count what it takes.
        ends: When it stops.
    """

    begins: float
    ends: float
    taken: int = 0
    refused: int = 0
    _recent: deque[float] = field(factory=deque)

    def takes(self) -> bool:
        """Take a call, if there is room."""
        now = anyio.current_time()
        while self._recent and self._recent[0] <= now - 1.0:
            self._recent.popleft()

        if len(self._recent) >= TAKEN:
            self.refused += 1
            return False

        self._recent.append(now)
        self.taken += self.begins < now <= self.ends
        return True


async def measure(effort: Effort) -> list[Line]:
    """Call for a minute with a cap that learns, and with one that does not."""
    seconds = effort.pick(60.0, 20.0)
    ours = await anyio.to_thread.run_sync(partial(_run, seconds, learns=True))
    deaf = await anyio.to_thread.run_sync(partial(_run, seconds, learns=False))
    return [
        Line(
            goal="P12",
            what=f"a hidden cap of {TAKEN}, {TOLD} set: accepted",
            ours=ours.taken / seconds,
            beside=floor("what the provider takes", TAKEN),
            unit="calls/s",
            promise=Promise.ratio(least=0.93),
        ),
        Line(
            goal="P12",
            what="  refused, of all calls",
            ours=100 * _refused(ours),
            beside=peer("the same without learning", 100 * _refused(deaf)),
            unit="%",
            promise=Promise.figure(most=3),
        ),
    ]


def _refused(provider: Provider) -> float:
    return provider.refused / (provider.taken + provider.refused)


def _run(seconds: float, *, learns: bool) -> Provider:
    """Call from many workers; a call that is refused is made again."""
    backend, options = virtual_backend("asyncio")
    call = partial(_calls, seconds, learns)
    found: Provider = anyio.run(call, backend=backend, backend_options=options)
    return found


async def _calls(seconds: float, learns: bool) -> Provider:  # noqa: FBT001  of a partial
    cap, begin = Cap(TOLD, learns=learns), anyio.current_time() + 1.0
    end = begin + seconds
    provider = Provider(begin, end)

    async def worker(*_: Any) -> None:
        while anyio.current_time() < end:
            async with cap.slot("esa.GetRoutine") as slot:
                await anyio.sleep(0.02)
                if provider.takes():
                    slot.answered()
                else:
                    slot.throttled(Throttled("Too many.", code="Throttling.User"))

    async with anyio.create_task_group() as tasks:
        for _ in range(WORKERS):
            tasks.start_soon(worker)

    return provider
