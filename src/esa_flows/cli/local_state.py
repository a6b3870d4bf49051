"""`esa-flows local snapshot | seed`: keep a local cloud's state, and make one."""

from __future__ import annotations

import json
import random  # noqa: TID251  the edge: the local cloud's dice are thrown here
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Any

import anyio
from cyclopts import Parameter

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.text import counted
from esa_flows.connection import Parts
from esa_flows.errors import InvalidInput
from esa_flows.localcloud import LocalCloud
from esa_flows.localcloud.remote import ask
from esa_flows.localcloud.seedfile import plain_seeds, seeds_from

__all__ = ["seed", "snapshot"]


async def snapshot(
    file: str,
    /,
    *,
    endpoint: str = "",
    force: Annotated[bool, Parameter(negative="")] = False,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Save everything that a running local cloud holds.

    `local serve --state FILE` begins with it; `local seed FILE` puts it back.

    Args:
        file: Where to save it.
        endpoint: The local cloud's API. [env: ESA_FLOWS_ENDPOINT]
        force: Replace a file that is there.
        desk: Where to write.
    """
    place = Path(file)
    _check_free(place, force=force)
    url = _endpoint(desk.parts, endpoint)
    state = await _asked(url, "state")
    with _told(file):
        await anyio.to_thread.run_sync(partial(_write, place, state))

    held = _held(json.loads(state))
    desk.say(f"Saved {held} of {url} to {file}.")
    return Answer(payload={"file": file, "endpoint": url})


async def seed(
    file: str,
    /,
    *,
    endpoint: str = "",
    state: str = "",
    force: Annotated[bool, Parameter(negative="")] = False,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Put routines into a local cloud, or back what was saved of one.

    A TOML file adds its routines to what is there. A saved state takes the place of
    all that is there.

    Args:
        file: A TOML file with [[routine]] tables, or a saved state.
        endpoint: The local cloud's API. [env: ESA_FLOWS_ENDPOINT]
        state: Write a state file for `local serve --state` instead.
        force: Replace a state file that is there.
        desk: Where to write.
    """
    with _told(file):
        text = await anyio.Path(file).read_text(encoding="utf-8")
        is_state = text.lstrip().startswith("{")
        rows = None if is_state else plain_seeds(text, Path(file).parent)
        count = 0 if rows is None else len(seeds_from(rows))

    if state:
        _check_free(Path(state), force=force)
        with _told(file):
            made = _made(desk.parts, text, rows)
            await anyio.to_thread.run_sync(partial(_write, Path(state), made.encode()))

        desk.say(f"Wrote {state}; begin with: esa-flows local serve --state {state}")
        return Answer(payload={"file": state, "routines": count})

    url = _endpoint(desk.parts, endpoint)
    verb, body = ("state", text) if rows is None else ("seed", json.dumps(rows))
    await _asked(url, verb, body.encode())
    done = "holds what was saved" if rows is None else f"got {_routines(count)}"
    desk.say(f"{url} {done}.")
    return Answer(payload={"endpoint": url, "routines": count})


def _made(parts: Parts, text: str, rows: list[dict[str, Any]] | None) -> str:
    """Give the state of a local cloud that holds just this."""
    dice = random.Random()  # noqa: S311  a toy cloud needs no strong secrets
    cloud = LocalCloud(now=parts.now, monotonic=time.monotonic, random=dice)
    if rows is None:
        cloud.restore(text)
        return text

    cloud.seed(empty=True)
    cloud.sow(*seeds_from(rows))
    return cloud.snapshot()


def _endpoint(parts: Parts, given: str) -> str:
    url = given or parts.environ.get("ESA_FLOWS_ENDPOINT", "")
    if not url:
        raise InvalidInput(
            "Which local cloud? No endpoint is given.",
            next_move="Name it with --endpoint http://127.0.0.1:8080, or export"
            " ESA_FLOWS_ENDPOINT as `esa-flows local serve` says.",
        )

    return url if "://" in url else f"http://{url}"


def _check_free(place: Path, *, force: bool) -> None:
    if place.exists() and not force:
        raise InvalidInput(
            f"{place} is there already.", next_move="Replace it with --force."
        )


@contextmanager
def _told(file: str) -> Iterator[None]:
    """Tell what cannot be read, written or understood as what was given wrongly."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"{file} cannot be used: {error}.",
            next_move="See: esa-flows local seed --help",
        ) from error


async def _asked(url: str, verb: str, body: bytes | None = None) -> bytes:
    """Ask the local cloud, in a thread of its own."""
    try:
        return await anyio.to_thread.run_sync(partial(ask, url, verb, body))
    except OSError as error:
        raise InvalidInput(
            f"No local cloud answers at {url}: {error}.",
            next_move="Start it with: esa-flows local serve",
        ) from error
    except ValueError as error:
        raise InvalidInput(
            f"{url} cannot do that: {error}.",
            next_move="Check the endpoint and the file.",
        ) from error


def _write(place: Path, content: bytes) -> None:
    """Write a file whole or not at all; it holds keys, though fake ones."""
    with NamedTemporaryFile(dir=place.parent, prefix=".", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            Path(file.name).replace(place)
        except BaseException:
            Path(file.name).unlink()
            raise


def _held(state: dict[str, Any]) -> str:
    return _routines(len(state["routines"]) + len(state["functions"]))


def _routines(count: int) -> str:
    return counted(count, "routine")
