"""Keep slots in PostgreSQL, by a function there that reads the server's clock."""

from __future__ import annotations

import contextlib
import importlib
import os
import socket
from importlib import resources
from typing import Any

from attrs import define, field

from esa_flows.wire.lending import FORM, Ask, Given
from esa_flows.wire.store_address import StoreAddress
from esa_flows.wire.store_trouble import lost, no_driver, other_form, refused

__all__ = ["PostgresLender"]

_LEND = (
    "SELECT esa_flows_cap_lend(%s, %s::bigint[], %s::bigint[], %s::bigint[],"
    " %s::bigint[])"
)
# By the catalogue's rows: names that were not found before are remembered as missing.
_IS_THERE = (
    "SELECT EXISTS (SELECT FROM pg_catalog.pg_class"
    " WHERE relname = 'esa_flows_cap_form' AND pg_table_is_visible(oid))"
)
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('esa_flows_cap_form'))"
_HABITS = "SET default_transaction_isolation TO 'read committed'"


@define(eq=False, repr=False)
class PostgresLender:
    """Lends slots that are kept in PostgreSQL; a `Lender`.

    Args:
        address: Where it is.
        patience: Seconds within which a connection is made.
    """

    _address: StoreAddress
    _patience: float
    _connection: Any = field(default=None, init=False)

    def __repr__(self) -> str:
        return f"<PostgresLender {self._address}>"

    def lend(self, ask: Ask) -> Given:
        """Make one trip; see `Lender.lend`."""
        driver = _driver()
        try:
            connection = self._connection or self._begin(driver)
            back = list(map(list, zip(*ask.returned(), strict=True))) or [[], [], []]
            found = connection.execute(_LEND, [ask.gate, ask.numbers(), *back])
            return Given.read(found.fetchone()[0])
        except driver.Error as error:
            self.close()
            raise _told(driver, self._address, error) from None

    def interrupt(self) -> None:
        """Cut the connection under a trip that hangs; called from another thread.

        The driver waits for an answer without end, and a server that is stopped still
        acknowledges what it is sent.
        """
        connection = self._connection
        if connection is None:
            return

        # By a number of our own: closing it leaves the driver's alone.
        with (
            contextlib.suppress(OSError, _driver().Error),
            socket.socket(fileno=os.dup(connection.fileno())) as wire,
        ):
            wire.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connection; the next trip makes a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _begin(self, driver: Any) -> Any:
        self._connection = connection = driver.connect(
            self._address.url.reveal(),
            autocommit=True,
            connect_timeout=max(2, int(self._patience)),
            # Statements that are kept would not be found through a pool of sessions.
            prepare_threshold=None,
            application_name="esa-flows",
        )
        connection.execute(_HABITS)
        if not _is_there(connection):
            _make(connection)

        row = connection.execute("SELECT form FROM esa_flows_cap_form").fetchone()
        if row != (FORM,):
            self.close()
            raise other_form(self._address)

        return connection


def _is_there(connection: Any) -> bool:
    return bool(connection.execute(_IS_THERE).fetchone()[0])


def _make(connection: Any) -> None:
    """Make tables and functions, unless somebody else does at this moment."""
    text = resources.files("esa_flows.wire").joinpath("lender_postgres.sql")
    with connection.transaction():
        connection.execute(_ONE_AT_A_TIME)
        if _is_there(connection):
            return

        connection.execute(text.read_text(encoding="utf-8"))
        connection.execute("INSERT INTO esa_flows_cap_form VALUES (%s)", [FORM])


def _told(driver: Any, address: StoreAddress, error: Exception) -> Exception:
    if isinstance(error, driver.ProgrammingError):
        return refused(address, error)

    return lost(address, error)


def _driver() -> Any:
    try:
        return importlib.import_module("psycopg")
    except ImportError:
        raise no_driver("psycopg", "postgres") from None
