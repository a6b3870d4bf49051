"""A flow: an async function that composes steps.

Its body may run many times, once in every process that resumes the run, so it uses the
primitives of its context only. What they did is replayed from the journal; anything a
flow does beside them happens again.
"""

import inspect
import typing
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any, TypeVar, overload

from attrs import field, frozen

from esa_flows.engine.context import Context
from esa_flows.engine.work import Work, check_body, checked_name

__all__ = ["Flow", "flow"]

I = TypeVar("I")  # noqa: E741  the field's letter for an input type
O = TypeVar("O")  # noqa: E741  the field's letter for an output type

Body = Callable[[Context, I], Awaitable[O]]


@frozen(kw_only=True, eq=False, repr=False)
class Flow(Work[I, O]):
    """An ordered composition of steps.

    Attributes:
        name: Its name in the journal.
        version: Raised by the author when its meaning changes.
        body: The function itself.
    """

    name: str = field(converter=checked_name)
    version: int = 1
    body: Body[I, O]

    def __attrs_post_init__(self) -> None:
        check_body("Flow", self.name, self.body)

    def __repr__(self) -> str:
        return f"<Flow {self.name} v{self.version}>"

    @cached_property
    def input(self) -> Any:
        """The type its input is read back from the journal as."""
        names = list(inspect.signature(self.body).parameters)
        return typing.get_type_hints(self.body).get(names[1], Any)

    @cached_property
    def output(self) -> Any:
        """The type its output is read back from the journal as."""
        return typing.get_type_hints(self.body).get("return", Any)


@overload
def flow(body: Body[I, O]) -> Flow[I, O]: ...


@overload
def flow(*, name: str = "", version: int = 1) -> Callable[[Body[I, O]], Flow[I, O]]: ...


def flow(
    body: Body[I, O] | None = None, *, name: str = "", version: int = 1
) -> Flow[I, O] | Callable[[Body[I, O]], Flow[I, O]]:
    """Make an async function of `(ctx, input)` a flow.

    Args:
        body: The function, where the decorator is used without parentheses.
        name: Its name in the journal; the function's name by default.
        version: Raise it when the meaning of the flow changes.
    """

    def declare(body: Body[I, O]) -> Flow[I, O]:
        return Flow(
            name=name or getattr(body, "__name__", ""), version=version, body=body
        )

    return declare if body is None else declare(body)
