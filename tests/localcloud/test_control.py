"""The control endpoint."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from esa_flows.localcloud import Fault, Request
from esa_flows.localcloud.control import control

from .desk import Desk, desk


def ask(
    made: Desk, verb: str, value: Any = None, method: str = "POST"
) -> tuple[int, Any]:
    """Make a control request."""
    reply = control(
        made.cloud,
        Request(
            method=method,
            target=f"/__control__/{verb}",
            body=b"" if value is None else json.dumps(value).encode(),
        ),
    )
    return reply.status, json.loads(reply.body)


def test_the_report_is_told() -> None:
    """With the ids that somebody knows."""
    made = desk()
    version = made.version(text="ef1 x")
    all_orphans = ask(made, "report", method="GET")[1]["orphans"]

    assert [orphan["version"] for orphan in all_orphans] == [version]
    assert ask(made, f"report?kept=1,{version}", method="GET")[1]["orphans"] == []


def test_faults_are_added_and_cleared() -> None:
    """A list adds, an empty one clears."""
    made = desk()
    ask(made, "faults", [{"operation": "*", "kind": "lost"}])
    added = list(made.cloud.faults.faults)
    ask(made, "faults", [])

    assert added == [Fault(operation="*", kind="lost")]
    assert made.cloud.faults.faults == []


def test_switches_are_thrown() -> None:
    """Times are given in seconds."""
    made = desk()
    status, _ = ask(
        made,
        "switches",
        {"version_quota": 3, "policy_life": 60, "cap_scope": ["account"]},
    )

    assert status == 200
    assert made.cloud.switches.version_quota == 3
    assert made.cloud.switches.policy_life == timedelta(minutes=1)
    assert made.cloud.switches.cap_scope == {"account"}


def test_expected_contents_are_told_to_the_judge() -> None:
    """Each list adds to what was told before."""
    made = desk()
    ask(made, "digests", ["a"])
    ask(made, "digests", ["b"])

    assert made.cloud.judge.digests == frozenset({"a", "b"})


@pytest.mark.parametrize(("value", "count"), [(None, 2), ({"empty": True}, 0)])
def test_a_reset_starts_again(value: Any, count: int) -> None:
    """With the samples or without."""
    made = desk()
    ask(made, "reset", value)

    assert len(made.cloud.state.routines) == count


@pytest.mark.parametrize(
    ("verb", "value"),
    [
        ("switches", {"cap": 0}),
        ("switches", {"warp": 9}),
        ("switches", 5),
        ("faults", [{"operation": "*", "kind": "meteor"}]),
        ("reset", [1]),
    ],
)
def test_wrong_values_are_explained(verb: str, value: Any) -> None:
    """With status 400 and a sentence."""
    status, told = ask(desk(), verb, value)

    assert status == 400
    assert told["error"]


@pytest.mark.parametrize(("verb", "method"), [("warp", "POST"), ("reset", "GET")])
def test_unknown_verbs_are_not_found(verb: str, method: str) -> None:
    """The answer names what was asked."""
    assert ask(desk(), verb, method=method) == (
        404,
        {"error": f"no control verb {method} {verb}"},
    )


def test_temporary_keys_can_be_made_known() -> None:
    """With their token and the moment they end; permanent ones without."""
    made = desk()
    keys = [
        {"id": "STS.x", "secret": "s", "token": "t", "expires": "2026-01-02T00:00:00Z"},
        {"id": "LTAI5tOther", "secret": "s"},
    ]
    status, _ = ask(made, "keys", keys)

    assert status == 200
    assert made.cloud.state.keys["STS.x"].expires is not None
    assert made.cloud.state.keys["LTAI5tOther"].token is None


def test_deep_json_is_explained() -> None:
    """The reader gives up, the cloud does not."""
    request = Request(
        method="POST", target="/__control__/switches", body=b"[" * 100_000
    )

    assert control(desk().cloud, request).status == 400


def test_the_state_is_given_and_taken_back() -> None:
    """Whole; what is none changes nothing."""
    made = desk()
    made.version()
    before = made.cloud.report().versions
    _, state = ask(made, "state", method="GET")
    made.cloud.reset(empty=True)

    assert (200, {"done": "state"}) == ask(made, "state", state)
    assert before == made.cloud.report().versions
    assert 400 == ask(made, "state", {"format": 0})[0]
    assert before == made.cloud.report().versions


def test_routines_are_sown() -> None:
    """All of a list, or none of it."""
    made = desk()
    bad = ask(made, "seed", [{"name": "cart"}, {"name": "?"}])
    good = ask(made, "seed", [{"name": "cart"}])

    assert (400, 200) == (bad[0], good[0])
    assert "'?' is no name of a routine" == bad[1]["error"]
    assert "cart" in made.cloud.report().versions
