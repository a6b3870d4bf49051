"""``python -m esa_flows.localcloud``: the local cloud as a process of its own.

The first line on standard output is a JSON object with the three addresses, the fake
key and, over TLS, the file to trust (``SSL_CERT_FILE``, ``NODE_EXTRA_CA_CERTS``); after
it nothing is written. SIGINT and SIGTERM end it.
"""

from __future__ import annotations

import json
import os
import random  # noqa: TID251  this is the edge of a program
import signal
import sys
import time
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
from attrs import asdict

from . import KEY, LocalCloud, faults_from_toml, switches_from_toml
from .certificate import Certificate, certificate_in
from .seedfile import seeds_from_toml
from .server import Addresses, serve

_PARENT_POLL = 0.5  # seconds


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  this is the edge of a program


def _options(arguments: list[str]) -> Namespace:
    parser = ArgumentParser(prog="python -m esa_flows.localcloud")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8080, help="0 takes free ports")
    parser.add_argument("--empty", action="store_true", help="no sample routines")
    parser.add_argument("--seed", type=Path, help="a TOML file of [[routine]] tables")
    parser.add_argument("--faults", type=Path, help="a TOML file of [[fault]] tables")
    parser.add_argument("--switches", type=Path, help="a TOML file with [switches]")
    parser.add_argument("--tls", action="store_true", help="serve HTTPS; tells its CA")
    parser.add_argument(
        "--tls-folder", type=Path, help="keep the certificate here and use it again"
    )
    parser.add_argument("--state", type=Path, help="load from and save to this file")
    parser.add_argument("--dice", type=int, help="seed of the randomness")
    parser.add_argument(
        "--with-parent", action="store_true", help="end with the caller"
    )
    return parser.parse_args(arguments)


def _cloud(options: Namespace) -> LocalCloud:
    dice = random.Random(options.dice)  # noqa: S311  a toy cloud needs no strong secrets
    path = options.switches
    switches = switches_from_toml(path.read_text(encoding="utf-8")) if path else None
    cloud = LocalCloud(
        now=_now, monotonic=time.monotonic, random=dice, switches=switches
    )
    if options.state and options.state.exists():
        cloud.load(options.state)
    else:
        cloud.seed(empty=options.empty)

    if options.seed:
        told = options.seed.read_text(encoding="utf-8")
        cloud.sow(*seeds_from_toml(told, options.seed.parent))

    if options.faults:
        cloud.inject(*faults_from_toml(options.faults.read_text(encoding="utf-8")))

    return cloud


def _announce(addresses: Addresses) -> None:
    key = {"access_key_id": KEY.id, "access_key_secret": KEY.secret}
    sys.stdout.write(json.dumps(asdict(addresses) | key) + "\n")
    sys.stdout.flush()


async def _until_signal(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()


async def _until_orphaned(scope: anyio.CancelScope) -> None:
    parent = os.getppid()
    while True:
        await anyio.sleep(_PARENT_POLL)
        if os.getppid() != parent:
            scope.cancel()


async def _main(options: Namespace) -> None:
    cloud = _cloud(options)
    with TemporaryDirectory(prefix="esa-flows-tls-") as folder:
        wanted = options.tls or options.tls_folder is not None
        place = options.tls_folder or Path(folder)
        tls = await certificate_in(place) if wanted else None
        await _serve(cloud, options, tls)

    if options.state:
        cloud.save(options.state)


async def _serve(
    cloud: LocalCloud, options: Namespace, tls: Certificate | None
) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(_until_signal, group.cancel_scope)
        if options.with_parent:
            group.start_soon(_until_orphaned, group.cancel_scope)

        await serve(
            cloud,
            monotonic=time.monotonic,
            host=options.host,
            port=options.port,
            tls=tls,
            started=_announce,
        )


def main(arguments: list[str]) -> None:
    """Run until a signal; what prevents the start is said in one sentence."""
    why = ""
    try:
        anyio.run(_main, _options(arguments))
    except* (OSError, ValueError) as errors:
        why = f"error: {errors.exceptions[0]}"

    if why:
        sys.exit(why)


if __name__ == "__main__":
    main(sys.argv[1:])
