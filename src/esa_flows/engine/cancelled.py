"""Whether the present task was asked to stop: asked without stopping it."""

import anyio

__all__ = ["is_cancelled"]


def is_cancelled() -> bool:
    """Tell whether the current task was asked to stop by a scope around it."""
    return anyio.current_effective_deadline() <= anyio.current_time()
