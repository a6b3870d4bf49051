"""Give the gates that a call passes, in their order; made when the first one comes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from attrs import define, field

from esa_flows.wire.gate import Gate

__all__ = ["Way"]


@define(eq=False, repr=False)
class Way:
    """The gates that calls of one operation pass; one for all of them.

    Args:
        names: What the gates are called.
        make: Gives a gate by its name: the one that is there, or a new one.
        clock: Seconds on the gates' clock.

    Attributes:
        gates: The gates themselves; none until `open` was awaited.
    """

    _names: tuple[str, ...]
    _make: Callable[[str], Awaitable[Gate]]
    clock: Callable[[], float]
    gates: tuple[Gate, ...] = field(default=(), init=False)

    async def open(self) -> tuple[Gate, ...]:
        """Make the gates that are not there, and give all.

        Raises:
            NotSent: Their slots cannot be asked for.
            InvalidInput: Their slots cannot be shared as they are found.
        """
        gates = [await self._make(name) for name in self._names]
        self.gates = tuple(gates)
        return self.gates
