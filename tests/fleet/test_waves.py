"""Which routines are in which wave."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.errors import InvalidInput
from esa_flows.fleet.spec import Wave
from esa_flows.fleet.waves import Candidate, ordered, resolve
from esa_flows.model import RoutineId


def _one(name: str, *needs: str, **labels: str) -> Candidate:
    needed = tuple(map(RoutineId, needs))
    return Candidate(name=RoutineId(name), depends_on=needed, labels=labels)


def _fleet(count: int) -> list[Candidate]:
    return [_one(f"r{place:04}") for place in range(count)]


def test_sizes_are_rounded_up_and_upto_counts_what_was_taken() -> None:
    """One, ten per cent of 121 in all, half in all, the rest."""
    waves = [Wave(1), Wave(upto="10%"), Wave(upto="50%"), Wave.rest()]
    found = resolve(_fleet(121), waves)

    assert [1, 12, 48, 60] == list(map(len, found))


def test_a_share_as_size_is_the_wave_s_own() -> None:
    """Ten per cent, and ten per cent more."""
    found = resolve(_fleet(25), [Wave("10%"), Wave("10%"), Wave.rest()])

    assert [3, 3, 19] == list(map(len, found))


def test_an_unchanged_routine_fills_no_place() -> None:
    """A wave of one releases one."""
    found = resolve(_fleet(3), [Wave(1), Wave.rest()], unchanged={RoutineId("r0000")})

    assert (("r0001",), ("r0002",)) == found


def test_a_wave_selects_by_label_and_leaves_the_others() -> None:
    """What it does not select goes with a later one."""
    fleet = [_one("pay", tier="1"), _one("cart", tier="3"), _one("shop", tier="3")]
    found = resolve(fleet, [Wave("50%", labels={"tier": "3"}), Wave.rest()])

    assert (("cart",), ("pay", "shop")) == found


def test_what_others_depend_on_comes_first() -> None:
    """Else the order stays as it was written."""
    fleet = [_one("shop", "cart", "auth"), _one("cart"), _one("auth"), _one("zoo")]

    assert ["cart", "auth", "shop", "zoo"] == [each.name for each in ordered(fleet)]


def test_a_wave_whose_routines_were_taken_is_left_empty() -> None:
    """Ten per cent of three is one, and that one was first."""
    found = resolve(_fleet(3), [Wave(1), Wave(upto="10%"), Wave.rest()])

    assert [1, 0, 2] == list(map(len, found))


def test_a_wave_of_those_left_out_is_left_empty() -> None:
    """Where only some routines are meant; otherwise it would be a typing error."""
    candidates = [_one("aa", tier="3")]
    waves = [Wave(labels={"tier": "1"}), Wave.rest()]

    assert ((), ("aa",)) == resolve(candidates, waves, is_narrowed=True)
    with pytest.raises(InvalidInput, match="Wave 1 selects tier=1"):
        resolve(candidates, waves)


@pytest.mark.parametrize(
    ("fleet", "waves", "sentence"),
    [
        ([_one("aa", "bb"), _one("bb", "aa")], [Wave()], "aa → bb → aa"),
        ([_one("aa", "aa")], [Wave()], "circle: aa → aa"),
        (
            [_one("zz", "aa"), _one("aa", "bb"), _one("bb", "aa")],
            [Wave()],
            "circle: aa → bb → aa",
        ),
        ([_one("aa", "bb")], [Wave()], "aa depends on bb, which this rollout does"),
        ([_one("aa")], [Wave(labels={"tier": "9"})], "Wave 1 selects tier=9, and no"),
        (_fleet(7), [Wave(1)], "6 routines are in no wave: .*r0005 and 1 more"),
        (_fleet(6), [Wave(1)], r"5 routines are in no wave: .*r0005\."),
        (_fleet(2), [Wave(1)], "1 routine is in no wave: r0001"),
        (
            [_one("aa", "bb", tier="1"), _one("bb")],
            [Wave(labels={"tier": "1"}), Wave()],
            "aa of wave 1 depends on bb, which comes in wave 2",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    fleet: list[Candidate], waves: list[Wave], sentence: str
) -> None:
    """With the names that it is about."""
    with pytest.raises(InvalidInput, match=sentence):
        resolve(fleet, waves)


def test_a_dependency_that_stays_as_it_is_holds_nobody_up() -> None:
    """It serves what it shall."""
    fleet = [_one("aa", "bb"), _one("bb")]

    assert (("aa",),) == resolve(fleet, [Wave()], unchanged={RoutineId("bb")})


@given(st.data())
def test_every_routine_is_in_just_one_wave(data: st.DataObject) -> None:
    """Whatever the waves and the dependencies; and after what it depends on."""
    count = data.draw(st.integers(1, 30))
    fleet = [
        _one(f"r{n:02}", *(f"r{m:02}" for m in data.draw(_some_below(n))))
        for n in range(count)
    ]
    shuffled = data.draw(st.permutations(fleet))
    sizes = st.integers(1, 9).map(Wave) | st.integers(1, 100).map(
        lambda share: Wave(upto=f"{share}%")
    )
    waves = [*data.draw(st.lists(sizes, max_size=4)), Wave.rest()]
    taken = [name for wave in resolve(shuffled, waves) for name in wave]

    assert sorted(each.name for each in fleet) == sorted(taken)
    for each in fleet:
        assert all(
            taken.index(needed) < taken.index(each.name) for needed in each.depends_on
        )


def _some_below(most: int) -> st.SearchStrategy[set[int]]:
    return st.sets(st.integers(0, most - 1), max_size=3) if most else st.just(set())
