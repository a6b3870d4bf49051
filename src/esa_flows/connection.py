"""What a client holds open: transport, cloud, journal, engine. Built in one place."""

import contextlib
import datetime as dt
import os
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random  # noqa: TID251  the edge: randomness enters here
from typing import Any, Self

import anyio
from attrs import evolve, field, fields, frozen

from esa_flows.accounts import Access, Accounts, own_account
from esa_flows.api.cloud import RoutineCloud
from esa_flows.api.dcdn import DcdnCloud
from esa_flows.api.provider import room_for
from esa_flows.engine.attempt import Ports
from esa_flows.engine.engine import Engine
from esa_flows.engine.flow import Flow
from esa_flows.engine.journal import Journal, Owner
from esa_flows.engine.journal_sqlite import SQLiteJournal
from esa_flows.engine.process import Deaths, Life, boot_clock, this_process
from esa_flows.files import Blobs, BlobStore
from esa_flows.fleet.call_back import Inboxes, JournalInboxes
from esa_flows.fleet.fallback import fallback
from esa_flows.fleet.rollout import rollout
from esa_flows.fleet.undo import undo
from esa_flows.gates.functions import Functions, GateFunction
from esa_flows.gates.probe import EdgeAddress, open_probe_client
from esa_flows.gates.read_gate import Surroundings
from esa_flows.gates.staging import Prober
from esa_flows.reach import Tools, is_local
from esa_flows.release.archive import JournalArchive
from esa_flows.release.remove import remove
from esa_flows.release.shipped import LEGS, SHIPPED
from esa_flows.settings import (
    Settings,
    Sharing,
    blobs_folder,
    journal_path,
    state_folder,
)
from esa_flows.wire.call import Caller
from esa_flows.wire.cap import Cap
from esa_flows.wire.chain import default_chain
from esa_flows.wire.credentials import CredentialSource
from esa_flows.wire.far_stores import FarStores
from esa_flows.wire.slot_file import FileStores
from esa_flows.wire.store_address import StoreAddress
from esa_flows.wire.surroundings import Surroundings as Outside
from esa_flows.wire.transport import (
    AnyHttpClient,
    HttpClient,
    HttpxTransport,
    Transport,
    open_client,
)

__all__ = ["Connection", "Parts", "connect"]


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)  # noqa: TID251  the edge: the wall clock enters here


@frozen(kw_only=True)
class Parts:
    """What a host may bring itself. Everything left out is made by the client.

    Attributes:
        credentials: Who signs; by default the usual chain.
        accounts: Who signs in further accounts, by the names they have in rollouts; by
            default what each rollout says of them.
        http: HTTP client for API, uploads and STS, of httpx or of httpx2; it stays the
            host's to close.
        transport: Carries requests in place of `http`.
        journal: Where runs are recorded; it stays the host's to close.
        blobs: Where bundles and backups are kept.
        flows: Flows of one's own that may be started and resumed.
        gates: Async functions that gates of resumed runs may name.
        cap: The limit on calls, for hosts whose clients share it, or keep it elsewhere;
            by default as the settings say.
        ports: What steps of one's own can need beside the cloud: how to bind each type.
        environ: Environment variables.
        home: The user's home folder.
        now: The wall clock, UTC.
        clock: Seconds that also pass while the machine sleeps.
        random: Randomness for run ids, waits and boundaries.
        owner: Who this process is to other processes; found out when a client opens.
        life: Whether another owner's process lives.
    """

    credentials: CredentialSource | None = None
    accounts: Mapping[str, CredentialSource] = field(factory=dict, repr=False)
    http: AnyHttpClient | None = None
    transport: Transport | None = None
    journal: Journal | None = None
    blobs: Blobs | None = None
    flows: tuple[Flow[Any, Any], ...] = ()
    gates: tuple[GateFunction, ...] = ()
    cap: Cap | None = None
    ports: Mapping[type[Any], Callable[..., Any]] = field(factory=dict)
    environ: Mapping[str, str] = field(factory=lambda: dict(os.environ), repr=False)
    home: Path = field(factory=Path.home)
    now: Callable[[], dt.datetime] = _utc_now
    clock: Callable[[], float] = boot_clock
    random: Random = field(factory=secrets.SystemRandom)
    owner: Owner | None = None
    life: Callable[[Owner], Life] = field(factory=Deaths)


