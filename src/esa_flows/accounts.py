"""The accounts that a client works with: its own, and those that rollouts name.

Each has credentials, a cap, connections and a retry budget of its own. A further one is
opened when a run that names it begins or goes on, from what that run's journal says of
it; a credential that is not to be found any more refuses the run before it does
anything.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, cast

from attrs import define, evolve, field, frozen

from esa_flows.api.cloud import AreaCloud, RoutineCloud
from esa_flows.api.dcdn import DcdnCloud
from esa_flows.api.source import SourceCloud
from esa_flows.engine.attempt import Ports
from esa_flows.engine.codec import decode
from esa_flows.engine.history import History
from esa_flows.engine.journal import Journal
from esa_flows.engine.place import Elsewhere
from esa_flows.errors import InvalidInput
from esa_flows.files import Blobs
from esa_flows.fleet.account import Account
from esa_flows.fleet.fallback import fallback
from esa_flows.fleet.rollout import rollout
from esa_flows.fleet.undo import undo
from esa_flows.model import Cloud, Realm
from esa_flows.reach import Tools, reach
from esa_flows.release.archive import JournalArchive
from esa_flows.release.memory import JournalMemory
from esa_flows.settings import Settings
from esa_flows.steps.find_backup import Archive
from esa_flows.steps.observe import Memory
from esa_flows.wire.call import Caller
from esa_flows.wire.cap import Cap
from esa_flows.wire.chain import profile_chain
from esa_flows.wire.credentials import CredentialSource
from esa_flows.wire.environment import FromEnvironment
from esa_flows.wire.surroundings import Surroundings

__all__ = ["Access", "Accounts", "declared_in", "own_account"]

MOST_RUNS = 1_000
"""Runs, newest first, among which rollouts are looked for that name an account."""

_NAMING = frozenset({rollout.name, undo.name, fallback.name})
"""Flows whose runs say how the accounts they name are reached."""


@frozen(kw_only=True)
class Access:
    """What one account is worked with.

    Attributes:
        settings: How it is reached.
        credentials: Who signs.
        caller: Makes signed calls.
        cap: The limit on calls per second.
        cloud: The provider, as a port.
        source: Gives DCDN, to take routines from; made when it is first asked for.
        archive: Finds what was kept of versions that are gone.
        ports: What steps can need of it.
    """

    settings: Settings
    credentials: CredentialSource
    caller: Caller
    cap: Cap
    cloud: RoutineCloud
    source: Callable[[], DcdnCloud]
    archive: JournalArchive
    ports: Ports


@define(kw_only=True)
class Accounts:
    """Opens accounts, each once.

    Args:
        settings: How the client's own account is reached.
        tools: What it is reached with.
        around: Where credentials of others are looked for.
        given: Credentials of others that the host brings, by the accounts' names.
        journal: Where runs are recorded.
        blobs: Where bundles and backups are kept.
        shared: What steps can need that belongs to no account.

    Attributes:
        own: The client's own account.
        places: Those that are open, as an engine leads to them.
    """

    _settings: Settings
    _tools: Tools
    _around: Surroundings
    _given: Mapping[str, CredentialSource]
    _journal: Journal
    _blobs: Blobs
    _shared: Ports
    own: Access = field(init=False)
    places: dict[str, Elsewhere] = field(factory=dict, init=False)
    _open: dict[str, tuple[Account, Access]] = field(factory=dict, init=False)
    _limits: dict[str, int] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.own = self._access(self._settings, self._tools)

    def __repr__(self) -> str:
        return f"<Accounts [{', '.join(('own', *self._open))}]>"

    def at(self, name: str) -> Access:
        """Give what an account is worked with.

        Args:
            name: What it is called; empty for the client's own.

        Raises:
            InvalidInput: Nothing said how it is reached.
        """
        if name in {"", self._settings.account}:
            return self.own

        if name not in self._open:
            raise InvalidInput(
                f"Nothing says how the account {name} is reached.",
                next_move="Declare it in the rollout's file, under [accounts.NAME].",
            )

        return self._open[name][1]

    async def open(
        self, declared: Mapping[str, Account], used: Iterable[str]
    ) -> Mapping[str, str]:
        """Open accounts and see that each has credentials; nothing is sent for that.

        Args:
            declared: How those with a name are reached.
            used: The names of those that are needed; empty for the client's own.

        Returns:
            The ids of their access keys, masked, by name.

        Raises:
            InvalidInput: One has no credentials, or two have the same.
        """
        for name, account in declared.items():
            if name != self._settings.account:
                self._opened(name, account)

        troubles, keys = list[str](), dict[str, tuple[str, str]]()
        for name in dict.fromkeys(used):
            try:
                found = await self.at(name).credentials.get()
            except InvalidInput as error:
                troubles.append(f"{_called(name)}: {error}")
            else:
                keys[name] = (found.access_key_id, found.masked_id)

        _refuse(troubles)
        _refuse_same({name: key for name, (key, _) in keys.items()})
        return {name: shown for name, (_, shown) in keys.items()}

    async def reach(self, run: str, started: Mapping[str, Any]) -> None:
        """See to the accounts that a run needs: what an engine asks before it goes on.

        Args:
            run: Its id.
            started: How it began.

        Raises:
            InvalidInput: One has no credentials any more, or two have the same.
        """
        limit = _limit_in(started)
        if limit is not None:
            self._limits[run] = limit

        place = started.get("place", "")
        declared = declared_in(started)
        if not declared and (place in {"", *self.places} or "." not in run):
            return

        if declared:
            await self.open(declared, declared)
            return

        known = await self._declared_by(run.partition(".")[0])
        name = Realm.at(place).account
        if name in known:
            await self.open(known, [name])

    @contextmanager
    def kept_to(self, run: str) -> Iterator[None]:
        """Make no more calls a second, in any account, than a rollout wants.

        Args:
            run: Its run, which begins or goes on.
        """
        limit = self._limits.pop(run, None)
        with ExitStack() as stack:
            if limit is not None:
                for each in (self.own, *(access for _, access in self._open.values())):
                    stack.enter_context(each.caller.allowance.at_most(limit))

            yield

    async def _declared_by(self, run: str) -> dict[str, Account]:
        return await _declared_by(self._journal, run)

    def _opened(self, name: str, account: Account) -> None:
        known = self._open.get(name)
        if known is not None and known[0] == account:
            return

        if known is not None:
            raise InvalidInput(
                f"The account {name} is in use here as {known[0].told(name)}; this"
                f" says {account.told(name)}.",
                next_move="Give one of them another name, or use a client of its own.",
            )

        settings = _settings(self._settings, name, account)
        source = self._given.get(name) or _signer(name, account, self._around)
        tools = evolve(self._tools, credentials=source, cap=None)
        access = self._access(settings, tools)
        self._open[name] = (account, access)
        self.places[settings.realm.place] = Elsewhere(ports=access.ports)

    def _access(self, settings: Settings, tools: Tools) -> Access:
        reached = reach(settings.cloud, settings, tools)
        archive = JournalArchive(self._journal, self._blobs, settings.realm)
        memory = JournalMemory(self._journal, settings.realm)
        source = _source(reached.cloud, settings, tools)
        of_it: Ports = {
            Archive: lambda _: archive,
            Memory: lambda _: memory,
            SourceCloud: lambda permit: source().bound(permit=permit),
        }
        return Access(
            settings=settings,
            credentials=tools.credentials,
            caller=reached.caller,
            cap=reached.cap,
            cloud=reached.cloud,
            source=source,
            archive=archive,
            ports={**_ports(reached.cloud), **of_it, **self._shared},
        )


def _limit_in(started: Mapping[str, Any]) -> int | None:
    is_rollout = started.get("flow") == rollout.name and started.get("input")
    limit: int | None = started["input"].get("limit") if is_rollout else None
    return limit


async def own_account(
    settings: Settings, journal: Journal, around: Surroundings
) -> tuple[Settings, CredentialSource]:
    """Give how a client's own account is reached where it goes by a name.

    That is as the last rollout said that named it; where none did, by the profile of
    its name.

    Args:
        settings: They have the name.
        journal: Has the rollouts.
        around: Where credentials are looked for.
    """
    name, account = settings.account, Account()
    for row in await journal.list(heads=True, most=MOST_RUNS):
        if row.run.flow in _NAMING:
            known = await _declared_by(journal, row.run.id)
            if name in known:
                account = known[name]
                break

    return _settings(settings, name, account), _signer(name, account, around)


def declared_in(started: Mapping[str, Any]) -> dict[str, Account]:
    """Give the accounts that a run of many routines names, and how to reach each: pure.

    Args:
        started: How the run began.
    """
    value = started.get("input")
    if started.get("flow") not in _NAMING or value is None:
        return {}

    order = value["order"] if started["flow"] == undo.name else value
    found: dict[str, Account] = decode(order.get("accounts", {}), dict[str, Account])
    return found


async def _declared_by(journal: Journal, run: str) -> dict[str, Account]:
    return declared_in(History.of(await journal.rows(run)).started)


def _settings(own: Settings, name: str, account: Account) -> Settings:
    most = account.calls_per_second
    return evolve(
        own,
        account=name,
        site=account.site or own.site,
        calls_per_second=own.calls_per_second if most is None else most,
    )


def _signer(name: str, account: Account, around: Surroundings) -> CredentialSource:
    if account.credentials is not None:
        prefix = account.credentials.env
        return FromEnvironment(environ=around.environ, prefix=prefix)

    return profile_chain(account.profile or name, around)


def _called(name: str) -> str:
    return f"Account {name}" if name else "The client's own account"


def _refuse(troubles: list[str]) -> None:
    if troubles:
        raise InvalidInput("\n  ".join(troubles))


def _refuse_same(keys: Mapping[str, str]) -> None:
    """Refuse one account under two names: its cap would be taken twice.

    Raises:
        InvalidInput: Two names have one access key.
    """
    seen: dict[str, str] = {}
    for name, key in keys.items():
        if key in seen:
            raise InvalidInput(
                f"{_called(name)} and {_called(seen[key]).lower()} have the same access"
                " key, so they are one account.",
                next_move="Name one of them, or see which profile each one uses.",
            )

        seen[key] = name


def _source(
    cloud: RoutineCloud, settings: Settings, tools: Tools
) -> Callable[[], DcdnCloud]:
    """Reach DCDN once, and only if somebody takes a routine from it.

    A client of ESA may have settings that DCDN cannot be reached with.
    """

    @functools.cache
    def source() -> DcdnCloud:
        if isinstance(cloud, DcdnCloud):
            return cloud

        return cast("DcdnCloud", reach(Cloud.DCDN, settings, tools).cloud)

    return source


def _ports(cloud: RoutineCloud) -> Ports:
    """Give the ports of a cloud, which has more of them where it has areas."""
    ports: dict[type[Any], Callable[..., Any]] = {
        RoutineCloud: lambda permit: cloud.bound(permit=permit)
    }
    if cloud.facts.has_areas:
        ports[AreaCloud] = ports[RoutineCloud]

    return ports
