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
* Where the edge names the version that answers, another one's answers tell nothing: the
  edge is on its way.
* Where a rate of errors is asked for, single bad answers do not count: the rate does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from attrs import Attribute, field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.gates.expect import Expect
from esa_flows.gates.sequential import ErrorRate
from esa_flows.gates.verdict import Fact, Reading, Verdict

__all__ = [
    "CONFIRM",
    "Look",
    "Named",
    "Question",
    "chance_of_a_hit",
    "judge",
    "looks_needed",
]

CONFIRM = 2
_WHOLE = 100


def _percentage(_: object, __: Attribute[int], value: int) -> None:
    if not 1 <= value <= _WHOLE:
        raise InvalidInput(f"{value} % of the traffic is no share: give 1 to 100.")


def _probability(_: object, __: Attribute[float], value: float) -> None:
    if not 0.0 < value < 1.0:
        raise InvalidInput(f"{value} is no confidence: give more than 0, less than 1.")


@frozen(kw_only=True)
class Named:
    """The version that must answer, and the header in which the edge names it.

    Attributes:
        header: The header's name.
        version: What it must say.
    """

    header: str
    version: str


@frozen(kw_only=True)
class Question:
    """What looks shall tell.

    Attributes:
        host: Host name to ask for.
        expect: Which statuses are good.
        share: Percentage of the traffic that the version in question serves, 1 to 100.
        confidence: Probability of having met it that is enough, 0 to 1.
        named: Which version must answer; None where the edge does not tell.
        errors: Which rate of bad answers is too high; None where none are borne.
        good: Good answers that were had before, at the same share.
        bad: Bad ones.
    """

    host: str
    expect: Expect = Expect()
    share: int = field(default=_WHOLE, validator=_percentage)
    confidence: float = field(default=0.95, validator=_probability)
    named: Named | None = None
    errors: ErrorRate | None = None
    good: int = 0
    bad: int = 0

    def tells(self, look: Look) -> Verdict:
        """Say what one look tells by itself."""
        if self.is_elsewhere(look):
            return Verdict.INCONCLUSIVE

        verdict = self.expect.of(look.status)
        return Verdict.FAIL if verdict is Verdict.PASS and look.fault else verdict

    def is_elsewhere(self, look: Look) -> bool:
        """Tell whether another version answered than the one in question."""
        if self.named is None or look.status is None:
            return False

        return look.version != self.named.version


@frozen(kw_only=True)
class Look:
    """One request to one address.

    Attributes:
        address: Where it went.
        status: HTTP status; None where no answer came.
        trouble: Why no answer came, as a sentence.
        fault: What is wrong with the answer beside its status.
        version: The version that the answer names, where it does.
        elapsed: Seconds.
    """

    address: str
    status: int | None = None
    trouble: str = ""
    fault: str = ""
    version: str = ""
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
        What the worst address tells; of a rate of errors, what all of them do.
    """
    if question.errors is not None and any(look.status for look in looks):
        return _of_a_rate(question, question.errors, looks)

    addresses = dict.fromkeys(look.address for look in looks)
    return Reading.worst(
        _at_one_address(question, [look for look in looks if look.address == address])
        for address in addresses
    )


def _at_one_address(question: Question, looks: Sequence[Look]) -> Reading:
    last = looks[-1]
    verdicts = [question.tells(look) for look in looks]
    facts = _facts(looks, verdicts)
    if last.status is None:
        return Reading(
            verdict=Verdict.ERROR,
            reason=f"{question.host} at {last.address} gave no answer. {last.trouble}",
            facts=facts,
        )

    verdict, why = _of_answers(question, verdicts)
    if question.named is not None and question.is_elsewhere(last):
        why = f", but not (yet) as version {question.named.version}"

    return Reading(
        verdict=verdict,
        reason=f"{question.host} at {last.address} answered {last.status}{why}"
        f"{_fault(looks, verdict)}.",
        facts={**facts, "status": last.status},
    )


def _facts(looks: Sequence[Look], verdicts: Sequence[Verdict]) -> dict[str, Fact]:
    return {
        "address": looks[-1].address,
        "looks": len(looks),
        "good": verdicts.count(Verdict.PASS),
        "bad": verdicts.count(Verdict.FAIL),
        "elapsed": looks[-1].elapsed,
    }


def _fault(looks: Sequence[Look], verdict: Verdict) -> str:
    """Give what was wrong with an answer of good status, where that decided."""
    faults = [look.fault for look in looks if look.fault]
    return f": {faults[-1]}" if faults and verdict is not Verdict.PASS else ""


def _of_a_rate(question: Question, errors: ErrorRate, looks: Sequence[Look]) -> Reading:
    """Weigh all answers, those of before included."""
    verdicts = [question.tells(look) for look in looks]
    facts = _facts(looks, verdicts)
    bad = question.bad + verdicts.count(Verdict.FAIL)
    seen = bad + question.good + verdicts.count(Verdict.PASS)
    verdict = errors.judge(seen, bad, share=question.share)
    more = errors.more_needed(seen, bad, share=question.share)
    need = f"; about {more:,} more requests are needed to tell"
    return Reading(
        verdict=verdict,
        reason=f"{question.host}: {bad:,} of {seen:,} answers were bad, where {errors}"
        f" is good{_at_share(question)}"
        f"{need if verdict is Verdict.INCONCLUSIVE else ''}"
        f"{_fault(looks, verdict)}.",
        facts={
            **facts,
            "value": round(_WHOLE * bad / max(seen, 1), 4),
            "threshold": errors.limit,
            "requests": seen,
        },
    )


def _at_share(question: Question) -> str:
    if question.share == _WHOLE:
        return ""

    return f" (the new version serves {question.share} % of them)"


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

    return _of_a_share(question, question.good + seen.count(Verdict.PASS))


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
