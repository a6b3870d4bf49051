"""Gates that are async functions: known by name, called, and held to an answer.

A function that raises, hangs, or answers what is no verdict gives an error: it never
ends a release by itself.
"""

import importlib
import inspect
import math
from collections.abc import Awaitable, Callable, Iterable
from functools import reduce
from typing import Any, TypedDict, Unpack, overload

import anyio
import anyio.to_thread
from attrs import define, evolve, field, frozen

from esa_flows.engine.failure import told
from esa_flows.errors import InvalidInput, Misuse
from esa_flows.gates.limits import Limits, Unsettled
from esa_flows.gates.python_check import PythonCheck
from esa_flows.gates.spec import At, Gate
from esa_flows.gates.verdict import Reading, Verdict
from esa_flows.gates.watched import Watched
from esa_flows.gates.words import given
from esa_flows.model import Duration

__all__ = ["Functions", "GateFunction", "gate"]

Body = Callable[[Watched], Awaitable[Reading | Verdict | bool]]

_MOST_REASON = 500


class Settings(TypedDict, total=False):
    """What a gate that is a function can be told; `Gate` and `Limits` say more."""

    name: str
    at: At | str
    timeout: Duration | str
    every: Duration | str
    count: int
    failure_limit: int
    error_limit: int
    inconclusive_limit: int
    on_inconclusive: Unsettled | str


@frozen
class GateFunction:
    """An async function that is a gate.

    Attributes:
        body: The function; given what is watched, it answers with a `Reading`, a
            `Verdict`, or whether it is good.
        name: What journals and files call it.
        gate: The gate that asks it.
    """

    body: Body = field()
    name: str = field()
    gate: Gate = field()

    @name.default
    def _qualified(self) -> str:
        module = getattr(self.body, "__module__", None) or "unknown"
        return (
            f"{module}:{getattr(self.body, '__qualname__', type(self.body).__name__)}"
        )

    @gate.default
    def _usual(self) -> Gate:
        return Gate(check=PythonCheck(function=self.name))

    @body.validator
    def _async(self, _: object, value: Any) -> None:
        if not _is_async(value):
            raise InvalidInput(
                f"{value!r} is no gate: it is not async.",
                next_move="Write: async def smoke(watched: Watched) -> Reading",
            )

    async def __call__(self, watched: Watched) -> Reading | Verdict | bool:
        """Call the function."""
        return await self.body(watched)


@overload
def gate(body: Body, /) -> GateFunction: ...


@overload
def gate(**settings: Unpack[Settings]) -> Callable[[Body], GateFunction]: ...


def gate(
    body: Body | None = None, /, **settings: Unpack[Settings]
) -> GateFunction | Callable[[Body], GateFunction]:
    """Make an async function of what is watched a gate.

    Args:
        body: The function, where the decorator is used without parentheses.
        settings: What journals and files call it, where it is read, and what it bears.

    Example:
        ``@gate(every="1m")`` above ``async def smoke(watched: Watched) -> Reading:``

    Raises:
        InvalidInput: It is not async, or a setting cannot be.
    """
    if body is not None:
        return GateFunction(body)

    return lambda body: _set(body, dict(settings))


def _set(body: Body, settings: dict[str, Any]) -> GateFunction:
    """Make a gate of a function and of what was said about it."""
    name = settings.pop("name", "")
    made = GateFunction(body, name) if name else GateFunction(body)
    at, timeout = settings.pop("at", None), settings.pop("timeout", None)
    check = PythonCheck(function=made.name, **given({"timeout": timeout}))
    limits = Limits(**settings)
    return evolve(made, gate=Gate(check=check, limits=limits, **given({"at": at})))


@define
class Functions:
    """The functions that this process knows; others are imported by their names."""

    _known: dict[str, GateFunction] = field(factory=dict)

    @classmethod
    def of(cls, functions: Iterable[GateFunction | Body]) -> "Functions":
        """Know some functions from the beginning."""
        found = cls()
        for function in functions:
            found.add(function)

        return found

    def add(self, function: GateFunction | Body) -> GateFunction:
        """Know a function from now on.

        Raises:
            InvalidInput: It is not async, or another one has its name.
        """
        made = function if isinstance(function, GateFunction) else gate(function)
        if self._known.setdefault(made.name, made).body is not made.body:
            raise InvalidInput(
                f"Two functions are called {made.name}.",
                next_move="Give one of them another name: @gate(name=...)",
            )

        return made

    async def find(self, name: str) -> GateFunction:
        """Give a function by its name; import it where it is not known.

        Raises:
            Misuse: There is none.
        """
        if name not in self._known:
            found = await anyio.to_thread.run_sync(_imported, name)
            self._known[name] = found

        return self._known[name]

    def __repr__(self) -> str:
        return f"<Functions [{', '.join(sorted(self._known))}]>"


async def call_function(
    function: GateFunction, check: PythonCheck, watched: Watched
) -> Reading:
    """Call a gate's function and give what it answers.

    Args:
        function: What to call.
        check: How long it may take.
        watched: What it is asked about.
    """
    with anyio.move_on_after(check.timeout.seconds):
        try:
            return reading_of(await function(watched), check.function)
        except Exception as error:  # noqa: BLE001  whatever it raises is no verdict
            return _error(f"{check.function} raised {told(error)}")

    return _error(f"{check.function} gave no verdict within {check.timeout}.")


def reading_of(value: Any, name: str) -> Reading:
    """Make a reading of what a function answered: pure.

    Args:
        value: What it answered.
        name: What it is called.
    """
    if isinstance(value, bool):
        value = Verdict.PASS if value else Verdict.FAIL

    if isinstance(value, Verdict):
        return Reading(verdict=value, reason=f"{name} says {value}.")

    if not isinstance(value, Reading) or not isinstance(value.verdict, Verdict):
        return _error(f"{name} gave {_cut(repr(value))}, which is no verdict.")

    odd = [key for key, fact in value.facts.items() if not _is_fact(key, fact)]
    if odd:
        return _error(f"{name} gave a fact that cannot be recorded: {odd[0]!r}.")

    return evolve(value, reason=_cut(str(value.reason)), facts=dict(value.facts))


def _is_fact(key: object, fact: object) -> bool:
    if not isinstance(key, str) or not isinstance(fact, str | int | float):
        return False

    return not isinstance(fact, float) or math.isfinite(fact)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_REASON else f"{line[:_MOST_REASON]}…"


def _error(reason: str) -> Reading:
    return Reading(verdict=Verdict.ERROR, reason=_cut(reason))


def _is_async(value: Any) -> bool:
    return inspect.iscoroutinefunction(value) or inspect.iscoroutinefunction(
        getattr(value, "__call__", None)  # noqa: B004  an object with an async call
    )


def _imported(name: str) -> GateFunction:
    """Import a function by `module:function`."""
    module, _, path = name.partition(":")
    found: Any
    try:
        found = reduce(getattr, path.split("."), importlib.import_module(module))
    except Exception as error:
        raise Misuse(
            f"The gate function {name} is not known here: {told(error)}.",
            next_move="Give it in Parts(gates=...), or make its module importable, for"
            " example with PYTHONPATH.",
        ) from error

    return found if isinstance(found, GateFunction) else GateFunction(found, name)