@frozen(kw_only=True)
class Connection:
    """An open client's insides.

    Attributes:
        settings: How it reaches the provider.
        parts: What it was made of.
        caller: Makes signed calls.
        cap: The limit on calls per second.
        credentials: Who signs.
        cloud: The provider, as a port.
        source: Gives DCDN, to take routines from; made when it is first asked for.
        blobs: Where bundles and backups are kept.
        archive: Finds what was kept of versions that are gone.
        functions: Async functions that are gates.
        engine: Runs flows.
        accounts: The further accounts that are worked with.
        ports: What steps can need.
    """

    settings: Settings
    parts: Parts
    caller: Caller
    cap: Cap
    credentials: CredentialSource
    cloud: RoutineCloud
    source: Callable[[], DcdnCloud]
    blobs: Blobs
    archive: JournalArchive
    functions: Functions
    engine: Engine
    accounts: Accounts
    ports: Ports

    def at(self, account: str) -> Self:
        """Give the same for another account.

        Args:
            account: Its name; empty for the client's own.

        Raises:
            InvalidInput: Nothing said how it is reached.
        """
        there = self.accounts.at(account)
        return self if there is self.accounts.own else evolve(self, **_members(there))


def _members(access: Access) -> dict[str, Any]:
    return {each.name: getattr(access, each.name) for each in fields(Access)}


@asynccontextmanager
async def connect(settings: Settings, parts: Parts) -> AsyncIterator[Connection]:
    """Open everything a client needs, and close what was opened here.

    Raises:
        InvalidInput: A setting cannot be used.
        JournalError: The journal cannot be opened.
    """
    async with contextlib.AsyncExitStack() as stack:
        transport = parts.transport or await _transport(parts, stack)
        journal = parts.journal or await _journal(settings, parts, stack)
        around = _around(settings, parts, transport)
        settings, credentials = await _own(settings, parts, journal, around)
        owner = await _owner(parts)
        stores = _stores(settings, parts, owner, stack)
        tools = Tools(
            transport=transport,
            credentials=credentials,
            now=parts.now,
            draw=lambda: f"{parts.random.getrandbits(128):032x}",
            stores=stores,
            clock=anyio.current_time if stores is None else parts.clock,
            watch=parts.clock,
            cap=parts.cap,
            uploads=room_for(settings.uploads_at_once),
        )
        blobs = parts.blobs or BlobStore(blobs_folder(journal.name))
        inboxes = JournalInboxes(journal, parts.now)
        prober = await _prober(settings, parts, stack)
        functions = Functions.of(parts.gates)
        here = Surroundings(functions=functions, environ=parts.environ)
        shared: Ports = {
            Blobs: lambda _: blobs,
            Inboxes: lambda _: inboxes,
            Prober: lambda _: prober,
            Surroundings: lambda _: here,
            **parts.ports,
        }
        accounts = Accounts(
            settings=settings,
            tools=tools,
            around=around,
            given=parts.accounts,
            journal=journal,
            blobs=blobs,
            shared=shared,
        )
        own = accounts.own
        yield Connection(
            settings=settings,
            parts=parts,
            accounts=accounts,
            caller=own.caller,
            cap=own.cap,
            credentials=credentials,
            cloud=own.cloud,
            source=own.source,
            blobs=blobs,
            archive=own.archive,
            functions=functions,
            engine=_engine(settings, parts, owner, journal, accounts),
            ports=own.ports,
        )


