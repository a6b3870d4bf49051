"""Asking what is under way in a rollout to go back."""

from __future__ import annotations

import anyio
from tests.fleet.yard import RUN, Yard
from tests.house import wall

from esa_flows.engine.journal import SignalVerb
from esa_flows.fleet.call_back import JournalInboxes
from esa_flows.fleet.rollout import rollout


async def test_only_what_is_under_way_of_these_flows_is_asked() -> None:
    """Not the rollout itself, no run that has ended, no other flow or rollout."""
    yard = Yard(canary="10:5m,100")
    yard.live("aa", "bb", "cc")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa"], ["bb"])
            with anyio.move_on_after(100):
                await yard.run(client, order)

            others = await yard.order(client, ["cc"])
            with anyio.move_on_after(100):
                await client.run(rollout, others, run_id=f"{RUN}0")

        inboxes = JournalInboxes(yard.house.journal, wall)
        asked = await inboxes.abort(RUN, ("prepare", "expose"), by="ann")

        assert (f"{RUN}.2",) == asked
        (signal,) = await yard.house.journal.signals(f"{RUN}.2", after=0)
        assert (SignalVerb.ABORT, "ann") == (signal.verb, signal.by)
        assert () == await inboxes.abort(RUN, ("prepare",), by="ann")


def test_it_says_whose_they_are() -> None:
    """In logs it is known by its journal."""
    assert "<JournalInboxes [journal: memory]>" == repr(
        JournalInboxes(Yard().house.journal, wall)
    )
