"""Which verb goes before which when calls wait for the cap: data.

What changes what is served goes first, then what brings new code, then what can wait:
whole lists, and making room. The way back is no verb of its own; see `way_back`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from esa_flows.api.cloud import Op
from esa_flows.wire.lane import Lane

__all__ = ["LANES"]

_DEPLOY = {Op.DEPLOY, Op.OBSERVE, Op.SERVICE, Op.ADDRESSES, Op.TOKEN}
_UPLOAD = {
    Op.SLOT,
    Op.POST,
    Op.COMMIT,
    Op.PACKAGE,
    Op.READ_CODE,
    Op.INFO,
    Op.CREATE,
    Op.VARIABLES,
}

LANES: Mapping[Op, Lane] = MappingProxyType(
    dict.fromkeys(Op, Lane.HOUSEKEEPING)
    | dict.fromkeys(_DEPLOY, Lane.DEPLOY)
    | dict.fromkeys(_UPLOAD, Lane.UPLOAD)
)
"""The lane of each verb."""
