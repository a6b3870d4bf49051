"""One event, and its line of JSON: the format that other programs rely on.

A later release may add kinds and members; it changes or takes away none without raising
the version.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from esa_flows.model import Cloud
from esa_flows.model.kinds import Kind

__all__ = ["SCHEMA", "Event", "Kind"]

SCHEMA = 1
"""Version of the format."""


@frozen(kw_only=True)
class Event:
    """One thing that a run did.

    Attributes:
        kind: What happened.
        seq: Its place in what this process tells, from 1; a gap is a lost line.
        at: Wall time, UTC.
        run: The run's id.
        routine: What the run is about; empty where that is no routine.
        cloud: Where that is.
        account: The name of its account there; empty for the client's own.
        wave: The number of its wave in a rollout; 0 where it is in none.
        step: Identity of the step; empty where it is about the run.
        data: More, by kind; nothing secret.
    """

    kind: Kind
    seq: int
    at: dt.datetime
    run: str
    routine: str = ""
    cloud: Cloud = Cloud.ESA
    account: str = ""
    wave: int = 0
    step: str = ""
    data: Mapping[str, Any] = field(factory=dict, hash=False)

    def to_json(self) -> str:
        """Give its line, without the line end; members that say nothing are absent."""
        told = {
            "v": SCHEMA,
            "seq": self.seq,
            "at": _instant(self.at),
            "run": self.run,
            "kind": self.kind.value,
            "routine": self.routine,
            "cloud": self.cloud.value,
            "account": self.account,
            "wave": self.wave,
            "step": self.step,
            "data": dict(self.data),
        }
        full = {n: value for n, value in told.items() if value not in ("", 0, {})}
        return json.dumps(full, separators=(",", ":"))


def _instant(at: dt.datetime) -> str:
    text = at.astimezone(dt.UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
