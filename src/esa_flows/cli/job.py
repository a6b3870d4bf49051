"""The page of a job of GitHub Actions: what its run did is written there by itself.

Source: GitHub Actions, Workflow commands, Adding a job summary.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from esa_flows.cli.desk import Desk
from esa_flows.client import Client
from esa_flows.errors import EsaFlowsError
from esa_flows.files import open_lines

__all__ = ["on_the_page"]


@asynccontextmanager
async def on_the_page(desk: Desk, client: Client) -> AsyncIterator[None]:
    """Write to the job's page what the run did that the block drove, however it ended.

    Args:
        desk: Knows the job, and the run.
        client: Whose journal holds it.
    """
    try:
        yield
    finally:
        path = desk.parts.environ.get("GITHUB_STEP_SUMMARY", "")
        if desk.annotates and path and desk.run:
            with anyio.CancelScope(shield=True):
                await _written(desk, client, path)


async def _written(desk: Desk, client: Client, path: str) -> None:
    # Only a job of GitHub pays for these imports.
    from esa_flows.cli.pages.markdown import markdown  # noqa: PLC0415  see above
    from esa_flows.cli.report import story_of_run  # noqa: PLC0415  see above

    try:
        told = markdown(await story_of_run(client, desk.run))
        page = await open_lines(path)
        await page.write(told.encode())
        page.close()
    except (EsaFlowsError, OSError) as error:
        desk.note(f"The job's page could not be written: {error}")
