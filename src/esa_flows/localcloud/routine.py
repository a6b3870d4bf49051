"""A routine of either cloud: its versions, and which of them serves where.

ESA calls the snapshots code versions and shares an environment between two of them;
DCDN calls them revisions and gives an environment one whole. Both are kept alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from attrs import define, field, frozen

from .refusal import CloudError

Env = Literal["production", "staging"]
Split = tuple[tuple[str, int], ...]
ENVS: tuple[Env, ...] = ("production", "staging")


@frozen(kw_only=True)
class Slot:
    """What the callback of the last upload registered as the staging code."""

    content: bytes = field(repr=False)
    description: str = ""


@frozen(kw_only=True)
class Variable:
    """An environment variable: ``plain_text`` or ``secret_text``."""

    type: str
    value: str = field(repr=False)


@frozen(kw_only=True)
class Version:
    """A numbered version; its id is its birth in nanoseconds since 1970.

    It is immutable once its code is there. Where the number comes with the upload form
    (ESA with assets, DCDN), it exists before.

    Attributes:
        id: 19 digits.
        description: as the caller gave it.
        created: when it was born.
        ready_at: when it is done being made; None while its upload is missing.
        content: the code, empty for a version of assets only.
        assets: files by path, without a slash at the front.
        failed: what was uploaded could not be used.
        deploy_env: the environment whose variables it carries, or ``""``.
        variables: those variables, as they were when it was born.
        extra_info: the caller's own JSON text.
        build_id: number of the hosted build, 0 without one.
        not_found: the strategy for paths that no asset has, or ``""``.
        digest: SHA-256 of the content.
    """

    id: str
    description: str
    created: datetime
    ready_at: datetime | None
    content: bytes = field(default=b"", repr=False)
    assets: Mapping[str, bytes] = field(factory=dict, repr=False)
    failed: bool = False
    deploy_env: str = ""
    variables: Mapping[str, Variable] = field(factory=dict, repr=False)
    extra_info: str = ""
    build_id: int = 0
    not_found: str = ""
    digest: str = field(init=False)

    @digest.default
    def _digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def status(self, now: datetime) -> str:
        """Return ``init`` until it is made, then ``available`` or ``failed``."""
        if self.ready_at is None or now < self.ready_at:
            return "init"

        return "failed" if self.failed else "available"


@frozen(kw_only=True)
class Deployment:
    """A split in force in one environment since a moment."""

    id: str
    created: datetime
    split: Split


@define(kw_only=True)
class Serving:
    """What the routines of both clouds have in common."""

    account: str
    name: str
    description: str
    created: datetime
    versions: dict[str, Version] = field(factory=dict)
    deployments: dict[str, Deployment] = field(factory=dict)
    replaced: dict[str, Deployment] = field(factory=dict)
    served: dict[str, set[str]] = field(factory=dict)

    def __repr__(self) -> str:
        """Show the name and how much there is."""
        kind = type(self).__name__
        return f"<{kind} {self.name}: {len(self.versions)} versions, {self.splits()}>"

    def live(self) -> frozenset[str]:
        """Return the ids of all versions that serve any environment."""
        return frozenset(
            version for held in self.deployments.values() for version, _ in held.split
        )

    def in_force(self, env: str, now: datetime, lag: timedelta) -> Deployment | None:
        """Return what an observer sees who learns of changes late."""
        held = self.deployments.get(env)
        if held is not None and now < held.created + lag:
            return self.replaced.get(env)

        return held

    def splits(self) -> dict[str, dict[str, int]]:
        """Return the shares in force by environment."""
        return {env: dict(held.split) for env, held in self.deployments.items()}

    def version(self, version: str, code: str) -> Version:
        """Return a version, or refuse with the given code.

        Raises:
            CloudError: there is no such version.
        """
        found = self.versions.get(version)
        if found is None:
            raise CloudError(code, f"The code version {version} does not exist.")

        return found


@define(kw_only=True, repr=False)
class Routine(Serving):
    """One ESA edge routine.

    Attributes:
        record: the host it answers at.
        has_assets: whether it was created for assets.
        slot: the one mutable staging code.
        variables: environment variables by environment and key.
    """

    record: str
    has_assets: bool = False
    slot: Slot | None = None
    variables: dict[str, dict[str, Variable]] = field(factory=dict)


@frozen(kw_only=True)
class EnvConf:
    """The settings of one DCDN environment."""

    spec: str = "50ms"
    hosts: tuple[str, ...] = ()


@define(kw_only=True, repr=False)
class DcdnRoutine(Serving):
    """One DCDN edge routine.

    Attributes:
        envs: settings by environment: production, staging, canary areas.
        tests: revisions uploaded as test code and not committed, oldest first.
    """

    envs: dict[str, EnvConf] = field(factory=dict)
    tests: list[str] = field(factory=list)
