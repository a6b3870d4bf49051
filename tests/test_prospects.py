"""What the releases of a rollout would find, in several accounts."""

from __future__ import annotations

from esa_flows.fleet.account import Account
from esa_flows.fleet.waves import Candidate
from esa_flows.intake import release_of
from esa_flows.model import RoutineId
from esa_flows.prospects import Asked, Prospects
from tests.accounts_house import Houses
from tests.house import NEW


async def test_each_account_is_looked_at_with_its_own_key() -> None:
    """A run that is under way is known by its account, too."""
    houses = Houses()
    houses.live("cart", "eu/cart")
    async with houses.client() as client:
        connection = client.connection
        await connection.accounts.open({"eu": Account()}, ["eu"])
        asked = []
        for name in (RoutineId("cart"), RoutineId("eu/cart")):
            release = await release_of(connection.at(name.account), "cart", NEW)
            asked.append(Asked(candidate=Candidate(name=name), release=release))

        prospects = Prospects.of(connection, ["", "eu"], "7k2f")
        await prospects.through(asked, {"eu/cart": "run1"}, 2)
        own, eu = prospects.seen(asked)

    assert "<Prospects of 2 accounts>" == repr(prospects)
    assert (True, "") == (own.planned is not None, own.refusal)
    assert (None, "Unfinished run run1 is at it.") == (eu.planned, eu.refusal)
    assert prospects.latencies[""] > 0
