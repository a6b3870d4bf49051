"""Show a run that is gone on with as what it is: of many routines, or of one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from esa_flows.cli.desk import Desk
from esa_flows.cli.rollouts.kinds import is_fleet, outline_of
from esa_flows.cli.rollouts.recall import Recall, hooks_of
from esa_flows.cli.rollouts.watch import FleetWatch, watching_rollout
from esa_flows.cli.watch import Watch, watching
from esa_flows.client import Client
from esa_flows.engine.observe import Happening
from esa_flows.engine.view import RunView
from esa_flows.errors import InvalidInput

__all__ = ["Past", "past_of", "watching_again"]

Past = list[Happening] | None
"""What a run about many routines did before; None for other runs."""


async def past_of(client: Client, view: RunView) -> Past:
    """Give what a run about many routines did before; who goes on is not told that.

    Args:
        client: Whose journal holds it.
        view: The run.
    """
    if not is_fleet(view):
        return None

    return await Recall().news(client, view)


@contextmanager
def watching_again(
    desk: Desk, client: Client, title: str, view: RunView, past: Past
) -> Iterator[Watch | FleetWatch]:
    """Show what a run does while the block runs.

    Args:
        desk: Where to show it.
        client: Whose calls are counted.
        title: What is done to what.
        view: The run as it is before.
        past: What `past_of` gave.
    """
    if past is None:
        with watching(desk, client, title) as watch:
            yield watch

        return

    outline = outline_of(view)
    try:
        desk.notify(hooks_of(view))
    except InvalidInput as error:
        desk.note(f"Nobody is notified: {error}")  # going on matters more

    with watching_rollout(desk, client, title, outline, past=past) as fleet_watch:
        yield fleet_watch
