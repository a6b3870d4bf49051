"""Judge looks at an edge: which answers are good, and how many it takes to tell.

A look is one request and what came of it. Rules:

* A bad answer counts when the same address gave it `CONFIRM` times in a row: one alone
  may come from an edge that is just being changed. At a share of the traffic it counts
  when there were so many in all: the former version answers in between.
* 401 is no evidence while nobody asked for it: the default record of a fresh routine is
  closed for a while.
* An address that cannot be reached says nothing about the code.
* At a share, good answers may all have come from the former version: that at least one
  came from the new one has the probability 1 - (1 - share)^n. As long as it is too
  small, the looks are inconclusive.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from attrs import Attribute, field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.gates.verdict import Fact, Reading, Verdict

__all__ = [
    "CONFIRM",
    "Expect",
    "Look",
    "Question",
    "chance_of_a_hit",
    "judge",
    "looks_needed",
]

CONFIRM = 2
_CLOSED = 401
_WHOLE = 100


def _status(_: object, __: Attribute[int], value: int) -> None:
    if not 101 <= value <= 600:  # noqa: PLR2004  HTTP has no others
        raise InvalidInput(f"{value} bounds no HTTP status: give 101 to 600.")


def _percentage(_: object, __: Attribute[int], value: int) -> None:
    if not 1 <= value <= _WHOLE:
        raise InvalidInput(f"{value} % of the traffic is no share: give 1 to 100.")


def _probability(_: object, __: Attribute[float], value: float) -> None:
    if not 0.0 < value < 1.0:
        raise InvalidInput(f"{value} is no confidence: give more than 0, less than 1.")


@frozen(kw_only=True)
class Expect:
    """Which statuses are good.

    Attributes:
        below: Every status smaller than this, where no statuses are named.
        statuses: Only these.
    """

    below: int = field(default=500, validator=_status)
    statuses: frozenset[int] = frozenset()

    def of(self, status: int | None) -> Verdict:
        """Say what one answer tells by itself; None is no answer."""
        if status is None:
            return Verdict.ERROR

        if status == _CLOSED and not self.statuses:
            return Verdict.INCONCLUSIVE

        good = status in self.statuses if self.statuses else status < self.below
        return Verdict.PASS if good else Verdict.FAIL

    def __str__(self) -> str:
        if self.statuses:
            return " or ".join(map(str, sorted(self.statuses)))

        return f"less than {self.below}"


@frozen(kw_only=True)
class Question:
    """What looks shall tell.

    Attributes:
        host: Host name to ask for.
        expect: Which statuses are good.
        share: Percentage of the traffic that the version in question serves, 1 to 100.
        confidence: Probability of having met it that is enough, 0 to 1.
    """

    host: str
    expect: Expect = Expect()
    share: int = field(default=_WHOLE, validator=_percentage)
    confidence: float = field(default=0.95, validator=_probability)


@frozen(kw_only=True)
class Look:
    """One request to one address.

    Attributes:
        address: Where it went.
        status: HTTP status; None where no answer came.
        trouble: Why no answer came, as a sentence.
        elapsed: Seconds.
    """

    address: str
    status: int | None = None
    trouble: str = ""
    elapsed: float = 0.0


def chance_of_a_hit(share: int, looks: int) -> float:
    """Give the probability that at least one of some looks met the new version.

    Args:
        share: Percentage of the traffic that the new version serves.
        looks: How many answers there were.
    """
    return 1.0 - (1.0 - share / _WHOLE) ** looks


def looks_needed(share: int, confidence: float) -> int:
    """Give the number of looks that meet the new version with some probability.

    Args:
        share: Percentage of the traffic that the new version serves, 1 to 100.
        confidence: The probability wanted, between 0 and 1.
    """
    if share >= _WHOLE:
        return 1

    return math.ceil(math.log(1.0 - confidence) / math.log(1.0 - share / _WHOLE))


def judge(question: Question, looks: Sequence[Look]) -> Reading:
    """Say what looks at one or several addresses tell.

    Args:
        question: What they shall tell.
        looks: All of them, in the order they were made; at least one.

    Returns:
        What the worst address tells.
    """
    addresses = dict.fromkeys(look.address for look in looks)
    return Reading.worst(
        _at_one_address(question, [look for look in looks if look.address == address])
        for address in addresses
    )


def _at_one_address(question: Question, looks: Sequence[Look]) -> Reading:
    last = looks[-1]
    verdicts = [question.expect.of(look.status) for look in looks]
    facts: dict[str, Fact] = {
        "address": last.address,
        "looks": len(looks),
        "elapsed": last.elapsed,
    }
    if last.status is None:
        return Reading(
            verdict=Verdict.ERROR,
            reason=f"{question.host} at {last.address} gave no answer. {last.trouble}",
            facts=facts,
        )

    verdict, why = _of_answers(question, verdicts)
    return Reading(
        verdict=verdict,
        reason=f"{question.host} at {last.address} answered {last.status}{why}.",
        facts={**facts, "status": last.status},
    )


def _of_answers(question: Question, seen: Sequence[Verdict]) -> tuple[Verdict, str]:
    """Weigh answers, the last of which came."""
    bad = _bad(question, seen)
    wanted = f"where {question.expect} is good"
    if bad >= CONFIRM:
        return Verdict.FAIL, f": {bad} bad answers, {wanted}"

    if seen[-1] is Verdict.INCONCLUSIVE:
        return Verdict.INCONCLUSIVE, ": it is closed to visitors or wants a login"

    if bad:
        return Verdict.INCONCLUSIVE, f", and one answer was bad, {wanted}"

    return _of_a_share(question, seen.count(Verdict.PASS))


def _bad(question: Question, seen: Sequence[Verdict]) -> int:
    if question.share < _WHOLE:
        return seen.count(Verdict.FAIL)

    good = [n for n, verdict in enumerate(seen) if verdict is not Verdict.FAIL]
    return len(seen) - 1 - max(good, default=-1)


def _of_a_share(question: Question, good: int) -> tuple[Verdict, str]:
    if question.share == _WHOLE:
        return Verdict.PASS, ""

    chance = chance_of_a_hit(question.share, good)
    why = (
        f"; of {good} good answers at least one came from the new version, which serves"
        f" {question.share} %, with a probability of {chance:.1%}"
    )
    if chance < question.confidence:
        needed = looks_needed(question.share, question.confidence)
        return Verdict.INCONCLUSIVE, f"{why}; {needed} looks would be enough"

    return Verdict.PASS, why
