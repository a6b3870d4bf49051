"""What a survey will do, said before it begins; pure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from esa_flows.cli.tables import hanging
from esa_flows.cli.text import clean, seconds_words
from esa_flows.settings import Settings
from esa_flows.survey.pace import MOST_CALLS
from esa_flows.survey.questions import Kind
from esa_flows.survey.survey import Plan

__all__ = ["announced"]

_LABEL = 8
_FREE = "made now, and deleted at the end with all it has; must not be there already"
_CHANGES = "versions, variables and staging of that routine alone, up to its quota"
_NEVER = "production; any other routine; records, routes and sites"
_CAP = (
    f"three bursts of up to {MOST_CALLS} reads, each until the provider refuses one;"
    " calls of others with this account may be refused for some seconds"
)


def announced(plan: Plan, settings: Settings, path: Path) -> Iterator[RenderableType]:
    """Say what a survey will do, a line for each thing.

    Args:
        plan: What is planned.
        settings: How the provider is reached.
        path: The file that will be written.
    """
    yield "This asks an account what the documents of ESA leave open."
    for label, text in _lines(plan, settings, path):
        yield hanging((Text(label, style="bold"), Text(clean(text))), (_LABEL,))


def _lines(plan: Plan, settings: Settings, path: Path) -> Iterator[tuple[str, str]]:
    calls = ", ".join(f"{name} {count}" for name, count in plan.calls.items())
    most = sum(plan.calls.values())
    yield "account", f"of your access key, at {settings.endpoint or 'its own site'}"
    yield "routine", f"{plan.name}: {_FREE}"
    yield "changes", _CHANGES
    yield "never", _NEVER
    yield "calls", f"at most {most} where nothing is late: {calls}"
    yield "time", f"about {seconds_words(plan.seconds)}; what is late comes on top"
    kinds = {question.kind for question in plan.questions}
    if Kind.SLOW in kinds:
        yield "slow", "waits until an upload form has ended"

    if Kind.CAP in kinds:
        yield "cap", _CAP

    yield "file", str(path)
