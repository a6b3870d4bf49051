"""Webhooks made to order, and a place that they lead to."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from attrs import define, field

from esa_flows.errors import OutcomeUnknown
from esa_flows.events import Event, Kind
from esa_flows.wire.exchange import Request, Response
from esa_flows.wire.transport import Transport

AT = dt.datetime(2026, 3, 28, 11, 3, 7, tzinfo=dt.UTC)
URL = "https://hooks.example.com/esa"


def event(kind: Kind = Kind.APPROVAL_ASKED, **changes: Any) -> Event:
    """Make an event of a rollout."""
    plain: dict[str, Any] = {"seq": 7, "at": AT, "run": "7k2f7k2f7k2f"}
    return Event(kind=kind, **{**plain, **changes})


@define
class Place:
    """Where webhooks lead to: keeps what comes, answers as it is told.

    Attributes:
        answers: Statuses of the first answers, 0 for none; 200 after that.
        seconds: How long each answer takes.
        got: What came.
    """

    answers: list[int] = field(factory=list)
    seconds: float = 0.0
    got: list[Request] = field(factory=list)

    async def send(self, request: Request) -> Response:
        """Take a request."""
        await anyio.sleep(self.seconds)
        self.got.append(request)
        status = self.answers.pop(0) if self.answers else 200
        if not status:
            raise OutcomeUnknown("Nobody answered.")

        return Response.of(status)

    @asynccontextmanager
    async def post(self) -> AsyncIterator[Transport]:
        """Open it."""
        yield self

    @property
    def bodies(self) -> list[bytes]:
        """What came, as it was sent."""
        return [each.body for each in self.got if isinstance(each.body, bytes)]
