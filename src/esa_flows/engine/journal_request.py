"""Something asked of the journal's tables, and what came of it."""

import sqlite3
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar, cast

from attrs import define, field

from esa_flows.errors import EsaFlowsError, InvalidInput

__all__ = ["UNFIT", "RefusedError", "Request"]

T = TypeVar("T")

# Values that no table can take: the fault of the one who gave them.
UNFIT = (
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    OverflowError,
    UnicodeEncodeError,
)


class Served(Protocol):
    """The tables, as a request sees them."""

    @property
    def source(self) -> str:
        """The file's name, for errors."""
        ...

    def flush(self) -> None:
        """Write what waits to be written."""
        ...


class RefusedError(Exception):
    """One of the requests of a transaction was refused: undo it."""


@define(eq=False)
class Request(Generic[T]):
    """Something asked of the tables, and what came of it.

    Attributes:
        work: What to do with the tables.
        writes: Whether it writes.
    """

    work: Callable[[Any], T]
    writes: bool
    _answer: T | None = field(default=None, init=False)
    _error: EsaFlowsError | None = field(default=None, init=False)

    def serve(self, tables: Served) -> None:
        """Do it and keep the answer, or the error that is its own."""
        self._error = None
        try:
            self._answer = self.work(tables)
        except EsaFlowsError as error:
            self._error = error

    def serve_apart(self, tables: Served) -> None:
        """Do it wholly, up to the tables: their error is its own too."""
        try:
            self.serve(tables)
            tables.flush()
        except UNFIT as error:
            self._error = InvalidInput(
                f"The journal {tables.source} cannot hold what it was given: {error}."
            )

    def fail(self, error: EsaFlowsError) -> None:
        """Forget the answer: what all of the transaction met is its outcome too."""
        self._error = type(error)(error.message, next_move=error.next_move)
        self._error.__cause__ = error.__cause__

    def refuse_all(self) -> None:
        """Undo the transaction where a request that writes was refused in it.

        Raises:
            RefusedError: It was.
        """
        if self.refused and self.writes:
            raise RefusedError

    @property
    def refused(self) -> bool:
        """Whether it met an error."""
        return self._error is not None

    def result(self) -> T:
        """Give the answer.

        Raises:
            EsaFlowsError: What it met instead.
        """
        if self._error is not None:
            raise self._error

        return cast("T", self._answer)  # served, and not refused
