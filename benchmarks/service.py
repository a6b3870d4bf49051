"""The local cloud as a service to measure against, and a caller that knows it."""

from datetime import UTC, datetime
from itertools import count

from esa_flows.api.cloud import Op
from esa_flows.localcloud.spawn import Spawned
from esa_flows.wire.call import Call, Caller
from esa_flows.wire.cap import Cap
from esa_flows.wire.credentials import Credentials, Static
from esa_flows.wire.site import Endpoint
from esa_flows.wire.transport import HttpClient, HttpxTransport

OBSERVE = Call(
    operation="GetRoutine",
    version="2024-09-10",
    verb=Op.OBSERVE,
    parameters={"Name": "checkout-edge"},
)


def caller(http: HttpClient, cloud: Spawned, *, calls_per_second: int) -> Caller:
    """Make a caller of a running local cloud."""
    numbers = count()
    credentials = Credentials(
        access_key_id=cloud.access_key_id, access_key_secret=cloud.access_key_secret
    )
    return Caller(
        HttpxTransport(http),
        Static(credentials),
        Endpoint.parse(cloud.api),
        cap=Cap(calls_per_second),
        now=lambda: datetime.now(UTC),
        nonce=lambda: f"{next(numbers):032x}",
    )
