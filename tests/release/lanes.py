"""A transport that notes in which lane each call waits for the cap."""

from __future__ import annotations

from attrs import define, field

from esa_flows.wire.lane import Lane, lane_for
from esa_flows.wire.transport import Request, Response, Transport

__all__ = ["DEPLOYS", "Lanes"]

DEPLOYS = "CreateRoutineCodeDeployment"


@define
class Lanes:
    """Notes operations and lanes, and carries on."""

    _inner: Transport
    sent: list[tuple[str, Lane]] = field(factory=list)

    async def send(self, request: Request) -> Response:
        """Note the lane that a deployment would take here."""
        operation = dict(request.headers).get("x-acs-action", "")
        self.sent.append((operation, lane_for(Lane.DEPLOY)))
        return await self._inner.send(request)
