"""The console: somebody who changes routines without going through the API.

It seeds a cloud and plays the other person in tests. What it does is neither counted
against the cap nor judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from attrs import define, field

from .state import AccessKey, Routine, Slot
from .world import World


@define
class Console:
    """Acts on one account.

    Attributes:
        world: the cloud's belongings.
        now: the cloud's wall clock.
        account: the account acted on.
    """

    world: World
    now: Callable[[], datetime] = field(repr=False)
    account: str

    def add_key(self, key: AccessKey) -> None:
        """Make a key pair known."""
        self.world.state.keys[key.id] = key

    def routine(self, name: str) -> Routine:
        """Return a routine, created when it is new."""
        state = self.world.state
        if (self.account, name) in state.routines:
            return state.routine(self.account, name)

        return state.create_routine(self.account, name, description="", now=self.now())

    def add_version(self, name: str, code: bytes, description: str = "") -> str:
        """Add a ready version whatever the quota says, and return its id."""
        version = self.world.state.commit(
            self.routine(name),
            code,
            description=description,
            deploy_env="",
            now=self.now(),
            ready_after=0.0,
            dice=self.world.dice,
        )
        return version.id

    def deploy(self, name: str, env: str, shares: Mapping[str, int]) -> str:
        """Set a split and return the deployment's id."""
        held = self.world.state.deploy(
            self.routine(name),
            env,
            tuple(shares.items()),
            now=self.now(),
            dice=self.world.dice,
        )
        return held.id

    def delete_version(self, name: str, version: str) -> None:
        """Delete a version, live or not."""
        del self.routine(name).versions[version]

    def overwrite_slot(self, name: str, code: bytes, description: str = "") -> None:
        """Put other code into the staging slot."""
        self.routine(name).slot = Slot(content=code, description=description)
