"""`esa-flows local serve`: a faithful local cloud, to try things on."""

from __future__ import annotations

import importlib
import random  # noqa: TID251  the edge: the local cloud's dice are thrown here
import shlex
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from cyclopts import Parameter

from esa_flows.cli.desk import Answer, Desk
from esa_flows.connection import Parts
from esa_flows.errors import EsaFlowsError, InvalidInput
from esa_flows.localcloud import KEY, LocalCloud, faults_from_toml
from esa_flows.localcloud.certificate import Certificate, certificate_in
from esa_flows.localcloud.seedfile import seeds_from_toml
from esa_flows.localcloud.switchfile import switches_from_toml

__all__ = ["exports", "serve"]

_HIGHEST_PORT = 65_535 - 2


async def serve(
    *,
    port: int = 8080,
    empty: Annotated[bool, Parameter(negative="")] = False,
    seed: str = "",
    faults: str = "",
    switches: str = "",
    state: str = "",
    tls: Annotated[bool, Parameter(negative="")] = False,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Serve the API, the upload store and both edges on this machine, until Ctrl-C.

    Without a state file everything is forgotten at the end, the journal included.

    Args:
        port: The API's; production's edge has the next one, staging's the one after.
        empty: No sample routines.
        seed: A TOML file with routines to begin with, besides those that are there.
        faults: A TOML file that says what goes wrong and when.
        switches: A TOML file with a table of behaviours that no document settles.
        state: A file to load everything from and to save it to.
        tls: Serve HTTPS, with a certificate made here.
        desk: Where to write.
    """
    _check(port)
    server = _server()
    cloud = _cloud(desk.parts, empty=empty, switches=switches, state=state)
    _add(cloud, seed=seed, faults=faults)
    with TemporaryDirectory(prefix="esa-flows-local-") as folder:
        journal = f"{state}.journal.db" if state else f"{folder}/journal.db"
        started = partial(_begun, desk, cloud, journal)
        made = await _certificate(Path(folder)) if tls else None
        try:
            await server.serve(
                cloud, monotonic=time.monotonic, port=port, tls=made, started=started
            )
        except OSError as error:
            raise _taken(port, error) from None
        finally:
            if state:
                cloud.save(Path(state))

    raise AssertionError("the local cloud ended by itself")  # pragma: no cover


def exports(addresses: Any, journal: str) -> tuple[str, ...]:
    """Give the lines that point a shell to a local cloud.

    A journal of its own keeps runs of the local cloud apart from real ones.

    Args:
        addresses: Where the cloud listens.
        journal: The journal's file.
    """
    variables = {
        "ESA_FLOWS_ENDPOINT": addresses.api,
        "ESA_FLOWS_STAGING_EDGE": addresses.edge_staging,
        "ESA_FLOWS_PRODUCTION_EDGE": addresses.edge_production,
        "ESA_FLOWS_JOURNAL": str(Path(journal).absolute()),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY.id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": KEY.secret,
    }
    if addresses.ca:
        variables |= {"SSL_CERT_FILE": addresses.ca}
        variables |= {"NODE_EXTRA_CA_CERTS": addresses.ca}

    return tuple(f"export {name}={shlex.quote(v)}" for name, v in variables.items())


def _begun(desk: Desk, cloud: LocalCloud, journal: str, addresses: Any) -> None:
    desk.ends_by_signal = True
    desk.say(*_told(cloud, addresses, journal))


def _told(cloud: LocalCloud, addresses: Any, journal: str) -> Iterator[str]:
    yield f"# The local cloud serves {addresses.api} (fake key; nothing leaves here)."
    yield f"# Edges: production {addresses.edge_production},"
    yield f"#        staging    {addresses.edge_staging}"
    yield "# Paste this into another terminal:"
    yield from exports(addresses, journal)
    splits = cloud.report().splits
    yield "# Routines:" if splits else "# No routines yet: release with --create."
    for name, places in splits.items():
        shares = places.get("production", {})
        live = " + ".join(f"{version} {share} %" for version, share in shares.items())
        yield f"#   {name:<16} production serves {live or 'nothing'}"

    first = next((name for name in splits if "/" not in name), "my-routine --create")
    yield f"# Then, for instance: esa-flows release {first} FILE --canary 10:10s,100"
    yield "# It is DCDN too, with routines of its own: export ESA_FLOWS_CLOUD=dcdn"
    yield "# Ctrl-C ends it."


async def _certificate(folder: Path) -> Certificate:
    try:
        return await certificate_in(folder)
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"The local cloud cannot serve HTTPS: {error}",
            next_move="Or leave out --tls.",
        ) from error


def _cloud(parts: Parts, *, empty: bool, switches: str, state: str) -> LocalCloud:
    dice = random.Random()  # noqa: S311  a toy cloud needs no strong secrets
    cloud = LocalCloud(now=parts.now, monotonic=time.monotonic, random=dice)
    try:
        if switches:
            told = Path(switches).read_text(encoding="utf-8")
            cloud.switch(switches_from_toml(told))

        if state and Path(state).exists():
            cloud.load(Path(state))
        else:
            cloud.seed(empty=empty)
    except (OSError, ValueError) as error:
        raise _cannot(switches or state, error) from error

    return cloud


def _add(cloud: LocalCloud, *, seed: str, faults: str) -> None:
    """Add what files say to a cloud that has begun."""
    try:
        if seed:
            told = Path(seed).read_text(encoding="utf-8")
            cloud.sow(*seeds_from_toml(told, Path(seed).parent))

        if faults:
            script = Path(faults).read_text(encoding="utf-8")
            cloud.inject(*faults_from_toml(script))
    except (OSError, ValueError) as error:
        raise _cannot(f"{seed} {faults}".strip(), error) from error


def _cannot(given: str, error: Exception) -> EsaFlowsError:
    return InvalidInput(
        f"The local cloud cannot begin with {given}: {error}.",
        next_move="See: esa-flows local serve --help",
    )


def _server() -> Any:
    """Import what listens, which needs an extra that the other commands do not."""
    try:
        return importlib.import_module("esa_flows.localcloud.server")
    except ModuleNotFoundError as error:
        raise InvalidInput(
            f"The local cloud needs {error.name}, which is not installed.",
            next_move='Run: pip install "esa-flows[cli,local]"',
        ) from None


def _check(port: int) -> None:
    if not 0 <= port <= _HIGHEST_PORT:
        raise InvalidInput(f"{port} is no port for three listeners: 0 to 65533 are.")


def _taken(port: int, error: OSError) -> EsaFlowsError:
    return InvalidInput(
        f"The local cloud cannot listen on {port} to {port + 2}: {error.strerror}.",
        next_move="Choose another port with --port; 0 takes free ones.",
    )
