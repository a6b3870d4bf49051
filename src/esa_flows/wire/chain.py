"""The order in which credentials are looked for, when nobody gives any."""

from __future__ import annotations

from attrs import evolve

from esa_flows.wire.credentials import Chain
from esa_flows.wire.ecs import ECS_OFF, EcsRole
from esa_flows.wire.environment import FromEnvironment
from esa_flows.wire.ini import CredentialsFile
from esa_flows.wire.oidc import OidcVariables
from esa_flows.wire.profiles import CliProfile
from esa_flows.wire.surroundings import Surroundings
from esa_flows.wire.uri import CredentialsUri

__all__ = ["default_chain", "profile_chain"]

_ECS_ROLE = "ALIBABA_CLOUD_ECS_METADATA"


def default_chain(around: Surroundings) -> Chain:
    """Give the usual sources in the official order.

    Environment, esa-cli's names for it, OIDC role, the command line tool's profile,
    ``credentials.ini``, the role of an ECS instance, a credentials URI. Source: the
    order of the official credential chain.

    Args:
        around: What is looked at.
    """
    return Chain(
        (
            FromEnvironment(environ=around.environ),
            FromEnvironment(environ=around.environ, prefix="ESA_"),
            OidcVariables(around),
            CliProfile(around),
            CredentialsFile(around),
            _ecs_role(around),
            CredentialsUri(around),
        )
    )


def profile_chain(name: str, around: Surroundings) -> Chain:
    """Give the files in which a profile may be, and nothing else.

    The command line tool's profile of this name, then the section of
    ``credentials.ini``: as with ``ALIBABA_CLOUD_PROFILE``.

    Args:
        name: The profile.
        around: What is looked at.
    """
    environ = {**around.environ, "ALIBABA_CLOUD_PROFILE": name}
    named = evolve(around, environ=environ)
    return Chain((CliProfile(named), CredentialsFile(named)))


def _ecs_role(around: Surroundings) -> EcsRole:
    named = "" if around.is_on(ECS_OFF) else around.variable(_ECS_ROLE)
    return EcsRole(around, role=named, meant=bool(named))
