"""What we test ourselves with, for our users' tests too."""

from esa_flows.testing.fate import Disturbance, Fate
from esa_flows.testing.rehearsal import Ended, Rehearsal, Saved
from esa_flows.testing.transport import Latency, ProcessTransport
from esa_flows.testing.virtual_time import virtual_backend
from esa_flows.testing.witness import Act, Effect, Witness

__all__ = [
    "Act",
    "Disturbance",
    "Effect",
    "Ended",
    "Fate",
    "Latency",
    "ProcessTransport",
    "Rehearsal",
    "Saved",
    "Witness",
    "virtual_backend",
]
