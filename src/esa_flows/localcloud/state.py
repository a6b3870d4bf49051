"""What the cloud keeps: access keys, routines, versions, deployments, OSS objects.

Rule 1: everything that changes lives here, and changes by a method named after the
event. Rule 2: a refused transition raises ``CloudError`` and changes nothing.
Rule 3: no clock, no settings: a moment, a limit or a choice comes in as an argument.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Literal

from attrs import define, field, frozen
from attrs.validators import in_

from .refusal import CloudError, unknown_routine
from .values import Dice

Env = Literal["production", "staging"]
Split = tuple[tuple[str, int], ...]
ENVS: tuple[Env, ...] = ("production", "staging")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_ID = 10**18  # ids have 19 digits


@frozen(kw_only=True)
class AccessKey:
    """A key pair of an account; with a token, a temporary one.

    Attributes:
        id: the access key id, public.
        secret: the secret it signs with.
        account: the account's id, digits.
        site: ``cn`` or ``intl``; an endpoint of the other site does not know the key.
        token: the STS security token that must come along.
        expires: when the token stops being good.
        active: False plays a disabled key.
    """

    id: str
    secret: str = field(repr=False)
    account: str = "1000000000000001"
    site: Literal["cn", "intl"] = field(default="cn", validator=in_(("cn", "intl")))
    token: str | None = field(default=None, repr=False)
    expires: datetime | None = None
    active: bool = True


@frozen(kw_only=True)
class Slot:
    """What the callback of the last upload registered as the staging code."""

    content: bytes = field(repr=False)
    description: str = ""


@frozen(kw_only=True)
class Version:
    """An immutable numbered version; its id is its birth in nanoseconds since 1970."""

    id: str
    description: str
    created: datetime
    ready_at: datetime
    content: bytes = field(repr=False)
    digest: str
    deploy_env: str = ""

    def status(self, now: datetime) -> str:
        """Return ``init`` until the version is ready, then ``available``."""
        return "available" if now >= self.ready_at else "init"


@frozen(kw_only=True)
class Deployment:
    """A split in force in one environment since a moment."""

    id: str
    created: datetime
    split: Split


@define(kw_only=True)
class Routine:
    """One edge function of an account."""

    account: str
    name: str
    description: str
    created: datetime
    record: str
    has_assets: bool = False
    slot: Slot | None = None
    versions: dict[str, Version] = field(factory=dict)
    deployments: dict[str, Deployment] = field(factory=dict)
    replaced: dict[str, Deployment] = field(factory=dict)
    served: dict[str, set[str]] = field(factory=dict)

    def __repr__(self) -> str:
        """Show the name and how much there is."""
        return f"<Routine {self.name}: {len(self.versions)} versions, {self.splits()}>"

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


@define(kw_only=True)
class State:
    """The whole cloud's memory."""

    keys: dict[str, AccessKey] = field(factory=dict)
    routines: dict[tuple[str, str], Routine] = field(factory=dict)
    records: dict[str, Routine] = field(factory=dict)
    objects: dict[str, bytes] = field(factory=dict, repr=False)
    last_id: int = _FIRST_ID

    def __repr__(self) -> str:
        """Show how much there is."""
        return f"<State: {len(self.routines)} routines, {len(self.keys)} keys>"

    def new_id(self, now: datetime, dice: Dice) -> str:
        """Return a fresh id: nanoseconds since 1970, larger than every one before."""
        microseconds = (now - _EPOCH) // timedelta(microseconds=1)
        wanted = microseconds * 1000 + dice.getrandbits(10) % 1000
        self.last_id = max(wanted, self.last_id + 1)
        return str(self.last_id)

    def routine(self, account: str, name: str) -> Routine:
        """Return a routine of an account.

        Raises:
            CloudError: ``RoutineNotExist``.
        """
        found = self.routines.get((account, name))
        if found is None:
            raise unknown_routine(name)

        return found

    def of_account(self, account: str) -> list[Routine]:
        """Return the account's routines, oldest first."""
        return [held for (owner, _), held in self.routines.items() if owner == account]

    def create_routine(
        self, account: str, name: str, *, description: str, now: datetime
    ) -> Routine:
        """Add an empty routine.

        Raises:
            CloudError: ``RoutineAlreadyExist``.
        """
        if (account, name) in self.routines:
            raise CloudError("RoutineAlreadyExist", f"The routine {name} exists.")

        zone = hashlib.sha256(account.encode()).hexdigest()[:8]
        routine = Routine(
            account=account,
            name=name,
            description=description,
            created=now,
            record=f"{name}.{zone}.er.aliyun-esa.net",
        )
        self.add(routine)
        return routine

    def add(self, routine: Routine) -> None:
        """Keep a routine under its name and its default record."""
        self.routines[routine.account, routine.name] = routine
        self.records[routine.record] = routine

    def delete_routine(self, account: str, name: str, *, guard: bool) -> None:
        """Forget a routine with everything in it.

        Raises:
            CloudError: ``RoutineNotExist``; ``DependedByOthers`` when guarded and live
                in production.
        """
        routine = self.routine(account, name)
        if guard and "production" in routine.deployments:
            raise CloudError("DependedByOthers", f"The routine {name} serves traffic.")

        del self.routines[account, name]
        del self.records[routine.record]

    def commit(
        self,
        routine: Routine,
        content: bytes,
        *,
        description: str,
        deploy_env: str,
        now: datetime,
        ready_after: float,
        dice: Dice,
    ) -> Version:
        """Freeze bytes as a new version."""
        version = Version(
            id=self.new_id(now, dice),
            description=description,
            created=now,
            ready_at=now + timedelta(seconds=ready_after),
            content=content,
            digest=hashlib.sha256(content).hexdigest(),
            deploy_env=deploy_env,
        )
        routine.versions[version.id] = version
        return version

    def deploy(
        self, routine: Routine, env: str, split: Split, *, now: datetime, dice: Dice
    ) -> Deployment:
        """Replace the split of one environment."""
        held = Deployment(id=self.new_id(now, dice), created=now, split=split)
        if env in routine.deployments:
            routine.replaced[env] = routine.deployments[env]

        routine.deployments[env] = held
        routine.served.setdefault(env, set()).update(version for version, _ in split)
        return held

    def delete_version(
        self, routine: Routine, version: str, *, guard: bool, code: str
    ) -> None:
        """Forget one version.

        Raises:
            CloudError: the given code for an unknown version; ``DependedByOthers`` when
                guarded and the version is live.
        """
        routine.version(version, code)
        if guard and version in routine.live():
            raise CloudError(
                "DependedByOthers", f"The code version {version} is deployed."
            )

        del routine.versions[version]
