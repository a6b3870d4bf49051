"""A house whose cloud has a second account: a key, a console, routines."""

from __future__ import annotations

from typing import Any

from attrs import define, field

from esa_flows import Client
from esa_flows.localcloud import Switches
from esa_flows.localcloud.console import Console
from esa_flows.localcloud.state import AccessKey
from esa_flows.wire.credentials import Credentials, Static
from tests.house import EDGE, OLD, House, wall

EU = AccessKey(
    id="LTAI5tFakeKeyIdEu01",
    secret="FakeSecretOfTheSecondAccount",
    account="1000000000000002",
)


def signer(key: AccessKey) -> Static:
    """Give who signs with a key."""
    return Static(Credentials(access_key_id=key.id, access_key_secret=key.secret))


@define(kw_only=True)
class Houses:
    """The client's own account, and one called `eu`.

    Attributes:
        house: Everything; its own account is the first.
        console: Acts on the second.
    """

    house: House = field(factory=lambda: House(switches=Switches(latency=0.05)))
    console: Console = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.house.cloud.console.add_key(EU)
        self.console = Console(self.house.cloud.world, wall, EU.account)

    def client(self, **changes: Any) -> Client:
        """Make a client that knows who signs in `eu`."""
        return self.house.client(**{"accounts": {"eu": signer(EU)}, **changes})

    def live(self, *names: str) -> None:
        """Make routines that serve something old, `eu/…` in the second account."""
        for name in names:
            if not name.startswith("eu/"):
                self.house.live(name)
                continue

            routine = name.removeprefix("eu/")
            version = self.console.add_version(routine, OLD, "old")
            for env in EDGE:
                self.console.deploy(routine, env, {version: 100})

    def serves(self, name: str, env: str = "production") -> dict[str, int]:
        """Give what an environment of a routine serves: shares by version."""
        label = name.replace("eu/", f"{EU.account}/")
        return dict(self.house.cloud.report().splits[label].get(env, {}))

    def is_new(self, name: str) -> bool:
        """Tell whether production of a routine serves a version of ours, whole."""
        console = self.console if name.startswith("eu/") else self.house.cloud.console
        held = console.routine(name.removeprefix("eu/")).versions.values()
        ours = [v.id for v in held if v.description.startswith("ef1 ")]
        return bool(ours) and {ours[-1]: 100} == self.serves(name)

    def peak(self, key: str) -> int:
        """Give the most calls of an access key in any one second."""
        tallies = self.house.cloud._gateway.caps.tallies
        return tallies[key, "esa", ""].peak_sliding
