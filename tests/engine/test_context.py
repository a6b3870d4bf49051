"""What a flow and a step are given, and what they are refused."""

from __future__ import annotations

import pytest
from tests.engine.desk import BEGIN, Desk, Door, cut, put, see

from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.engine.step import step
from esa_flows.errors import StepMisuse


@flow
async def calls_itself(ctx: Context, name: str) -> None:
    """Call the provider beside the journal."""
    ctx.need(Door)


@step.read()
async def steps_inside(ctx: Context, name: str) -> None:
    """Do a step in a step."""
    await ctx.do(see, name)


@step.read()
async def sleeps_inside(ctx: Context, name: str) -> None:
    """Wait durably in a step."""
    await ctx.sleep("1s", key="a")


@step.read()
async def needs_more(ctx: Context, name: str) -> None:
    """Need what nobody gave."""
    ctx.need(Desk)


@flow
async def does(ctx: Context, name: str) -> None:
    """Do the step of that name."""
    works = {"steps": steps_inside, "sleeps": sleeps_inside, "needs": needs_more}
    await ctx.do(works[name], name)


@step.read()
async def told(ctx: Context, name: str) -> list[str]:
    """Tell what a step is given."""
    return [ctx.run_id, str(ctx.attempt), ctx.now().isoformat()]


@flow
async def tells(ctx: Context, name: str) -> list[str]:
    """Tell what a flow and a step are given."""
    return [ctx.run_id, str(ctx.attempt), *await ctx.do(told, name)]


async def test_run_attempt_and_time_are_known() -> None:
    """A step knows which attempt of which run it is; a flow is no attempt."""
    desk = Desk()
    run, attempt, again, first, when = await desk.start(tells)

    assert ("0123456789ab", "0") == (run, attempt)
    assert ("0123456789ab", "1") == (again, first)
    assert str(BEGIN.date()) == when[:10]


async def test_a_flow_gets_no_port() -> None:
    """What a flow does itself would not be recorded, so it cannot."""
    with pytest.raises(StepMisuse) as caught:
        await Desk().start(calls_itself)

    assert (
        "ctx.need() works inside a step only: what a flow does itself would not be"
        " recorded. Move the call into a step and ctx.do() it." == str(caught.value)
    )


@pytest.mark.parametrize(
    ("name", "verb", "place"),
    [
        ("steps", "do", "'steps_inside'"),
        ("sleeps", "sleep", "'sleeps_inside'"),
    ],
)
async def test_a_step_composes_nothing(name: str, verb: str, place: str) -> None:
    """A step in a step would be recorded under no name; it is refused in words."""
    with pytest.raises(StepMisuse) as caught:
        await Desk().start(does, name)

    assert (
        f"ctx.{verb}() works inside a flow only; this is the step {place}."
        " Compose steps in an @flow function." == str(caught.value)
    )


async def test_a_port_nobody_gave_is_named() -> None:
    """The error says what is needed and what there is."""
    with pytest.raises(
        StepMisuse, match=r"'needs_more' needs Desk; this engine has Do"
    ):
        await Desk().start(does, "needs")


async def test_an_engine_without_ports_says_so() -> None:
    """The error says that there is none."""
    with pytest.raises(StepMisuse, match="needs Desk; this engine has none"):
        await Desk().start(does, "needs", ports={})


@flow
async def draws(ctx: Context, name: str) -> list[float]:
    """Draw numbers in a flow, in a branch, and once more."""
    first = ctx.random.random()
    await ctx.do(put, name)

    async def branch(ctx: Context) -> float:
        """Draw a number in a branch."""
        return ctx.random.random()

    inside = await ctx.gather(branch, branch)
    return [first, *inside, ctx.random.random()]


async def test_chance_is_the_same_on_every_replay() -> None:
    """Each place in a run has its own numbers; another run has others."""
    desk = Desk()
    found = await desk.start(draws)
    desk.journal = cut(desk.journal, len(await desk.rows()) - 1)
    other = await desk.engine(draws).start(draws, "x", run_id="ba9876543210")

    assert found == await desk.resume(draws)
    assert 4 == len(set(found)) == len(set(other))
    assert not set(found) & set(other)


@step.read()
async def draws_inside(ctx: Context, name: str) -> float:
    """Draw a number in a step."""
    return ctx.random.random()


@flow
async def draws_in_steps(ctx: Context, name: str) -> list[float]:
    """Draw numbers in two steps."""
    return list((await ctx.each(draws_inside, {"a": "a", "b": "b"})).values())


async def test_each_step_has_chance_of_its_own() -> None:
    """Two steps do not draw the same."""
    one, two = await Desk().start(draws_in_steps)

    assert one != two


@pytest.mark.parametrize("verb", ["approve", "gather", "run", "timeout"])
async def test_a_step_has_none_of_the_primitives(verb: str) -> None:
    """They would be recorded under no name."""

    @step.read()
    async def wrong(ctx: Context, name: str) -> None:
        """Use a primitive inside a step."""
        if verb == "approve":
            await ctx.approve(what="Go on?")
        elif verb == "gather":
            await ctx.gather()
        elif verb == "run":
            await ctx.run(tells, name)
        else:
            ctx.timeout("1s", key="k")

    @flow
    async def does_it(ctx: Context, name: str) -> None:
        """Do the step."""
        await ctx.do(wrong, name)

    with pytest.raises(StepMisuse, match=rf"^ctx.{verb}\(\) works inside a flow only"):
        await Desk().start(does_it)
