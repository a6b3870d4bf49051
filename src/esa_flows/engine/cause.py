"""Which of several errors decides: what runs side by side fails side by side.

A step may use a task group, and then raises a group. What is decided after a failed
attempt is decided by the one error in it that asks for the most care.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from esa_flows.errors import (
    Aborted,
    AccountBlocked,
    CallError,
    Executed,
    JournalError,
    LeaseLost,
    Misuse,
)

__all__ = ["STOPPING", "cause", "leaves", "one_error"]

STOPPING = (AccountBlocked, JournalError, LeaseLost)
"""Errors a flow can do nothing about: the run stops where it is."""


def cause(error: Exception) -> Exception:
    """Give the error that decides: of a group the gravest, else the error itself.

    Gravest is what stops the run, then misuse and abort, then an unknown outcome,
    then a definite answer, then trouble that may pass.
    """
    if not isinstance(error, ExceptionGroup):
        return error

    return max((e for e in leaves(error) if isinstance(e, Exception)), key=_gravity)


@asynccontextmanager
async def one_error() -> AsyncIterator[None]:
    """Raise the gravest error of tasks that ran side by side, and no group of them."""
    try:
        yield
    except ExceptionGroup as group:
        raise cause(group) from None


def leaves(error: BaseException) -> Iterator[BaseException]:
    """Give the errors of a group, of the groups in it, and so on; or the error."""
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return

    for inner in error.exceptions:
        yield from leaves(inner)


def _gravity(error: Exception) -> int:
    if isinstance(error, STOPPING):
        return 4

    if isinstance(error, Aborted | Misuse):
        return 3

    if not (isinstance(error, CallError) and error.transient):
        return 1

    return 2 if error.executed is Executed.UNKNOWN else 0
