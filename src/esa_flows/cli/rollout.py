"""`esa-flows rollout`: release a fleet, wave by wave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from attrs import evolve, frozen
from cyclopts import Parameter

from esa_flows.cli.complaint import Complaint
from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.ending import show_rollout
from esa_flows.cli.exits import Exit
from esa_flows.cli.job import on_the_page
from esa_flows.cli.options import DRIVING, Driving
from esa_flows.cli.rollouts.outline import Outline
from esa_flows.cli.rollouts.planned import planned_rollout
from esa_flows.cli.rollouts.watch import FleetWatch, watching_rollout
from esa_flows.cli.text import clean, counted, seconds_words
from esa_flows.client import Client
from esa_flows.engine.observe import Happening, Moment
from esa_flows.engine.work import Identity
from esa_flows.errors import InvalidInput, Paused
from esa_flows.files import read_text
from esa_flows.fleet.file import read_fleet
from esa_flows.fleet.narrow import label_words, labels_of
from esa_flows.fleet.plan import RolloutPlan, is_rollout_plan
from esa_flows.fleet.report import RolloutReport
from esa_flows.fleet.spec import Member, Rollout
from esa_flows.model import RoutineId

__all__ = ["fleet_of", "plan_fleet", "read_rollout", "rollout"]


_GIT = re.compile(r"\$\{git\.(?!commit\})")
"""A fact that git has to be asked for more than once."""


@frozen(kw_only=True)
class _How:
    """How a rollout is driven.

    Attributes:
        is_lost: Whether the journal under which it was begun is gone.
        waits: Whether to wait where a person is asked, or a freeze window is met.
        waits_first: Whether to begin inside a freeze window and wait.
        ignore_freeze: Why freeze windows are not heeded; empty where they are.
        stop: The wave after which it stops; 0 for none.
    """

    is_lost: bool
    waits: bool
    waits_first: bool
    ignore_freeze: str
    stop: int

    def leaves(self, question: str) -> bool:
        """Tell whether a question is left to others, so that this process ends."""
        return not self.waits or self.is_stop(question)

    def is_stop(self, question: str) -> bool:
        """Tell whether a question is the one at which it stops."""
        identity = Identity.read(question)
        return identity is not None and identity.key == f"wave:{self.stop}"


async def rollout(  # noqa: PLR0913  a command has as many flags as it has
    file: str,
    /,
    *,
    label: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    wave: int = 0,
    skip_refused: Annotated[bool, Parameter(negative="")] = False,
    strict_exit: Annotated[bool, Parameter(negative="")] = False,
    no_wait: Annotated[bool, Parameter(negative="")] = False,
    wait: Annotated[bool, Parameter(negative="")] = False,
    ignore_freeze: str = "",
    lost_journal: Annotated[bool, Parameter(negative="")] = False,
    common: Driving = DRIVING,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Release many routines, wave by wave, within a failure budget.

    The file says which routines get what, the waves and how many may fail; or it is a
    plan that esa-flows plan wrote, which is carried out as it is, once.

    Args:
        file: A rollout's file in TOML, or the plan of one in JSON.
        label: Release only routines with this label of the file, such as tier=3; may be
            repeated. The plan says how many are left out.
        wave: Stop after this wave and end with 13: approve RUN and resume RUN go on
            with the next one, abort RUN goes back.
        skip_refused: Where routines cannot be released, or others deployed since they
            were planned, release the rest instead of ending with 14.
        strict_exit: End with 16 where routines failed, but no more than may.
        no_wait: Where a person is to be asked or a freeze window is met, stop and end
            with 0; approve RUN and resume RUN go on.
        wait: Begun inside a freeze window, make ready and wait instead of ending with
            15.
        ignore_freeze: A reason to expose in spite of freeze windows; it is recorded.
        lost_journal: The journal under which this plan was begun is gone: each routine
            finds out where it stands, from what serves and from the plan.
        common: How to reach the provider.
        desk: Where to write.
    """
    async with desk.client(common) as client, on_the_page(desk, client):
        plan = await plan_fleet(desk, client, file, label)
        if not lost_journal:
            refused = await client.refused(plan)
            plan = plan.without(refused)
            if refused and not skip_refused:
                return _refused(desk, plan, refused)

        plan = plan.until(wave) if wave else plan
        how = _How(
            is_lost=lost_journal,
            waits=not no_wait,
            waits_first=wait,
            ignore_freeze=ignore_freeze,
            stop=_stop(plan, wave),
        )
        desk.notify(plan.notify)
        desk.note(*planned_rollout(plan), "")
        title = f"rollout {plan.name or file}"
        try:
            with watching_rollout(desk, client, title, Outline.of(plan)) as watch:
                report = await _driven(desk, client, plan, watch, how)
        except Paused as paused:  # told below the last picture
            view = await client.runs.get(plan.run)
            if any(map(how.is_stop, view.history.questions)):
                return _stopped(desk, plan, how)

            if no_wait:
                return _held(desk, plan, paused)

            raise

        back = seconds_words(plan.rollback_time.seconds)
        return show_rollout(desk, watch, report, back=back, is_strict=strict_exit)


