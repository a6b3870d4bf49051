"""A local cloud in a process of its own, and what tests ask of it."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import asdict, define, field, frozen
from tests.process.child import Job
from tests.process.nursery import done
from tests.process.scenes import SCENES, Scene, place_bundle

from esa_flows.localcloud import Fault, LocalCloud
from esa_flows.localcloud.remote import ask

SETTLE = "0.3s"


@frozen(kw_only=True)
class End:
    """What is left when a scene is over, told without ids.

    Attributes:
        outcome: How the run ended.
        versions: How many versions there are.
        splits: Shares by environment; versions by their age, 1 is the newest.
        orphans: Versions of ours that nobody needs.
    """

    outcome: str
    versions: int
    splits: dict[str, dict[int, int]]
    orphans: int


@define(kw_only=True)
class Place:
    """Where a local cloud is served, and how to work with it.

    Attributes:
        api: Its address.
        edge_staging: Where staging answers.
        access_key_id: The fake key.
        access_key_secret: Its secret.
        ca: File of the authority to trust; None over plain HTTP.
    """

    api: str
    edge_staging: str
    access_key_id: str
    access_key_secret: str = field(repr=False)
    ca: str | None = None
    _states: dict[str, bytes] = field(factory=dict, init=False, repr=False)

    def environ(self, folder: Path) -> dict[str, str]:
        """Give a child everything it needs to know."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
            "ALIBABA_CLOUD_ACCESS_KEY_ID": self.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.access_key_secret,
            "ESA_FLOWS_ENDPOINT": self.api,
            "ESA_FLOWS_STAGING_EDGE": self.edge_staging,
            "ESA_FLOWS_JOURNAL": str(folder / "journal.db"),
            "ESA_FLOWS_SETTLE": SETTLE,
        }

    def job(self, folder: Path, scene: Scene, **changes: Any) -> Job:
        """Make a job for a child."""
        facts = {"do": "act", "environ": self.environ(folder), "scene": scene.name}
        return Job(folder=folder, **facts | changes)

    def begin(self, scene: Scene, folder: Path) -> None:
        """Make the world of a scene, and put the bundle into a folder."""
        if scene.name not in self._states:
            self._states[scene.name] = self._furnished(scene, folder)

        ask(self.api, "reset", b'{"empty": true}')
        ask(self.api, "state", self._states[scene.name])
        place_bundle(folder)

    def inject(self, *faults: Fault) -> None:
        """Let calls go wrong."""
        ask(self.api, "faults", json.dumps([asdict(each) for each in faults]).encode())

    def report(self) -> dict[str, Any]:
        """Give what the cloud saw."""
        seen: dict[str, Any] = json.loads(ask(self.api, "report"))
        return seen

    def end(self, scene: Scene, outcome: str) -> End:
        """Say what is left of a scene, and hold the client to its promises."""
        seen = self.report()

        assert [] == seen["violations"]
        assert seen["peak_window"] <= 100
        newest = list(reversed(seen["versions"].get(scene.routine, ())))
        age = {version: n for n, version in enumerate(newest, start=1)}
        held = seen["splits"].get(scene.routine, {})
        return End(
            outcome=outcome,
            versions=len(newest),
            splits={
                env: {age[version]: share for version, share in split.items()}
                for env, split in held.items()
            },
            orphans=len(seen["orphans"]),
        )

    def _furnished(self, scene: Scene, folder: Path) -> bytes:
        """Make a cloud's state: at the console first, then by releases of ours."""
        cloud = LocalCloud(
            now=lambda: dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1),
            monotonic=time.monotonic,
            random=random.Random(scene.name),
        )
        cloud.seed(empty=True)
        scene.furnish(cloud)
        if not scene.earlier:
            return cloud.snapshot().encode()

        ask(self.api, "reset", b'{"empty": true}')
        ask(self.api, "state", cloud.snapshot().encode())
        for number, code in enumerate(scene.earlier):
            before = folder / f"before-{number}"
            before.mkdir()
            place_bundle(before, code)
            ended = done(self.job(before, SCENES["at quota"]))
            assert "released" == ended.said["outcome"], ended.words

        return ask(self.api, "state")


@contextmanager
def served(*options: str) -> Iterator[Place]:
    """Serve a local cloud while the block runs.

    Args:
        options: More options of its command line.
    """
    command = [sys.executable, "-m", "esa_flows.localcloud", "--with-parent"]
    with subprocess.Popen(
        [*command, "--port", "0", "--dice", "7", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            del told["edge_production"]
            yield Place(**told)
        finally:
            process.terminate()
