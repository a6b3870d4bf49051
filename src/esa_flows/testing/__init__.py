"""What we test ourselves with, for our users' tests too."""

from esa_flows.testing.transport import Latency, ProcessTransport
from esa_flows.testing.virtual_time import virtual_backend

__all__ = ["Latency", "ProcessTransport", "virtual_backend"]