def _stores(
    settings: Settings, parts: Parts, owner: Owner, stack: contextlib.AsyncExitStack
) -> FileStores | FarStores | None:
    """Give where the cap's slots are shared; None where they are not."""
    is_by_itself = settings.cap_sharing is Sharing.PROCESS and not settings.cap_store
    if parts.cap is not None or is_by_itself:
        return None

    stores = _stores_at(settings.cap_store, settings, parts, owner)
    stack.push_async_callback(_close, stores)
    return stores


def _stores_at(
    address: StoreAddress | None, settings: Settings, parts: Parts, owner: Owner
) -> FileStores | FarStores:
    # Each local cloud counts by itself; a boot begins a new clock.
    place = settings.endpoint if is_local(settings.endpoint) else ""
    token = parts.random.getrandbits(52) | 1
    if address is None:
        return FileStores(
            state_folder(parts.environ, parts.home) / "cap",
            place=f"{owner.boot.rpartition('/')[0]}\n{place}",
            token=token,
        )

    return FarStores(
        address,
        place=place,
        token=token,
        clock=parts.clock,
        share=settings.cap_own_share,
    )


async def _close(stores: FileStores | FarStores) -> None:
    """Let go of the slots, also when cancelled: who lives is told by them."""
    with anyio.CancelScope(shield=True):
        await anyio.to_thread.run_sync(stores.close)


async def _owner(parts: Parts) -> Owner:
    """Say who this process is; finding out reads files, so not in the event loop."""
    if parts.owner is not None:
        return parts.owner

    return await anyio.to_thread.run_sync(this_process, secrets.token_hex(4))


def _engine(
    settings: Settings,
    parts: Parts,
    owner: Owner,
    journal: Journal,
    accounts: Accounts,
) -> Engine:
    known: tuple[Flow[Any, Any], ...] = (
        *SHIPPED,
        *LEGS,
        remove,
        rollout,
        undo,
        fallback,
        *parts.flows,
    )
    return Engine(
        journal=journal,
        ports=accounts.own.ports,
        others=accounts.places,
        reach=accounts.reach,
        flows={flow.name: flow for flow in known},
        owner=owner,
        now=parts.now,
        clock=parts.clock,
        random=parts.random,
        life=parts.life,
        settle=settings.settle,
        place=settings.realm.place,
    )


async def _transport(parts: Parts, stack: contextlib.AsyncExitStack) -> Transport:
    if parts.http is not None:
        return HttpxTransport(parts.http)

    client = await anyio.to_thread.run_sync(open_client)
    return HttpxTransport(await stack.enter_async_context(client))


async def _prober(
    settings: Settings, parts: Parts, stack: contextlib.AsyncExitStack
) -> Prober:
    door: HttpClient | Transport | None = parts.transport
    if door is None:
        client = await anyio.to_thread.run_sync(open_probe_client)
        door = await stack.enter_async_context(client)

    return Prober(
        door=door,
        staging=_edge(settings.staging_edge),
        production=_edge(settings.production_edge),
        edge_lag=settings.edge_lag,
        version_header=settings.version_header,
    )


def _edge(url: str) -> tuple[EdgeAddress, ...]:
    return (EdgeAddress(url),) if url else ()


async def _journal(
    settings: Settings, parts: Parts, stack: contextlib.AsyncExitStack
) -> Journal:
    path = journal_path(settings, parts.environ, parts.home)
    journal = await SQLiteJournal.open(path)
    stack.push_async_callback(journal.close)
    return journal


async def _own(
    settings: Settings, parts: Parts, journal: Journal, around: Outside
) -> tuple[Settings, CredentialSource]:
    """Give how the client's own account is reached, and who signs there."""
    name = settings.account
    given = (parts.accounts.get(name) if name else None) or parts.credentials
    if given is not None or not name:
        return settings, given or default_chain(around)

    return await own_account(settings, journal, around)


def _around(settings: Settings, parts: Parts, transport: Transport) -> Outside:
    return Outside(
        environ=parts.environ,
        home=parts.home,
        transport=transport,
        now=parts.now,
        nonce=lambda: f"{parts.random.getrandbits(128):032x}",
        network=settings.network,
    )
