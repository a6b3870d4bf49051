"""What every journal says when it refuses: one sentence for each reason."""

from esa_flows.errors import LeaseLost, RunInProgress, UnknownRun

__all__ = ["lost", "taken", "unknown"]


def unknown(run: str) -> UnknownRun:
    """Say that there is no such run."""
    return UnknownRun(
        f"The journal knows no run {run!r}.",
        next_move="List the runs it knows with: esa-flows runs",
    )


def taken(run: str) -> RunInProgress:
    """Say that the id of a new run is that of another one."""
    return RunInProgress(f"There is a run {run} already.")


def lost(run: str) -> LeaseLost:
    """Say that somebody else drives the run now."""
    return LeaseLost(
        f"Another process took over run {run}; this one stops.",
        next_move=f"Watch it with: esa-flows status {run}",
    )
