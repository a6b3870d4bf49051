"""Visitors of the edge."""

from __future__ import annotations

import pytest
from attrs import evolve

from esa_flows.localcloud import CloudError, Fault, Request
from esa_flows.localcloud.routine import EnvConf
from esa_flows.localcloud.values import Listener

from .desk import Desk, dcdn_desk, desk


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


def area_visit(made: Desk, host: str, area: str, env: str = "production") -> bytes:
    """Visit from an area."""
    headers = (("host", host), ("x-edge-area", area))
    listener: Listener = "edge-production" if env == "production" else "edge-staging"
    request = Request(method="GET", target="/", headers=headers, listener=listener)
    return made.cloud.handle(request).body


def test_areas_have_their_own_revision() -> None:
    """Where one is live there; the others get production's."""
    made = dcdn_desk()
    old, new = made.revision(b'new Response("old")'), made.revision()
    console = made.cloud.console
    made.cloud.state.functions = {
        ("2", "other"): evolve(console.function("hello"), name="other", envs={}),
        **made.cloud.state.functions,
    }
    console.function("hello").envs["staging"] = EnvConf(hosts=("a.example.com",))
    console.publish("hello", old, "production", "staging")
    console.publish("hello", new, "presetCanaryJilin")

    assert area_visit(made, "a.example.com", "presetCanaryJilin") == b"one"
    assert area_visit(made, "hello.dcdn.localhost", "presetCanaryJilin") == b"one"
    assert area_visit(made, "a.example.com", "presetCanaryHenan") == b"old"
    assert area_visit(made, "a.example.com", "staging") == b"old"
    assert area_visit(made, "a.example.com", "presetCanaryJilin", "staging") == b"old"


def test_esa_knows_no_areas() -> None:
    """Its splits are of percentages."""
    made = desk()
    made.deploy("production", {made.version(): 100})
    made.deploy("staging", {made.version(code=b'new Response("staged")'): 100})
    host = made.cloud.console.routine("hello").record

    assert area_visit(made, host, "staging") == b"one"


def test_names_of_the_other_cloud_are_not_found() -> None:
    """Each has its own place below this machine's name."""
    made = dcdn_desk()

    assert made.visit(host="hello.localhost").status == 404
    assert made.visit(host="other.dcdn.localhost").status == 404


def test_several_hosts_may_be_bound() -> None:
    """Each leads to its own routine."""
    made = desk()
    site = str(made.cloud.console.add_site("example.com"))
    made.cloud.console.routine("other")
    for name in ("other", "hello"):
        host = f"{name}.example.com"
        asked = {"Name": name, "SiteId": site, "RecordName": host}
        made.ask("CreateRoutineRelatedRecord", **asked)

    made.deploy("production", {made.version(): 100})

    assert made.visit(host="hello.example.com").body == b"one"
    assert made.visit(host="other.example.com").status == 404


def test_what_cannot_be_read_is_refused_in_words() -> None:
    """Visitors see no codes."""
    made = desk()
    request = Request(method="POST", target="/", listener="edge-staging")
    reply = made.cloud.refuse(request, CloudError("EntityTooLarge", "Too much."))

    assert (reply.status, reply.body) == (400, b"Too much.")
