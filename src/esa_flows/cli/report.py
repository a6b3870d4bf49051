"""`esa-flows report`: what a run did, as a page, as Markdown, as JUnit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import anyio.to_thread
from attrs import asdict
from cyclopts import Parameter

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.options import DEFAULTS, Common
from esa_flows.cli.pages.fleet import FleetTelling
from esa_flows.cli.pages.junit import junit as as_junit
from esa_flows.cli.pages.markdown import markdown as as_markdown
from esa_flows.cli.pages.page import page
from esa_flows.cli.pages.story import RoutineLine, Story
from esa_flows.cli.pages.style import Look
from esa_flows.cli.pages.telling import story_of
from esa_flows.cli.rollouts.kinds import is_fleet
from esa_flows.client import Client
from esa_flows.files import write_whole

__all__ = ["report", "story_of_run"]


async def report(
    run: str,
    /,
    *,
    html: str = "",
    junit: str = "",
    markdown: Annotated[bool, Parameter(negative="")] = False,
    common: Common = DEFAULTS,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Tell what a run did, from its journal; nothing is asked of the provider.

    Without a file, and with --markdown, it is written to standard output as Markdown:
    esa-flows report RUN >> "$GITHUB_STEP_SUMMARY"

    Args:
        run: Its id, or the first four characters of it or more.
        html: A file to write it to as a page that needs nothing else.
        junit: A file to write it to as JUnit XML, which CI systems show as tests.
        markdown: Write it to standard output, too.
        common: Where the journal is.
        desk: Where to write.
    """
    async with desk.client(common) as client:
        story = await story_of_run(client, run)

    if html:
        look = await anyio.to_thread.run_sync(Look.load)
        await _write(desk, html, page(story, look).encode())

    if junit:
        await _write(desk, junit, as_junit(story))

    if (markdown or not (html or junit)) and not desk.is_json:
        desk.out.file.write(as_markdown(story))

    return Answer(payload=told(story))


async def story_of_run(client: Client, run: str) -> Story:
    """Tell what a run did.

    Args:
        client: Whose journal holds it.
        run: Its id, or four characters of it or more.

    Raises:
        UnknownRun: The journal knows no such run.
    """
    view = await client.runs.get(run)
    cap = client.connection.cap.statistics().calls
    if not is_fleet(view):
        return story_of(view, cap=cap)

    telling = FleetTelling(view, cap)
    async for child, rows in client.runs.children(view.run.id):
        telling.take(child, rows)

    return telling.story()


async def _write(desk: Desk, path: str, content: bytes) -> None:
    """Write a file, whole or not at all.

    Raises:
        InvalidInput: It cannot be written.
    """
    await anyio.to_thread.run_sync(write_whole, Path(path), content)
    desk.note(f"The report is in {path}")


def told(story: Story) -> dict[str, Any]:
    """Give a report as plain JSON values.

    Args:
        story: What it tells.
    """
    return {
        "run": story.run,
        "title": story.title,
        "headline": story.headline,
        "verdict": story.verdict.value,
        "state": story.state,
        "started_at": story.began.isoformat(),
        "seconds": round(story.seconds, 3),
        "reason": story.reason,
        "next_move": story.next_move,
        "calls": dict(story.verbs),
        "capped_calls": story.total,
        "uploads": story.uploads,
        "most_calls_in_a_second": story.peak,
        "gates": [asdict(reading) for reading in story.readings],
        "routines": [_routine(line) for line in story.routines],
        "waves": [asdict(wave) for wave in story.waves],
        "notes": list(story.notes),
    }


def _routine(line: RoutineLine) -> dict[str, Any]:
    return asdict(line) | {"verdict": line.verdict.value, "case": line.case.value}
