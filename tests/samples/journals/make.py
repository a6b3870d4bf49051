"""Make half-done runs as this release leaves them.

Run `python -m tests.samples.journals.make` once before a release whose journals differ,
and keep what it writes for ever: a folder for each release, and in it for each scene a
journal, its blobs, and the state of the local cloud at that moment. Every later release
has to go on with them.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from importlib.metadata import version
from pathlib import Path

import anyio
from attrs import frozen
from tests.house import NEW, House

from esa_flows import Client
from esa_flows.engine.journal import Lease, Record, Row
from esa_flows.engine.journal_sqlite import SQLiteJournal
from esa_flows.errors import EsaFlowsError, JournalUnavailable
from esa_flows.files import BlobStore
from esa_flows.testing import virtual_backend

HERE = Path(__file__).parent
RUN = "0123456789ab"
PAGE = b"<h1>hello</h1>"


@frozen
class Scene:
    """A run, and the row after which its process dies.

    Attributes:
        name: Name of its files.
        kind: Kind of that row.
        step: How the identity of that row's step begins.
        act: What is called.
    """

    name: str
    kind: str
    step: str
    act: Callable[[Client, Path], Awaitable[object]]


async def _release(client: Client, _: Path) -> object:
    return await client.release("shop", NEW, run_id=RUN)


async def _canary(client: Client, _: Path) -> object:
    return await client.release("shop", NEW, run_id=RUN, canary="10:5m,50:5m,100")


async def _assets(client: Client, folder: Path) -> object:
    (folder / "assets").mkdir(parents=True)
    (folder / "index.js").write_bytes(NEW)
    (folder / "assets" / "index.html").write_bytes(PAGE)
    return await client.release("shop", folder, run_id=RUN)


SCENES = (
    Scene("release-committing", "intent", "commit", _release),
    Scene("canary-baking", "slept", "", _canary),
    Scene("canary-exposing", "intent", "deploy[production:50", _canary),
    Scene("assets-uploading", "intent", "post", _assets),
)


class Mortal(SQLiteJournal):
    """A journal whose process dies after a certain row; its lease is not given back."""

    def dies_after(self, kind: str, step: str) -> None:
        """Choose the row."""
        self.last = (kind, step)
        self.is_dead = False

    async def append(self, lease: Lease, records: Iterable[Record]) -> tuple[Row, ...]:
        """Append, unless dead, or die of it."""
        if self.is_dead:
            raise JournalUnavailable("The process is dead.")

        rows = await super().append(lease, records)
        kind, step = self.last
        record = rows[-1].record
        self.is_dead = record.kind == kind and record.step.startswith(step)
        if self.is_dead:
            raise JournalUnavailable("The process dies.")

        return rows

    async def release(self, lease: Lease) -> None:
        """Do nothing: the dead give nothing back."""


async def leave(scene: Scene, folder: Path, bundle: Path) -> None:
    """Run a scene until its process dies, and keep what is left."""
    path = folder / f"{scene.name}.sqlite"
    journal = Mortal(path, writer="inline")
    journal.dies_after(scene.kind, scene.step)
    house = House(journal=journal, blobs=BlobStore(f"{path}.blobs", mode="inline"))
    house.live()
    await anyio.sleep(60)
    async with house.client() as client:
        with contextlib.suppress(EsaFlowsError):
            await scene.act(client, bundle)

    await journal.close()
    house.cloud.save(folder / f"{scene.name}.cloud.json")
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = DELETE")  # one file, without side files


def main() -> None:
    """Make every scene's files for the present release."""
    folder = HERE / version("esa-flows")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for scene in SCENES:
        name, options = virtual_backend("asyncio")
        with tempfile.TemporaryDirectory() as here, contextlib.chdir(here):
            anyio.run(
                leave,
                scene,
                folder,
                Path("dist"),  # it is recorded: nobody's own paths
                backend=name,
                backend_options=options,
            )


if __name__ == "__main__":
    main()
