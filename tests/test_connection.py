"""What a client holds open, and what it makes when nobody brings it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from attrs import evolve

from esa_flows import Client, Outcome, Parts, Settings
from esa_flows.api.cloud import RoutineCloud
from esa_flows.connection import connect
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.engine.journal_sqlite import SQLiteJournal
from esa_flows.errors import InvalidInput, NotSent
from esa_flows.files import Blobs, BlobStore, MemoryBlobs
from esa_flows.model import RoutineName
from esa_flows.wire.cap import Cap
from esa_flows.wire.credentials import Credentials, Static
from esa_flows.wire.transport import HttpxTransport
from tests.house import BASE, NEW, House

SIGNER = Static(
    Credentials(access_key_id="LTAI5tFakeKeyId0001", access_key_secret="fake-secret")
)


def _parts(home: Path, **changes: Any) -> Parts:
    return evolve(Parts(environ={}, home=home, credentials=SIGNER), **changes)


@pytest.mark.real_time
@pytest.mark.may_block
async def test_everything_is_made_where_nobody_brings_it(tmp_path: Path) -> None:
    """A journal in the state folder, a store beside it, a transport, a chain."""
    parts = Parts(environ={"XDG_STATE_HOME": str(tmp_path)}, home=tmp_path)
    async with connect(Settings(endpoint=BASE), parts) as connection:
        journal = connection.engine.journal
        store = connection.blobs

        assert isinstance(journal, SQLiteJournal)
        assert isinstance(store, BlobStore)
        assert tmp_path / "esa_flows" / "journal.db.blobs" == store.folder
        assert (tmp_path / "esa_flows" / "journal.db").exists()
        assert connection.engine.owner.pid > 0


@pytest.mark.real_time
@pytest.mark.may_block
async def test_two_clients_of_one_process_are_two_owners(tmp_path: Path) -> None:
    """Leases tell them apart."""
    parts = _parts(tmp_path, journal=MemoryJournal(), blobs=MemoryBlobs())
    settings = Settings(endpoint=BASE)
    async with connect(settings, parts) as one, connect(settings, parts) as two:
        assert one.engine.owner != two.engine.owner
        assert one.engine.owner.pid == two.engine.owner.pid


@pytest.mark.real_time
@pytest.mark.may_block
async def test_the_journal_of_the_settings_is_used(tmp_path: Path) -> None:
    """A path that is given needs no state folder."""
    path = tmp_path / "here.db"
    settings = Settings(endpoint=BASE, journal=path)
    async with connect(settings, _parts(tmp_path / "nobody")) as connection:
        assert str(path) == connection.engine.journal.name

    assert path.exists()
    assert not (tmp_path / "nobody").exists()


@pytest.mark.real_time
@pytest.mark.may_block
async def test_what_the_host_brings_stays_the_hosts(tmp_path: Path) -> None:
    """HTTP client and journal are used and left open."""
    journal = await SQLiteJournal.open(tmp_path / "host.db")
    async with httpx.AsyncClient() as http:
        parts = _parts(tmp_path, http=http, journal=journal)
        async with connect(Settings(endpoint=BASE), parts) as connection:
            assert journal is connection.engine.journal
            assert isinstance(connection.caller._transport, HttpxTransport)

        assert not http.is_closed
        assert () == await journal.list()

    await journal.close()


async def test_an_endpoint_on_loopback_may_upload_to_loopback() -> None:
    """The local cloud's forms are taken by a client that was pointed at it."""
    with House() as house:
        house.live()
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome


async def test_an_endpoint_elsewhere_does_not_upload_to_loopback() -> None:
    """A provider that names this machine as its store is not followed."""
    with House() as house:
        house.live()
        async with house.client() as client:
            parts = client.connection.parts

        async with Client(Settings(endpoint="https://esa.example"), parts) as client:
            cloud = client.connection.cloud

            assert not cloud._allow_loopback_oss  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("settings", "hosts"),
    [
        (Settings(endpoint="esa.example"), ("esa.example",)),
        (Settings(site="cn"), ("esa.cn-hangzhou.aliyuncs.com",)),
        (Settings(site="intl"), ("esa.ap-southeast-1.aliyuncs.com",)),
    ],
)
async def test_the_endpoint_follows_the_settings(
    settings: Settings, hosts: tuple[str, ...]
) -> None:
    """One given by hand wins; else the site's own."""
    async with House().client() as client:
        parts = client.connection.parts

    async with connect(settings, parts) as connection:
        endpoints = connection.caller._endpoints

        assert hosts == tuple(endpoint.host for endpoint in endpoints)


