"""The arms of the uploads: ours, slices of a shared blob, and a body for each upload.

`python -m benchmarks.uploaders ARM URL FILE UPLOADS AT_ONCE` prints figures: CPU per
upload, and by how much memory grew at its peak after a first upload.
"""

import json
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import anyio
import httpx

from benchmarks.callers import all_of
from esa_flows.api.cloud import UploadSlot
from esa_flows.api.oss import post_object
from esa_flows.api.provider import room_for
from esa_flows.files import SLICE, BlobStore
from esa_flows.wire.transport import HttpxTransport, open_client

Upload = Callable[[], Awaitable[object]]
BOUNDARY = "5f0e6b1c2d3a4958"
KINDS = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def peak() -> float:
    """Give the most memory this process ever had, in MB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024 * 1024 if sys.platform == "darwin" else 1024)


async def measured(upload: Upload, uploads: int, at_once: int) -> None:
    """Upload once to warm up, then all; print what it took."""
    await upload()
    before, begun = peak(), time.process_time()
    await all_of(upload, uploads, at_once)
    spent = time.process_time() - begun
    print(json.dumps({"ms": spent / uploads * 1e3, "mb": peak() - before}))


async def ours(url: str, file: Path, uploads: int, at_once: int) -> None:
    """Open the bundle from the store for each upload, as each routine's step does."""
    slot = UploadSlot(url=url, fields=(("key", "index.js"),), key="index.js")
    blobs, room = BlobStore(file.parent / "blobs"), room_for(at_once)
    bundle = await blobs.put_file(file)
    async with open_client() as http:
        transport = HttpxTransport(http)

        async def upload() -> None:
            async with room:
                blob = await blobs.open(bundle.digest)
                await post_object(transport, slot, blob, BOUNDARY)

        await measured(upload, uploads, at_once)


async def shared(url: str, file: Path, uploads: int, at_once: int) -> None:
    """Send slices of one blob that everybody shares: the least there is to do."""
    content = file.read_bytes()
    headers = {**KINDS, "content-length": str(len(content))}

    async def slices() -> AsyncIterator[bytes]:
        for start in range(0, len(content), SLICE):
            yield content[start : start + SLICE]

    async with httpx.AsyncClient() as http:

        async def upload() -> None:
            done = await http.post(url, content=slices(), headers=headers)
            done.raise_for_status()

        await measured(upload, uploads, at_once)


async def bodies(url: str, file: Path, uploads: int, at_once: int) -> None:
    """Read the file for each upload and send it as httpx sends forms of bytes."""
    async with httpx.AsyncClient() as http:

        async def upload() -> None:
            head = f"--{BOUNDARY}\r\n\r\n".encode()
            body = head + file.read_bytes()
            done = await http.post(url, content=body, headers=KINDS)
            done.raise_for_status()

        await measured(upload, uploads, at_once)


ARMS: dict[str, Callable[[str, Path, int, int], Awaitable[None]]] = {
    "ours": ours,
    "shared": shared,
    "bodies": bodies,
}


def main() -> None:
    """Run the arm that the command line names."""
    arm, url, file, uploads, at_once = sys.argv[1:]
    anyio.run(partial(ARMS[arm], url, Path(file), int(uploads), int(at_once)))


if __name__ == "__main__":
    main()
