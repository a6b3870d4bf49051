"""How each cloud is reached: its endpoints, who signs, its limit, its port."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from functools import partial

import anyio
from attrs import field, frozen

from esa_flows.api.cloud import Op
from esa_flows.api.dcdn import DcdnCloud
from esa_flows.api.dcdn_operations import calls_per_second
from esa_flows.api.esa import PROBE, EsaCloud
from esa_flows.api.provider import room_for
from esa_flows.api.sight import Sight
from esa_flows.model import Cloud
from esa_flows.settings import Settings
from esa_flows.wire.call import Caller
from esa_flows.wire.cap import Cap, Scope, SlotStores
from esa_flows.wire.credentials import CredentialSource
from esa_flows.wire.site import Endpoint, endpoints_for, is_loopback
from esa_flows.wire.transport import Transport

__all__ = ["Reached", "Tools", "is_local", "reach"]


@frozen(kw_only=True)
class Tools:
    """What every cloud is reached with.

    Attributes:
        transport: Carries calls and uploads.
        credentials: Who signs.
        now: The wall clock, UTC.
        draw: Gives a new random text of hexadecimal digits.
        stores: Where the cap's slots are shared; None where they are not.
        clock: Their clock.
        watch: Seconds that also pass while the machine sleeps.
        cap: The limit of the settings' own cloud, where a host brings it.
        asked: Counts calls, of all clouds that are reached with these tools.
        uploads: Room for uploads that are under way at once, to all of them.
    """

    transport: Transport
    credentials: CredentialSource
    now: Callable[[], dt.datetime]
    draw: Callable[[], str]
    stores: SlotStores | None = None
    clock: Callable[[], float] = anyio.current_time
    watch: Callable[[], float] = anyio.current_time
    cap: Cap | None = None
    asked: Counter[Op] = field(factory=Counter)
    uploads: anyio.Semaphore = field(factory=room_for)


@frozen(kw_only=True)
class Reached:
    """A cloud as it is reached.

    Attributes:
        cloud: The provider, as a port.
        caller: Makes signed calls.
        cap: The limit on calls per second.
    """

    cloud: EsaCloud | DcdnCloud
    caller: Caller
    cap: Cap


def reach(cloud: Cloud, settings: Settings, tools: Tools) -> Reached:
    """Make the port of a cloud.

    Args:
        cloud: Which one; it need not be that of the settings.
        settings: How the provider is reached.
        tools: What it is reached with.

    Raises:
        InvalidInput: A setting cannot be used with this cloud.
    """
    endpoints = _endpoints(cloud, settings)
    cap = _cap(cloud, settings, tools)
    caller = Caller(
        tools.transport,
        tools.credentials,
        endpoints,
        cap=cap,
        now=tools.now,
        nonce=tools.draw,
        product=cloud.value,
        probe=PROBE if cloud is Cloud.ESA else None,
    )
    kind = EsaCloud if cloud is Cloud.ESA else DcdnCloud
    made = kind(
        caller,
        tools.transport,
        now=tools.now,
        boundary=tools.draw,
        allow_loopback_oss=all(is_local(each.host) for each in endpoints),
        oss_hosts=settings.oss_hosts,
        asked=tools.asked,
        uploads=tools.uploads,
        sight=Sight(tools.watch),
    )
    return Reached(cloud=made, caller=caller, cap=cap)


def _cap(cloud: Cloud, settings: Settings, tools: Tools) -> Cap:
    """Give the limit: DCDN documents one for each operation, ESA names none.

    Source: DCDN API 2018-01-15, the page of each operation.
    """
    if tools.cap is not None and cloud is settings.cloud:
        return tools.cap

    make = partial(Cap, stores=tools.stores, clock=tools.clock)
    most, each = settings.calls_per_second, settings.calls_per_operation
    if cloud is Cloud.ESA:
        return make(most, per_operation=each, scope=settings.cap_scope)

    return make(
        most,
        per_operation=lambda gate: min(
            most if each is None else each, calls_per_second(gate.rpartition(".")[2])
        ),
        scope=Scope.OPERATION,
    )


def _endpoints(cloud: Cloud, settings: Settings) -> tuple[Endpoint, ...]:
    """Give the endpoints: one that was given is the settings' own cloud's.

    A cloud on this machine answers for both.
    """
    if settings.endpoint:
        given = Endpoint.parse(settings.endpoint)
        if cloud is settings.cloud or is_local(given.host):
            return (given,)

    return endpoints_for(cloud.value, settings.site, settings.network)


def is_local(place: str) -> bool:
    """Tell whether a host or endpoint is on this machine."""
    if not place:
        return False

    return is_loopback(Endpoint.parse(place).host.rsplit(":", 1)[0].strip("[]"))
