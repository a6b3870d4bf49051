"""A faithful ESA, OSS and edge on this machine, in one process or over HTTP.

``LocalCloud.handle`` answers requests as values; ``esa_flows.localcloud.server`` puts
HTTP listeners before it and needs the extra ``local``.
"""

from __future__ import annotations

from .cloud import LocalCloud
from .console import Console
from .faults import Fault, FaultScript, faults_from, faults_from_toml
from .judge import Orphan, Violation
from .refusal import CloudError
from .report import Report
from .seed import ACCOUNT, KEY
from .state import AccessKey, State
from .switches import Switches
from .switchfile import switches_from, switches_from_toml
from .values import Reply, Request

__all__ = [
    "ACCOUNT",
    "KEY",
    "AccessKey",
    "CloudError",
    "Console",
    "Fault",
    "FaultScript",
    "LocalCloud",
    "Orphan",
    "Reply",
    "Report",
    "Request",
    "State",
    "Switches",
    "Violation",
    "faults_from",
    "faults_from_toml",
    "switches_from",
    "switches_from_toml",
]
