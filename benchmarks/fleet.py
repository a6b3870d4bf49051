"""Rollouts: their time beside what the cap allows, their plans, their way back."""

import sys
from collections.abc import Callable, Iterator

from benchmarks.call import cloud, paced, trusting
from benchmarks.rollouts import SHAPES, N
from benchmarks.shell import CHECKS, NODE_TOOL, official, ours
from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, floor, peer
from benchmarks.turns import Arm, Figures, turn

SIZES, QUICK = (10, 30, 100, 300, 1_000, 3_000, 10_000), (10, 30)
CURVES: dict[str, dict[str, Callable[[int, Figures], float]]] = {
    "fleet": {
        "seconds, at 100 calls a second": lambda _, one: one["seconds"],
        "seconds that as many calls need at least": lambda _, one: one["least"],
    },
    "routine": {
        "CPU, the local cloud's included, ms": lambda _, one: one["ms"],
        "calls of the cap": lambda size, one: one["calls"] / size,
        "time, % of the bound": lambda _, one: one["seconds"] / one["least"] * 100,
    },
}


async def measure(effort: Effort) -> list[Line]:
    """Roll out fleets of growing sizes, take one back, hold plans against runs."""
    found = {size: await arm("forward", size) for size in effort.pick(SIZES, QUICK)}
    for picture, curves in CURVES.items():
        for curve, value in curves.items():
            points = [(size, value(size, one)) for size, one in found.items()]
            effort.draw(picture, curve, points)

    lines = [made for size, one in found.items() for made in sized(size, one)]
    size = effort.pick(1_000, 60)
    waiting = effort.pick(1_000, 200)
    lines += [
        credited(size, await arm("credit", size)),
        *held(waiting, await arm("memory", waiting), await arm("memory", 2 * waiting)),
        *predicted(await arm("plans")),
        *returned(await arm("alone")),
        taken_back(size := effort.pick(2_000, 60), await arm("back", size)),
    ]
    return lines if effort.quick else [*lines, *await from_a_shell()]


async def arm(name: str, size: int = 0) -> Figures:
    """Run an arm in a process of its own."""
    return await turn(Arm(name, ("-m", "benchmarks.rollouts", name, str(size))))


def sized(size: int, found: Figures) -> Iterator[Line]:
    """Compare the time of a rollout with what the cap makes of as many calls."""
    is_large = size >= 1_000
    yield Line(
        goal="P5" if is_large else "",
        what=f"{size:,} routines rolled out, virtual time",
        unit="s",
        ours=found["seconds"],
        beside=floor(f"the cap, {found['calls']:,.0f} calls", found["least"]),
        promise=Promise.ratio(most=1 / 0.99) if is_large else None,
    )
    yield Line(
        goal="P5",
        what="  most calls in any second, as the cloud counted",
        unit="calls",
        ours=found["fullest"],
        promise=Promise.figure(most=N),
    )


def credited(size: int, found: Figures) -> Line:
    """Compare a rollout with credit with a cap that knows no way to the server."""
    return Line(
        goal="P5",
        what=f"{size:,} routines, the way of calls credited",
        unit="s",
        ours=found["seconds"],
        beside=floor("calls / cap", found["calls"] / N),
        promise=Promise.ratio(most=1 / 0.98),
    )


def held(size: int, few: Figures, many: Figures) -> Iterator[Line]:
    """Tell what a plan and a rollout hold in memory for each routine.

    What is there once, and what is under way, is the same for both sizes.
    """
    waiting = Promise.figure(most=0.5)
    each = {name: (many[name] - few[name]) / size for name in ("plan", "first")}
    yield Line(what="memory of a plan, each routine", unit="KB", ours=each["plan"])
    yield Line(
        goal="P7",
        what="  what a rollout adds for each that waits for its turn",
        unit="KB",
        ours=each["first"],
        promise=waiting,
    )
    yield Line(
        what="  and for each that is under way, the local cloud's part included",
        unit="KB",
        ours=many["flight"],
    )


