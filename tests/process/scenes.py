"""The flows that real processes are disturbed in, and the clouds they begin with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from attrs import frozen

from esa_flows import Client, Context, Report, flow
from esa_flows.localcloud import LocalCloud

ROUTINE = "shop"
OLD = b'export default { fetch() { return new Response("old"); } };\n'
NEW = b'export default { fetch() { return new Response("new"); } };\n'
OTHER = b'export default { fetch() { return new Response("other"); } };\n'
CANARY = "10:0.05s,50:0.05s,100"
ENVS = ("staging", "production")


@frozen
class Scene:
    """A flow, and the cloud it begins with.

    Attributes:
        name: What it is called.
        furnish: Makes the cloud's routine, as somebody at the console.
        act: The call that is disturbed; gets the folder that the bundle lies in.
        earlier: Bundles that were released before, by this program.
        routine: Which routine it is about.
    """

    name: str
    furnish: Callable[[LocalCloud], None]
    act: Callable[[Client, Path], Awaitable[Any]]
    earlier: tuple[bytes, ...] = ()
    routine: str = ROUTINE


def place_bundle(folder: Path, code: bytes = NEW) -> None:
    """Put a bundle into a folder, as one file and as a folder with assets."""
    (folder / "site" / "assets").mkdir(parents=True, exist_ok=True)
    (folder / "site" / "assets" / "index.html").write_text("<p>hello</p>")
    for file in (folder / "worker.js", folder / "site" / "index.js"):
        file.write_bytes(code)


def _empty(_: LocalCloud) -> None:
    pass


def _live(cloud: LocalCloud, versions: int = 1) -> None:
    console = cloud.console
    ids = [console.add_version(ROUTINE, OLD, f"release {n}") for n in range(versions)]
    for env in ENVS:
        console.deploy(ROUTINE, env, {ids[-1]: 100})


def _full(cloud: LocalCloud) -> None:
    _live(cloud, versions=10)


def _bound(cloud: LocalCloud) -> None:
    console = cloud.console
    for env in ENVS:
        console.set_variable(ROUTINE, env, "COLOUR", f"hue of {env}")
        made = console.add_version(ROUTINE, OLD, env, deploy_env=env)
        console.deploy(ROUTINE, env, {made: 100})


async def _fresh(client: Client, folder: Path) -> Report:
    return await client.release(
        ROUTINE, folder / "worker.js", create=True, canary="10:0.05s,100", check=False
    )


async def _release(client: Client, folder: Path) -> Report:
    return await client.release(ROUTINE, folder / "worker.js", check=False)


async def _canary(client: Client, folder: Path) -> Report:
    return await client.release(
        ROUTINE, folder / "worker.js", canary=CANARY, check=False
    )


async def _slow_canary(client: Client, folder: Path) -> Report:
    return await client.release(
        ROUTINE, folder / "worker.js", canary="10:1s,50:3s,100", check=False
    )


async def _assets(client: Client, folder: Path) -> Report:
    return await client.release(ROUTINE, folder / "site", check=False)


async def _rollback(client: Client, _: Path) -> Report:
    return await client.rollback(ROUTINE, check=False)


@flow
async def asking(ctx: Context, routine: str) -> str:
    """Ask a person."""
    agreed = await ctx.approve(what=f"Release {routine} to everybody?")
    return f"agreed by {agreed.by}"


async def _ask(client: Client, _: Path) -> str:
    return await client.run(asking, ROUTINE, subject=ROUTINE)


_ALL = (
    Scene("fresh", _empty, _fresh),
    Scene("at quota", _full, _release),
    Scene("canary", _live, _canary),
    Scene("adopt", _live, _canary, earlier=(NEW, OTHER)),
    Scene("rollback", _live, _rollback, earlier=(NEW,)),
    Scene("assets", _live, _assets),
    Scene("variables", _bound, _canary),
    Scene("slow canary", _live, _slow_canary),
    Scene("approval", _live, _ask),
)
RELEASES = _ALL[:7]
"""The flows that are killed everywhere."""

SCENES = {scene.name: scene for scene in _ALL}
