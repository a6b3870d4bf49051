"""A webhook with the values of its variables, for one process; nothing records it."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from attrs import frozen

from esa_flows.errors import InvalidInput
from esa_flows.model.webhook import NAMED, Webhook, refuse_address
from esa_flows.wire.secret import Secret
from esa_flows.wire.site import is_loopback

__all__ = ["Target", "target_of", "targets_of"]

_LINE = re.compile(r"[\r\n\x00]")


@frozen(kw_only=True)
class Target:
    """A webhook with its secrets.

    Attributes:
        hook: The webhook.
        host: Host and port, for people.
        url: The whole address.
        headers: More headers.
        secret: What bodies are signed with; None for no signature.
    """

    hook: Webhook
    host: str
    url: Secret
    headers: tuple[tuple[str, Secret], ...] = ()
    secret: Secret | None = None


def targets_of(
    hooks: Sequence[Webhook], environ: Mapping[str, str]
) -> tuple[Target, ...]:
    """Give webhooks with the values of their variables; see `target_of`."""
    return tuple(target_of(hook, environ) for hook in hooks)


def target_of(hook: Webhook, environ: Mapping[str, str]) -> Target:
    """Give a webhook with the values of its variables.

    Args:
        hook: The webhook.
        environ: Environment variables.

    Raises:
        InvalidInput: One is not set, or makes no address or header; or it would be told
            in the clear.
    """
    url = _filled(hook.url, environ)
    refuse_address(url, hook.url)
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise InvalidInput(
            f"The webhook at {parts.hostname} would be told in the clear.",
            next_move="Use https; http is for this machine only.",
        )

    headers = {name: _filled(value, environ) for name, value in hook.headers.items()}
    if any(map(_LINE.search, headers.values())):
        raise InvalidInput("A variable in a webhook's headers has several lines.")

    secret = _filled(hook.secret, environ)
    return Target(
        hook=hook,
        host=parts.netloc,
        url=Secret(url),
        headers=tuple(
            (name, Secret(value)) for name, value in headers.items() if value
        ),
        secret=Secret(secret) if secret else None,
    )


def _filled(text: str, environ: Mapping[str, str]) -> str:
    def fill(found: re.Match[str]) -> str:
        if not environ.get(found[1]):
            raise InvalidInput(
                f"A webhook needs the variable {found[1]}, which is not set.",
                next_move=f"Set {found[1]}, or leave the webhook out of [[notify]].",
            )

        return environ[found[1]]

    return NAMED.sub(fill, text)
