"""What the readings of one gate amount to, and when the next one is due: pure.

* A bad reading counts for good: one more than is borne, and the gate has failed.
* Readings without any evidence are borne in a row, for a while.
* To pass, the last reading must be good: a gate that flaps goes on being read.
* When the time is over and the evidence does not suffice, some more readings are taken,
  and then it is settled that it does not.
"""

from collections import Counter
from collections.abc import Sequence

from attrs import define, field

from esa_flows.gates.http_check import HttpCheck
from esa_flows.gates.spec import Gate
from esa_flows.gates.verdict import Reading, Verdict
from esa_flows.model import Duration

__all__ = ["Tally", "watch_time"]


def watch_time(bake: Duration, gates: Sequence[Gate], *, least: bool) -> Duration:
    """Give how long a watch lasts if every reading is good.

    Args:
        bake: The bake time.
        gates: What is read.
        least: Whether each gate is read once more after its first pause, because an
            edge may still answer with the former version right after a change.
    """
    spans = (_span(gate, bake, least=least) for gate in gates)
    return Duration(max((bake.seconds, *spans)))


def _span(gate: Gate, bake: Duration, *, least: bool) -> float:
    every, count = gate.limits.every.seconds, gate.limits.count
    if count:
        return (count - 1) * every

    return max(bake.seconds, every if least else 0.0)


@define(kw_only=True)
class Tally:
    """What the readings of one gate amount to.

    Attributes:
        gate: The gate.
        end: Seconds after which it may pass, where no number of readings is wanted.
        counts: How many readings said what.
        last: The last reading of each verdict.
        due: Seconds after the beginning at which the next reading is due.
        verdict: What is settled; None as long as nothing is.
        good: Good answers that the next reading need not ask for again.
        bad: Bad ones.
    """

    gate: Gate
    end: float
    counts: Counter[Verdict] = field(factory=Counter)
    last: dict[Verdict, Reading] = field(factory=dict)
    due: float = 0.0
    verdict: Verdict | None = None
    good: int = 0
    bad: int = 0
    _late: int = 0
    _errors: int = 0

    @classmethod
    def begun(cls, gate: Gate, bake: Duration, *, least: bool) -> "Tally":
        """Begin to watch.

        Args:
            gate: The gate.
            bake: The bake time.
            least: As for `watch_time`.
        """
        return cls(gate=gate, end=_span(gate, bake, least=least))

    def take(self, reading: Reading, *, asked_at: float, now: float) -> None:
        """Take a reading in.

        Args:
            reading: What was read.
            asked_at: Seconds after the beginning when it was asked for.
            now: Seconds after the beginning when it was there.
        """
        self.counts[reading.verdict] += 1
        self.last[reading.verdict] = reading
        self._errors = self._errors + 1 if reading.verdict is Verdict.ERROR else 0
        self._count(reading)
        is_enough = self._is_enough(asked_at)
        self._late += is_enough and reading.verdict is Verdict.INCONCLUSIVE
        self.verdict = self._settled(reading.verdict, is_enough=is_enough)
        self.due = max(now, self._next(asked_at))

    def _count(self, reading: Reading) -> None:
        """Carry answers on: of a rate all of them, else those that were too few yet."""
        check = self.gate.check
        if not isinstance(check, HttpCheck):
            return

        if check.errors is None and reading.verdict is Verdict.PASS:
            self.good = self.bad = 0  # the next reading meets the new version itself
            return

        self.good += int(reading.facts.get("good", 0))
        self.bad += int(reading.facts.get("bad", 0))

    @property
    def readings(self) -> int:
        """How many readings there were."""
        return self.counts.total()

    def _is_enough(self, at: float) -> bool:
        count = self.gate.limits.count
        return self.readings >= count if count else at >= self.end

    def _settled(self, latest: Verdict, *, is_enough: bool) -> Verdict | None:
        limits = self.gate.limits
        if self.counts[Verdict.FAIL] > limits.failure_limit:
            return Verdict.FAIL

        if self._errors > limits.error_limit:
            return Verdict.ERROR

        if is_enough and latest is Verdict.PASS:
            return Verdict.PASS

        return Verdict.INCONCLUSIVE if self._late > limits.inconclusive_limit else None

    def _next(self, asked_at: float) -> float:
        """Give when to read again: the last reading before the end moves to it."""
        every = self.gate.limits.every.seconds
        following = asked_at + every
        if self.gate.limits.count or asked_at >= self.end:
            return following

        return self.end if self.end - following < every / 2 else following

    def __repr__(self) -> str:
        return f"<Tally {self.gate.name} [{self.readings} readings, {self.verdict}]>"
