"""One entry of an operation table: who does it, and what the gateway checks first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from .call import Call, Product
from .world import World


@frozen
class Operation:
    """What the gateway knows of an operation.

    Attributes:
        handler: does it, and returns the members of the success answer without
            ``RequestId``, or raises ``CloudError``.
        https_only: the service's metadata lists no plain HTTP for it.
        halts: an unpaid bill stops it.
    """

    handler: Callable[[Call, World], dict[str, Any]]
    https_only: bool = False
    halts: bool = False


@frozen(kw_only=True)
class Api:
    """One API of the provider.

    Attributes:
        product: the first half of its RAM actions.
        version: the header ``x-acs-version``.
        operations: the ones that are played here, with real state.
        refused: the ones that exist and are not played: ``InvalidApi.NotFound``.
    """

    product: Product
    version: str
    operations: Mapping[str, Operation]
    refused: tuple[str, ...] = ()