async def plan_fleet(
    desk: Desk, client: Client, file: str, label: Iterable[str] = ()
) -> RolloutPlan:
    """Read a rollout's plan, or make it from its file.

    Args:
        desk: Knows the environment.
        client: Makes it.
        file: Its path.
        label: Labels that routines must carry to be meant.

    Raises:
        InvalidInput: It cannot be read, or is neither.
    """
    text, only = await _text(file), labels_of(label)
    if is_rollout_plan(text):
        _refuse_labels(file, only)
        return RolloutPlan.parse(text)

    wanted = await read_rollout(desk, text, file)
    return await client.plan(evolve(wanted, only=only))


def _refuse_labels(file: str, only: Mapping[str, str]) -> None:
    """Refuse to carry out a part of a plan.

    Raises:
        InvalidInput: Labels were given.
    """
    if only:
        raise InvalidInput(
            f"{file} is a plan, which is carried out as it is; --label chooses from a"
            " rollout's file.",
            next_move="Plan with the label: esa-flows plan FLEET --label"
            f" {label_words(only).replace(' ', ' --label ')} -o {file}",
        )


async def fleet_of(desk: Desk, file: str, label: Iterable[str]) -> Rollout:
    """Read which routines a rollout's file means, whatever they shall get.

    Args:
        desk: Knows the environment.
        file: Its path.
        label: Labels that routines must carry to be meant.

    Raises:
        InvalidInput: It cannot be read, or is a plan.
    """
    text, only = await _text(file), labels_of(label)
    if is_rollout_plan(text):
        run = RolloutPlan.parse(text).run
        raise InvalidInput(
            f"{file} is a plan; the file that it was made from says which routines are"
            " meant.",
            next_move="Take back what the plan released: esa-flows rollback --run"
            f" {run}",
        )

    return evolve(await read_rollout(desk, text, file), only=only)


async def read_rollout(desk: Desk, text: str, name: str) -> Rollout:
    """Read a rollout's file, with variables and git facts filled in.

    Args:
        desk: Knows them.
        text: The file's text.
        name: Its path.

    Raises:
        InvalidInput: It is none; says all that is wrong.
    """
    environ = desk.parts.environ
    facts = dict(environ)
    if "${git.commit}" in text:
        facts["git.commit"] = await desk.commit(name)

    if _GIT.search(text):
        facts |= await desk.git(name, environ)

    wanted = read_fleet(text, name=name, facts=facts)
    commits = await desk.commits({str(each.code) for each in wanted.members}, environ)
    members = [_committed(each, commits[str(each.code)]) for each in wanted.members]
    return evolve(wanted, members=members)


def _committed(member: Member, commit: str) -> Member:
    """Say which commit a bundle was built from, unless the file does."""
    choices: Mapping[str, Any] = {"commit": commit, **member.choices}
    return evolve(member, choices=choices)


async def _text(file: str) -> str:
    try:
        return await read_text(file)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{file} cannot be read: {error}.",
            next_move="Name a rollout's file in TOML, or a plan in JSON.",
        ) from error


async def _driven(
    desk: Desk, client: Client, plan: RolloutPlan, watch: FleetWatch, how: _How
) -> RolloutReport:
    """Drive a rollout to its end, or to where a person is asked."""

    def note(happening: Happening) -> None:
        watch(happening)
        asks = happening.moment is Moment.ASKING and happening.run == plan.run
        if asks and how.leaves(happening.step) and desk.beside is not None:
            desk.beside.start_soon(client.runs.pause, plan.run)

    found: RolloutReport
    if how.is_lost:
        found = await client.resume(plan, observer=note)
    else:
        started = await client.start(
            plan, wait=how.waits_first, ignore_freeze=how.ignore_freeze, observer=note
        )
        found = await started.result()

    return found


def _held(desk: Desk, plan: RolloutPlan, paused: Paused) -> Answer:
    desk.say(
        f"Run {plan.run} is held: {paused.message}",
        f"Go on with: esa-flows approve {plan.run} - then: esa-flows resume {plan.run}"
        f" - where it waits for a freeze window to end, resume alone, then",
    )
    return Answer(payload={"run": plan.run, "outcome": "held"})


def _refused(desk: Desk, plan: RolloutPlan, refused: Mapping[RoutineId, str]) -> Answer:
    """End before anything is begun, as not all of it would be released."""
    desk.note(*planned_rollout(plan), "")
    count = counted(len(refused), "routine")
    told = Complaint(
        type="Conflict",
        message=f"{count} would not be released; nothing was begun.",
        next_move="See to them and plan anew; or release the rest: --skip-refused",
    )
    names = [{"routine": each, "why": clean(why)} for each, why in refused.items()]
    payload = {"run": plan.run, "outcome": "refused", "refused": names}
    return Answer(exit=Exit.CONFLICT, payload=payload, error=told)


def _stop(plan: RolloutPlan, wave: int) -> int:
    """Give the wave after which a plan stops as asked; 0 where nothing comes after."""
    going = [w.number for w in plan.waves if w.routines and w.number <= wave]
    return going[-1] if going and going[-1] in plan.stops else 0


def _stopped(desk: Desk, plan: RolloutPlan, how: _How) -> Answer:
    """Tell that it stands still where it should."""
    run = plan.run
    desk.say(
        f"Run {run} has stopped after wave {how.stop}, as was asked.",
        f"Go on with: esa-flows approve {run} - then: esa-flows resume {run}"
        f" - or go back with: esa-flows abort {run}",
    )
    payload = {"run": run, "outcome": "held", "wave": how.stop}
    return Answer(exit=Exit.PAUSED if how.waits else Exit.OK, payload=payload)
