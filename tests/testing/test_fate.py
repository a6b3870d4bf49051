"""What goes wrong, and when."""

from __future__ import annotations

import pytest

from esa_flows.testing.fate import TOO_SLOW, Disturbance, Fate, Where, fault_of


def _at_call(number: int, kind: str = "lost", *, lasting: bool = False) -> Disturbance:
    return Disturbance(at="call", number=number, kind=kind, lasting=lasting)


def test_calls_and_records_are_counted_apart() -> None:
    """Each by its own number."""
    at_record = Disturbance(at="record", number=1, kind="unwritten")
    fate = Fate((_at_call(2), at_record))

    assert [None, _at_call(2), None] == [fate.at_call(verb) for verb in "abc"]
    assert [at_record, None] == [fate.at_record(), fate.at_record()]
    assert ["a", "b", "c"] == fate.calls
    assert 2 == fate.records


def test_a_lasting_one_strikes_every_later_call_of_the_same_operation() -> None:
    """Others pass."""
    lasting = _at_call(2, lasting=True)
    fate = Fate((lasting,))

    assert [None, lasting, None, lasting] == [fate.at_call(v) for v in "bbab"]


def test_a_lasting_one_strikes_every_later_record() -> None:
    """A full disk stays full."""
    full = Disturbance(at="record", number=2, kind="unwritten", lasting=True)
    fate = Fate((full,))

    assert [None, full, full] == [fate.at_record() for _ in range(3)]


def test_a_lifted_fate_strikes_nobody_and_counts_on() -> None:
    """All is well again."""
    fate = Fate((_at_call(1, lasting=True),))
    fate.at_call("a")
    fate.lift()

    assert fate.at_call("a") is None
    assert ["a", "a"] == fate.calls


@pytest.mark.parametrize(("at", "kind"), [("call", "unwritten"), ("record", "lost")])
def test_a_kind_belongs_where_it_can_happen(at: Where, kind: str) -> None:
    """Said at birth."""
    with pytest.raises(ValueError, match=f"A {at} knows no '{kind}'"):
        Disturbance(at=at, number=1, kind=kind)


def test_a_disturbance_reads_like_a_sentence() -> None:
    """For whoever has to play it again."""
    coded = Disturbance(
        at="call", number=3, kind="refuse", code="LockFailed", lasting=True
    )

    assert "refuse LockFailed at call 3 and ever after" == str(coded)
    assert "lost at call 1" == str(_at_call(1))


def test_the_clouds_own_kinds_become_its_faults() -> None:
    """For the one call that comes next; a slow one is too slow for everybody."""
    slow = fault_of(_at_call(7, "slow"), "GetRoutine")
    refused = fault_of(
        Disturbance(at="call", number=1, kind="refuse", code="LockFailed"), "x"
    )

    assert ("*", "slow", 1, TOO_SLOW) == (
        slow.operation,
        slow.kind,
        slow.call,
        slow.seconds,
    )
    assert ("refuse", "LockFailed") == (refused.kind, refused.code)


@pytest.mark.parametrize("verb", ["PostObject", "edge"])
def test_who_knows_no_throttling_is_not_available(verb: str) -> None:
    """The object store and the edge have no code for it."""
    fault = fault_of(_at_call(1, "throttle"), verb)

    assert ("error", 503) == (fault.kind, fault.status)


def test_more_may_go_wrong_later() -> None:
    """Counted from the beginning."""
    fate = Fate()
    fate.at_call("a")
    fate.add([_at_call(2)])

    assert _at_call(2) == fate.at_call("b")
