"""Caps by account and operation."""

from __future__ import annotations

import json

import pytest

from esa_flows.localcloud import KEY, CloudError, Switches
from esa_flows.localcloud.call import Product
from esa_flows.localcloud.caps import Caps
from esa_flows.localcloud.switches import CapScope

from .desk import code_of, desk


def admitted(
    caps: Caps, operations: list[str], switches: Switches, product: Product = "esa"
) -> list[str]:
    """Say for each call at one moment ``ok`` or the code it got."""
    told = []
    for operation in operations:
        try:
            caps.admit(("1", product, operation), 0.0, switches)
        except CloudError as error:
            told.append(error.code)
        else:
            told.append("ok")

    return told


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ({"account"}, ["ok", "ok", "Throttling.User", "Throttling.User"]),
        ({"operation"}, ["ok", "ok", "ok", "Throttling.Api"]),
    ],
)
def test_scope_says_which_calls_share_a_gate(
    scope: set[CapScope], told: list[str]
) -> None:
    """An account's gate counts every operation, an operation's only its own."""
    switches = Switches(cap=2, cap_scope=frozenset(scope))

    assert admitted(Caps(), ["A", "A", "B", "A"], switches) == told


def test_a_refused_call_takes_from_no_gate() -> None:
    """What the operation's gate refuses leaves the account's untouched."""
    caps = Caps()
    switches = Switches(cap=2, cap_scope=frozenset({"operation"}))
    admitted(caps, ["A", "A", "A", "A"], switches)
    both = Switches(cap=2)

    assert admitted(caps, ["B", "B"], both) == ["ok", "ok"]
    assert caps.throttled == 2


def test_without_a_cap_everything_passes() -> None:
    """None switches all gates off."""
    assert admitted(Caps(), ["A"] * 500, Switches(cap=None)) == ["ok"] * 500


def test_the_other_api_has_its_own_gates() -> None:
    """One for each operation by default, as its pages document; none is shared."""
    caps = Caps()
    switches = Switches(cap=1)

    assert admitted(caps, ["A"], switches) == ["ok"]
    assert admitted(caps, ["A", "B", "B"], switches, "dcdn") == [
        "ok",
        "ok",
        "Throttling.Api",
    ]


def test_throttling_is_answered_as_the_switches_say() -> None:
    """Status, code and the wait in milliseconds."""
    made = desk(
        cap=1, throttle_status=429, throttle_code="Throttling", retry_after=True
    )
    made.reply("GetErService")
    made.seconds = 0.4
    reply = made.reply("GetErService")

    assert (reply.status, code_of(reply)) == (429, "Throttling")
    assert reply.header("x-acs-retry-after") == "600"


def test_remaining_calls_can_be_told() -> None:
    """The header counts down with each call."""
    made = desk(cap=3, ratelimit_headers=True)
    told = [made.reply("GetErService").header("x-ratelimit-user-api") for _ in "ab"]

    assert [text.split(",")[1] for text in told] == ["Remain:2", "Remain:1"]


def test_a_throttled_call_is_not_executed() -> None:
    """A refused commit leaves no version."""
    made = desk(cap=3)
    made.version()
    made.reply("CommitRoutineStagingCode", Name="hello")
    made.reply("CommitRoutineStagingCode", Name="hello")

    assert len(made.cloud.console.routine("hello").versions) == 2


def test_arrivals_are_counted_before_anything_is_checked() -> None:
    """A client cannot hide calls from the tally by signing them wrongly."""
    made = desk()
    request = made.request("GetErService")
    for _ in range(5):
        made.cloud.handle(request, arrived=7.0)

    assert made.cloud.report().peak_window == 5
    assert made.cloud._gateway.caps.tallies[KEY.id, "esa", "GetErService"].calls == 5


def test_unsigned_calls_without_an_action_count_once() -> None:
    """A request that names nothing is still one arrival."""
    made = desk()
    bare = made.unsigned("", {})
    reply = made.cloud.handle(bare)

    assert json.loads(reply.body)["Code"] == "IncompleteSignature"
    assert made.cloud.report().peak_window == 1
