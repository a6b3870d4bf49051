"""A leg of a routine as a run of its own, below the run of its rollout."""

from collections.abc import Callable
from typing import Any

from esa_flows.engine.context import Context
from esa_flows.engine.flow import Flow
from esa_flows.errors import Aborted, AccountBlocked, EsaFlowsError, Misuse, StepChanged
from esa_flows.fleet.course import Course
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
    course: Course,
    take: Callable[[End], None],
) -> None:
    """Run a leg; whoever asks for it is told how it ended, whatever comes.

    In a rollout of several accounts trouble with one of them leaves those beside alone.

    Args:
        ctx: The flow's context.
        leg: Its flow.
        value: Its input.
        release: What it is a part of.
        key: Tells it from the other runs of this flow.
        course: Where the rollout stands.
        take: Told how it ended, unless it was not begun.

    Raises:
        Aborted: An abort of the rollout was met; the leg has ended by then.
    """
    realm = release.realm
    subject, place = realm.subject(release.routine), realm.place
    try:
        end: End = await ctx.run(
            leg,
            value,
            key=key,
            subject=subject,
            place=place,
            stops=not course.order.accounts,
        )
    except Aborted:
        given = _given(ctx, leg, key)
        if given is not None:
            take(given)

        raise
    except (Misuse, StepChanged):
        raise  # no end of a routine, but trouble with this program
    except AccountBlocked as error:
        if _given(ctx, leg, key) is None:
            course.block(release.account, error)
            return

        end = error
    except EsaFlowsError as error:
        end = error

    take(end)


def _given(ctx: Context, leg: Flow[Any, Leg], key: str) -> End | None:
    try:
        return ctx.given(leg, key=key)
    except EsaFlowsError as error:
        return error
