"""What may be sent once more, and what to change first."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.wire.doubles import HANGZHOU, NOW, SINGAPORE

from esa_flows.errors import (
    AccessDenied,
    BadCredentials,
    CallError,
    NotSent,
    OutcomeUnknown,
    Refused,
    Throttled,
)
from esa_flows.wire.correction import (
    Correction,
    correction_for,
    knows_the_key,
    skew_of,
    stranger,
)
from esa_flows.wire.exchange import Response


@pytest.mark.parametrize(
    ("code", "correction"),
    [
        ("InvalidTimeStamp.Expired", Correction.CLOCK),
        ("RequestTimeTooSkewed", Correction.CLOCK),
        ("InvalidSecurityToken.Expired", Correction.TOKEN),
        ("InvalidTimeStamp.Format", None),
        ("InvalidSecurityToken.Malformed", None),
        ("Throttling", None),
        ("SignatureNonceUsed", None),
        ("InternalError", None),
        ("", None),
    ],
)
def test_only_these_are_corrected(code: str, correction: Correction | None) -> None:
    """Clock and token; everything else is for those who know what the call is for."""
    assert correction_for(Refused("no", code=code)) is correction


@pytest.mark.parametrize(
    ("error", "known"),
    [
        (BadCredentials("x", code="InvalidAccessKeyId.NotFound"), False),
        (BadCredentials("x", code="InvalidAccessKeyId"), False),
        (BadCredentials("x", code="InvalidAccessKeyId.Inactive"), True),
        (BadCredentials("x", code="SignatureDoesNotMatch"), True),
        (AccessDenied("x", code="Forbidden.RAM"), True),
        (Refused("x", code="InvalidParameter"), True),
        (Throttled("x", code="Throttling"), None),
        (NotSent("x"), None),
        (OutcomeUnknown("x"), None),
    ],
)
def test_a_site_says_by_its_error_whether_it_knows_the_key(
    error: CallError,
    known: bool | None,  # noqa: FBT001  a column
) -> None:
    """Only some errors are given after the key was looked up."""
    assert knows_the_key(error) is known


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("Fri, 02 Jan 2026 03:24:05 GMT", 1200),
        ("Fri, 02 Jan 2026 02:04:05 GMT", -3600),
        ("Fri, 02 Jan 2026 03:24:05 -0000", 1200),
    ],
)
def test_the_date_header_tells_the_skew(date: str, seconds: int) -> None:
    """How far the provider's clock is ahead of ours."""
    assert skew_of(Response.of(400, date=date), NOW) == dt.timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "date",
    [
        "",
        "yesterday",
        "Fri, 99 Jan 2026 03:24:05 GMT",
        "Fri, 02 Jan 2026 03:04:05 +999999999",
        "Fri, 31 Dec 9999 23:59:59 -1400",
    ],
)
def test_without_a_readable_date_no_skew(date: str) -> None:
    """Nothing is learned from nonsense."""
    assert skew_of(Response.of(400, date=date), NOW) is None


def test_a_stranger_is_told_where_it_was_tried() -> None:
    """One endpoint tried leaves the other site to try; facts are kept."""
    answered = BadCredentials(
        "x", operation="GetRoutine", code="InvalidAccessKeyId", request_id="R"
    )
    one = stranger(answered, (HANGZHOU,))
    both = stranger(answered, (HANGZHOU, SINGAPORE))

    assert "other site" in one.next_move
    assert "other site" not in both.next_move
    assert both.message == (
        "The access key that signed GetRoutine is not known."
        " Tried: esa.cn-hangzhou.aliyuncs.com, esa.ap-southeast-1.aliyuncs.com."
    )
    assert (both.operation, both.request_id) == ("GetRoutine", "R")
