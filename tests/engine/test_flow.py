"""What a flow is held to when it is declared."""

from __future__ import annotations

from typing import Any

import pytest

from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.errors import StepMisuse


@flow
async def errand(ctx: Context, name: str) -> int:
    """Do nothing."""
    return len(name)


def test_a_flow_is_called_as_its_function_is() -> None:
    """Name, version and types are what the journal will know."""
    assert ("errand", 1, str, int) == (
        errand.name,
        errand.version,
        errand.input,
        errand.output,
    )
    assert "<Flow errand v1>" == repr(errand)


def test_a_flow_says_what_its_author_says() -> None:
    """Name and version can be given."""
    made = flow(name="other", version=2)(errand.body)

    assert ("other", 2) == (made.name, made.version)


def test_a_flow_without_types_is_read_back_as_recorded() -> None:
    """Where nothing is said of a type, values come back as JSON has them."""

    async def loose(ctx, value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  that is the point
        """Give the value back."""
        return value

    assert (Any, Any) == (flow(loose).input, flow(loose).output)


def test_a_flow_is_async() -> None:
    """A plain function is refused where the flow is written."""

    def plain(ctx: Context, value: str) -> str:
        """Be no coroutine."""
        return value

    with pytest.raises(StepMisuse, match="Flow 'plain' must be an async function"):
        flow(plain)  # type: ignore[arg-type]  # that is the point


def test_a_flow_takes_a_context_and_one_input() -> None:
    """A function a run cannot call is refused where the flow is written."""

    async def alone(ctx: Context) -> None:
        """Take no input."""
        return

    with pytest.raises(StepMisuse, match="Flow 'alone' must take a context and one"):
        flow(alone)  # type: ignore[arg-type]  # that is the point
