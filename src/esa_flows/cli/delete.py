"""`esa-flows routines delete`: the one command that takes a routine away for good."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Parameter

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.options import DRIVING, Driving
from esa_flows.cli.routines import standing_lines
from esa_flows.cli.summary import removed_words
from esa_flows.cli.text import counted
from esa_flows.cli.watch import watching
from esa_flows.client import Client
from esa_flows.errors import InvalidInput
from esa_flows.release.remove import Removal, Removed
from esa_flows.routines import Overview, Routines
from esa_flows.steps.delete_routine import serves_still

__all__ = ["routines_delete"]


async def routines_delete(
    name: str,
    /,
    *,
    yes: str = "",
    while_serving: Annotated[bool, Parameter(negative="")] = False,
    common: Driving = DRIVING,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Delete a routine with all its versions, for good.

    The code of every version is saved beside the journal first. A routine that serves
    production, or that an unfinished run refers to, is not deleted.

    Args:
        name: The routine.
        yes: The routine's name once more, instead of typing it when asked.
        while_serving: Delete it although it serves production.
        common: How to reach the provider.
        desk: Where to write.
    """
    if yes and yes != name:
        raise InvalidInput(
            f"--yes names {yes!r}; the routine to delete is {name!r}.",
            next_move="Nothing was deleted. Name the same routine twice.",
        )

    async with desk.client(common) as client:
        wanted = Removal(routine=name, while_serving=while_serving)
        held = Routines(client.connection, client.runs)
        await held.begun(wanted)
        await _show(desk, client, wanted)
        await _confirm(desk, name, yes)
        with watching(desk, client, f"delete {name}") as watch:
            gone = await held.remove(wanted, observer=watch)

    desk.say(removed_words(gone))
    return Answer(payload=_json(gone))


async def _show(desk: Desk, client: Client, wanted: Removal) -> None:
    """Show what will be lost; refuse what would be refused anyway."""
    found = await client.routine(wanted.routine)
    desk.note(*standing_lines(found), _loss(found))
    serves = serves_still(found.world.routine)
    if serves and not wanted.while_serving:
        raise InvalidInput(
            f"{serves} It is not deleted.",
            next_move="Lead visitors elsewhere first; or say --while-serving.",
        )


def _loss(found: Overview) -> str:
    versions = counted(len(found.world.versions), "version")
    routes = counted(len(found.routes or ()), "route")
    records = counted(len(found.records or ()), "record")
    return (
        f"Deleting it loses {versions}; {routes} and {records} lead to it."
        " Code is saved first; assets cannot be."
    )


async def _confirm(desk: Desk, name: str, yes: str) -> None:
    if yes:
        return

    typed = await desk.ask(
        f"To delete it, type its name, {name}; anything else leaves it as it is:",
        instead=f"--yes {name}",
    )
    if typed.strip() != name:
        raise InvalidInput(f"{name} was not deleted: its name was not typed.")


def _json(gone: Removed) -> dict[str, Any]:
    return {
        "run": gone.run,
        "routine": gone.routine,
        "outcome": "deleted",
        "versions": [
            {"version": one.version, "backup": one.backup, "assets": one.has_assets}
            for one in gone.saved
        ],
    }
