"""Where a test of DCDN sits: the same local cloud, and a client of its other API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import define, field
from tests.api.desk import NAME, Desk, now

from esa_flows.api.dcdn import DcdnCloud
from esa_flows.localcloud import KEY
from esa_flows.wire import (
    Caller,
    Cap,
    Credentials,
    Endpoint,
    Request,
    Response,
    Secret,
    Static,
)
from esa_flows.wire.transport import Transport

OLD = b'export default { fetch: () => new Response("one") };'


def caller_of(desk: Desk, transport: Transport) -> Caller:
    """Make a caller of DCDN with the seeded key."""
    key = Credentials(access_key_id=KEY.id, access_key_secret=Secret(KEY.secret))
    return Caller(
        transport,
        Static(key),
        Endpoint.parse("http://127.0.0.1:8080"),
        cap=Cap(),
        now=now,
        nonce=desk.number,
        product="dcdn",
    )


@define
class DcdnDesk(Desk):
    """A seeded cloud with a routine of three revisions, and a client of DCDN."""

    dcdn: DcdnCloud = field(init=False)
    ids: tuple[str, ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Make both."""
        super().__attrs_post_init__()
        self.ids = tuple(
            self.console.add_revision(NAME, OLD, f"release {n}") for n in range(3)
        )
        self.console.publish(NAME, self.ids[-1], "staging", "production")
        self.dcdn = self.client(self.transport)

    def client(self, transport: Transport) -> DcdnCloud:
        """Make a client that sends elsewhere."""
        return DcdnCloud(
            caller_of(self, transport),
            transport,
            now=now,
            boundary=self.number,
            allow_loopback_oss=True,
        )


@define
class Script:
    """A transport that gives prepared answers, by operation, and keeps the requests.

    An answer that is a text is the free text of the one error code.
    """

    answers: Mapping[str, Any]
    sent: list[Request] = field(factory=list)

    async def send(self, request: Request) -> Response:
        """Give the answer for the operation."""
        self.sent.append(request)
        value = self.answers[dict(request.headers)["x-acs-action"]]
        if not isinstance(value, str):
            return Response.of(200, json.dumps(value).encode())

        told = {
            "Code": "EdgeRoutine.GeneralError",
            "Message": f"A server error occurred: {value}",
        }
        return Response.of(400, json.dumps(told).encode())

    def dcdn(self) -> DcdnCloud:
        """Make DCDN of these answers."""
        return DcdnDesk().client(self)