async def test_an_unknown_site_tries_both() -> None:
    """Nothing is asked until the first call; then it is found out."""
    async with House().client() as client:
        parts = client.connection.parts

    async with connect(Settings(), parts) as connection:
        assert 2 == len(connection.caller._endpoints)


async def test_a_wrong_staging_edge_is_refused_when_opening() -> None:
    """Before a release gets as far as its gate."""
    client = House().client(staging_edge="edge.example")

    with pytest.raises(InvalidInput, match="is not the address of an edge"):
        await client.__aenter__()


async def test_ports_of_ones_own_come_beside_ours() -> None:
    """Steps of a host's own can need what the host brings."""
    async with House().client(ports={str: lambda _: "hello"}) as client:
        ports = client.connection.engine.ports

        assert "hello" == ports[str](lambda _: None)
        assert {RoutineCloud, Blobs} <= {*ports}


async def test_the_cap_follows_the_settings() -> None:
    """A smaller account gets a smaller cap."""
    with House() as house:
        house.live()
        async with house.client(calls_per_second=7) as client:
            await client.connection.cloud.observe(RoutineName("shop"))

            assert 7 == client.connection.cap.statistics().calls


@pytest.mark.real_time
@pytest.mark.may_block
async def test_clients_of_one_key_share_the_cap_by_default(tmp_path: Path) -> None:
    """A file in the state folder holds who may call; process sharing makes none."""
    folder = tmp_path / ".local" / "state" / "esa_flows" / "cap"
    parts = _parts(tmp_path, journal=MemoryJournal(), blobs=MemoryBlobs())
    found = []
    for settings in (
        Settings(endpoint=BASE, cap_sharing="process"),
        Settings(endpoint=BASE),
    ):
        async with (
            connect(settings, parts) as one,
            connect(settings, parts) as two,
            one.cap.slot(key="LTAI5tFakeKeyId0001"),
            two.cap.slot(key="LTAI5tFakeKeyId0001"),
        ):
            files = await anyio.to_thread.run_sync(lambda: list(folder.glob("*.slots")))
            found.append((one.cap.statistics().in_flight, len(files)))

    assert [(1, 0), (2, 1)] == found


@pytest.mark.real_time
@pytest.mark.may_block
async def test_clients_of_one_store_share_the_cap_between_machines(
    tmp_path: Path,
) -> None:
    """No file is made; a store that is not there lets nothing pass."""
    parts = _parts(tmp_path, journal=MemoryJournal(), blobs=MemoryBlobs())
    settings = Settings(endpoint=BASE, cap_store="redis://127.0.0.1:9/0")
    async with connect(settings, parts) as one:
        with pytest.raises(NotSent, match="through which the cap is shared"):
            async with one.cap.slot(key="LTAI5tFakeKeyId0001"):
                pass

        shared = one.cap.statistics().shared

    assert "redis://127.0.0.1:9/0" in shared
    assert not await anyio.Path(tmp_path / ".local").exists()


@pytest.mark.real_time
@pytest.mark.may_block
async def test_a_cancelled_client_lets_go_of_the_cap_too(tmp_path: Path) -> None:
    """Nobody takes it for living afterwards."""
    lives = tmp_path / ".local" / "state" / "esa_flows" / "cap" / "lives"
    parts = _parts(tmp_path, journal=MemoryJournal(), blobs=MemoryBlobs())
    with anyio.CancelScope() as scope:
        async with connect(Settings(endpoint=BASE), parts) as one:
            async with one.cap.slot(key="LTAI5tFakeKeyId0001"):
                before = await anyio.Path(lives).exists()

            scope.cancel()

    left = [path async for path in anyio.Path(lives).iterdir()]

    assert (before, left) == (True, [])


async def test_a_cap_of_the_hosts_own_is_used() -> None:
    """Several clients of one program may share one."""
    cap = Cap(3)
    with House() as house:
        house.live()
        async with house.client(cap=cap) as client:
            assert cap is client.connection.cap


def test_the_wall_clock_knows_its_zone() -> None:
    """Times in journals and signatures are UTC."""
    assert dt.timedelta(0) == Parts(environ={}).now().utcoffset()
