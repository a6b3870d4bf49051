"""Reading temporary credentials."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from tests.wire.doubles import NOW, TOKEN, session_members, shown

from esa_flows.errors import NotSent, OutcomeUnknown, Throttled
from esa_flows.wire.session import no_session, session_in


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T04:04:05Z",
        " 2026-01-02T04:04:05.000000000Z\n",
        "2026-01-02T04:04:05",
        "2026-01-02T12:04:05+08:00",
    ],
)
def test_the_end_is_read_in_utc(text: str) -> None:
    """Whatever zone it is written in; without one it is UTC, not this machine's."""
    got = session_in(session_members(Expiration=text), "X", source="a test")

    assert NOW + dt.timedelta(hours=1) == got.expires_at
    assert got.expires_at is not None
    assert dt.UTC == got.expires_at.tzinfo


def test_an_end_without_a_zone_is_utc_on_every_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A laptop in Hangzhou must not take it for its own time."""
    members = session_members(Expiration="2026-01-02T04:04:05")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        got = session_in(members, "X", source="a test")

    time.tzset()

    assert NOW + dt.timedelta(hours=1) == got.expires_at


@pytest.mark.parametrize(
    "name", ["AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"]
)
@pytest.mark.parametrize("value", [None, "", " ", 7, ["x"], {}])
def test_each_member_must_be_a_text(name: str, value: object) -> None:
    """The missing one is named, and the others are not shown."""
    with pytest.raises(NotSent, match=f"X answered credentials without {name}") as got:
        session_in(session_members(**{name: value}), "X", source="a test")

    text = shown(got.value)

    assert [] == [x for x in (TOKEN, "FakeSecret9", "STS.FakeKeyId0009") if x in text]


@pytest.mark.parametrize(
    "text",
    ["soon", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", TOKEN],
)
def test_an_end_that_cannot_be_read_is_not_repeated(text: str) -> None:
    """Whatever stands there."""
    with pytest.raises(NotSent, match="a time that cannot be read") as caught:
        session_in(session_members(Expiration=text), "X", source="a test")

    assert text not in shown(caught.value)


def test_the_next_move_of_what_was_not_sent_is_kept() -> None:
    """It knows more; that of an unknown outcome would be wrong here."""
    refused = NotSent("No.", next_move="Check DNS.", operation="AssumeRole")
    lost = OutcomeUnknown("Lost.", next_move="Look first.")

    assert "Check DNS." == no_session("STS", refused).next_move
    assert "AssumeRole" == no_session("STS", refused).operation
    assert "Try again; check the network and STS." == no_session("STS", lost).next_move
    assert "No temporary credentials from X, so nothing was sent. Slow." == (
        no_session("X", Throttled("Slow.")).message
    )
