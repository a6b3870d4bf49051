"""A local cloud's state, kept and put back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.cli.office import Done, Office

from esa_flows.localcloud.remote import ask
from esa_flows.localcloud.spawn import spawned

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]
FLEET = """
[[routine]]
name = "cart-{n}"
count = 3

[[routine.version]]
source = "one"
"""


@pytest.fixture
def fleet(tmp_path: Path) -> str:
    """Write a seed file."""
    (tmp_path / "fleet.toml").write_text(FLEET)
    return str(tmp_path / "fleet.toml")


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """Serve an empty local cloud."""
    async with spawned(["--port", "0", "--empty"]) as at:
        yield at.api


async def run(*argv: str, **environ: str) -> Done:
    """Do a command."""
    return await Office().run("local", *argv, environ=environ)


def mode(file: str) -> int:
    """Give who may do what with a file."""
    return Path(file).stat().st_mode & 0o777


def text(file: str) -> str:
    """Give what is in a file."""
    return Path(file).read_text()


def files(folder: Path) -> list[str]:
    """Give what is in a folder."""
    return [path.name for path in folder.iterdir()]


async def names(url: str) -> list[str]:
    """Give the routines that a local cloud has."""
    state = await anyio.to_thread.run_sync(ask, url, "state")
    return sorted(held["name"] for held in json.loads(state)["routines"])


async def test_seeded_saved_and_put_back(url: str, fleet: str, tmp_path: Path) -> None:
    """The state of one moment comes back whole."""
    saved = str(tmp_path / "saved.json")
    await run("seed", fleet, "--endpoint", url.removeprefix("http://"))
    kept = await run("snapshot", saved, ESA_FLOWS_ENDPOINT=url)
    before = await names(url)
    again = await run("seed", fleet, "--endpoint", url)
    back = await run("seed", saved, "--endpoint", url)
    state = json.loads(await anyio.to_thread.run_sync(ask, url, "state"))

    assert ["cart-1", "cart-2", "cart-3"] == before == await names(url)
    assert f"Saved 3 routines of {url} to {saved}." in kept.out
    assert f"{url} got 3 routines." in again.out
    assert f"{url} holds what was saved." in back.out
    assert [1] * 3 == [len(held["versions"]) for held in state["routines"]]
    assert 0o600 == mode(saved)


async def test_a_state_file_needs_no_running_cloud(fleet: str, tmp_path: Path) -> None:
    """`local serve --state` begins with it; a saved state makes one too."""
    first, second = str(tmp_path / "a.json"), str(tmp_path / "b.json")

    done = await run("seed", fleet, "--state", first)
    copied = await run("seed", first, "--state", second)

    assert f"begin with: esa-flows local serve --state {first}" in done.out
    assert 0 == copied.code
    assert text(first) == text(second)
    async with spawned(["--port", "0", "--state", first]) as at:
        assert ["cart-1", "cart-2", "cart-3"] == await names(at.api)


async def test_what_is_there_is_replaced_by_force_alone(
    url: str, fleet: str, tmp_path: Path
) -> None:
    """Of both commands."""
    there = tmp_path / "there.json"
    there.write_text("mine")
    for command in (
        ("snapshot", str(there), "--endpoint", url),
        ("seed", fleet, "--state", str(there)),
    ):
        refused = await run(*command)

        assert 2 == refused.code
        assert "is there already" in refused.err
        assert "mine" == there.read_text()

        assert 0 == (await run(*command, "--force")).code
        assert "mine" != there.read_text()
        there.write_text("mine")


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (None, {}, "fleet.toml cannot be used"),
        ("[[", {}, "fleet.toml cannot be used"),
        ("[[routine]]\nname = 1", {}, "name = 1 is of another type"),
        ("{}", {"--state": "x.json"}, "not a saved local cloud"),
        (FLEET, {}, "Which local cloud? No endpoint is given."),
        (FLEET, {"--endpoint": "https://a.example"}, "serves loopback only"),
        (FLEET, {"--endpoint": "127.0.0.1:9"}, "No local cloud answers at http://127"),
        (FLEET, {"--state": "/nowhere/x.json"}, "cannot be used"),
    ],
)
async def test_what_cannot_be_done_is_told(
    content: str | None, options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    """One sentence each, and nothing is written."""
    file = tmp_path / "fleet.toml"
    if content is not None:
        file.write_text(content)

    flags = [word for option in options.items() for word in option]
    done = await run("seed", str(file), *flags, ESA_FLOWS_ENDPOINT="")

    assert 2 == done.code
    assert said in done.err
    assert len(files(tmp_path)) == (content is not None)


async def test_a_state_that_cannot_be_written_leaves_no_half(
    url: str, tmp_path: Path
) -> None:
    """A folder is no file; the temporary file goes too."""
    (tmp_path / "folder").mkdir()

    done = await run("snapshot", str(tmp_path / "folder"), "--force", "--endpoint", url)

    assert 2 == done.code
    assert ["folder"] == files(tmp_path)
