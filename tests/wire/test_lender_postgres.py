"""What is PostgreSQL's own among the lenders; the rule is in the suite of lenders."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest

from esa_flows.errors import InvalidInput, NotSent
from esa_flows.wire.lender_postgres import PostgresLender
from esa_flows.wire.lending import Ask, Terms
from esa_flows.wire.store_address import StoreAddress

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]

ASK = Ask(
    gate="postgres-only", owner=1, terms=Terms(period=1.0, rest=0.0, birth=0.0), slots=1
)


def lender_at(url: str) -> PostgresLender:
    """Give a lender at an address."""
    return PostgresLender(StoreAddress.of(url), 5.0)


@pytest.fixture
def schema(postgres_url: str) -> Iterator[str]:
    """Give the address of an empty corner of a database."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA corner")
        yield f"{postgres_url}?options=-csearch_path%3Dcorner"
        connection.execute("DROP SCHEMA corner CASCADE")


def test_tables_are_made_once_whoever_comes_first(schema: str) -> None:
    """Several clients may come at the same moment."""
    lenders = [lender_at(schema) for _ in range(4)]
    found: list[int] = []
    threads = [
        threading.Thread(
            target=lambda each=each: found.append(each.lend(ASK).in_flight)
        )
        for each in lenders
    ]
    for thread in threads:
        thread.start()

    for thread in threads:
        thread.join()

    for lender in lenders:
        lender.close()

    assert len(found) == 4


def test_slots_of_another_form_are_left_alone(schema: str) -> None:
    """Whoever keeps them there would not see ours."""
    lender = lender_at(schema)
    lender.lend(ASK)
    lender.close()
    with psycopg.connect(schema, autocommit=True) as connection:
        connection.execute("UPDATE esa_flows_cap_form SET form = 99")

    with pytest.raises(InvalidInput, match="another version of esa-flows"):
        lender.lend(ASK)


def test_a_user_without_rights_is_told_so(postgres_url: str) -> None:
    """Waiting would not help."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA closed")
        connection.execute("CREATE ROLE bob LOGIN")
        connection.execute("GRANT USAGE ON SCHEMA closed TO bob")

    url = postgres_url.replace("ann", "bob") + "?options=-csearch_path%3Dclosed"
    with pytest.raises(InvalidInput, match="permission denied") as caught:
        lender_at(url).lend(ASK)

    assert "the right to make tables" in caught.value.next_move


def test_a_server_that_hangs_is_cut_off(schema: str) -> None:
    """The driver waits without end; another thread ends that."""
    lender = lender_at(schema)
    lender.lend(ASK)
    with psycopg.connect(schema) as other:
        other.execute("SELECT * FROM esa_flows_cap_gates FOR UPDATE")
        timer = threading.Timer(0.2, lender.interrupt)
        timer.start()
        with pytest.raises(NotSent, match="cannot be asked"):
            lender.lend(ASK)

        timer.join()

    lender.interrupt()
    back = lender.lend(ASK)
    lender.close()

    assert back.in_flight >= 1
