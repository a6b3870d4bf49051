"""What to do after a failed attempt: pure.

The rule: a definite answer is never tried again; a call that certainly was not executed
may be repeated as it is; after an unknown outcome a guarded step looks first. Patience
is counted in attempts *and* in time, because either alone is wrong for someone.
"""

from attrs import field, frozen

from esa_flows.backoff import Backoff
from esa_flows.errors import CallError, Executed, Throttled
from esa_flows.model import Duration

__all__ = ["Again", "GiveUp", "Retry", "must_look"]


@frozen
class Again:
    """Try again.

    Attributes:
        wait: Seconds to wait first.
    """

    wait: float


@frozen
class GiveUp:
    """Do not try again.

    Attributes:
        tried: Whether patience ran out, as against a definite answer.
    """

    tried: bool


def _duration(value: Duration | str) -> Duration:
    return Duration.of(value)


@frozen(kw_only=True)
class Retry:
    """How patient a step is with trouble.

    Attributes:
        attempts: Most attempts of one step in one process.
        within: Longest time from the first attempt to the last.
        backoff: Waits between attempts.
        throttled: Waits after the provider counted too many calls.
    """

    attempts: int = 8
    within: Duration = field(default=Duration(120), converter=_duration)
    backoff: Backoff = Backoff(base=0.1, most=20.0)
    throttled: Backoff = Backoff(base=1.0, most=20.0)

    def after(
        self, error: Exception, *, attempt: int, elapsed: float, chance: float
    ) -> Again | GiveUp:
        """Decide what follows a failed attempt.

        Args:
            error: How it failed.
            attempt: Which attempt of this process it was, from 1.
            elapsed: Seconds since the first attempt of this process began.
            chance: A number drawn evenly from 0 to 1.
        """
        if not (isinstance(error, CallError) and error.transient):
            return GiveUp(tried=False)

        wait = self._wait(error, attempt, chance)
        if attempt >= self.attempts or elapsed + wait > self.within.seconds:
            return GiveUp(tried=True)

        return Again(wait=wait)

    def _wait(self, error: CallError, attempt: int, chance: float) -> float:
        if isinstance(error, Throttled):
            return self.throttled.wait(attempt, chance, hint=error.retry_after)

        return self.backoff.wait(attempt, chance)


def must_look(error: Exception) -> bool:
    """Tell whether the effect may have happened, so that one must look first.

    Args:
        error: How an attempt failed.
    """
    return isinstance(error, CallError) and error.executed is Executed.UNKNOWN
