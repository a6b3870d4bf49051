"""The place a run belongs to: what the ports of its engine lead to, in a word."""

from esa_flows.engine.history import History
from esa_flows.errors import InvalidInput

__all__ = ["refuse_elsewhere"]

USUAL = "esa"
"""What a run is told to belong to whose journal has no word for its place."""


def refuse_elsewhere(run: str, history: History, here: str) -> None:
    """Refuse to go on with a run whose steps would find another world: pure.

    Args:
        run: Its id.
        history: What it did; one that did not begin belongs nowhere yet.
        here: The place of the engine that would go on with it.

    Raises:
        InvalidInput: It was begun at another place.
    """
    place = history.started.get("place", "") or USUAL
    if not history.started or place == (here or USUAL):
        return

    raise InvalidInput(
        f"Run {run} was begun on {place}; this is {here or USUAL}.",
        next_move=f"Go on with it there: esa-flows resume {run} --cloud {place}",
    )
