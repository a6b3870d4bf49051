"""How long a command has taken so far, and with how many calls."""

from __future__ import annotations

from collections import Counter
from typing import Self

from attrs import frozen

from esa_flows.api.cloud import Op
from esa_flows.cli.desk import Desk
from esa_flows.cli.summary import Spent
from esa_flows.client import Client

__all__ = ["Effort"]


@frozen(kw_only=True)
class Effort:
    """What a command takes, counted while it goes on.

    Attributes:
        desk: Whose clock it is.
        client: Whose calls are counted.
        began: When it began, on that clock.
        before: Calls that are not counted, as they were made before.
    """

    desk: Desk
    client: Client
    began: float
    before: Counter[Op]

    @classmethod
    def whole(cls, desk: Desk, client: Client) -> Self:
        """Count all calls of a client, those before this one too.

        Args:
            desk: Whose clock it is.
            client: Whose calls are counted.
        """
        began = desk.parts.clock()
        return cls(desk=desk, client=client, began=began, before=Counter())

    @classmethod
    def from_now(cls, desk: Desk, client: Client) -> Self:
        """Count the calls that a client makes from now on.

        Args:
            desk: Whose clock it is.
            client: Whose calls are counted.
        """
        began = desk.parts.clock()
        return cls(desk=desk, client=client, began=began, before=_made(client))

    @property
    def now(self) -> float:
        """Seconds on the same clock."""
        return self.desk.parts.clock()

    @property
    def calls(self) -> int:
        """Calls that count under the cap, so far."""
        return self.spent.calls

    @property
    def spent(self) -> Spent:
        """What it took so far."""
        made = _made(self.client)
        made.subtract(self.before)
        uploads = made.pop(Op.POST, 0)
        seconds = self.now - self.began
        return Spent(calls=made.total(), uploads=uploads, seconds=seconds)


def _made(client: Client) -> Counter[Op]:
    return Counter(client.connection.cloud.statistics().calls)
