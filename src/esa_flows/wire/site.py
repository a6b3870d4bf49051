"""Say which host to call: by product, site and network, or one explicitly given.

Alibaba Cloud has two sites with separate accounts, China and international; a key of
one is unknown to the other. Source: endpoint rules of the official SDKs for ESA API
2024-09-10 and STS API 2015-04-01.
"""

from __future__ import annotations

import enum
import ipaddress
import re
from typing import Self
from urllib.parse import SplitResult, urlsplit

from attrs import frozen

from esa_flows.errors import InvalidInput

__all__ = [
    "Endpoint",
    "Network",
    "Site",
    "endpoint_for",
    "endpoints_for",
    "is_loopback",
    "sts_endpoint",
]

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")


class Site(enum.StrEnum):
    """Where the account was opened."""

    CN = "cn"
    INTL = "intl"

    @property
    def region(self) -> str:
        """The region that answers for the whole site."""
        return {Site.CN: "cn-hangzhou", Site.INTL: "ap-southeast-1"}[self]


class Network(enum.StrEnum):
    """From where the provider is reached."""

    PUBLIC = "public"
    VPC = "vpc"


@frozen(kw_only=True)
class Endpoint:
    """A host to call.

    Attributes:
        url: Scheme, host and port, without a path.
        host: What the ``host`` header says, port included where it is not the usual.
    """

    url: str
    host: str

    @classmethod
    def https(cls, host: str) -> Self:
        """Give the endpoint of a host over TLS."""
        return cls(url=f"https://{host}", host=host)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an endpoint as users write it.

        Args:
            text: ``https://host``, ``host``, or for a local cloud ``127.0.0.1:8080`` or
                ``http://127.0.0.1:8080``.

        Raises:
            InvalidInput: It is no endpoint, or plain HTTP to another machine.
        """
        parts = _split(text)
        local = is_loopback(parts.hostname or "")
        scheme = parts.scheme or ("http" if local else "https")
        if scheme == "http" and not local:
            raise InvalidInput(
                f"The endpoint {text!r} would send signed calls in the clear:"
                " use https, or http on loopback only."
            )

        return cls(url=f"{scheme}://{parts.netloc}", host=parts.netloc)

    def __str__(self) -> str:
        return self.url


_DCDN = Endpoint.https("dcdn.aliyuncs.com")
"""One for all regions. Source: endpoint map of the official SDK for DCDN."""


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host.lower() == "localhost":
        return True

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def endpoint_for(
    product: str, site: Site | str, network: Network | str = Network.PUBLIC
) -> Endpoint:
    """Give the endpoint of a product.

    Args:
        product: ``esa``, ``dcdn`` or ``sts``.
        site: Where the account was opened; DCDN has one endpoint for both.
        network: From where it is reached; for DCDN the public one only.

    Raises:
        InvalidInput: Nothing is known about this product, site or network.
    """
    if product == "dcdn" and _site(site) and _network(network) is Network.PUBLIC:
        return _DCDN

    if product not in {"esa", "sts"}:
        raise InvalidInput(
            f"No endpoint is known for {product!r} in the network {network}:"
            " use esa or sts, or dcdn in the public one."
        )

    inside = "-vpc" if _network(network) is Network.VPC else ""
    return Endpoint.https(f"{product}{inside}.{_site(site).region}.aliyuncs.com")


def endpoints_for(
    product: str,
    site: Site | str | None,
    network: Network | str = Network.PUBLIC,
) -> tuple[Endpoint, ...]:
    """Give the endpoints to try, in order: one, or both while the site is unknown.

    Args:
        product: ``esa``, ``dcdn`` or ``sts``.
        site: Where the account was opened, or `None`.
        network: From where it is reached.

    Raises:
        InvalidInput: Nothing is known about this product, site or network.
    """
    sites = tuple(Site) if site is None else (_site(site),)
    found = (endpoint_for(product, each, network) for each in sites)
    return tuple(dict.fromkeys(found))


def sts_endpoint(region: str = "", network: Network | str = Network.PUBLIC) -> Endpoint:
    """Give the endpoint of STS: the central one, or that of a region.

    Args:
        region: Such as ``cn-hangzhou``; empty for the central endpoint.
        network: From where it is reached.

    Raises:
        InvalidInput: The region is no name, or the network has no central endpoint.
    """
    inside = _network(network) is Network.VPC
    if not region and not inside:
        return Endpoint.https("sts.aliyuncs.com")

    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", region):
        raise InvalidInput(
            f"{region!r} is not a region of STS: write one such as cn-hangzhou."
        )

    return Endpoint.https(f"sts{'-vpc' if inside else ''}.{region}.aliyuncs.com")


def _site(text: Site | str) -> Site:
    try:
        return Site(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is not a site: use cn or intl.") from None


def _network(text: Network | str) -> Network:
    try:
        return Network(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is not a network: use public or vpc.") from None


def _split(text: str) -> SplitResult:
    known = re.match(r"https?://", text, re.IGNORECASE)
    parts = urlsplit(text if known else f"//{text}")
    if not _is_plain(parts):
        raise InvalidInput(
            f"{text!r} is not an endpoint: write a host such as"
            " esa.cn-hangzhou.aliyuncs.com, without user, path or query."
        )

    return parts


def _is_plain(parts: SplitResult) -> bool:
    try:
        port = parts.port
    except ValueError:
        return False

    suffix = "" if port is None else f":{port}"
    host = parts.netloc.removesuffix(suffix)
    extra = parts.path.strip("/") or parts.query or parts.fragment
    return not extra and port != 0 and bool(_HOST.fullmatch(host))
