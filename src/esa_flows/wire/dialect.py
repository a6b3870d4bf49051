"""Which library an HTTP client is of: httpx, or httpx2, which says the same things.

The second need not be installed; whoever brings a client of it has imported it.
"""

from __future__ import annotations

import sys
from functools import cache
from types import ModuleType
from typing import Any, Protocol

import httpx

__all__ = ["AnyHttpClient", "is_one_of", "library_of"]

_LIBRARIES = frozenset({"httpx", "httpx2"})


class AnyHttpClient(Protocol):
    """An `AsyncClient` of httpx or of httpx2."""

    @property
    def is_closed(self) -> bool:
        """Whether it can send no more."""
        ...

    async def send(
        self,
        request: Any,
        *,
        stream: bool = ...,
        auth: Any = ...,
        follow_redirects: Any = ...,
    ) -> Any:
        """Send a request of its own library."""
        ...


def library_of(client: AnyHttpClient) -> Any:
    """Give the module that a client is of, httpx for what is of neither.

    Args:
        client: It may be of a class derived from theirs.
    """
    return _library_of(type(client))


@cache
def _library_of(kind: type) -> ModuleType:
    roots = [_root(each) for each in kind.__mro__]
    return sys.modules[next((r for r in roots if r in _LIBRARIES), httpx.__name__)]


def is_one_of(error: BaseException, *names: str) -> bool:
    """Tell whether an exception is one of those of either library.

    Args:
        error: Whatever was raised.
        names: Classes, as both libraries call them.
    """
    kinds = type(error).__mro__
    return any(kind.__name__ in names and _root(kind) in _LIBRARIES for kind in kinds)


def _root(kind: type) -> str:
    return kind.__module__.partition(".")[0]
