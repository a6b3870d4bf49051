"""A webhook with the values of its variables, for one process; nothing records it."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from attrs import field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.model.webhook import NAMED, Webhook, trouble_with_address
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
    variables = _Variables(environ)
    del environ  # a traceback may show what a frame holds
    return tuple(_target(hook, variables) for hook in hooks)


def target_of(hook: Webhook, environ: Mapping[str, str]) -> Target:
    """Give a webhook with the values of its variables.

    Args:
        hook: The webhook.
        environ: Environment variables.

    Raises:
        InvalidInput: One is not set, or makes no address or header; or it would be told
            in the clear.
    """
    variables = _Variables(environ)
    del environ  # a traceback may show what a frame holds
    return _target(hook, variables)


@frozen
class _Variables:
    """Environment variables; what is made of them is hidden at once."""

    _values: Mapping[str, str] = field(repr=False)

    def filled(self, text: str) -> Secret:
        """Fill in what is named.

        Raises:
            InvalidInput: A variable is not set.
        """
        for name in NAMED.findall(text):
            if not self._values.get(name):
                raise InvalidInput(
                    f"A webhook needs the variable {name}, which is not set.",
                    next_move=f"Set {name}, or leave the webhook out of [[notify]].",
                )

        return Secret(self._whole(text))

    def _whole(self, text: str) -> str:
        return NAMED.sub(lambda found: self._values[found[1]], text)


def _target(hook: Webhook, variables: _Variables) -> Target:
    url = variables.filled(hook.url)
    trouble = trouble_with_address(url.reveal(), hook.url)
    if trouble is not None:
        raise trouble

    host, given = _told_where(url), hook.headers.items()
    headers = tuple((name, variables.filled(text)) for name, text in given if text)
    if any(_LINE.search(value.reveal()) for _, value in headers):
        raise InvalidInput("A variable in a webhook's headers has several lines.")

    return Target(
        hook=hook,
        host=host,
        url=url,
        headers=headers,
        secret=variables.filled(hook.secret) if hook.secret else None,
    )


def _told_where(url: Secret) -> str:
    """Give host and port.

    Raises:
        InvalidInput: It would be told in the clear.
    """
    scheme, host = urlsplit(url.reveal()).scheme, urlsplit(url.reveal()).hostname
    if scheme == "http" and not is_loopback(host or ""):
        raise InvalidInput(
            f"The webhook at {host} would be told in the clear.",
            next_move="Use https; http is for this machine only.",
        )

    return urlsplit(url.reveal()).netloc
