"""What was seen of a routine a moment ago, so that one look answers several questions.

A look may be used again for a second, and until something is changed: that is as fresh
as a look that has to wait for its answer on a slow line. Its age counts from when it
was sent, by a clock that also runs while the machine sleeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio
from attrs import define, field

from esa_flows.model import Routine
from esa_flows.wire.permit import Permit, Verb

__all__ = ["FRESH", "Sight", "Stamp"]

FRESH = 1.0
"""Seconds for which a look is as good as a new one."""


@define(eq=False)
class Stamp:
    """A permit that notes when it let a call pass.

    Attributes:
        at: When; None while it did not.
    """

    _permit: Permit
    _clock: Callable[[], float]
    at: float | None = field(default=None, init=False)

    def __call__(self, verb: Verb) -> None:
        """Let the call pass as the permit does."""
        self._permit(verb)
        self.at = self._clock()


@define(eq=False, repr=False)
class Sight:
    """What the copies of one cloud saw last of each routine.

    Attributes:
        clock: Seconds that also pass while the machine sleeps.
    """

    clock: Callable[[], float] = anyio.current_time
    _seen: dict[str, tuple[float, Routine]] = field(factory=dict, init=False)

    def __repr__(self) -> str:
        return f"<Sight [routines: {len(self._seen)}]>"

    def stamp(self, permit: Permit) -> Stamp:
        """Give a permit that notes when a look is sent.

        Args:
            permit: What it asks itself.
        """
        return Stamp(permit, self.clock)

    def note(self, routine: Routine, stamp: Stamp) -> None:
        """Take in what a look showed.

        Args:
            routine: The routine as seen.
            stamp: Knows when it was sent.
        """
        if stamp.at is None:
            return

        self._seen.pop(routine.name, None)
        self._seen[routine.name] = stamp.at, routine
        self._drop_old()

    def fresh(self, name: str) -> Routine | None:
        """Give what was seen within the last second; None where nothing was.

        Args:
            name: The routine's name.
        """
        at, routine = self._seen.get(name, (0.0, None))
        return routine if routine and self.clock() - at < FRESH else None

    @contextmanager
    def changing(self, name: str) -> Iterator[None]:
        """Forget what was seen, for it is being changed.

        Args:
            name: The routine's name.
        """
        try:
            yield
        finally:
            self._seen.pop(name, None)

    def _drop_old(self) -> None:
        """Keep no more than was seen within the last second: the oldest stand first."""
        now = self.clock()
        while self._seen:
            name = next(iter(self._seen))
            if now - self._seen[name][0] < FRESH:
                return

            del self._seen[name]
