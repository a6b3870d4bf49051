"""The order in which credentials are looked for, when nobody gives any."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from esa_flows.files import read_text as read_file
from esa_flows.wire.credentials import Chain
from esa_flows.wire.environment import FromEnvironment
from esa_flows.wire.profiles import CliProfile
from esa_flows.wire.site import Network
from esa_flows.wire.transport import Transport

__all__ = ["default_chain"]


def default_chain(
    *,
    environ: Mapping[str, str],
    home: Path,
    transport: Transport,
    now: Callable[[], dt.datetime],
    nonce: Callable[[], str],
    network: Network = Network.PUBLIC,
    read_text: Callable[[Path], Awaitable[str]] = read_file,
) -> Chain:
    """Give the usual sources: environment, esa-cli's older names, the CLI's profile.

    Source: the order of the official credential chain.

    Args:
        environ: Environment variables.
        home: The user's home folder.
        transport: Carries requests to STS.
        now: The wall clock, with a time zone.
        nonce: Gives a text never used before.
        network: From where STS is reached.
        read_text: Reads a file.
    """
    profile = CliProfile(
        environ=environ,
        home=home,
        transport=transport,
        now=now,
        nonce=nonce,
        network=network,
        read_text=read_text,
    )
    return Chain(
        (
            FromEnvironment(environ=environ),
            FromEnvironment(environ=environ, prefix="ESA_"),
            profile,
        )
    )
