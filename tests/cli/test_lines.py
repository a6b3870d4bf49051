"""A run as plain lines."""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.cli.reports import NEW, OLD, canary, happening

from esa_flows.cli.lines import annotation, narrated
from esa_flows.engine.observe import Happening, Moment

TOLD = [
    (happening(Moment.RUN_STARTED, flow="release"), "run 7k2f7k2f7k2f begins"),
    (happening(Moment.RUN_RESUMED), "run 7k2f7k2f7k2f goes on where it was"),
    (happening(Moment.STEP_STARTED, "commit#1", effect="guarded"), ""),
    (happening(Moment.STEP_REPLAYED, "commit#1"), ""),
    (happening(Moment.RUN_ENDED), ""),
    (
        happening(Moment.STEP_LOOKING, "commit#1"),
        "commit the version: looking whether an earlier attempt took effect",
    ),
    (
        happening(
            Moment.STEP_WAITING, "commit#1", seconds=2.0, why="Busy. (operation X) Y"
        ),
        "commit the version: waiting 2.0 s, because: Busy.",
    ),
    (
        happening(
            Moment.STEP_DONE, "deploy[production:10]#1", value=canary(), seconds=0.12
        ),
        f"deploy to production 10 %: accepted {NEW} 10 % + {OLD} 90 % (0.1 s)",
    ),
    (
        happening(Moment.STEP_DONE, "warm#1", value=None, seconds=61),
        "warm: done (1m 01s)",
    ),
    (
        happening(Moment.STEP_FAILED, "commit#1", why="No.\nRoom."),
        "commit the version: failed: No. Room.",
    ),
    (
        happening(Moment.STEP_FAILED, f"verify[{OLD}]#1", why="It holds ab…, not c."),
        f"compare version {OLD}: holds other code",
    ),
    (
        happening(Moment.SLEEPING, "sleep[production:10]#1", seconds=300.0),
        "bake at 10 %: 5m 00s, until 12:05:00 UTC",
    ),
    (
        happening(Moment.ASKING, "approve[go]#1", what="Go on?"),
        (
            "ask a person (go): Go on? Answer with:"
            " esa-flows approve 7k2f7k2f7k2f [--deny]"
        ),
    ),
    (
        happening(Moment.SIGNALLED, "approve#1", event="approve", by="ann"),
        "ask a person: ann agrees",
    ),
    (
        happening(Moment.SIGNALLED, "approve#1", event="deny", by="ann"),
        "ask a person: ann says no",
    ),
    (happening(Moment.SIGNALLED, event="approve", by="ann"), ""),
    (
        evolve(happening(Moment.STEP_LOOKING, "commit#1"), run="7k2f7k2f7k2f.1"),
        (
            "7k2f7k2f7k2f.1: commit the version: looking whether an earlier attempt"
            " took effect"
        ),
    ),
    (
        happening(Moment.SIGNALLED, event="abort", by="ann\x1b[2J"),
        "abort asked for by ann\N{REPLACEMENT CHARACTER}[2J",
    ),
    (happening(Moment.SIGNALLED, event="resume", by="host"), ""),
]


@pytest.mark.parametrize(("told", "line"), TOLD)
def test_a_happening_is_one_line_or_none(told: Happening, line: str) -> None:
    """Each transition worth one gets one line with its time."""
    assert (f"12:00:00  {line}" if line else "") == narrated(told)


def test_a_freeze_window_is_told_with_the_way_past_it() -> None:
    """Until when; and that it is over."""
    step = "gather#1/2/approve[frozen:20260309T000000Z]#1"
    met = narrated(happening(Moment.ASKING, step, what="Frozen until then."))
    over = happening(Moment.STEP_FAILED, step.replace("approve", "timeout"), why="Out.")

    assert "Frozen until then. Now with: esa-flows approve" in met
    assert met.endswith("--ignore-freeze REASON")
    assert narrated(over).endswith("wait for a freeze window to end: it is over")


def test_an_annotation_is_one_line_whatever_it_says() -> None:
    """Line ends and percents are escaped, so that a text gives no further orders."""
    told = annotation("error", "50 %\n::set-output::x\x1b", title="a:b,c")

    bad = "\N{REPLACEMENT CHARACTER}"
    assert f"::error title=a%3Ab%2Cc::50 %25%0A::set-output::x{bad}" == told


def test_a_group_needs_no_title() -> None:
    """A group is named by its text."""
    assert "::group::release shop" == annotation("group", "release shop")
