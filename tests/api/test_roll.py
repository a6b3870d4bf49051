"""The roll of an account's routines is called whole, or refused with both numbers."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import define, field

from esa_flows.api.reply import Member
from esa_flows.api.roll import MOST_SEARCHES, MOST_SHOWN, PAGE_SIZE, Roll
from esa_flows.errors import AccessDenied, NotSent, OutcomeUnknown, Refused

CARTS = tuple(f"cart-{n:04}" for n in range(250))
MIXED = (*CARTS, *(f"pay{n}" for n in range(30)), "Cart_old", "x")


def answer(value: Any) -> Member:
    """Make an answer."""
    return Member(operation="ListUserRoutines", value=value)


@define(kw_only=True)
class Account:
    """An account with routines, listed as the provider does.

    Attributes:
        names: Its routines.
        shown: Those that the older operation gives; an error it answers with.
        hidden: Counted, and shown nowhere.
        prefix: Whether a search looks for the beginning of a name only.
    """

    names: tuple[str, ...]
    shown: tuple[str, ...] | Exception = ()
    hidden: int = 0
    prefix: bool = False
    asked: list[str] = field(factory=list)

    def roll(self) -> Roll:
        """Begin to call the roll."""
        return Roll(page=self.page, every=self.every)

    async def page(self, search: str, number: int) -> Member:
        """Answer ListUserRoutines."""
        self.asked.append(search)
        found = [name for name in self.names if self._finds(search, name)]
        begin = (number - 1) * PAGE_SIZE
        rows = [{"RoutineName": name} for name in found[begin : begin + PAGE_SIZE]]
        count = len(found) + (0 if search else self.hidden)
        return answer({"TotalCount": count, "Routines": rows})

    async def every(self) -> Member:
        """Answer GetRoutineUserInfo."""
        if isinstance(self.shown, Exception):
            raise self.shown

        return answer({"Routines": [{"RoutineName": name} for name in self.shown]})

    def _finds(self, search: str, name: str) -> bool:
        return name.startswith(search) if self.prefix else search in name


async def called(account: Account, search: str = "") -> tuple[str, ...]:
    """Give the names on the roll."""
    return tuple(one.name for one in await account.roll().call(search))


async def test_a_small_account_is_read_page_by_page() -> None:
    """No more pages than there are."""
    account = Account(names=CARTS[:45])

    assert CARTS[:45] == await called(account)
    assert 3 == len(account.asked)


async def test_as_many_as_are_shown_need_no_other_way() -> None:
    """Two hundred are all shown."""
    account = Account(names=CARTS[:MOST_SHOWN], shown=NotSent("never asked"))

    assert CARTS[:MOST_SHOWN] == await called(account)


async def test_the_older_operation_gives_all_at_once() -> None:
    """One page, which only counts, and one call more."""
    account = Account(names=CARTS, shown=CARTS)

    assert set(CARTS) == set(await called(account))
    assert [""] == account.asked


async def test_a_search_of_the_older_operation_is_made_here() -> None:
    """It gives all; the others were not asked for."""
    account = Account(names=MIXED, shown=MIXED)

    assert set(CARTS) == set(await called(account, "cart"))


@pytest.mark.parametrize("prefix", [False, True], ids=["anywhere", "beginning"])
@pytest.mark.parametrize(
    "shown",
    [
        CARTS[:7],
        AccessDenied("not allowed"),
        Refused("no such operation"),
        OutcomeUnknown("no answer"),
    ],
    ids=["short", "denied", "gone", "lost"],
)
async def test_where_that_is_short_pieces_of_names_are_searched(
    shown: Any, *, prefix: bool
) -> None:
    """Whichever way a search looks at names."""
    account = Account(names=CARTS, shown=shown, prefix=prefix)

    assert set(CARTS) == set(await called(account))
    assert MOST_SEARCHES > len(account.asked)


async def test_a_search_can_be_split_too() -> None:
    """Letters before the piece count as much as letters behind it."""
    carts = tuple(f"{n:04}-cart" for n in range(250))
    account = Account(names=carts)

    assert set(carts) == set(await called(account, "cart"))


async def test_no_search_is_made_twice() -> None:
    """A piece is reached by many ways."""
    account = Account(names=(*CARTS, "unseen-é"), hidden=1)
    with pytest.raises(Refused):
        await called(account)

    pieces = [piece for piece in account.asked if piece]
    few = {piece for piece in pieces if sum(piece in n for n in CARTS) > MOST_SHOWN}
    assert [] == [piece for piece in few if pieces.count(piece) > 1]


async def test_what_stays_short_is_refused_with_both_numbers() -> None:
    """And after so many calls that it ends."""
    account = Account(names=MIXED, shown=MIXED, hidden=3)
    roll = account.roll()

    with pytest.raises(
        Refused,
        match=rf"has {len(MIXED) + 3} such .* showed {len(MIXED)}\..* one by one",
    ):
        await roll.call("")

    assert MOST_SEARCHES <= roll.calls < MOST_SEARCHES + MOST_SHOWN // PAGE_SIZE


async def test_trouble_of_the_older_operation_is_not_hidden() -> None:
    """Only what says that it cannot be had is gone round."""
    account = Account(names=CARTS, shown=NotSent("nobody listens"))

    with pytest.raises(NotSent):
        await called(account)


@pytest.mark.parametrize(("hidden", "pages"), [(3, 4), (139, 4)])
async def test_a_count_that_nobody_fills_is_no_reason_to_ask_for_ever(
    hidden: int, pages: int
) -> None:
    """An empty page ends it; the answer contradicts itself."""
    account = Account(names=CARTS[:60], hidden=hidden)

    with pytest.raises(OutcomeUnknown, match=f"counts {60 + hidden} .* lists 60"):
        await called(account)

    assert pages == len(account.asked)


async def test_a_page_that_comes_again_is_no_other_page() -> None:
    """Ten pages are asked for, and no more; names are counted, not rows."""
    rows = [{"RoutineName": name} for name in CARTS[:PAGE_SIZE]]
    asked: list[int] = []

    async def page(_: str, number: int) -> Member:
        """Give the first page whatever was asked for."""
        asked.append(number)
        return answer({"TotalCount": 60, "Routines": rows})

    with pytest.raises(OutcomeUnknown, match="counts 60 routines and lists 20"):
        await Roll(page=page, every=Account(names=()).every).call("")

    assert list(range(1, 11)) == asked
