"""A strand: one line of a flow's work, on which one thing happens after the other.

A flow is one strand; each branch of a `gather` is one of its own. What ends a strand's
work from without, an abort of the run or a timeout around it, is a row of the journal.
It reaches the strand as an error, once, at the first primitive that had no outcome
before that row, so that a replay meets it at the same place. What the strand does then,
such as going back, is not disturbed by it again.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType

import anyio
from attrs import define, field

from esa_flows.engine.history import Past
from esa_flows.engine.run import Interruption, Run
from esa_flows.engine.work import Identity
from esa_flows.errors import DuplicateStep, EsaFlowsError, StepChanged

__all__ = ["Strand"]


@define(eq=False)
class Strand:
    """One line of a flow's work in this process.

    Attributes:
        run: The run it belongs to.
    """

    run: Run
    _open: list[Interruption]
    _used: set[str] = field(factory=set)
    _met: list[tuple[EsaFlowsError, Interruption]] = field(factory=list, init=False)

    @classmethod
    def first(cls, run: Run) -> "Strand":
        """Make the strand that a run begins with."""
        return cls(run, [run.abort])

    def __repr__(self) -> str:
        return f"<Strand of {self.run.id}>"

    def branch(self) -> "Strand":
        """Make a strand beside this one: what this one has met does not reach it."""
        return Strand(self.run, list(self._open), self._used)

    def joined(self, branch: "Strand", error: BaseException) -> None:
        """Count as met here what a branch met and raised."""
        for met, interruption in branch._met:  # noqa: SLF001  of the same class
            if met is error and interruption in self._open:
                self._meet(interruption, met)

    # --- identities

    def past(self, identity: str) -> Past:
        """Give what is recorded of a primitive."""
        return self.run.history.past(identity)

    def claim(self, identity: Identity, path: tuple[str, ...] = ()) -> str:
        """Take an identity, which no other use in this run may have.

        Args:
            identity: What is to be done.
            path: Where, in case the identity does not say it.

        Returns:
            Its text.

        Raises:
            DuplicateStep: It was taken before.
        """
        name = str(identity)
        full = "/".join((*path, name)) if path else name
        if full in self._used:
            raise DuplicateStep(
                f"{full} is used twice in run {self.run.id}"
                f" of the flow {self.run.flow!r}.",
                next_move="Give each use its own key=, or round= for a restart.",
            )

        self._used.add(full)
        return name

    def refuse_version(self, identity: str, version: int) -> None:
        """Refuse code that is not the one that was recorded.

        Raises:
            StepChanged: It has another version.
        """
        past = self.past(identity)
        if past.input and past.version != version:
            raise StepChanged(
                f"Step {identity} of run {self.run.id} was recorded in version"
                f" {past.version}; this code has version {version}.",
                next_move="Finish or abort the run with the code that began it, or end"
                f" it where it is with: esa-flows abort {self.run.id} --keep",
            )

    def refuse_input(self, identity: str, digest: str) -> None:
        """Refuse an input that is not the one that was recorded.

        Raises:
            StepChanged: It has another digest.
        """
        past = self.past(identity)
        if past.input and past.input != digest:
            raise StepChanged(
                f"Step {identity} of run {self.run.id} was recorded with input"
                f" {past.input[:12]}…; it is now asked for with {digest[:12]}….",
                next_move="Finish or abort the run with the input that it began with,"
                f" or end it where it is with: esa-flows abort {self.run.id} --keep",
            )

    # --- interruptions

    @contextmanager
    def within(self, interruption: Interruption) -> Iterator[None]:
        """Let something interrupt what is done inside."""
        self._open.append(interruption)
        try:
            yield
        finally:
            self._forget(interruption)

    def awaits(self, interruption: Interruption) -> bool:
        """Tell whether this strand has still to meet something, should it happen."""
        return interruption in self._open

    @property
    def is_interrupted(self) -> bool:
        """Whether something happened that this strand has still to meet."""
        for found in self._open:  # noqa: SIM110  asked around every step: any() is slow
            if found.seq:
                return True

        return False

    def precedes(self, seq: int) -> bool:
        """Tell whether something that this strand has not met comes before a row."""
        return any(0 < found.seq < seq for found in self._open)

    def deliver(self, before: int | None = None) -> None:
        """Raise what this strand has to meet, once.

        Args:
            before: Only what comes before this row; None for everything.

        Raises:
            EsaFlowsError: `Aborted`, or `DeadlineExceeded` of a timeout.
        """
        if not self.is_interrupted:
            return

        first = min(
            (found for found in self._open if found.seq), key=lambda found: found.seq
        )
        if before is None or first.seq < before:
            error = first.error()
            self._meet(first, error)
            raise error

    def has_met(self, error: BaseException) -> bool:
        """Tell whether an error is one that this strand was to meet."""
        return any(met is error for met, _ in self._met)

    def meet(self, identity: str) -> None:
        """Raise what comes before an outcome just recorded: there a replay will."""
        if self.is_interrupted:
            self.deliver(before=self.past(identity).seq)

    def interruptible(self) -> AbstractContextManager[anyio.CancelScope]:
        """Let an abort or a timeout end this wait, unless it shields itself."""
        return _Wait(self)

    def _meet(self, interruption: Interruption, error: EsaFlowsError) -> None:
        interruption.is_met = True
        self._forget(interruption)
        self._met.append((error, interruption))

    def _forget(self, interruption: Interruption) -> None:
        if interruption in self._open:
            self._open.remove(interruption)


@define(eq=False)
class _Wait(AbstractContextManager[anyio.CancelScope]):
    """A wait of a strand; known to its run for as long as it lasts."""

    _strand: Strand
    _scope: anyio.CancelScope = field(factory=anyio.CancelScope, init=False)

    def __enter__(self) -> anyio.CancelScope:
        self._strand.run.waits[self._scope] = self._strand.awaits
        return self._scope.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        where: TracebackType | None,
    ) -> bool:
        del self._strand.run.waits[self._scope]
        return self._scope.__exit__(kind, raised, where)
