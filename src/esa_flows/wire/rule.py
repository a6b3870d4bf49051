"""Say in numbers what a gate keeps to, and refuse numbers that keep no cap; pure."""

from __future__ import annotations

import math

from attrs import frozen

from esa_flows.errors import InvalidInput

__all__ = ["Rule"]


@frozen(kw_only=True)
class Rule:
    """What a gate keeps to.

    Attributes:
        calls: Calls allowed in any second; at least one.
        period: Seconds a slot rests after its call was answered: the documented second,
            and two thousandths for servers that count in milliseconds.
        grace: Seconds within which a call of unknown outcome has been counted.
        burst: Calls that may leave at once; what is above is spread over the second.
        credit: Which part of the shortest round trip seen is taken off the rest of a
            slot, once 200 were seen; 0 for the strict rule. No call is counted later
            than it was answered, nor earlier than it was sent, so a part of the way is
            certain; 0.8 brings a distant client a few per cent.
        learns: Whether refusals lower the rate; only who measures the cap wants not.

    Raises:
        InvalidInput: No call would ever be allowed, or the numbers are none.
    """

    calls: int = 100
    period: float = 1.002
    grace: float = 1.0
    burst: int = 50
    credit: float = 0.0
    learns: bool = True

    def __attrs_post_init__(self) -> None:
        """Refuse numbers that would let nothing pass, or everything."""
        if isinstance(self.calls, float) or self.calls < 1:
            raise InvalidInput(
                f"A cap of {self.calls} calls a second lets nothing pass:"
                " give a whole number, 1 or more."
            )

        if not 1.0 <= self.period < math.inf:
            raise InvalidInput(
                f"A period of {self.period} s does not keep a cap on calls per second:"
                " give 1 or more."
            )

        if not (0.0 <= self.grace < math.inf and 0.0 <= self.credit < 1.0):
            raise InvalidInput(
                f"A grace of {self.grace} s and a credit of {self.credit} cannot be"
                " used: give 0 s or more, and 0 or more and less than 1."
            )

        if self.burst < 1:
            raise InvalidInput("A burst of less than one call lets nothing pass.")
