"""How long to wait before the next attempt: a pure function of attempt and chance.

Full jitter: the wait is drawn evenly between nothing and a bound that doubles, so that
a thousand clients that failed together do not come back together.
"""

from attrs import field, frozen

from esa_flows.errors import Misuse

__all__ = ["Backoff"]


def _positive(_: object, __: object, value: float) -> None:
    if not 0 < value < float("inf"):
        raise Misuse(f"{value} s is no wait between attempts.")


@frozen(kw_only=True)
class Backoff:
    """Waits that double up to a bound.

    Attributes:
        base: Bound of the first wait, in seconds.
        most: Bound of every wait, in seconds.
    """

    base: float = field(default=0.05, validator=_positive)
    most: float = field(default=20.0, validator=_positive)

    def bound(self, attempt: int) -> float:
        """Give the longest wait after an attempt.

        Args:
            attempt: The attempt that failed, from 1.

        Returns:
            Seconds.
        """
        doublings = min(max(attempt, 1) - 1, 30)
        return min(self.most, self.base * 2.0**doublings)

    def wait(self, attempt: int, chance: float, *, hint: float = 0.0) -> float:
        """Give the wait after an attempt.

        Args:
            attempt: The attempt that failed, from 1.
            chance: A number drawn evenly from 0 to 1.
            hint: Seconds the provider asked to wait; never undercut, and jittered
                upwards so that those who were told the same do not return together.

        Returns:
            Seconds.
        """
        return hint + self.bound(attempt) * chance
