"""Watch a version where it serves: read its gates until they are settled.

Every reading and every pause is recorded, so a process that goes on reads neither twice
nor too seldom; while nobody watches, a share may serve for longer, never for less.
"""

from collections.abc import Iterable, Sequence

from attrs import define, evolve, field

from esa_flows.engine.context import Branch, Context
from esa_flows.errors import Denied, GateFailed
from esa_flows.gates.http_check import HttpCheck
from esa_flows.gates.limits import Unsettled
from esa_flows.gates.read_gate import AskGate, read_gate
from esa_flows.gates.spec import Gate
from esa_flows.gates.tally import Tally, watch_time
from esa_flows.gates.verdict import Reading, Verdict
from esa_flows.gates.watched import Watched
from esa_flows.model import Duration, Environment
from esa_flows.release.journey import Journey
from esa_flows.release.plan import Exposure
from esa_flows.release.spec import Release

__all__ = ["gates_at", "is_watched", "staging_time", "time_at", "unobserved", "watch"]


def gates_at(
    release: Release, environment: Environment, exposure: Exposure | None = None
) -> tuple[Gate, ...]:
    """Give the gates that can be read somewhere: pure.

    Over HTTP one sees what production serves where one is, and no single area.

    Args:
        release: What is wanted.
        environment: Where.
        exposure: Which change of production; None for staging.
    """
    places = exposure.places if exposure else ()
    sees_all = not places or Environment.PRODUCTION.value in places
    return tuple(
        gate
        for gate in release.gates
        if gate.is_at(environment)
        and (sees_all or not isinstance(gate.check, HttpCheck))
    )


def is_watched(release: Release, exposure: Exposure) -> bool:
    """Tell whether a share of production is watched at all: pure.

    Args:
        release: What is wanted.
        exposure: The share.
    """
    gates = gates_at(release, Environment.PRODUCTION, exposure)
    return bool(gates) or bool(exposure.stage.bake.seconds)


def time_at(release: Release, exposure: Exposure) -> Duration:
    """Give how long a share of production is watched at least: pure.

    Args:
        release: What is wanted.
        exposure: The share.
    """
    gates = gates_at(release, Environment.PRODUCTION, exposure)
    return watch_time(exposure.stage.bake, gates, least=True)


def staging_time(release: Release) -> Duration:
    """Give how long staging is watched at least: pure.

    Args:
        release: What is wanted.
    """
    gates = gates_at(release, Environment.STAGING)
    return watch_time(Duration(0), gates, least=False)


def unobserved(release: Release) -> str:
    """Say that nobody looks at production, where it is so: pure.

    Args:
        release: What is wanted.
    """
    if not release.ends_in_production:
        return ""

    if any(gate.is_at(Environment.PRODUCTION) for gate in release.gates):
        return ""

    return "Timer only: nothing will be observed in production, for no gate is there."


@define(kw_only=True)
class _Watch:
    """One watch: its gates, and what they have read so far."""

    watched: Watched
    key: str
    number: int
    least: float
    tallies: Sequence[Tally]
    elapsed: float = field(default=0.0, init=False)
    rounds: int = field(default=0, init=False)

    @property
    def pending(self) -> list[Tally]:
        """The gates that have settled nothing yet."""
        return [tally for tally in self.tallies if tally.verdict is None]

    @property
    def wakes(self) -> float:
        """When to go on: as the next gate is due, or at the end."""
        return min((tally.due for tally in self.pending), default=self.least)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be waited for."""
        return not self.pending and self.elapsed >= self.least


async def watch(
    ctx: Context,
    journey: Journey,
    gates: Iterable[Gate],
    watched: Watched,
    *,
    key: str,
    bake: Duration = Duration(0),
    number: int = 1,
) -> None:
    """Read gates until the bake is over and each of them has settled something.

    Args:
        ctx: The flow's context.
        journey: Gets notes on what was passed over.
        gates: What to read.
        watched: What is watched.
        key: Tells this watch apart from the run's others.
        bake: How long to watch at least.
        number: The round; another version begins another one.

    Raises:
        GateFailed: A gate says no, or the evidence does not suffice.
    """
    least = watched.environment is Environment.PRODUCTION
    tallies = [Tally.begun(gate, bake, least=least) for gate in gates]
    state = _Watch(
        watched=evolve(watched, run=ctx.run_id),
        key=key,
        number=number,
        least=bake.seconds,
        tallies=tallies,
    )
    while not state.is_over:
        await _pause(ctx, state)
        due = [tally for tally in state.pending if tally.due <= state.elapsed]
        await _read(ctx, state, due)
        for tally in due:
            await _decide(ctx, journey, state, tally)


async def _pause(ctx: Context, state: _Watch) -> None:
    """Wait until something is to be done."""
    state.rounds += 1
    wait = Duration(max(0.0, state.wakes - state.elapsed))
    if not wait.seconds:
        return

    key = f"{state.key}:watch:{state.rounds}"
    await ctx.sleep(wait, key=key if state.number == 1 else f"{key}:{state.number}")
    state.elapsed = state.wakes


async def _read(ctx: Context, state: _Watch, due: Sequence[Tally]) -> None:
    """Read gates side by side."""
    asked_at = state.elapsed
    found = await _readings(ctx, state, due)
    state.elapsed += max((reading.seconds for reading in found), default=0.0)
    for tally, reading in zip(due, found, strict=True):
        tally.take(reading, asked_at=asked_at, now=state.elapsed)


async def _readings(
    ctx: Context, state: _Watch, due: Sequence[Tally]
) -> tuple[Reading, ...]:
    branches = [_reading(state, tally) for tally in due]
    if len(branches) == 1:
        return (await branches[0](ctx),)

    key = f"{state.key}:{state.rounds}:{state.number}"
    return await ctx.gather(*branches, key=key)


def _reading(state: _Watch, tally: Tally) -> Branch[Reading]:
    asked = AskGate(
        gate=tally.gate, watched=state.watched, good=tally.good, bad=tally.bad
    )
    key = f"{state.key}:{tally.gate.name}:{tally.readings + 1}"
    return lambda ctx: ctx.do(read_gate, asked, key=key, round=state.number)


async def _decide(ctx: Context, journey: Journey, state: _Watch, tally: Tally) -> None:
    """Do what follows from what a gate has settled, if it has.

    Raises:
        GateFailed: It says no, or there is too little evidence and nobody goes on
            without.
    """
    verdict = tally.verdict
    if verdict is None or verdict is Verdict.PASS:
        return

    why = _why(state, tally, verdict)
    unsettled = tally.gate.limits.on_inconclusive
    if verdict is Verdict.FAIL or unsettled is Unsettled.FAIL:
        raise _failed(why)

    if unsettled is Unsettled.HOLD:
        key = f"{state.key}:{tally.gate.name}:{state.number}"
        try:
            agreed = await ctx.approve(what=f"{why} Go on all the same?", key=key)
        except Denied as denied:
            raise _failed(f"{why} {denied.message}") from None

        journey.notes.append(f"{why} {agreed.by} agreed to go on.")
    else:
        journey.notes.append(f"{why} The release went on, as it was told to.")

    tally.verdict = Verdict.PASS


def _why(state: _Watch, tally: Tally, verdict: Verdict) -> str:
    last, read = tally.last[verdict], tally.readings
    times = "once" if read == 1 else f"{read} times"
    return (
        f"Gate {tally.gate.name} did not pass in {state.watched.where}"
        f" ({verdict}, read {times}): {last.reason}"
    )


def _failed(why: str) -> GateFailed:
    return GateFailed(
        why,
        next_move="Mend the bundle, or the gate, and release again.",
    )
