"""A leg of a routine as a run of its own, below the run of its rollout."""

from collections.abc import Callable
from typing import Any

from esa_flows.engine.context import Context
from esa_flows.engine.flow import Flow
from esa_flows.errors import Aborted, EsaFlowsError, Misuse, StepChanged
from esa_flows.release.legs import Leg
from esa_flows.release.spec import Release

__all__ = ["End", "run_leg"]

End = Leg | EsaFlowsError
"""What a leg gave, or what ended its run."""


async def run_leg(
    ctx: Context,
    leg: Flow[Any, Leg],
    value: Any,
    release: Release,
    *,
    key: str,
    take: Callable[[End], None],
) -> None:
    """Run a leg; whoever asks for it is told how it ended, whatever comes.

    Args:
        ctx: The flow's context.
        leg: Its flow.
        value: Its input.
        release: What it is a part of.
        key: Tells it from the other runs of this flow.
        take: Told how it ended, unless it was not begun.

    Raises:
        Aborted: An abort of the rollout was met; the leg has ended by then.
    """
    subject = release.realm.subject(release.routine)
    try:
        end: End = await ctx.run(leg, value, key=key, subject=subject)
    except Aborted:
        given = _given(ctx, leg, key)
        if given is not None:
            take(given)

        raise
    except (Misuse, StepChanged):
        raise  # no end of a routine, but trouble with this program
    except EsaFlowsError as error:
        end = error

    take(end)


def _given(ctx: Context, leg: Flow[Any, Leg], key: str) -> End | None:
    try:
        return ctx.given(leg, key=key)
    except EsaFlowsError as error:
        return error
