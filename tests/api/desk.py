"""Where a test of a cloud sits: the local cloud, its clock, and a client of it."""

from __future__ import annotations

import datetime as dt
import random
from itertools import count
from typing import Any

import anyio
from attrs import define, field

from esa_flows.api.esa import EsaCloud
from esa_flows.localcloud import KEY, Console, LocalCloud, Switches
from esa_flows.localcloud.seed import ACCOUNT
from esa_flows.localcloud.site import Record, Route
from esa_flows.model import RoutineName
from esa_flows.testing.transport import ProcessTransport
from esa_flows.wire import Caller, Cap, Credentials, Endpoint, Secret, Static

START = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
NAME = RoutineName("checkout-edge")


def now() -> dt.datetime:
    """Give the time of day: a fixed one, and then that of the event loop's clock."""
    return START + dt.timedelta(seconds=anyio.current_time())


@define
class Desk:
    """A seeded cloud and a client with its key; made inside an event loop."""

    switches: Switches = field(factory=Switches)
    cloud: LocalCloud = field(init=False)
    transport: ProcessTransport = field(init=False)
    esa: EsaCloud = field(init=False)
    _numbers: count[int] = field(init=False, factory=count)

    def __attrs_post_init__(self) -> None:
        """Make both."""
        self.cloud = LocalCloud(
            now=now,
            monotonic=anyio.current_time,
            random=random.Random(7),
            switches=self.switches,
        )
        self.cloud.seed(empty=True)
        self._live_routine()
        self.transport = ProcessTransport(self.cloud)
        self.esa = EsaCloud(
            self.caller(),
            self.transport,
            now=now,
            boundary=self.number,
            allow_loopback_oss=True,
        )

    def _live_routine(self) -> None:
        """Make a routine with three versions, the newest live everywhere."""
        code = b'export default { fetch: () => new Response("one") };'
        ids = [self.console.add_version(NAME, code, f"release {n}") for n in range(3)]
        for environment in ("staging", "production"):
            self.console.deploy(NAME, environment, {ids[-1]: 100})

    @property
    def console(self) -> Console:
        """What somebody else does to the routines meanwhile."""
        return self.cloud.console

    def lead(self, host: str, rule: str, *, enable: str = "on") -> None:
        """Bind a host to the routine, and make a route to it."""
        state, site = self.cloud.world.state, self.console.add_site("example.com")
        record, route = state.new_number(), state.new_number()
        owner: dict[str, Any] = {"account": ACCOUNT, "site": site, "routine": NAME}
        state.related[record] = Record(id=record, name=host, created=now(), **owner)
        state.routes[route] = Route(
            id=route,
            sequence=len(state.routes) + 1,
            name=f"to {host}",
            rule=rule,
            enable=enable,
            **owner,
        )

    def caller(self) -> Caller:
        """Make a caller with the seeded key."""
        key = Credentials(access_key_id=KEY.id, access_key_secret=Secret(KEY.secret))
        return Caller(
            self.transport,
            Static(key),
            Endpoint.parse("http://127.0.0.1:8080"),
            cap=Cap(),
            now=now,
            nonce=self.number,
        )

    def number(self) -> str:
        """Give a text never used before."""
        return f"{next(self._numbers):032x}"
