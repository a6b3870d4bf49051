"""A house whose clients release to DCDN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define

from esa_flows import Client
from esa_flows.localcloud.routine import EnvConf, Version
from tests.house import EDGE, OLD, House

ZHEJIANG, JILIN = "presetCanaryZhejiang", "presetCanaryJilin"


@define(kw_only=True)
class DcdnHouse(House):
    """A house whose clients release to DCDN: only one setting is another."""

    def client(self, **changes: Any) -> Client:
        """Make a client of DCDN, each as if in a process of its own."""
        return super().client(**{"cloud": "dcdn"} | changes)

    def live(self, name: str = "shop", code: bytes = OLD, versions: int = 1) -> str:
        """Make a routine that serves its newest revision everywhere; give that."""
        console = self.cloud.console
        ids = [
            console.add_revision(name, code, f"release {n}") for n in range(versions)
        ]
        self.cloud.console.publish(name, ids[-1], *EDGE)
        return ids[-1]

    def areas(self, *names: str) -> None:
        """Give the routine areas that serve what production does."""
        routine = self.cloud.console.function("shop")
        routine.envs = {**routine.envs, **dict.fromkeys(names, EnvConf())}
        live = self.now().get("production")
        if live:
            self.cloud.console.publish("shop", live, *names)

    def now(self) -> dict[str, str]:
        """Give what each environment and area serves."""
        splits = self.cloud.console.function("shop").splits()
        return {env: next(iter(shares)) for env, shares in splits.items()}

    def serves(self, name: str = "shop", env: str = "production") -> dict[str, int]:
        """Give what an environment serves: shares by version."""
        return dict(self.cloud.report().splits[f"dcdn/{name}"].get(env, {}))

    def versions(self, name: str = "shop") -> tuple[str, ...]:
        """Give the revisions of a routine, oldest first; none where there is none."""
        return self.cloud.report().versions.get(f"dcdn/{name}", ())

    def tagged(self, name: str = "shop") -> tuple[str, ...]:
        """Give the ids of the revisions that carry our tag, oldest first."""
        held = self.cloud.console.function(name).versions.values()
        return tuple(v.id for v in held if v.description.startswith("ef1 "))

    def digest(self, version: str, name: str = "shop") -> str:
        """Give the digest of what a revision holds."""
        return self.held(version, name).digest

    def held(self, version: str | None, name: str = "shop") -> Version:
        """Give a revision."""
        return self.cloud.console.function(name).versions[version or ""]

    def deploy(self, shares: Mapping[str, int], env: str = "production") -> None:
        """Publish as somebody at the console."""
        self.cloud.console.publish("shop", *shares, env)

    @property
    def called(self) -> dict[str, int]:
        """How often each operation was called."""
        return dict(self.cloud.report().calls)
