"""One call over the wire: paced by a cap, permitted, signed, sent and classified."""

from esa_flows.wire.call import Answer, Call, Caller, CallerStatistics, Observer
from esa_flows.wire.cap import Cap, CapStatistics, Scope, Slot
from esa_flows.wire.credentials import Chain, Credentials, CredentialSource, Static
from esa_flows.wire.lane import Lane
from esa_flows.wire.official import from_alibabacloud
from esa_flows.wire.permit import Permit, Verb, always
from esa_flows.wire.secret import Secret
from esa_flows.wire.site import Endpoint, Network, Site, endpoint_for, endpoints_for
from esa_flows.wire.transport import (
    HttpClient,
    HttpxTransport,
    Request,
    Response,
    SizedStream,
    Timeout,
    Transport,
    open_client,
)

__all__ = [
    "Answer",
    "Call",
    "Caller",
    "CallerStatistics",
    "Cap",
    "CapStatistics",
    "Chain",
    "CredentialSource",
    "Credentials",
    "Endpoint",
    "HttpClient",
    "HttpxTransport",
    "Lane",
    "Network",
    "Observer",
    "Permit",
    "Request",
    "Response",
    "Scope",
    "Secret",
    "Site",
    "SizedStream",
    "Slot",
    "Static",
    "Timeout",
    "Transport",
    "Verb",
    "always",
    "endpoint_for",
    "endpoints_for",
    "from_alibabacloud",
    "open_client",
]
