"""The self-made certificate."""

from __future__ import annotations

import ssl
import stat
from contextlib import suppress
from pathlib import Path
from random import Random

import anyio
import pytest
from tests.house import wall

from esa_flows.localcloud import LocalCloud
from esa_flows.localcloud.certificate import certificate_in

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]


async def test_the_leaf_is_trusted_by_its_authority(tmp_path: Path) -> None:
    """Both load into a TLS context; only the leaf's key is kept."""
    made = await certificate_in(tmp_path / "tls")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made.leaf, made.key)
    client = ssl.create_default_context(cafile=made.authority)

    assert client.cert_store_stats()["x509_ca"] == 1
    assert sorted(path.name for path in (tmp_path / "tls").iterdir()) == [
        "ca.pem",
        "leaf.key",
        "leaf.pem",
    ]
    assert stat.S_IMODE(made.key.stat().st_mode) & 0o077 == 0


async def test_it_holds_for_the_routines_own_names(tmp_path: Path) -> None:
    """Whoever asks the edge for a routine names the routine, not this machine."""
    made = await certificate_in(tmp_path)
    cloud = LocalCloud(now=wall, monotonic=anyio.current_time, random=Random(1))
    cloud.seed()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(made.authority)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made.leaf, made.key)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    host = cloud.console.routine("checkout-edge").record
    client = context.wrap_bio(to_client, to_server, server_hostname=host)
    edge = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, edge, client):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()

    assert client.version() is not None


async def test_a_kept_certificate_is_used_again(tmp_path: Path) -> None:
    """So that clients need to be told of it once."""
    first = (await certificate_in(tmp_path)).leaf.read_bytes()

    assert first == (await certificate_in(tmp_path)).leaf.read_bytes()


async def test_without_openssl_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match="openssl, which makes it, is not on the PATH"):
        await certificate_in(tmp_path)


async def test_what_openssl_says_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing half made stays behind."""
    program = tmp_path / "openssl"
    program.write_text("#!/bin/sh\necho no entropy today >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(ValueError, match="made no certificate: no entropy today"):
        await certificate_in(tmp_path / "tls")

    assert list((tmp_path / "tls").iterdir()) == []
