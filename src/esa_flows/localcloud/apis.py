"""The provider's two APIs, found by the version a request names."""

from __future__ import annotations

from .dcdn import DCDN
from .esa import ESA
from .operation import Api

APIS: dict[str, Api] = {api.version: api for api in (ESA, DCDN)}


def api_of(version: str) -> Api:
    """Return the API of ``x-acs-version``; ESA's for a version nobody has."""
    return APIS.get(version, ESA)
