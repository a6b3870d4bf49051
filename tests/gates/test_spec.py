"""Gates as users give them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from tests.gates import some_gates

from esa_flows.engine.codec import decode, digest_of, encode
from esa_flows.errors import InvalidInput
from esa_flows.gates.command_check import CommandCheck
from esa_flows.gates.expect import Expect
from esa_flows.gates.http_check import HttpCheck
from esa_flows.gates.limits import Limits, Unsettled
from esa_flows.gates.prometheus_check import PrometheusCheck
from esa_flows.gates.python_check import PythonCheck
from esa_flows.gates.spec import At, Check, Gate, gates_of
from esa_flows.model import Environment


@given(some_gates.gates)
def test_a_gate_is_its_text(gate: Gate) -> None:
    """What people read is the gate again, whatever characters are in it."""
    assert gate == Gate.parse(str(gate))


@given(some_gates.gates)
def test_a_gate_is_its_record(gate: Gate) -> None:
    """What the journal holds is the gate again, and counts as an input."""
    assert gate == decode(encode(gate), Gate)
    assert digest_of(gate) == digest_of(decode(encode(gate), Gate))


@pytest.mark.parametrize(
    ("text", "name", "at"),
    [
        ("http:/health", "health", At.BOTH),
        ("http:/", "http", At.BOTH),
        ("http:/a/b?c=d", "a-b", At.BOTH),
        ("https://www.example.com", "http", At.BOTH),
        ("command: ./smoke.sh --fast", "smoke.sh", At.PRODUCTION),
        ("python:checks.edge:smoke", "smoke", At.PRODUCTION),
        ("prometheus:https://p.example query=up min=1", "prometheus", At.PRODUCTION),
        ("at=staging name=first command: true", "first", At.STAGING),
    ],
)
def test_a_gate_has_a_name_and_a_place(text: str, name: str, at: At) -> None:
    """By default after what it asks; over HTTP staging is asked, too."""
    gate = Gate.parse(text)

    assert (name, at) == (gate.name, gate.at)
    assert gate.is_at(Environment.PRODUCTION) == (at is not At.STAGING)
    assert gate.is_at(Environment.STAGING) == (at is not At.PRODUCTION)


def test_all_settings_of_repetition_have_words() -> None:
    """Named as in Python and in a file."""
    gate = Gate.parse(
        "http:/ every=5s count=2 failure_limit=1 error_limit=0 inconclusive_limit=4"
        " on_inconclusive=hold"
    )

    assert gate.limits == Limits(
        every="5s",
        count=2,
        failure_limit=1,
        error_limit=0,
        inconclusive_limit=4,
        on_inconclusive=Unsettled.HOLD,
    )


@pytest.mark.parametrize(
    ("table", "check"),
    [
        (
            {"kind": "http", "path": "/health", "status": 200},
            HttpCheck(path="/health", expect=Expect(statuses=frozenset({200}))),
        ),
        (
            {"kind": "http", "path": "/", "host": "www.example.com"},
            HttpCheck(path="/", host="www.example.com"),
        ),
        (
            {"kind": "command", "argv": ["./smoke.sh", "--fast"], "env": ["A", "B"]},
            CommandCheck(argv=("./smoke.sh", "--fast"), env=("A", "B")),
        ),
        ({"kind": "command", "argv": "./smoke.sh"}, CommandCheck(argv=("./smoke.sh",))),
        (
            {"kind": "python", "function": "checks:smoke"},
            PythonCheck(function="checks:smoke"),
        ),
        (
            {"kind": "prometheus", "server": "https://p", "query": "up", "max": 0.5},
            PrometheusCheck(server="https://p", query="up", most=0.5),
        ),
        ("http:/health", HttpCheck(path="/health")),
    ],
)
def test_a_file_says_the_same(table: Any, check: Check) -> None:
    """As a text or as a table; the file's own name for it counts."""
    gate = Gate.from_table("mine", table)

    assert Gate(check=check, name="mine") == gate


def test_a_text_in_a_file_may_name_itself() -> None:
    """Then its own name counts."""
    assert "own" == Gate.from_table("mine", "name=own http:/").name


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"kind": "ping"}, "kind 'ping' is none of http, command, python, prometheus"),
        ({"path": "/"}, "kind '' is none of"),
        ({"kind": "http"}, "Gate mine of kind http needs path"),
        ({"kind": "http", "path": "/", "port": 1}, "Gate mine has no setting port"),
        ({"kind": "python", "function": "a:b", "host": "x"}, "no setting host"),
        ({"kind": "python", "function": ["a", "b"]}, "names no function"),
    ],
)
def test_a_wrong_table_is_named(table: dict[str, Any], why: str) -> None:
    """With what there is instead."""
    with pytest.raises(InvalidInput) as caught:
        Gate.from_table("mine", table)

    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http:/ colour=red", "has no setting colour. It has: at, body, count"),
        ("http:/ at=home", "use staging, production or both"),
        ("http:/ name=a/b", "'a/b' cannot name a gate"),
        ("http:/ on_inconclusive=shrug", "use fail, hold or pass"),
    ],
)
def test_a_wrong_setting_is_named(text: str, why: str) -> None:
    """With what there is instead."""
    with pytest.raises(InvalidInput) as caught:
        Gate.parse(text)

    assert why in str(caught.value)


def test_two_gates_need_two_names() -> None:
    """The journal, and people, know them by name."""
    assert ("health", "b") == tuple(
        gate.name for gate in gates_of(["http:/health", Gate.parse("name=b http:/")])
    )
    with pytest.raises(InvalidInput, match="Two gates are called health"):
        gates_of(["http:/health", "http:/health status=200"])
