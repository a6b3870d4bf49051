"""Call the whole roll of an account's routines, or refuse: never work on a part of it.

The provider pages through 200 routines at most, and counts them all. Where there are
more, two ways are left. An older operation gives all routines at once. Where that does
not give as many as were counted, the roll is put together of searches for longer and
longer pieces of names, each with few enough results. What is still short of the count
is refused with both numbers.

It is not documented whether a search looks for the beginning of a name or for any part
of it: the pieces are chosen so that both will do, and the count decides.

Source: ESA API 2024-09-10, ListUserRoutines and GetRoutineUserInfo.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from attrs import define, field

from esa_flows.api.answers import rows_of, summary_of
from esa_flows.api.cloud import RoutineSummary
from esa_flows.api.reply import Member
from esa_flows.errors import AccessDenied, EsaFlowsError, OutcomeUnknown, Refused

__all__ = ["MOST_SEARCHES", "MOST_SHOWN", "PAGE_SIZE", "Roll"]

PAGE_SIZE = 20
"""Most routines of one page. Source: ListUserRoutines."""

MOST_SHOWN = 200
"""Most routines of all pages: ten of them. Source: ListUserRoutines."""

MOST_SEARCHES = 1_000
"""Calls after which the roll is given up: ten seconds of the whole cap."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_"


@define(kw_only=True)
class Roll:
    """The roll of one search, as far as it was called.

    Attributes:
        page: Asks ListUserRoutines for a search and a page.
        every: Asks GetRoutineUserInfo.
        found: What was found, by name.
        calls: Pages asked for.
    """

    page: Callable[[str, int], Awaitable[Member]]
    every: Callable[[], Awaitable[Member]]
    found: dict[str, RoutineSummary] = field(factory=dict)
    calls: int = 0

    async def call(self, search: str) -> tuple[RoutineSummary, ...]:
        """Give all routines that a search finds.

        Args:
            search: A text in their names; empty for all.

        Raises:
            Refused: There are more than the provider shows.
            OutcomeUnknown: The provider lists fewer than it counts.
        """
        reply, total = await self._read(search)
        if total > MOST_SHOWN:
            await self._read_every(search)
            await self._read_parts(search, total)

        if len(self.found) < total:
            raise _short(reply, len(self.found), total)

        return tuple(self.found.values())

    async def _read(self, search: str) -> tuple[Member, int]:
        """Read the pages of a search, unless they cannot show all; give the count."""
        seen: set[str] = set()
        for number in range(1, MOST_SHOWN // PAGE_SIZE + 1):
            self.calls += 1
            reply = await self.page(search, number)
            rows, total = rows_of(reply, "Routines")
            seen |= {self._note(row) for row in rows}
            if not rows or len(seen) >= total or total > MOST_SHOWN:
                break

        return reply, total

    def _note(self, row: Member) -> str:
        one = summary_of(row)
        self.found[one.name] = one
        return one.name

    async def _read_every(self, search: str) -> None:
        """Add what the older operation gives; it may be forbidden, or gone."""
        try:
            reply = await self.every()
            rows = reply.member("Routines").items()
        except (AccessDenied, OutcomeUnknown, Refused):
            return

        for one in map(summary_of, rows):
            if search in one.name:
                self.found.setdefault(one.name, one)

    async def _read_parts(self, search: str, wanted: int) -> None:
        """Search for longer pieces of names until all are found, deepest first."""
        waiting, known = list(_longer(search)), {search}
        while waiting and len(self.found) < wanted and self.calls < MOST_SEARCHES:
            piece = waiting.pop()
            if piece in known:
                continue

            known.add(piece)
            _, total = await self._read(piece)
            if total > MOST_SHOWN:
                waiting += _longer(piece)


def _longer(piece: str) -> Iterator[str]:
    """Give every piece that is longer by one letter, the likeliest last."""
    if piece:
        yield from (letter + piece for letter in reversed(_LETTERS))

    yield from (piece + letter for letter in reversed(_LETTERS))


def _short(reply: Member, seen: int, total: int) -> EsaFlowsError:
    if total <= MOST_SHOWN:
        return reply.refuse(f"it counts {total} routines and lists {seen}")

    return Refused(
        f"The account has {total} such routines; the provider showed {seen}.",
        operation=reply.operation,
        request_id=reply.request_id,
        next_move="Nothing is done with a part of them. Search for a part of the name,"
        " or name the routines one by one.",
    )
