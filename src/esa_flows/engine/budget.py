"""What a fleet may spend on trying again: one purse for all runs of an account.

Every run is patient by itself, and a thousand patient runs in front of a provider in
trouble are a storm. So each further attempt costs tokens, each clean success earns one
back, and when the purse is empty nobody tries again: runs pause where they are, at
once, instead of each after minutes of its own. First attempts are free.
"""

from attrs import define, field, frozen

from esa_flows.errors import CallError, Misuse, Throttled

__all__ = ["BudgetStatistics", "RetryBudget"]

TOKENS = 500
"""Tokens of a full purse: some thirty-five retries without any success between."""

TRANSIENT, THROTTLED, EARNED = 14, 5, 1
"""What a retry after trouble costs, what one after a throttle, and a success earns."""


@frozen(kw_only=True)
class BudgetStatistics:
    """What a retry budget has done.

    Attributes:
        tokens: What is left.
        capacity: Most there can be.
        granted: Retries that were paid for.
        refused: Retries that nothing was left for.
    """

    tokens: int
    capacity: int
    granted: int
    refused: int


def _positive(_: object, __: object, value: int) -> None:
    if value < 1:
        raise Misuse(f"A retry budget of {value} tokens would allow no retry at all.")


@define(repr=False)
class RetryBudget:
    """Tokens for retries, shared by all runs of an account.

    Attributes:
        capacity: Most tokens there can be; it begins full.
    """

    capacity: int = field(default=TOKENS, validator=_positive)
    _tokens: int = field(init=False)
    _granted: int = field(default=0, init=False)
    _refused: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._tokens = self.capacity

    def __repr__(self) -> str:
        return f"<RetryBudget {self._tokens}/{self.capacity}>"

    def spend(self, error: CallError) -> bool:
        """Pay for one more attempt, or say that nothing is left for it.

        Args:
            error: How the attempt before it failed.
        """
        cost = THROTTLED if isinstance(error, Throttled) else TRANSIENT
        if cost > self._tokens:
            self._refused += 1
            return False

        self._tokens -= cost
        self._granted += 1
        return True

    def earn(self) -> None:
        """Count a success at the first attempt."""
        self._tokens = min(self.capacity, self._tokens + EARNED)

    def statistics(self) -> BudgetStatistics:
        """Tell what was done so far."""
        return BudgetStatistics(
            tokens=self._tokens,
            capacity=self.capacity,
            granted=self._granted,
            refused=self._refused,
        )
