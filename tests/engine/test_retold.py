"""What a run did, told again from its rows."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import anyio
import pytest
from tests.engine.desk import RUN, Desk, put
from tests.engine.flows import careful, errand, inner, stubborn

from esa_flows.engine.codec import encode
from esa_flows.engine.context import Context
from esa_flows.engine.flow import Flow, flow
from esa_flows.engine.journal import SignalVerb
from esa_flows.engine.observe import Happening, Moment
from esa_flows.engine.retold import Retelling, retold
from esa_flows.errors import DeadlineExceeded, Denied, EsaFlowsError, Refused

LIVE_ONLY = {Moment.STEP_WAITING, Moment.STEP_LOOKING, Moment.STEP_REPLAYED}


@flow
async def bounded(ctx: Context, name: str) -> str:
    """Bound one thing that fits and one that does not."""
    async with ctx.timeout("1h", key="long"):
        await ctx.do(put, name)

    with suppress(DeadlineExceeded):
        async with ctx.timeout("5s", key="short"):
            await ctx.sleep("10s", key="too-long")

    return "late"


@flow
async def parent(ctx: Context, name: str) -> str:
    """Do something as a run of its own."""
    return await ctx.run(inner, name)


@flow
async def asking(ctx: Context, name: str) -> str:
    """Ask a person whether to go on; ask another one for five seconds only."""
    with suppress(DeadlineExceeded):
        async with ctx.timeout("5s", key="short"):
            await ctx.approve(what="Now?", key="soon")

    with suppress(Denied):
        await ctx.approve(what=f"Change {name}?")

    return await ctx.do(put, name)


def _short(told: tuple[Happening, ...] | list[Happening]) -> list[tuple[Any, ...]]:
    """Give what was told in short; that a read began is not recorded."""
    return [
        (
            happening.moment.value,
            happening.step,
            encode(happening.facts.get("value")),
            happening.facts.get("calls"),
            happening.facts.get("error"),
        )
        for happening in told
        if happening.moment not in LIVE_ONLY
        and (happening.moment is not Moment.STEP_STARTED or "see" not in happening.step)
    ]


async def _both(
    desk: Desk, work: Flow[Any, Any]
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Run a flow; give what was told then, and what its rows tell."""
    with suppress(EsaFlowsError):
        await desk.start(work)

    live = [happening for happening in desk.told if happening.run == RUN]
    return _short(live), _short(retold(await desk.rows()))


@pytest.mark.parametrize("work", [errand, careful, bounded])
async def test_a_run_is_told_again_as_it_was_told(work: Flow[Any, Any]) -> None:
    """Moments, steps, values and calls are those of the live telling."""
    live, again = await _both(Desk(), work)

    assert live == again


async def test_a_failed_step_is_told_again() -> None:
    """With what it failed of, and the calls it took."""
    desk = Desk()
    desk.world.faults = [Refused("No.", operation="Change", code="No")]

    live, again = await _both(desk, stubborn)

    assert live == again
    assert ("step.failed", "put#1", None, {"CHANGE": 1}, "Refused") in again


async def test_the_steps_of_a_child_are_its_own() -> None:
    """Its parent tells nothing of it but its own begin and end."""
    live, again = await _both(Desk(), parent)

    assert live == again
    assert ["run.started", "run.ended"] == [line[0] for line in again]


async def test_questions_and_answers_are_told_again() -> None:
    """A question that nobody waits for any more ends without a word."""
    desk = Desk()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desk.start, asking)
        await anyio.sleep(20)
        await desk.engine(asking).signal(RUN, SignalVerb.DENY, by="ann")

    told = retold(await desk.rows())
    lines = [f"{h.moment} {h.step}".strip() for h in told]

    assert desk.moments() == lines
    assert "step.failed timeout[short]#1" in lines
    (said,) = [h.facts for h in told if h.moment is Moment.SIGNALLED]
    assert {"event": "deny", "by": "ann"} == said


async def test_a_pause_and_what_follows_are_told_again() -> None:
    """It stops the run, and a resume says of which flow, about what, and by whom."""
    desk = Desk()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_quietly, desk)
        await anyio.sleep(5)
        await desk.engine(careful).signal(RUN, SignalVerb.PAUSE, by="ann")

    await desk.resume(careful)
    told = retold(await desk.rows())
    by_moment = {happening.moment: happening.facts for happening in told}

    assert {"event": "pause", "by": "ann"} == by_moment[Moment.SIGNALLED]
    assert Moment.RUN_STOPPED in by_moment
    assert {"flow": "careful", "subject": "shop", "by": "host"} == by_moment[
        Moment.RUN_RESUMED
    ]
    (live,) = [h.facts for h in desk.told if h.moment is Moment.RUN_RESUMED]
    assert live == by_moment[Moment.RUN_RESUMED]


async def _quietly(desk: Desk) -> None:
    with suppress(EsaFlowsError):
        await desk.start(careful)


async def test_a_bake_says_how_long_it_is() -> None:
    """The seconds are those from its row to the recorded time."""
    desk = Desk()
    await desk.start(careful)

    bakes = [h for h in retold(await desk.rows()) if h.moment is Moment.SLEEPING]
    assert [20.0, 20.0] == [round(h.facts["seconds"], 3) for h in bakes]


def test_a_telling_says_where_it_is() -> None:
    """Short, for whoever looks at it."""
    assert "<Retelling, new>" == repr(Retelling())
