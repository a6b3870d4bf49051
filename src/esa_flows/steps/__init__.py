"""The steps of a release, a verb each. They ask the port, never a cloud by name."""

from esa_flows.steps.commit import Committed, commit, stage_code
from esa_flows.steps.create_routine import Created, create_routine
from esa_flows.steps.deploy import Deploy, deploy, read_back
from esa_flows.steps.observe import World, look, observe
from esa_flows.steps.post_to_oss import Posted, post_to_oss
from esa_flows.steps.prune import Prune, Pruned, prune
from esa_flows.steps.request_slot import Slotted, Stage, request_slot
from esa_flows.steps.sweep import Sweep, sweep
from esa_flows.steps.verify import Verified, Verify, verify

__all__ = [
    "Committed",
    "Created",
    "Deploy",
    "Posted",
    "Prune",
    "Pruned",
    "Slotted",
    "Stage",
    "Sweep",
    "Verified",
    "Verify",
    "World",
    "commit",
    "create_routine",
    "deploy",
    "look",
    "observe",
    "post_to_oss",
    "prune",
    "read_back",
    "request_slot",
    "stage_code",
    "sweep",
    "verify",
]
