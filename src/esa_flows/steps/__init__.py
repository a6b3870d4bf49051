"""The steps of a release, a verb each. They ask the port, never a cloud by name."""

from esa_flows.steps.commit import Committed, commit, stage_code
from esa_flows.steps.create_routine import Created, create_routine
from esa_flows.steps.delete_routine import Deleted, DeleteRoutine, delete_routine
from esa_flows.steps.deploy import Deploy, Publish, deploy, read_back, still_serves
from esa_flows.steps.find_backup import Archive, Backup, Missing, find_backup
from esa_flows.steps.observe import World, look, observe
from esa_flows.steps.post_package import post_package, stage_package
from esa_flows.steps.post_to_oss import Posted, post_to_oss
from esa_flows.steps.prune import Prune, Pruned, prune
from esa_flows.steps.read_quota import PlanQuota, read_quota
from esa_flows.steps.read_variables import RoutineVariables, read_variables
from esa_flows.steps.request_assets_slot import (
    AssetsStage,
    Package,
    Reserved,
    request_assets_slot,
)
from esa_flows.steps.request_slot import Slotted, request_slot
from esa_flows.steps.save_code import SaveCode, Saved, save_code
from esa_flows.steps.stage import Stage
from esa_flows.steps.sweep import Sweep, sweep
from esa_flows.steps.verify import Verified, Verify, verify
from esa_flows.steps.verify_package import VerifyPackage, verify_package

__all__ = [
    "Archive",
    "AssetsStage",
    "Backup",
    "Committed",
    "Created",
    "DeleteRoutine",
    "Deleted",
    "Deploy",
    "Missing",
    "Package",
    "PlanQuota",
    "Posted",
    "Prune",
    "Pruned",
    "Publish",
    "Reserved",
    "RoutineVariables",
    "SaveCode",
    "Saved",
    "Slotted",
    "Stage",
    "Sweep",
    "Verified",
    "Verify",
    "VerifyPackage",
    "World",
    "commit",
    "create_routine",
    "delete_routine",
    "deploy",
    "find_backup",
    "look",
    "observe",
    "post_package",
    "post_to_oss",
    "prune",
    "read_back",
    "read_quota",
    "read_variables",
    "request_assets_slot",
    "request_slot",
    "save_code",
    "stage_code",
    "stage_package",
    "still_serves",
    "sweep",
    "verify",
    "verify_package",
]
