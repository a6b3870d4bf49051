"""What a fleet costs by its size: the time that the cap makes of its calls, and CPU."""

from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, floor
from benchmarks.turns import Arm, Figures, turn

SIZES, QUICK = (10, 30, 100, 300, 1_000, 3_000, 10_000), (10, 30)
N, PERIOD = 100, 1.002
CURVES = {
    "seconds, at 100 calls a second": "seconds",
    "seconds that as many calls need at least": "least",
    "CPU for each routine, the local cloud's included, ms": "ms",
}


async def measure(effort: Effort) -> list[Line]:
    """Release fleets of growing sizes, each in a process of its own."""
    found: dict[int, Figures] = {}
    for size in effort.pick(SIZES, QUICK):
        arm = Arm("ours", ("-m", "benchmarks.fleets", str(size)))
        made = await turn(arm)
        least = max(made["calls"] - N, 0) * PERIOD / N
        found[size] = {**made, "least": least}

    for curve, figure in CURVES.items():
        effort.draw("fleet", curve, [(n, one[figure]) for n, one in found.items()])

    return [line(size, one) for size, one in found.items()]


def line(size: int, found: Figures) -> Line:
    """Compare the time with what the cap makes of as many calls."""
    return Line(
        goal="P5" if size >= 1_000 else "",
        what=f"{size:,} routines released, virtual time",
        unit="s",
        ours=found["seconds"],
        beside=floor(f"the cap, {found['calls']:,.0f} calls", found["least"]),
        promise=Promise.ratio(most=1 / 0.99) if size >= 1_000 else None,
    )
