"""A release over HTTPS with a self-made certificate, real sockets, a real journal."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.process.test_kill import NEW, child, environment

from esa_flows.localcloud.spawn import spawned


@pytest.mark.real_time
@pytest.mark.may_block
async def test_a_release_over_https(tmp_path: Path, anyio_backend_name: str) -> None:
    """API, upload and staging gate trust the authority that `SSL_CERT_FILE` names."""
    file = tmp_path / "worker.js"
    file.write_bytes(NEW)
    async with spawned(["--tls"]) as cloud:
        env = environment(cloud, tmp_path) | {"SSL_CERT_FILE": str(cloud.ca)}
        done = await child(env, anyio_backend_name, "release", str(file))

    assert cloud.api.startswith("https://")
    assert (0, b"released\n") == (done.returncode, done.stdout), done.stderr


@pytest.mark.real_time
@pytest.mark.may_block
async def test_an_unknown_authority_is_not_trusted(
    tmp_path: Path, anyio_backend_name: str
) -> None:
    """Without the authority nothing is sent, and the sentence says what to set."""
    file = tmp_path / "worker.js"
    file.write_bytes(NEW)
    async with spawned(["--tls"]) as cloud:
        env = environment(cloud, tmp_path)
        done = await child(env, anyio_backend_name, "release", str(file))

    assert done.returncode != 0
    assert b"SSL_CERT_FILE" in done.stderr
