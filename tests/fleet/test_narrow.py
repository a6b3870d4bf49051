"""Only some routines of a rollout."""

from __future__ import annotations

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.fleet.narrow import label_words, labels_of, left_out, narrowed
from esa_flows.fleet.spec import Member

ONE = Member("aa", b"1", labels={"tier": "1", "site": "cn"})
TWO = Member("bb", b"1", labels={"tier": "3"})
NONE = Member("cc", b"1")
ALL = (ONE, TWO, NONE)


def test_labels_are_read_as_people_write_them() -> None:
    """Once more is no trouble; a value may hold an equals sign."""
    labels = labels_of(["tier=3", " site = cn ", "tier=3", "q=a=b"])

    assert {"tier": "3", "site": "cn", "q": "a=b"} == labels
    assert "tier=3 site=cn q=a=b" == label_words(labels)


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["tier"], "'tier' is no label: write for example tier=3"),
        (["=3"], "'=3' is no label"),
        (["tier="], "'tier=' is no label"),
        (["tier=1", "tier=3"], "No routine has both tier=1 and tier=3"),
    ],
)
def test_what_is_no_label_is_refused(texts: list[str], sentence: str) -> None:
    """Two values of one key would mean nobody."""
    with pytest.raises(InvalidInput, match=sentence):
        labels_of(texts)


def test_those_that_carry_all_of_them_are_meant() -> None:
    """Without any label all are."""
    assert ALL == narrowed(ALL, {})
    assert (TWO,) == narrowed(ALL, {"tier": "3"})
    assert (ONE,) == narrowed(ALL, {"tier": "1", "site": "cn"})


@pytest.mark.parametrize(
    ("members", "there"),
    [
        (ALL, "site=cn, tier=1, tier=3"),
        ((NONE,), "none"),
        (
            tuple(Member(f"r{n}", b"", labels={"n": f"{n:02}"}) for n in range(12)),
            "n=00, n=01, n=02, n=03, n=04, n=05, n=06, n=07, n=08, n=09 and 2 more",
        ),
    ],
)
def test_where_nobody_does_the_labels_are_named(
    members: tuple[Member, ...], there: str
) -> None:
    """A typing error is seen at once."""
    with pytest.raises(InvalidInput, match="No routine of this rollout has t=9") as e:
        narrowed(members, {"t": "9"})

    assert f"Labels that there are: {there}." == e.value.next_move


def test_a_plan_says_that_it_is_not_of_all() -> None:
    """And of how many it is."""
    assert () == left_out({}, 3, 3)
    assert ("Only routines with tier=3: 1 of 3; the others stay.",) == left_out(
        {"tier": "3"}, 1, 3
    )
