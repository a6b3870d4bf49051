"""Show how a run ended, and turn that into a command's answer."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from esa_flows.cli.complaint import complaint
from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.exits import exit_code
from esa_flows.cli.summary import removed_words, report_json, summary
from esa_flows.cli.watch import Watch
from esa_flows.errors import ReleaseFailed
from esa_flows.release.remove import Removed
from esa_flows.release.report import Report

__all__ = ["Ending", "show", "wait_for"]

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


def show(desk: Desk, watch: Watch, ending: Ending) -> Answer:
    """Show how a run ended.

    Args:
        desk: Where.
        watch: What it took.
        ending: What `wait_for` gave.
    """
    found, error = ending
    code = exit_code(error or (found if isinstance(found, Report) else None))
    told = complaint(error) if error else None
    if not isinstance(found, Report):
        ended = f"The run ended and gave {found!r}."
        desk.say(removed_words(found) if isinstance(found, Removed) else ended)
        return Answer(exit=code, error=told)

    if not watch.progress.run:
        desk.note(f"Run {found.run} had ended before; nothing was done now.")

    desk.say(*summary(found, watch.spent))
    return Answer(exit=code, payload=report_json(found, watch.spent), error=told)
