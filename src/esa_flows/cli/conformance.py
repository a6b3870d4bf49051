"""`esa-flows conformance`: what an account does where the documents are silent."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from attrs import define, evolve, frozen
from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from esa_flows.cli.announcement import announced
from esa_flows.cli.complaint import Complaint
from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.exits import Exit
from esa_flows.cli.options import DEFAULTS, Common
from esa_flows.cli.tables import hanging
from esa_flows.cli.text import clean, counted, moment_words, one_line
from esa_flows.errors import CallError, InvalidInput
from esa_flows.localcloud.switchfile import switches_from_toml
from esa_flows.model import Cloud, RoutineName
from esa_flows.settings import Settings
from esa_flows.survey.finding import Finding, Setting, Verdict, settings_of, toml_of
from esa_flows.survey.questions import Kind, Question, chosen
from esa_flows.survey.survey import (
    Plan,
    Report,
    clean_up,
    find_leftovers,
    plan_for,
    survey,
)

__all__ = ["FILE", "conformance", "usable"]

FILE = "conformance-switches.toml"
_NAME = 24
_MARKS = {Verdict.MEASURED: ("ok", "green"), Verdict.OPEN: ("open", "yellow")}


async def conformance(  # noqa: PLR0913  a command has as many flags as it has
    *,
    output: str = FILE,
    force: Annotated[bool, Parameter(negative="")] = False,
    routine: str = "",
    slow: Annotated[bool, Parameter(negative="")] = False,
    measure_cap: Annotated[bool, Parameter(negative="")] = False,
    yes: Annotated[bool, Parameter(negative="")] = False,
    clean: Annotated[bool, Parameter(negative="")] = False,
    common: Common = DEFAULTS,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Measure what the documents leave open, on a scratch routine of the account.

    It says what it will do and asks before it starts. The scratch routine is deleted at
    every end. What was measured is written as a file for: esa-flows local serve
    --switches FILE

    Args:
        output: The file to write.
        force: Write over a file that is there.
        routine: Name of the scratch routine; drawn where it is not given.
        slow: Also wait until an upload form has ended, often half an hour.
        measure_cap: Also find the cap on calls, which means being refused; others who
            use the account may be refused too.
        yes: Do not ask.
        clean: Only delete what an earlier survey could not delete.
        common: How to reach the provider.
        desk: Where to write.
    """
    settings = desk.settings(common)
    if settings.cloud is not Cloud.ESA:
        raise InvalidInput(
            f"Only ESA is measured, not {settings.cloud.label}; nothing was sent.",
            next_move="Leave out the cloud, or say esa.",
        )

    if clean:
        return await _clean(desk, settings, routine, yes=yes)

    path = _writable(Path(output), force=force)
    plan = plan_for(
        f"{desk.parts.random.getrandbits(128):032x}",
        chosen(slow=slow, cap=measure_cap),
        name=routine,
    )
    agreed = await _agreed(desk, settings, plan, path, yes=yes)
    if agreed is None:
        desk.note("Nothing was sent.")
        return Answer(exit=Exit.ABORTED)

    await _name_leftovers(desk, settings)
    watch = _Watch(desk=desk, total=len(agreed.questions))
    report = await survey(settings, desk.parts, agreed, watch)
    return _told(desk, agreed, report, path)


# --- before -------------------------------------------------------------------------


def _writable(path: Path, *, force: bool) -> Path:
    if path.exists() and not force:
        raise InvalidInput(
            f"{path} is there already; nothing was sent.",
            next_move="Add --force to write over it, or name another with --output.",
        )

    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise InvalidInput(
            f"{path} cannot be written; nothing was sent.",
            next_move="Name a file in a folder that you may write to, with --output.",
        )

    return path


async def _agreed(
    desk: Desk, settings: Settings, plan: Plan, path: Path, *, yes: bool
) -> Plan | None:
    """Say what will be done and ask; give what was agreed to, None for nothing."""
    desk.note(*announced(plan, settings, path))
    if yes:
        return plan

    if not await desk.agrees("Begin?"):
        return None

    without = tuple(each for each in plan.questions if each.kind is not Kind.CAP)
    if len(without) == len(plan.questions):
        return plan

    asked = "Find the cap, at the cost of everybody who uses this account now?"
    if await desk.agrees(asked):
        return plan

    return evolve(plan, questions=without)


async def _name_leftovers(desk: Desk, settings: Settings) -> None:
    """Say what earlier surveys left; that it cannot be listed hinders nobody."""
    with contextlib.suppress(CallError):
        for left in await find_leftovers(settings, desk.parts):
            desk.note(
                f"Left over from an earlier survey, or of one under way: {left.name}."
                " Delete it with: esa-flows conformance --clean"
            )


# --- meanwhile ----------------------------------------------------------------------


