"""The port's own values: verbs and upload slots."""

from __future__ import annotations

import copy
import datetime as dt
import pickle

import pytest

from esa_flows.api.cloud import Op, UploadSlot
from esa_flows.errors import InvalidInput, Misuse, SlotExpired
from esa_flows.wire import Secret, Verb

END = dt.datetime(2026, 1, 2, 3, 34, 5, tzinfo=dt.UTC)
SLOT = UploadSlot(
    url="https://er-code.oss-cn-hangzhou.aliyuncs.com/",
    fields=(("Signature", Secret("fakeSignature0001")), ("key", "index.js")),
    key="index.js",
    expires_at=END,
    least_bytes=1,
    most_bytes=5_000_000,
)
OPEN_SLOT = UploadSlot(url=SLOT.url, fields=(), key="index.js")
NOW = END - dt.timedelta(minutes=30)


def test_verbs_that_change_something_say_so() -> None:
    """A permit may let reads pass and hold the rest."""
    verbs: list[Verb] = [op for op in Op if op.mutates]

    assert [verb.name for verb in verbs] == [
        "SLOT",
        "POST",
        "COMMIT",
        "DEPLOY",
        "DELETE",
        "CREATE",
        "PACKAGE",
        "DELETE_ROUTINE",
    ]


def test_slot_with_a_minute_left_may_be_used() -> None:
    """Sixty seconds are enough, fifty-nine are not."""
    SLOT.check(100, END - dt.timedelta(seconds=60))

    with pytest.raises(SlotExpired, match=r"03:34:05\+00:00.* Ask for a new one"):
        SLOT.check(100, END - dt.timedelta(seconds=59))


@pytest.mark.parametrize("size", [1, 5_000_000])
def test_code_that_fits_may_be_sent(size: int) -> None:
    """The bounds themselves fit."""
    SLOT.check(size, NOW)


@pytest.mark.parametrize("size", [0, 5_000_001])
def test_code_must_fit_the_slot(size: int) -> None:
    """A form says how many bytes it takes; nothing is sent that it refuses."""
    with pytest.raises(InvalidInput, match="takes 1 to 5,000,000"):
        SLOT.check(size, NOW)


def test_slot_that_says_nothing_takes_everything() -> None:
    """Without a policy to read there is nothing to check."""
    OPEN_SLOT.check(10**9, NOW)

    with pytest.raises(InvalidInput, match="takes 5 to any number of"):
        UploadSlot(url=SLOT.url, fields=(), key="k", least_bytes=5).check(1, NOW)


def test_slot_shows_host_key_and_end_alone() -> None:
    """Whoever sees a slot's repr can do nothing with it."""
    assert repr(SLOT) == (
        "UploadSlot(host='er-code.oss-cn-hangzhou.aliyuncs.com',"
        " key='index.js', until=2026-01-02T03:34:05+00:00)"
    )
    assert "until=unknown" in repr(OPEN_SLOT)


def test_slot_cannot_be_pickled_or_copied() -> None:
    """A slot lives in one process and is never stored."""
    with pytest.raises(Misuse, match="cannot be copied or stored"):
        pickle.dumps(SLOT)

    with pytest.raises(Misuse, match="cannot be copied or stored"):
        copy.copy(SLOT)
