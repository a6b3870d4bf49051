"""What the cloud keeps: access keys, routines of both clouds, sites, OSS objects.

Rule 1: everything that changes lives here, and changes by a method named after the
event. Rule 2: a refused transition raises ``CloudError`` and changes nothing.
Rule 3: no clock, no settings: a moment, a limit or a choice comes in as an argument.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from attrs import define, evolve, field, frozen
from attrs.validators import in_

from .refusal import CloudError, unknown_routine
from .routine import DcdnRoutine, Deployment, EnvConf, Routine, Serving, Split, Version
from .site import Record, Route, Site
from .values import Dice

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_ID = 10**18  # ids have 19 digits
_FIRST_NUMBER = 10**14  # sites, routes and records have shorter ones


def zone_of(account: str) -> str:
    """Return the domain that holds the default records of an account's routines."""
    return f"{hashlib.sha256(account.encode()).hexdigest()[:8]}.er.aliyun-esa.net"


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


@define(kw_only=True)
class State:
    """The whole cloud's memory.

    Attributes:
        keys: access keys by id.
        routines: ESA's, by account and name.
        functions: DCDN's routines, by account and name.
        records: ESA's routines by the host they answer at.
        sites: by id.
        routes: by ``ConfigId``.
        related: records bound to routines, by id.
        opened: accounts that opened the service by a call.
        subdomains: DCDN's, by account.
        objects: what OSS holds, by key.
        last_id: the id given last.
        last_number: the number given last to a site, route or record.
    """

    keys: dict[str, AccessKey] = field(factory=dict)
    routines: dict[tuple[str, str], Routine] = field(factory=dict)
    functions: dict[tuple[str, str], DcdnRoutine] = field(factory=dict)
    records: dict[str, Routine] = field(factory=dict)
    sites: dict[int, Site] = field(factory=dict)
    routes: dict[int, Route] = field(factory=dict)
    related: dict[int, Record] = field(factory=dict)
    opened: set[str] = field(factory=set)
    subdomains: dict[str, list[str]] = field(factory=dict)
    objects: dict[str, bytes] = field(factory=dict, repr=False)
    last_id: int = _FIRST_ID
    last_number: int = _FIRST_NUMBER

    def __repr__(self) -> str:
        """Show how much there is."""
        count = len(self.routines) + len(self.functions)
        return f"<State: {count} routines, {len(self.keys)} keys>"

    def new_id(self, now: datetime, dice: Dice) -> str:
        """Return a fresh id: nanoseconds since 1970, larger than every one before."""
        microseconds = (now - _EPOCH) // timedelta(microseconds=1)
        wanted = microseconds * 1000 + dice.getrandbits(10) % 1000
        self.last_id = max(wanted, self.last_id + 1)
        return str(self.last_id)

    def new_number(self) -> int:
        """Return a fresh number for a site, a route or a record."""
        self.last_number += 1
        return self.last_number

    def routine(self, account: str, name: str) -> Routine:
        """Return an ESA routine of an account.

        Raises:
            CloudError: ``RoutineNotExist``.
        """
        found = self.routines.get((account, name))
        if found is None:
            raise unknown_routine(name)

        return found

    def of_account(self, account: str) -> list[Routine]:
        """Return the account's ESA routines, oldest first."""
        return [held for (owner, _), held in self.routines.items() if owner == account]

    def functions_of(self, account: str) -> list[DcdnRoutine]:
        """Return the account's DCDN routines, oldest first."""
        return [held for (owner, _), held in self.functions.items() if owner == account]

    def create_routine(
        self,
        account: str,
        name: str,
        *,
        description: str,
        now: datetime,
        code: str = "RoutineAlreadyExist",
    ) -> Routine:
        """Add an empty ESA routine.

        Raises:
            CloudError: the given code, where there is one of that name.
        """
        if (account, name) in self.routines:
            raise CloudError(code, f"The routine {name} exists.")

        routine = Routine(
            account=account,
            name=name,
            description=description,
            created=now,
            record=f"{name}.{zone_of(account)}",
        )
        self.add(routine)
        return routine

    def add(self, routine: Routine) -> None:
        """Keep an ESA routine under its name and its default record."""
        self.routines[routine.account, routine.name] = routine
        self.records[routine.record] = routine

    def create_function(
        self,
        account: str,
        name: str,
        *,
        description: str,
        envs: Mapping[str, EnvConf],
        now: datetime,
    ) -> DcdnRoutine:
        """Add an empty DCDN routine with its environments."""
        made = DcdnRoutine(
            account=account,
            name=name,
            description=description,
            created=now,
            envs=dict(envs),
        )
        self.functions[account, name] = made
        return made

    def delete_routine(self, account: str, name: str, *, guard: bool) -> None:
        """Forget an ESA routine with everything in it, routes and records included.

        Raises:
            CloudError: ``RoutineNotExist``; ``DependedByOthers`` when guarded and live
                in production.
        """
        routine = self.routine(account, name)
        if guard and "production" in routine.deployments:
            raise CloudError("DependedByOthers", f"The routine {name} serves traffic.")

        del self.routines[account, name]
        del self.records[routine.record]
        key = (account, name)
        self.routes = {
            n: held
            for n, held in self.routes.items()
            if (held.account, held.routine) != key
        }
        self.related = {
            n: held
            for n, held in self.related.items()
            if (held.account, held.routine) != key
        }

    def commit(
        self,
        owner: Serving,
        content: bytes,
        *,
        now: datetime,
        ready_after: float,
        dice: Dice,
        **members: Any,
    ) -> Version:
        """Freeze bytes as a new version.

        Args:
            owner: the routine that gets it.
            content: the code.
            now: its birth.
            ready_after: seconds until it is available.
            dice: the end of its id.
            members: more of ``Version``: ``description``, ``deploy_env`` …
        """
        ready_at = now + timedelta(seconds=ready_after)
        return self._born(
            owner, now, dice, content=content, ready_at=ready_at, **members
        )

    def reserve(
        self, owner: Serving, *, now: datetime, dice: Dice, **members: Any
    ) -> Version:
        """Number a version whose code is yet to be uploaded."""
        return self._born(owner, now, dice, ready_at=None, **members)

    def _born(
        self, owner: Serving, now: datetime, dice: Dice, **members: Any
    ) -> Version:
        version = Version(id=self.new_id(now, dice), created=now, **members)
        owner.versions[version.id] = version
        return version

    def receive(
        self,
        owner: Serving,
        version: Version,
        *,
        now: datetime,
        ready_after: float,
        **members: Any,
    ) -> None:
        """Give a reserved version what was uploaded for it.

        Args:
            owner: the routine that has it.
            version: which one.
            now: when the upload arrived.
            ready_after: seconds until it is available, or failed.
            members: what of ``Version`` the upload decides: ``content`` …
        """
        ready_at = now + timedelta(seconds=ready_after)
        owner.versions[version.id] = evolve(version, ready_at=ready_at, **members)

    def deploy(
        self, owner: Serving, env: str, split: Split, *, now: datetime, dice: Dice
    ) -> Deployment:
        """Replace the split of one environment."""
        held = Deployment(id=self.new_id(now, dice), created=now, split=split)
        if env in owner.deployments:
            owner.replaced[env] = owner.deployments[env]

        owner.deployments[env] = held
        owner.served.setdefault(env, set()).update(version for version, _ in split)
        return held

    def delete_version(
        self, owner: Serving, version: str, *, guard: bool, code: str
    ) -> None:
        """Forget one version.

        Raises:
            CloudError: the given code for an unknown version; ``DependedByOthers`` when
                guarded and the version is live.
        """
        owner.version(version, code)
        if guard and version in owner.live():
            raise CloudError(
                "DependedByOthers", f"The code version {version} is deployed."
            )

        del owner.versions[version]
