"""Take a whole rollout back: shown first, agreed to, then done."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from esa_flows.cli.abort import abort
from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.ending import show_back
from esa_flows.cli.exits import Exit
from esa_flows.cli.options import Driving
from esa_flows.cli.rollout import fleet_of
from esa_flows.cli.rollouts.kinds import outline_of
from esa_flows.cli.rollouts.outline import Outline
from esa_flows.cli.rollouts.progress import FleetProgress
from esa_flows.cli.rollouts.recall import Recall
from esa_flows.cli.rollouts.watch import watching_rollout
from esa_flows.cli.rollouts.way_back import way_back_json, way_back_words
from esa_flows.cli.text import counted, seconds_words
from esa_flows.client import Client
from esa_flows.engine.view import RunView
from esa_flows.fleet.way_back import WayBack

__all__ = ["Consent", "is_agreed", "refused", "undo_rollout"]


@frozen(kw_only=True)
class Consent:
    """What a person has said beforehand.

    Attributes:
        is_given: Whether nobody need be asked.
        is_dry: Whether it is only shown.
    """

    is_given: bool = False
    is_dry: bool = False


async def undo_rollout(
    desk: Desk, common: Driving, run: str, wave: int, consent: Consent
) -> Answer:
    """Take a rollout back, or a wave of it; one that has not ended is aborted.

    Args:
        desk: Where to write, and whom to ask.
        common: How to reach the provider.
        run: Its whole id.
        wave: The number of a wave that alone goes back; 0 for all.
        consent: What a person has said beforehand.
    """
    async with desk.client(common) as client:
        view = await client.runs.here(run)
        if view.history.is_ended or wave:
            return await _undone(desk, client, run, wave, consent)

        told = await _standing(client, view)
        (desk.say if consent.is_dry else desk.note)(*told)
        agreed = await is_agreed(desk, consent, f"Abort rollout {run}?")

    if not agreed:
        return refused(desk, consent, {"rollout": run, "aborts": [run]})

    return await abort(run, common=common, desk=desk)


async def _undone(
    desk: Desk, client: Client, run: str, wave: int, consent: Consent
) -> Answer:
    plan = await client.plan_undo(run, wave=wave)
    (desk.say if consent.is_dry else desk.note)(*way_back_words(plan), "")
    if not await is_agreed(desk, consent, _question(plan)):
        return refused(desk, consent, way_back_json(plan))

    outline = Outline.back(plan)
    with watching_rollout(desk, client, f"roll back {plan.name}", outline) as watch:
        found = await client.undo(run, wave=wave, observer=watch)

    return show_back(desk, watch, found)


async def rollback_fleet(
    desk: Desk, common: Driving, file: str, label: Iterable[str], consent: Consent
) -> Answer:
    """Take every routine of a rollout's file back to what served before.

    Args:
        desk: Where to write, and whom to ask.
        common: How to reach the provider.
        file: The file's path.
        label: Labels that the routines must carry.
        consent: What a person has said beforehand.
    """
    async with desk.client(common) as client:
        fleet = await fleet_of(desk, file, label)
        plan = await client.plan_rollback(fleet)
        (desk.say if consent.is_dry else desk.note)(*way_back_words(plan), "")
        is_asked = bool(plan.returns) or consent.is_dry
        if is_asked and not await is_agreed(desk, consent, _question(plan)):
            return refused(desk, consent, way_back_json(plan))

        outline = Outline.back(plan)
        with watching_rollout(desk, client, f"roll back {plan.name}", outline) as watch:
            found = await client.rollback_fleet(plan, observer=watch)

        return show_back(desk, watch, found)


async def is_agreed(desk: Desk, consent: Consent, question: str) -> bool:
    """Tell whether it shall be done; ask where nobody has said so.

    Args:
        desk: Whom to ask.
        consent: What a person has said beforehand.
        question: What to ask.

    Raises:
        InvalidInput: Nobody can be asked.
    """
    if consent.is_dry:
        return False

    return consent.is_given or await desk.agrees(question)


def refused(desk: Desk, consent: Consent, payload: dict[str, object]) -> Answer:
    """End without doing anything.

    Args:
        desk: Where to say so.
        consent: What a person has said beforehand.
        payload: What would have been done.
    """
    if consent.is_dry:
        return Answer(payload=payload)

    desk.note("Nothing was changed.")
    return Answer(exit=Exit.ABORTED, payload=payload)


async def _standing(client: Client, view: RunView) -> tuple[str, ...]:
    """Say what of a rollout that has not ended serves, and how long it takes back."""
    progress = FleetProgress(outline=outline_of(view))
    for happening in await Recall().news(client, view):
        progress.take(happening, happening.at.timestamp())

    size, back = progress.outline.size, seconds_words(progress.back)
    served = f"Routines that serve what it brings: {progress.exposed} of {size}."
    return (
        f"Rollout {view.run.id} has not ended. {served}",
        f"It is aborted, which takes all of that back, in {back} at least.",
    )


def _question(plan: WayBack) -> str:
    size = counted(len(plan.returns) + len(plan.unfinished), "routine")
    return f"Take {size} back?"
