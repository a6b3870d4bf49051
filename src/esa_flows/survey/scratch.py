"""The scratch routine: made, marked, known again, and taken away whatever happens.

A routine is taken away only where this process made it, or where its description
carries the mark of a survey. It never serves production.
"""

from __future__ import annotations

import anyio
from attrs import define

from esa_flows.api.cloud import RoutineCloud, RoutineSummary
from esa_flows.api.reply import plain_text
from esa_flows.errors import (
    CallError,
    Executed,
    InvalidInput,
    RoutineNotFound,
)
from esa_flows.model import RoutineName
from esa_flows.survey.bench import Bench, wait_before

__all__ = [
    "MARK",
    "PREFIX",
    "Scratch",
    "leftovers",
    "make",
    "mark_of",
    "marked",
    "name_of",
    "take_away",
]

PREFIX = "esa-flows-conformance-"
MARK = "Scratch routine of esa-flows conformance; safe to delete."
LONGEST_CLEANUP = 60.0
_DIGITS = 10
_LATE = 5.0
_STEP = 2.5


def name_of(number: str) -> RoutineName:
    """Give the name of a scratch routine.

    Args:
        number: Random hexadecimal digits.
    """
    return RoutineName(f"{PREFIX}{number[:_DIGITS]}")


def mark_of(number: str) -> str:
    """Give the description of a scratch routine, which no other survey gives.

    Args:
        number: Random hexadecimal digits.
    """
    return f"{MARK} {number}"


def marked(description: str) -> bool:
    """Tell whether a description is a scratch routine's."""
    return plain_text(description).startswith(MARK)


@define(kw_only=True)
class Scratch:
    """What is known of the scratch routine.

    Attributes:
        is_made: Whether the provider said that it was made.
        may_exist: Whether there may be something to take away.
        is_deleted: Whether the provider said that it was deleted.
    """

    is_made: bool = False
    may_exist: bool = False
    is_deleted: bool = False


async def make(bench: Bench, scratch: Scratch) -> None:
    """Make the scratch routine where there is none of that name.

    Args:
        bench: Whose routine it is.
        scratch: Told how it went.

    Raises:
        InvalidInput: There is one; nothing was changed.
        CallError: It was not made, or nobody knows.
    """
    await _insist_on_none(bench)
    scratch.may_exist = True
    try:
        await bench.do(
            lambda: bench.cloud.create_routine(bench.name, bench.description)
        )
    except CallError as error:
        scratch.may_exist = error.executed is Executed.UNKNOWN
        raise

    scratch.is_made = True


async def _insist_on_none(bench: Bench) -> None:
    try:
        found = await _description(bench)
    except RoutineNotFound:
        return

    if not marked(found):
        raise InvalidInput(
            f"The routine {bench.name} is there already and was not made by a survey;"
            " nothing was changed.",
            next_move="Leave out --routine, or give a name that is free.",
        )

    raise InvalidInput(
        f"The routine {bench.name} is left over from an earlier survey, or belongs to"
        " one under way.",
        next_move="Take it away with:"
        f" esa-flows conformance --clean --routine {bench.name}",
    )


async def _description(bench: Bench) -> str:
    found = await bench.ask("GetRoutine", Name=bench.name)
    return found.member("Description").description()


async def take_away(bench: Bench, scratch: Scratch) -> str:
    """Delete the scratch routine with everything in it, and see that it is gone.

    Dying between the call and the look leaves at most a marked routine, which the next
    survey names.

    Args:
        bench: Whose routine it is.
        scratch: What is known of it.

    Returns:
        What was left and why, as a sentence; empty where nothing was.
    """
    why = "the provider did not answer in time"
    with anyio.move_on_after(LONGEST_CLEANUP):
        why = await _gone(bench, scratch)

    if not why:
        return ""

    return f"The routine {bench.name} may still be there with its versions: {why}"


async def _gone(bench: Bench, scratch: Scratch) -> str:
    """Delete until it is gone; give why it cannot be."""
    absent_since: float | None = None
    attempt = 0
    while True:
        attempt += 1
        try:
            if not await _is_ours(bench, scratch):
                return ""

            absent_since = None
            await bench.cloud.delete_routine(bench.name)
            scratch.is_deleted = True
        except RoutineNotFound:
            now = anyio.current_time()
            absent_since = now if absent_since is None else absent_since
            # Not told yet, or a request to make it may still be on its way.
            if scratch.is_deleted or now - absent_since >= _LATE:
                return ""

            await anyio.sleep(_STEP)
        except CallError as error:
            if not error.transient:
                return str(error)

            await anyio.sleep(wait_before(min(attempt, 4), error))


async def _is_ours(bench: Bench, scratch: Scratch) -> bool:
    """Tell by the mark; without it, by what the provider said when it was made."""
    if await _description(bench) == bench.description:
        return True

    return scratch.is_made and not scratch.is_deleted


async def leftovers(cloud: RoutineCloud, name: str = "") -> tuple[RoutineSummary, ...]:
    """Give the routines that carry the mark of a survey.

    Args:
        cloud: Where to look.
        name: The only one to look at; empty for all that are named as ours.
    """
    found = await cloud.list_routines(name or PREFIX)
    return tuple(
        each
        for each in found
        if marked(each.description) and (not name or each.name == name)
    )
