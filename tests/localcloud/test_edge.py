"""Visitors of the edge."""

from __future__ import annotations

import pytest

from esa_flows.localcloud import Fault

from .desk import desk


def test_each_environment_serves_its_own_version() -> None:
    """The listener says which environment a visitor sees."""
    made = desk()
    old = made.version(code=b'new Response("old")')
    new = made.version(code=b'new Response("new", { status: 201 })')
    made.deploy("production", {old: 100})
    made.deploy("staging", {new: 100})

    assert (made.visit().status, made.visit().body) == (200, b"old")
    assert (made.visit("staging").status, made.visit("staging").body) == (201, b"new")


def test_visits_are_split_by_the_shares() -> None:
    """About one in ten at ten per cent, and the report counts them."""
    made = desk()
    old = made.version(code=b'new Response("old")')
    new = made.version(code=b'new Response("new")')
    made.deploy("production", {new: 10, old: 90})
    for _ in range(1000):
        made.visit()

    visits = made.cloud.report().visits

    assert sum(visits.values()) == 1000
    assert 70 <= visits[f"hello/production/{new}"] <= 130


def test_unknown_hosts_get_a_page() -> None:
    """No routine, no answer."""
    assert desk().visit(host="example.com").status == 404


def test_an_empty_environment_gets_a_page() -> None:
    """Nothing was deployed."""
    assert b"Nothing is deployed in staging" in desk().visit("staging").body


def test_a_deleted_version_is_gone() -> None:
    """Only possible behind the cloud's back or with the guard off."""
    made = desk()
    version = made.version()
    made.deploy("production", {version: 100})
    made.cloud.console.delete_version("hello", version)

    assert made.visit().status == 503


@pytest.mark.parametrize("host", ["hello.localhost", "HELLO.localhost:8081"])
def test_browsers_reach_a_routine_by_name(host: str) -> None:
    """``localhost`` and its sub-domains are this machine everywhere."""
    made = desk()
    made.deploy("production", {made.version(): 100})

    assert made.visit(host=host).body == b"one"
    assert made.visit(host="other.localhost").status == 404


def test_a_fresh_record_wants_a_token() -> None:
    """For a while visitors get 401, unless they bring a preview token."""
    made = desk(fresh_edge_401=60.0)
    made.deploy("production", {made.version(): 100})
    token = made.ask("GetRoutineAccessToken", Name="hello")["Token"]
    told = [
        made.visit().status,
        made.visit(query=f"?esa_er_token={token}").status,
        made.visit(query="?esa_er_token=forged").status,
    ]
    made.seconds = 60.0

    assert [*told, made.visit().status] == [401, 200, 401, 200]


def test_a_new_split_may_travel() -> None:
    """Until it arrives the former one serves, or nothing did."""
    made = desk(edge_lag=5.0)
    made.deploy("production", {made.version(code=b'new Response("old")'): 100})
    first = made.visit().status
    made.seconds = 10.0
    made.deploy("production", {made.version(code=b'new Response("new")'): 100})
    during = made.visit().body
    made.seconds = 15.0

    assert (first, during, made.visit().body) == (404, b"old", b"new")


def test_the_serving_version_is_told_only_on_demand() -> None:
    """The header is invented, therefore off."""
    made = desk(serving_version_header="x-served-by")
    version = made.version()
    made.deploy("production", {version: 100})
    plain = desk()
    plain.deploy("production", {plain.version(): 100})

    assert made.visit().header("x-served-by") == version
    assert version not in str(plain.visit().headers)


def test_faults_strike_visits() -> None:
    """By routine and environment, in the edge's own shape."""
    made = desk()
    made.deploy("production", {made.version(): 100})
    made.cloud.inject(
        Fault(operation="edge", kind="error", routine="hello", env="production")
    )

    assert made.visit("staging").status == 404
    assert made.visit().status == 500
    assert made.visit().status == 200


def test_a_slow_visit_is_still_answered() -> None:
    """The carrier waits, the answer is true."""
    made = desk()
    made.deploy("production", {made.version(): 100})
    made.cloud.inject(Fault(operation="edge", kind="slow", seconds=2.0))
    reply = made.visit()

    assert (reply.delay, reply.body) == (2.0, b"one")


def test_answers_read_are_bounded() -> None:
    """Ten thousand bundles do not fill the memory."""
    made = desk()
    for index in range(600):
        code = f'new Response("{index}")'.encode()
        version = made.cloud.console.add_version("hello", code)
        made.cloud.console.deploy("hello", "production", {version: 100})
        made.visit()

    assert len(made.cloud._edge._answers) <= 512
