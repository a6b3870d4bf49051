"""What a step is held to when it is declared."""

from __future__ import annotations

import functools

import pytest
from tests.engine.desk import Word, find, paint, put, see

from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.engine.retry import Retry
from esa_flows.engine.step import Chain, Effect, Step, step
from esa_flows.errors import StepMisuse
from esa_flows.model import Duration


async def body(ctx: Context, value: str) -> str:
    """Do nothing."""
    return value


def test_a_step_is_called_as_its_function_is() -> None:
    """Name, version and effect are what the journal will know."""
    assert [("see", 1, Effect.READ), ("put", 1, Effect.GUARDED)] == [
        (work.name, work.version, work.effect) for work in (see, put)
    ]
    assert "<Step paint v1 idempotent>" == repr(paint)
    assert find is put.reconcile


def test_a_step_says_what_its_author_says() -> None:
    """Name, version, patience, settle time and time limit can be given."""
    retry = Retry(attempts=2)
    made = step.guarded(
        reconcile=find,
        calls=[Word.CHANGE],
        name="other",
        version=3,
        retry=retry,
        settle="5s",
        timeout="1m",
    )(body)

    assert ("other", 3, retry) == (made.name, made.version, made.retry)
    assert (Duration(5), Duration(60)) == (made.settle, made.timeout)
    assert Duration(2) == step.read(timeout="2s")(body).timeout
    assert Duration(2) == step.idempotent(timeout=Duration(2))(body).timeout


def test_a_step_knows_the_type_it_gives() -> None:
    """A recorded outcome is read back as what the function says it returns."""
    assert bool is see.output
    assert str is put.output


def test_a_read_changes_nothing() -> None:
    """A mutating verb in a read is refused where the step is written."""
    with pytest.raises(StepMisuse) as caught:
        step.read(calls=[Word.LOOK, Word.CHANGE])(body)

    assert (
        "Step 'body' is declared as a read but calls CHANGE, which changes the"
        " provider's state. Declare it @step.guarded(...) or @step.idempotent(...)."
        == str(caught.value)
    )


def test_a_guarded_step_brings_its_guard() -> None:
    """Made by hand without reconcile, it would be repeated blindly."""
    with pytest.raises(StepMisuse, match="'body' is guarded by nothing"):
        Step(name="body", effect=Effect.GUARDED, calls=frozenset(), body=body)


def test_a_step_is_async() -> None:
    """A plain function is refused where the step is written."""

    def plain(ctx: Context, value: str) -> str:
        """Be no coroutine."""
        return value

    with pytest.raises(StepMisuse, match="Step 'plain' must be an async function"):
        step.read()(plain)  # type: ignore[arg-type]  # that is the point


def test_a_step_takes_a_context_and_one_input() -> None:
    """A function a run cannot call is refused where the step is written."""

    async def alone(ctx: Context) -> None:
        """Take no input."""
        return

    with pytest.raises(StepMisuse) as caught:
        step.read()(alone)  # type: ignore[arg-type]  # that is the point

    assert (
        "Step 'alone' must take a context and one input."
        " Write: async def alone(ctx: Context, value: ...)." == str(caught.value)
    )


def test_a_step_has_a_name() -> None:
    """What has no name of its own must be given one: the journal finds it by it."""
    nameless = functools.partial(body)

    with pytest.raises(StepMisuse, match="without a name cannot be found"):
        step.read()(nameless)

    assert "given" == step.read(name="given")(nameless).name


@pytest.mark.parametrize("name", ["a/b", "a[b]", "a#1"])
def test_a_name_divides_nothing(name: str) -> None:
    """What divides the parts of an identity is refused in a name."""
    with pytest.raises(StepMisuse, match="cannot name a step"):
        step.read(name=name)(body)


def test_steps_are_chained() -> None:
    """A chain knows its steps in order, however long it is."""
    chain = put >> paint >> put

    assert (put, paint, put) == chain.steps
    assert "<Chain put >> paint >> put>" == repr(chain)


@pytest.mark.parametrize(
    "after", [Chain(steps=(put, paint)), flow(name="whole")(body), "text"]
)
def test_only_steps_follow_in_a_chain(after: object) -> None:
    """A chain in a chain, or a flow, is refused where it is written."""
    with pytest.raises(StepMisuse, match="is no step, so it cannot follow in a chain"):
        put >> after  # type: ignore[operator]  # that is the point
