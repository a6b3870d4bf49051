"""Whether a routine may have one more version."""

from __future__ import annotations

from esa_flows.localcloud.refusal import CloudError
from esa_flows.localcloud.routine import Routine
from esa_flows.localcloud.world import World


def require_room(routine: Routine, world: World) -> None:
    """Refuse when the routine has as many versions as it may.

    Raises:
        CloudError: ``CodeVersionNumberExceedQuotaLimit``.
    """
    quota = world.switches.version_quota
    counts = world.switches.init_counts
    held = [v for v in routine.versions.values() if counts or v.ready_at is not None]
    if len(held) < quota:
        return

    raise CloudError(
        "CodeVersionNumberExceedQuotaLimit",
        f"The code version number exceeds the quota limit ({quota}).",
    )
