"""Tell a bad rate of errors from a usual one with as few requests as will do: pure.

Wald's sequential test: after each request two guesses are weighed against each other,
"as many errors as usual" and "as many as must not be", until one outweighs the other
so far that being wrong is as unlikely as wanted. Where the new version serves only a
share of the requests, and nobody sees which, each guess counts for that share: more
requests are needed, in proportion.
"""

from __future__ import annotations

import math

from attrs import Attribute, field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.gates.verdict import Verdict
from esa_flows.model import WHOLE

__all__ = ["ErrorRate", "percent_of"]

USUAL = 10
"""Where nobody says what is usual: this much less than what must not be."""


def percent_of(text: str) -> float:
    """Read `1%` or `0.1%`.

    Raises:
        InvalidInput: It is no percentage.
    """
    try:
        return float(text.strip().removesuffix("%"))
    except ValueError:
        raise InvalidInput(f"{text!r} is no percentage: write 1% or 0.1%.") from None


def _percentage(_: object, attribute: Attribute[float], value: float) -> None:
    if not 0 < value < WHOLE:
        raise InvalidInput(
            f"{value:g} % is no rate of errors ({attribute.name}):"
            " give more than 0 and less than 100."
        )


def _probability(_: object, attribute: Attribute[float], value: float) -> None:
    if not 0 < value < 0.5:  # noqa: PLR2004  more often wrong than right
        raise InvalidInput(
            f"{value:g} is no probability of being wrong ({attribute.name}):"
            " give more than 0 and less than 0.5."
        )


@frozen(kw_only=True)
class ErrorRate:
    """How many errors are too many.

    Attributes:
        limit: Percentage of bad answers that must not be.
        usual: Percentage that is usual.
        false_alarm: Probability of a fail where things are as usual.
        miss: Probability of a pass where they are at the limit.
    """

    limit: float = field(validator=_percentage)
    usual: float = field(validator=_percentage)
    false_alarm: float = field(default=0.01, validator=_probability)
    miss: float = field(default=0.05, validator=_probability)

    @usual.default
    def _tenth(self) -> float:
        return self.limit / USUAL

    def __attrs_post_init__(self) -> None:
        if not self.usual < self.limit:
            raise InvalidInput(
                f"Errors of {self.usual:g} % cannot be usual where less than"
                f" {self.limit:g} % must not be exceeded: give less."
            )

    def judge(self, requests: int, bad: int, *, share: int = WHOLE) -> Verdict:
        """Say what some answers tell.

        Args:
            requests: How many there were.
            bad: How many of them were bad.
            share: Percentage of the requests that the new version serves, 1 to 100.
        """
        weight = self._weight(requests, bad, share)
        if weight >= self._fails:
            return Verdict.FAIL

        return Verdict.PASS if weight <= self._passes else Verdict.INCONCLUSIVE

    def more_needed(self, requests: int, bad: int, *, share: int = WHOLE) -> int:
        """Give how many requests more would tell, if all of them went well.

        Args:
            requests: How many there were.
            bad: How many of them were bad.
            share: Percentage of the requests that the new version serves, 1 to 100.
        """
        missing = self._weight(requests, bad, share) - self._passes
        return max(0, math.ceil(missing / -self._step(share, is_bad=False)))

    def expected_requests(self, *, share: int = WHOLE) -> int:
        """Give how many requests it takes on average to tell that all is as usual.

        Args:
            share: Percentage of the requests that the new version serves, 1 to 100.
        """
        usual = self.usual / WHOLE * share / WHOLE
        each = usual * self._step(share, is_bad=True)
        each += (1 - usual) * self._step(share, is_bad=False)
        alarm = self.false_alarm
        return math.ceil((self._passes * (1 - alarm) + self._fails * alarm) / each)

    @property
    def _fails(self) -> float:
        return math.log((1 - self.miss) / self.false_alarm)

    @property
    def _passes(self) -> float:
        return math.log(self.miss / (1 - self.false_alarm))

    def _weight(self, requests: int, bad: int, share: int) -> float:
        good = requests - bad
        return bad * self._step(share, is_bad=True) + good * self._step(
            share, is_bad=False
        )

    def _step(self, share: int, *, is_bad: bool) -> float:
        """Give what one answer weighs: positive for the guess that things are bad."""
        limit = self.limit / WHOLE * share / WHOLE
        usual = self.usual / WHOLE * share / WHOLE
        return math.log(limit / usual if is_bad else (1 - limit) / (1 - usual))

    def __str__(self) -> str:
        return f"less than {self.limit:g} % of errors"
