"""A step: one named async piece of a flow whose outcome is recorded once.

Every step says what it does to the world, because what may be done after a crash
depends on it:

* a *read* changes nothing and may be repeated;
* an *idempotent* step reaches the same state however often it is done;
* a *guarded* step may not be repeated blindly: it brings a `reconcile` that finds out
  from the provider's state whether the effect happened already.

There is no default: a forgotten word must not become a blind repeat.
"""

import enum
import typing
from collections.abc import Awaitable, Callable, Iterable
from functools import cached_property
from typing import Any, Generic, TypeVar

from attrs import Attribute, field, frozen

from esa_flows.engine.context import Context
from esa_flows.engine.retry import Retry
from esa_flows.engine.work import Work, check_body, checked_name
from esa_flows.errors import Conflict, StepMisuse
from esa_flows.model import Duration
from esa_flows.wire.permit import Verb

__all__ = [
    "Chain",
    "Effect",
    "Happened",
    "Intent",
    "NotHappened",
    "Step",
    "Verdict",
    "step",
]

I = TypeVar("I")  # noqa: E741  the field's letter for an input type
O = TypeVar("O")  # noqa: E741  the field's letter for an output type
P = TypeVar("P")
T = TypeVar("T")

Body = Callable[[Context, I], Awaitable[O]]


class Effect(enum.Enum):
    """What a step does to the world."""

    READ = "read"
    IDEMPOTENT = "idempotent"
    GUARDED = "guarded"


@frozen
class Happened(Generic[T]):
    """The effect is there: adopt it.

    Attributes:
        value: What the step would have returned.
    """

    value: T


@frozen(kw_only=True)
class NotHappened:
    """The effect is not there (yet).

    Attributes:
        is_final: Whether it cannot appear any more, so that nobody needs to wait.
    """

    is_final: bool = False


@frozen(kw_only=True)
class Intent:
    """What the journal knows of the earlier attempts when `reconcile` is asked.

    Attributes:
        attempts: How many attempts were begun, in this process and before.
    """

    attempts: int


Verdict = Happened[O] | NotHappened | Conflict
Reconcile = Callable[[Context, I, Intent], Awaitable[Verdict[O]]]


@frozen(kw_only=True, eq=False, repr=False)
class Step(Work[I, O]):
    """One named async piece of a flow.

    Attributes:
        name: Its name in the journal.
        version: Raised by the author when its meaning changes.
        effect: What it does to the world.
        calls: The verbs it may use; any other is refused before it is signed.
        body: The function itself.
        reconcile: Finds out whether the effect happened; guarded steps only.
        retry: Which troubles are tried again, how often and for how long.
        settle: How long an effect that is not seen may still appear.
        timeout: Longest time of one attempt; None for as long as its calls take.
        ephemeral: Whether its value lives in the process only: the journal gets its
            facts, and a resumed run does the step again if it needs the value.
    """

    name: str = field(converter=checked_name)
    version: int = 1
    effect: Effect
    calls: frozenset[Verb]
    body: Body[I, O]
    reconcile: Reconcile[I, O] | None = None
    retry: Retry = Retry()
    settle: Duration | None = None
    timeout: Duration | None = None
    ephemeral: bool = False

    def __attrs_post_init__(self) -> None:
        check_body("Step", self.name, self.body)
        mutating = sorted(verb.name for verb in self.calls if verb.mutates)
        if self.effect is Effect.READ and mutating:
            raise StepMisuse(
                f"Step {self.name!r} is declared as a read but calls"
                f" {', '.join(mutating)}, which changes the provider's state.",
                next_move="Declare it @step.guarded(...) or @step.idempotent(...).",
            )

        if self.effect is Effect.GUARDED and self.reconcile is None:
            raise StepMisuse(
                f"Step {self.name!r} is guarded by nothing: it has no reconcile, and"
                " would be repeated blindly.",
            )

    def __repr__(self) -> str:
        return f"<Step {self.name} v{self.version} {self.effect.value}>"

    def __rshift__(self, after: "Step[O, P]") -> "Chain[I, P]":
        """Chain with a step whose input is this step's output."""
        return Chain(steps=(self, after))

    @cached_property
    def output(self) -> Any:
        """The type its outcome is read back from the journal as."""
        return typing.get_type_hints(self.body).get("return", Any)


