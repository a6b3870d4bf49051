"""The console: somebody who changes routines without going through the API.

It seeds a cloud and plays the other person in tests. What it does is neither counted
against the cap nor judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from attrs import define, field

from .routine import ENVS, DcdnRoutine, EnvConf, Routine, Serving, Slot, Variable
from .site import Site
from .state import AccessKey
from .world import World

_FOUNDED = datetime(2024, 1, 1, tzinfo=UTC)  # sites are older than every routine


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

    def function(self, name: str) -> DcdnRoutine:
        """Return a DCDN routine, created with both environments when it is new."""
        state = self.world.state
        held = state.functions.get((self.account, name))
        if held is not None:
            return held

        envs: dict[str, EnvConf] = {env: EnvConf() for env in ENVS}
        return state.create_function(
            self.account, name, description="", envs=envs, now=self.now()
        )

    def add_site(self, name: str) -> int:
        """Make a site known, if it is not, and return its id."""
        state = self.world.state
        for site in state.sites.values():
            if (site.account, site.name) == (self.account, name):
                return site.id

        number = state.new_number()
        state.sites[number] = Site(
            id=number, account=self.account, name=name, created=_FOUNDED
        )
        return number

    def add_revision(self, name: str, code: bytes, description: str = "") -> str:
        """Add a ready DCDN revision whatever the quota says, and return its id."""
        return self._add(self.function(name), code, description)

    def publish(self, name: str, revision: str, *envs: str) -> None:
        """Make a DCDN revision live in some environments."""
        for env in envs:
            self.world.state.deploy(
                self.function(name),
                env,
                ((revision, 100),),
                now=self.now(),
                dice=self.world.dice,
            )

    def delete_revision(self, name: str, revision: str) -> None:
        """Delete a DCDN revision, live or not."""
        del self.function(name).versions[revision]

    def add_version(
        self, name: str, code: bytes, description: str = "", *, deploy_env: str = ""
    ) -> str:
        """Add a ready version whatever the quota says, and return its id.

        With ``deploy_env`` it carries that environment's variables.
        """
        return self._add(self.routine(name), code, description, deploy_env)

    def set_variable(
        self, name: str, env: str, key: str, value: str, *, is_secret: bool = False
    ) -> None:
        """Set an environment variable; versions made before do not get it."""
        kind = "secret_text" if is_secret else "plain_text"
        held = self.routine(name).variables.setdefault(env, {})
        held[key] = Variable(type=kind, value=value)

    def _add(
        self, owner: Serving, code: bytes, description: str, deploy_env: str = ""
    ) -> str:
        held = owner.variables if isinstance(owner, Routine) else {}
        version = self.world.state.commit(
            owner,
            code,
            deploy_env=deploy_env,
            variables=dict(held.get(deploy_env, {})),
            description=description,
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
