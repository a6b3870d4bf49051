"""Finding out whether an effect in doubt happened, for as long as it may still appear.

An effect that is not seen yet may be under way. So "not there" counts only once it can
no longer appear; and so does "somebody else was here": what is under way would replace
theirs afterwards.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from attrs import define, field

from esa_flows.engine.step import Happened, NotHappened, Verdict
from esa_flows.errors import Conflict
from esa_flows.model import Duration

__all__ = ["Doubt"]

O = TypeVar("O")  # noqa: E741  the field's letter for an output type

FIRST_LOOK, MOST_LOOK = 0.25, 5.0
"""Seconds between looks for an effect that is not seen yet: doubling, bounded."""


@define
class Doubt:
    """Whether one effect happened.

    Attributes:
        settle: How long it may still appear, from the first look of this process.
    """

    settle: Duration
    _settled: float | None = field(default=None, init=False)

    async def resolved(
        self, look: Callable[[], Awaitable[Verdict[O]]]
    ) -> Happened[O] | NotHappened:
        """Look until one knows, or until the effect can no longer appear.

        A look may raise; called again, the time that was left goes on.

        Args:
            look: Tells from the provider's state what can be told now.

        Raises:
            Conflict: Somebody else changed it; ours can no longer appear either.
        """
        settled, wait = self._settles(), FIRST_LOOK
        met: Conflict | None = None
        while True:
            verdict = await look()
            left = settled - anyio.current_time()
            if isinstance(verdict, Conflict):
                met = verdict
            elif met is None and (left <= 0 or _is_final(verdict)):
                self._settled = None
                return verdict

            if left <= 0 and met is not None:
                raise met

            await anyio.sleep(min(wait, left))
            wait = min(wait * 2, MOST_LOOK)

    def _settles(self) -> float:
        """Tell when the effect can no longer appear: counted from the first look."""
        if self._settled is None:
            self._settled = anyio.current_time() + self.settle.seconds

        return self._settled


def _is_final(verdict: Happened[O] | NotHappened) -> bool:
    return isinstance(verdict, Happened) or verdict.is_final
