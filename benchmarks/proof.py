"""The cap in virtual time: hundreds of thousands of calls, and no second too full."""

from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, floor
from benchmarks.turns import Arm, turn

CALLS, QUICK = 40_000, 2_000
N = 100


async def measure(effort: Effort) -> list[Line]:
    """Make the calls in a process of its own."""
    calls = effort.pick(CALLS, QUICK)
    found = await turn(Arm("ours", ("-m", "benchmarks.storms", str(calls))))
    what = f"{found['calls']:,.0f} calls in every weather, virtual time"
    return [
        Line(
            goal="P1",
            what=f"{what}: most in any second",
            unit="calls",
            ours=found["fullest"],
            promise=Promise.figure(most=N),
        ),
        Line(
            goal="P1",
            what="  slots that never came back",
            unit="slots",
            ours=found["left"],
            promise=Promise.figure(most=0),
        ),
        Line(
            goal="P1",
            what="  rate on a calm day",
            unit="of the bound",
            ours=found["rate"],
            beside=floor("N / (period + round trip)", 1.0),
            promise=Promise.ratio(least=0.99),
        ),
    ]
