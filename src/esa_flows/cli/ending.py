"""Show how a run ended, and turn that into a command's answer."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Protocol

from attrs import evolve

from esa_flows.cli.complaint import Complaint, complaint
from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.exits import Exit, exit_code
from esa_flows.cli.rollouts.exits import rollout_exit, way_back_exit
from esa_flows.cli.rollouts.summary import rollout_json, rollout_summary
from esa_flows.cli.summary import Spent, removed_words, report_json, summary
from esa_flows.errors import ReleaseFailed
from esa_flows.fleet.report import RolloutReport
from esa_flows.release.remove import Removed
from esa_flows.release.report import Report

__all__ = ["Ending", "Watched", "show", "show_back", "show_rollout", "wait_for"]

Ending = tuple[Any, ReleaseFailed | None]
"""What a run gave, and the failure where it is one."""


async def wait_for(work: Awaitable[Any]) -> Ending:
    """Wait for a run's end; a failed release is an end like others.

    Args:
        work: A call of the client.
    """
    try:
        return await work, None
    except ReleaseFailed as error:
        return error.report, error


class Watched(Protocol):
    """Who watched a run."""

    @property
    def is_begun(self) -> bool:
        """Whether the run has told anything."""
        ...

    @property
    def spent(self) -> Spent:
        """What it took."""
        ...


def show(
    desk: Desk, watch: Watched, ending: Ending, *, is_back: bool = False
) -> Answer:
    """Show how a run ended.

    Args:
        desk: Where.
        watch: What it took.
        ending: What `wait_for` gave.
        is_back: Whether it was to take many routines back.
    """
    found, error = ending
    code = exit_code(error or (found if isinstance(found, Report) else None))
    told = complaint(error) if error else None
    if isinstance(found, RolloutReport):
        return (show_back if is_back else show_rollout)(desk, watch, found)

    if not isinstance(found, Report):
        ended = f"The run ended and gave {found!r}."
        desk.say(removed_words(found) if isinstance(found, Removed) else ended)
        return Answer(exit=code, error=told)

    if not watch.is_begun:
        desk.note(f"Run {found.run} had ended before; nothing was done now.")

    desk.say(*summary(found, watch.spent))
    return Answer(exit=code, payload=report_json(found, watch.spent), error=told)


def show_back(desk: Desk, watch: Watched, found: RolloutReport) -> Answer:
    """Show how a way back ended; that everything is back is a success.

    Args:
        desk: Where.
        watch: What it took.
        found: How.
    """
    answer, code = show_rollout(desk, watch, found), way_back_exit(found)
    return evolve(answer, exit=code, error=None if code is Exit.OK else answer.error)


def show_rollout(
    desk: Desk,
    watch: Watched,
    found: RolloutReport,
    *,
    back: str = "",
    is_strict: bool = False,
) -> Answer:
    """Show how a rollout ended.

    Args:
        desk: Where.
        watch: What it took.
        found: How.
        back: How long it takes to take all of it back; empty where nobody knows.
        is_strict: Whether failures within the budget have an exit code of their own.
    """
    desk.say(*rollout_summary(found, watch.spent, back=back))
    code, told = rollout_exit(found, is_strict=is_strict), None
    if code is not Exit.OK:
        told = Complaint(
            type="RolloutFailed",
            message=f"{found.name or 'The rollout'}: {found.ended}. {found.reason}",
            next_move=found.next_move,
        )

    return Answer(exit=code, payload=rollout_json(found, watch.spent), error=told)