def _steps_only(_: Any, __: "Attribute[Any]", works: tuple[Any, ...]) -> None:
    for work in works:
        if not isinstance(work, Step):
            raise StepMisuse(
                f"{work!r} is no step, so it cannot follow in a chain.",
                next_move="Chain from left to right; compose all else in an @flow.",
            )


@frozen(kw_only=True, eq=False, repr=False)
class Chain(Work[I, O]):
    """Steps in a row, each fed with the output of the one before.

    Attributes:
        steps: Two steps or more.
    """

    steps: tuple[Step[Any, Any], ...] = field(validator=_steps_only)

    def __rshift__(self, after: Step[O, P]) -> "Chain[I, P]":
        """Add a step whose input is this chain's output."""
        return Chain(steps=(*self.steps, after))

    def __repr__(self) -> str:
        return f"<Chain {' >> '.join(step.name for step in self.steps)}>"


class _Declare:
    """The three ways to declare a step: `step.read`, `.idempotent`, `.guarded`."""

    def read(
        self,
        *,
        calls: Iterable[Verb] = (),
        name: str = "",
        version: int = 1,
        retry: Retry | None = None,
        timeout: Duration | str | None = None,
        ephemeral: bool = False,
    ) -> Callable[[Body[I, O]], Step[I, O]]:
        """Declare a step that changes nothing and may be repeated.

        Args:
            calls: Verbs of the port it may use.
            name: Its name in the journal; the function's name by default.
            version: Raise it when the meaning of the step changes.
            retry: Which troubles are tried again.
            timeout: Longest time of one attempt.
            ephemeral: Whether the value stays out of the journal.
        """
        return _declared(
            Effect.READ,
            calls,
            name,
            version,
            retry=retry,
            timeout=timeout,
            ephemeral=ephemeral,
        )

    def idempotent(
        self,
        *,
        calls: Iterable[Verb] = (),
        name: str = "",
        version: int = 1,
        retry: Retry | None = None,
        timeout: Duration | str | None = None,
        ephemeral: bool = False,
    ) -> Callable[[Body[I, O]], Step[I, O]]:
        """Declare a step that reaches the same end state however often it is done.

        Args: as `read`.
        """
        return _declared(
            Effect.IDEMPOTENT,
            calls,
            name,
            version,
            retry=retry,
            timeout=timeout,
            ephemeral=ephemeral,
        )

    def guarded(
        self,
        *,
        reconcile: Reconcile[I, O],
        calls: Iterable[Verb] = (),
        name: str = "",
        version: int = 1,
        retry: Retry | None = None,
        settle: Duration | str | None = None,
        timeout: Duration | str | None = None,
        ephemeral: bool = False,
    ) -> Callable[[Body[I, O]], Step[I, O]]:
        """Declare a step that must not be repeated blindly.

        Args:
            reconcile: Tells from the provider's state whether the effect happened
                (`Happened`), did not (`NotHappened`), or something else did
                (`Conflict`). Asked before the step is ever done again.
            calls: Verbs of the port it may use, those of `reconcile` included.
            name: Its name in the journal; the function's name by default.
            version: Raise it when the meaning of the step changes.
            retry: Which troubles are tried again.
            settle: How long an effect that is not seen may still appear; the
                engine's setting by default.
            timeout: Longest time of one attempt.
            ephemeral: Whether the value stays out of the journal.
        """
        return _declared(
            Effect.GUARDED,
            calls,
            name,
            version,
            retry=retry,
            timeout=timeout,
            ephemeral=ephemeral,
            reconcile=reconcile,
            settle=None if settle is None else Duration.of(settle),
        )


def _declared(
    effect: Effect,
    calls: Iterable[Verb],
    name: str,
    version: int,
    *,
    retry: Retry | None,
    timeout: Duration | str | None,
    **more: Any,
) -> Callable[[Body[I, O]], Step[I, O]]:
    def declare(body: Body[I, O]) -> Step[I, O]:
        return Step(
            name=name or getattr(body, "__name__", ""),
            version=version,
            effect=effect,
            calls=frozenset(calls),
            body=body,
            retry=retry or Retry(),
            timeout=None if timeout is None else Duration.of(timeout),
            **more,
        )

    return declare


step = _Declare()
