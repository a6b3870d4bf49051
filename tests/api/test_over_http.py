"""The same path over sockets: a streamed file, real connections, a probed edge."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path

import pytest
from tests.api.desk import NAME

from esa_flows.api.esa import EsaCloud
from esa_flows.errors import CallbackFailed, OutcomeUnknown
from esa_flows.files import SLICE, BlobStore
from esa_flows.gates.looks import Question
from esa_flows.gates.probe import EdgeAddress, Probe, open_probe_client, probe
from esa_flows.gates.verdict import Verdict
from esa_flows.localcloud.spawn import Spawned, spawned
from esa_flows.model import Environment, Split
from esa_flows.wire import (
    Caller,
    Cap,
    Credentials,
    Endpoint,
    HttpxTransport,
    Secret,
    Static,
    open_client,
)

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]

FAULTS = """
[[fault]]
operation = "PostObject"
kind = "reset"

[[fault]]
operation = "PostObject"
kind = "callback"
call = 2
"""


def utc_now() -> dt.datetime:
    """Give the time of day."""
    return dt.datetime.now(dt.UTC)


def number() -> str:
    """Give a text never used before."""
    return uuid.uuid4().hex


def esa_at(at: Spawned, transport: HttpxTransport) -> EsaCloud:
    """Make a client of a served cloud."""
    key = Credentials(
        access_key_id=at.access_key_id, access_key_secret=Secret(at.access_key_secret)
    )
    caller = Caller(
        transport,
        Static(key),
        Endpoint.parse(at.api),
        cap=Cap(),
        now=utc_now,
        nonce=number,
    )
    return EsaCloud(
        caller, transport, now=utc_now, boundary=number, allow_loopback_oss=True
    )


async def test_large_file_goes_up_in_slices_and_comes_back(tmp_path: Path) -> None:
    """Through a broken connection and a failed callback, with the same form."""
    code = b'export default { fetch: () => new Response("two") };\n'
    (tmp_path / "worker.js").write_bytes(code + b"//" + b"x" * 3 * SLICE)
    (tmp_path / "faults.toml").write_text(FAULTS)
    store = BlobStore(tmp_path / "blobs")
    bundle = await store.put_file(tmp_path / "worker.js")
    blob = await store.open(bundle.digest)

    async with (
        spawned(["--faults", str(tmp_path / "faults.toml")]) as at,
        open_client() as client,
        open_probe_client() as door,
    ):
        esa = esa_at(at, HttpxTransport(client))
        slot = await esa.request_slot(NAME, "two")
        with pytest.raises(OutcomeUnknown):
            await esa.post(slot, blob)

        with pytest.raises(CallbackFailed):
            await esa.post(slot, blob)

        await esa.post(slot, blob)
        version = await esa.commit(NAME, "two")
        held = await esa.read_code(NAME, version)
        await esa.deploy(NAME, Environment.STAGING, Split.whole(version))
        record = (await esa.observe(NAME)).record
        reading = await probe(
            door,
            Probe(
                question=Question(host=record),
                addresses=(EdgeAddress(at.edge_staging),),
            ),
        )

    assert held == await store.read(bundle.digest)
    assert reading.verdict is Verdict.PASS
