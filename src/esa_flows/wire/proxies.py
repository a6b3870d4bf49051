"""Keep calls to this machine and its metadata service away from proxies.

httpx knows exceptions by name and by suffix, but loopback is a whole network. So each
proxy of the environment is stood behind a door that looks at the address first.
"""

from __future__ import annotations

import ssl
from urllib.request import getproxies

import httpx
from attrs import define

from esa_flows.wire.site import is_loopback

__all__ = ["past_proxies"]

_METADATA = "100.100.100.200"
_SCHEMES = ("http", "https", "all")


@define(eq=False)
class _Door(httpx.AsyncBaseTransport):
    """Goes through the proxy, or straight where nobody else must be asked."""

    _proxied: httpx.AsyncBaseTransport
    _straight: httpx.AsyncBaseTransport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry a request."""
        near = is_loopback(request.url.host)
        way = self._straight if near else self._proxied
        return await way.handle_async_request(request)

    async def aclose(self) -> None:
        """Close both ways."""
        await self._proxied.aclose()
        await self._straight.aclose()


def past_proxies(
    context: ssl.SSLContext, limits: httpx.Limits, *, trust_env: bool
) -> dict[str, httpx.AsyncBaseTransport | None]:
    """Give the ways of a client, as httpx mounts them; `None` is straight on.

    Args:
        context: Certificates to trust.
        limits: Of connections.
        trust_env: Whether proxies of the environment count.

    Raises:
        ValueError: A proxy's address is none.
    """
    named = getproxies() if trust_env else {}
    if "*" in map(str.strip, named.get("no", "").split(",")):
        named = {}

    doors = {
        f"{scheme}://": _door(named[scheme], context, limits)
        for scheme in _SCHEMES
        if named.get(scheme)
    }
    return {f"all://{_METADATA}": None, **doors}


def _door(address: str, context: ssl.SSLContext, limits: httpx.Limits) -> _Door:
    url = address if "://" in address else f"http://{address}"
    return _Door(
        httpx.AsyncHTTPTransport(verify=context, limits=limits, proxy=url),
        httpx.AsyncHTTPTransport(verify=context, limits=limits),
    )
