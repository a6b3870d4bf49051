"""The place a run belongs to: what the ports it works with lead to, in a word."""

from collections.abc import Collection

from attrs import field, frozen

from esa_flows.engine.attempt import Ports
from esa_flows.engine.budget import RetryBudget
from esa_flows.engine.history import History
from esa_flows.errors import InvalidInput

__all__ = ["Elsewhere", "refuse_elsewhere"]

USUAL = "esa"
"""What a run is told to belong to whose journal has no word for its place."""


@frozen(kw_only=True)
class Elsewhere:
    """What the runs of one more place work with.

    Attributes:
        ports: What their steps can need.
        budget: What all of them together may spend on trying again.
    """

    ports: Ports = field(repr=False)
    budget: RetryBudget = field(factory=RetryBudget)


def refuse_elsewhere(
    run: str, history: History, here: str, others: Collection[str] = ()
) -> None:
    """Refuse to go on with a run whose steps would find another world: pure.

    Args:
        run: Its id.
        history: What it did; one that did not begin belongs nowhere yet.
        here: The place of the engine that would go on with it.
        others: Further places that this engine leads to.

    Raises:
        InvalidInput: It was begun at another place.
    """
    place = history.started.get("place", "") or USUAL
    if not history.started or place == (here or USUAL) or place in others:
        return

    raise InvalidInput(
        f"Run {run} was begun on {place}; this is {here or USUAL}.",
        next_move=f"Go on with it there: esa-flows resume {run} --cloud {place}",
    )