@define(kw_only=True)
class _Watch:
    """Shows a survey line by line."""

    desk: Desk
    total: int
    asked: int = 0

    def asks(self, question: Question) -> None:
        """Count and show it."""
        self.asked += 1
        self.desk.note(f"{self.asked:>2}/{self.total}  {question.asks}")

    def found(self, finding: Finding) -> None:
        """Show it."""
        self.desk.note(f"       {one_line(finding.answer)}")

    def cleans(self, name: RoutineName) -> None:
        """Say so, because a second Ctrl-C would leave it."""
        self.desk.note(f"Deleting {name}. Ctrl-C once more leaves it.")

    def cleaned(self, left: str) -> None:
        """Say what a person must delete, or that there is nothing."""
        if left:
            self.desk.note(f"LEFT BEHIND: {left}", f"next: {_DELETE_IT}")
            return

        self.desk.note("Deleted.")


_DELETE_IT = "esa-flows conformance --clean, or delete it in the console."


# --- after --------------------------------------------------------------------------


@frozen(kw_only=True)
class _Measured:
    """The settings of a report, sorted by what becomes of them."""

    settings: Mapping[str, Setting]
    disputed: tuple[str, ...]
    unusable: tuple[str, ...]


def usable(
    settings: Mapping[str, Setting],
) -> tuple[dict[str, Setting], tuple[str, ...]]:
    """Part settings that the local cloud takes from those it does not: pure.

    Args:
        settings: By switch.
    """
    refused = tuple(name for name, value in settings.items() if not _fits(name, value))
    kept = {name: value for name, value in settings.items() if name not in refused}
    return kept, refused


def _fits(name: str, value: Setting) -> bool:
    try:
        switches_from_toml(toml_of({name: value}))
    except ValueError:
        return False

    return True


def _told(desk: Desk, plan: Plan, report: Report, path: Path) -> Answer:
    agreed, disputed = settings_of(report.findings)
    kept, unusable = usable(agreed)
    measured = _Measured(settings=kept, disputed=disputed, unusable=unusable)
    desk.say(*map(_row, report.findings))
    heading = tuple(_heading(desk, report, measured))
    _write(path, toml_of(kept, heading))
    desk.say(f"{counted(len(kept), 'switch setting')} in {path}. Use them with:")
    desk.say(f"  esa-flows local serve --switches {path}")
    return Answer(
        exit=Exit.FAILED if report.left else Exit.OK,
        payload=_json(plan, report, measured, path),
        error=_left(report.left),
    )


def _row(finding: Finding) -> Table:
    mark, style = _MARKS[finding.verdict]
    told = Text(clean(finding.answer))
    if finding.settings:
        lines = toml_of(finding.settings).splitlines()[1:]
        told.append(f"\n{one_line(', '.join(lines))}", style="dim")

    name = Text(finding.question, style="bold")
    return hanging((Text(mark, style=style), name, told), (4, _NAME))


def _heading(desk: Desk, report: Report, measured: _Measured) -> Iterator[str]:
    when = moment_words(desk.parts.now())
    yield f"Measured by esa-flows conformance at {report.endpoint}, {when} UTC."
    unsettled = [f for f in report.findings if f.verdict is Verdict.OPEN]
    for finding in unsettled:
        yield f"Open: {finding.question}: {one_line(finding.answer)}"

    for name in measured.disputed:
        yield f"{name} is left out: this account does two things differently for it."

    for name in measured.unusable:
        yield f"{name} is left out: the local cloud does not take what was measured."


def _write(path: Path, text: str) -> None:
    """Write a whole file or none."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise InvalidInput(
            f"{path} could not be written: {error.strerror}. The findings are above.",
            next_move="Survey again with another --output.",
        ) from error


def _left(sentence: str) -> Complaint | None:
    if not sentence:
        return None

    return Complaint(type="LeftBehind", message=clean(sentence), next_move=_DELETE_IT)


def _json(
    plan: Plan, report: Report, measured: _Measured, path: Path
) -> dict[str, Any]:
    return {
        "routine": plan.name,
        "endpoint": report.endpoint,
        "calls": report.sent,
        "findings": [
            {
                "question": finding.question,
                "verdict": finding.verdict.value,
                "answer": clean(finding.answer),
                "settings": dict(finding.settings),
            }
            for finding in report.findings
        ],
        "switches": dict(measured.settings),
        "disputed": list(measured.disputed),
        "unusable": list(measured.unusable),
        "file": str(path),
        "left": report.left,
    }


# --- cleaning up --------------------------------------------------------------------


async def _clean(desk: Desk, settings: Settings, name: str, *, yes: bool) -> Answer:
    found = await find_leftovers(settings, desk.parts, name)
    names = [each.name for each in found]
    if not found:
        desk.say("There is no scratch routine of a survey.")
        return Answer(payload={"deleted": []})

    for each in found:
        made = moment_words(each.created_at)
        desk.note(f"{each.name}, made {made} UTC: {each.description}")

    question = f"Delete {counted(len(found), 'routine')} with all versions?"
    if not yes and not await desk.agrees(question):
        desk.note("Nothing was deleted.")
        return Answer(exit=Exit.ABORTED, payload={"deleted": []})

    await clean_up(settings, desk.parts, found)
    desk.say(f"Deleted: {', '.join(names)}.")
    return Answer(payload={"deleted": names})
