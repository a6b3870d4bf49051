"""What every journal says when it refuses: one sentence for each reason."""

from esa_flows.errors import JournalUnavailable, LeaseLost, RunInProgress, UnknownRun

__all__ = ["gone", "lost", "taken", "unknown"]


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


def gone(source: str) -> JournalUnavailable:
    """Say that the file that is open lies nowhere any more."""
    return JournalUnavailable(
        f"The journal {source} was deleted or replaced while it was in use; nothing was"
        " recorded.",
        next_move="Put it back, or make what can be known of it anew with: esa-flows"
        " journal rebuild",
    )