def predicted(found: Figures) -> Iterator[Line]:
    """Hold plans against what their runs took."""
    for name, shape in SHAPES.items():
        yield Line(
            goal="P5",
            what=f"{shape.size} routines, {shape.what}: calls",
            unit="calls",
            ours=found[f"{name} calls"],
            beside=floor("the plan", found[f"{name} planned_calls"]),
            promise=Promise.ratio(least=1, most=1),
        )
        yield Line(
            goal="P5",
            what="  time",
            unit="s",
            ours=found[f"{name} seconds"],
            beside=floor("the plan", found[f"{name} planned_seconds"]),
            promise=Promise.ratio(least=0.97, most=1.03),
        )


def returned(found: Figures) -> Iterator[Line]:
    """Tell how long one routine takes to go back, where a call takes 100 ms."""
    bound = 3 * found["latency"] + 0.05
    for why in ("gate", "abort"):
        yield Line(
            goal="P15",
            what=f"one routine back after {WHY[why]}: production",
            unit="s",
            ours=found[why],
            beside=floor("3 round trips", 3 * found["latency"]),
            promise=Promise.figure(most=bound),
        )
        yield Line(what="  and staging", unit="s", ours=found[f"{why} all"])


WHY = {"gate": "a gate failed", "abort": "an abort"}


def taken_back(size: int, found: Figures) -> Line:
    """Compare the way back of many with what the cap makes of its calls."""
    return Line(
        goal="P15" if size >= 1_000 else "",
        what=f"{size:,} exposed routines back, others uploading",
        unit="s",
        ours=found["seconds"],
        beside=floor("calls / cap", found["calls"] / N),
        promise=Promise.ratio(most=1.05) if size >= 1_000 else None,
    )


async def from_a_shell() -> list[Line]:
    """Measure the command: over sockets, its start, and beside the official one."""
    real, few = await ours(1_000), await ours(FEW)
    bound = real["calls"] * (1.002 / N)
    lines = [
        Line(
            goal="P5",
            what="1,000 routines from a shell, over TLS, start and plan included",
            unit="s",
            ours=real["seconds"],
            beside=floor(f"the cap, {real['calls']:,.0f} calls", bound),
            promise=Promise.ratio(most=1 / 0.97),
        ),
        Line(
            goal="P5",
            what="  most calls in any second, as the server counted",
            unit="calls",
            ours=real["fullest"],
            promise=Promise.figure(most=N),
        ),
        costing(1_000, real, await bare()),
    ]
    return [*lines, *compared(few, await theirs())]


async def bare() -> Figures:
    """Let a bare client post the same bytes, as fast as the cap lets ours."""
    async with cloud("--tls") as running:
        with trusting(running):
            return await turn(paced(running, BARE))


def costing(size: int, found: Figures, beside: Figures) -> Line:
    """Compare the CPU of a routine with that of its calls, and of its upload."""
    calls = found["calls"] / size + 1
    return Line(
        goal="P5",
        what="  CPU of each, start and plan included",
        unit="ms CPU",
        ours=found["cpu"] / size * 1e3,
        beside=floor(f"{calls:.0f} bare posts, same pace", calls * beside["us"] / 1e3),
        promise=Promise.ratio(most=1.3),
    )


FEW = 20
BARE = 2_000


async def theirs() -> Figures:
    """Run the official tool in a loop, where it is installed."""
    if NODE_TOOL.exists():
        return await official(FEW)

    print(f"esa-cli is left out: no {NODE_TOOL}.", file=sys.stderr)
    return {}


def compared(mine: Figures, other: Figures) -> Iterator[Line]:
    """Put one rollout beside the official tool in a loop: its cost, what it checked."""
    whole = f"{FEW} routines from a shell"
    rows = {"seconds": (whole, "s"), "cpu": (whole, "s CPU"), "calls": (whole, "calls")}
    checks = {check: (f"  {check}", "times") for check in CHECKS}
    for figure, (what, unit) in (rows | checks).items():
        beside = peer("esa-cli deploy in a loop", other[figure]) if other else None
        yield Line(what=what, unit=unit, ours=mine[figure], beside=beside)
