"""What runs do, as a stream of JSON lines for programs that watch."""

from esa_flows.events.event import SCHEMA, Event, Kind
from esa_flows.events.log import EventLog
from esa_flows.events.telling import Teller

__all__ = ["SCHEMA", "Event", "EventLog", "Kind", "Teller"]
