"""The order in which credentials are looked for, when nobody gives any."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from esa_flows.files import read_text as read_file
from esa_flows.wire.credentials import Chain
from esa_flows.wire.ecs import ECS_OFF, EcsRole
from esa_flows.wire.environment import FromEnvironment
from esa_flows.wire.ini import CredentialsFile
from esa_flows.wire.oidc import OidcVariables
from esa_flows.wire.profiles import CliProfile
from esa_flows.wire.site import Network
from esa_flows.wire.surroundings import Surroundings
from esa_flows.wire.transport import Transport
from esa_flows.wire.uri import CredentialsUri

__all__ = ["default_chain"]

_ECS_ROLE = "ALIBABA_CLOUD_ECS_METADATA"


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
    """Give the usual sources in the official order.

    Environment, esa-cli's names for it, OIDC role, the command line tool's profile,
    ``credentials.ini``, the role of an ECS instance, a credentials URI. Source: the
    order of the official credential chain.

    Args:
        environ: Environment variables.
        home: The user's home folder.
        transport: Carries requests to STS and to services that give credentials.
        now: The wall clock, with a time zone.
        nonce: Gives a text never used before.
        network: From where STS is reached.
        read_text: Reads a file.
    """
    around = Surroundings(
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
            OidcVariables(around),
            CliProfile(around),
            CredentialsFile(around),
            _ecs_role(around),
            CredentialsUri(around),
        )
    )


def _ecs_role(around: Surroundings) -> EcsRole:
    named = "" if around.is_on(ECS_OFF) else around.variable(_ECS_ROLE)
    return EcsRole(around, role=named, meant=bool(named))
