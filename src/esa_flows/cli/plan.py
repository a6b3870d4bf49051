"""`esa-flows plan`: what a release would do, before anything does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import anyio.to_thread
from cyclopts import Parameter

from esa_flows.api.cloud import Op
from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.exits import Exit
from esa_flows.cli.options import DEFAULTS, Common
from esa_flows.cli.rollout import plan_fleet
from esa_flows.cli.rollouts.planned import planned_rollout
from esa_flows.cli.text import counted, one_line, seconds_words, served_words
from esa_flows.errors import InvalidInput
from esa_flows.files import read_text, write_whole
from esa_flows.release.planned import Plan, PlannedRelease
from esa_flows.release.spec import Binding

__all__ = ["plan", "plan_text", "read_plan", "write_plan"]

_POST = Op.POST.value[0]


async def plan(  # noqa: PLR0913  a command has as many flags as it has
    name: str,
    file: str = "",
    /,
    *,
    detailed_exitcode: Annotated[bool, Parameter(negative="")] = False,
    out: Annotated[str, Parameter(name=["--out", "-o"])] = "",
    label: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    not_found: str = "",
    canary: str = "100",
    to: str = "production",
    create: Annotated[bool, Parameter(negative="")] = False,
    message: str = "",
    commit: str = "",
    protect: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    no_prune_foreign: Annotated[bool, Parameter(negative="")] = False,
    no_probe: Annotated[bool, Parameter(negative="")] = False,
    bind: Binding = Binding.AUTO,
    on_conflict: str = "refuse",
    gate: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    common: Common = DEFAULTS,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Say what a release or a rollout would do and with which calls; change nothing.

    The file of -o brings the release to its end on any machine, though its journal is
    lost: esa-flows resume --plan FILE. That of a rollout is for: esa-flows rollout FILE

    Args:
        name: The routine; or a rollout's file in TOML, and nothing else.
        file: The bundle, as for release.
        detailed_exitcode: End with 3 where anything would be changed.
        out: A file to write the plan to, as JSON.
        label: Of a rollout's file only routines with this label, such as tier=3; may be
            repeated.
        not_found: As for release.
        canary: As for release.
        to: As for release.
        create: As for release.
        message: As for release.
        commit: As for release.
        protect: As for release.
        no_prune_foreign: As for release.
        no_probe: As for release.
        bind: As for release.
        on_conflict: As for release.
        gate: As for release.
        common: How to reach the provider.
        desk: Where to write.
    """
    if not file:
        is_detailed = detailed_exitcode
        return await _fleet(desk, common, name, label, out, is_detailed=is_detailed)

    if label:
        raise InvalidInput("--label is for the file of a rollout, not for one routine.")

    async with desk.client(common) as client:
        made = await client.plan(
            name,
            file,
            not_found=not_found,
            canary=canary,
            to=to,
            create=create,
            message=message,
            commit=commit or await desk.commit(file),
            protect=protect,
            prune_foreign=not no_prune_foreign,
            probe=not no_probe,
            bind=bind,
            on_conflict=on_conflict,
            gates=gate,
        )

    desk.say(*told(made))
    if out:
        await write_plan(desk, made, out)

    changes = any(not each.forecast.is_unchanged for each in made.releases)
    return Answer(
        exit=Exit.CHANGES if changes and detailed_exitcode else Exit.OK,
        payload={"plan": made.to_data()},
    )


async def _fleet(
    desk: Desk,
    common: Common,
    file: str,
    label: tuple[str, ...],
    out: str,
    *,
    is_detailed: bool,
) -> Answer:
    """Plan a rollout."""
    async with desk.client(common) as client:
        made = await plan_fleet(desk, client, file, label)

    desk.say(*planned_rollout(made))
    if out:
        await anyio.to_thread.run_sync(write_whole, Path(out), made.to_json().encode())
        desk.note(f"The plan is in {out}. Carry it out with: esa-flows rollout {out}")

    return Answer(
        exit=Exit.CHANGES if made.has_changes and is_detailed else Exit.OK,
        payload={"plan": made.to_data()},
    )


async def write_plan(desk: Desk, made: Plan, out: str) -> None:
    """Write a plan to a file, whole or not at all.

    Raises:
        InvalidInput: It cannot be written.
    """
    await anyio.to_thread.run_sync(write_whole, Path(out), made.to_json().encode())
    desk.note(
        f"The plan is in {out}. Carry it out, anywhere, with:"
        f" esa-flows resume --plan {out}"
    )


async def read_plan(path: str) -> Plan:
    """Read a plan from a file.

    Raises:
        InvalidInput: There is no such file, or it is no plan.
    """
    return Plan.parse(await plan_text(path))


async def plan_text(path: str) -> str:
    """Read a plan's file, of a release or of a rollout.

    Raises:
        InvalidInput: There is no such file, or it is no text.
    """
    try:
        return await read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read as a plan: {error}.") from error


def told(made: Plan) -> tuple[str, ...]:
    """Give the lines that show a plan.

    Args:
        made: The plan.
    """
    lines = [line for each in made.releases for line in _release(each)]
    verbs = ", ".join(f"{verb} {count}" for verb, count in sorted(made.calls.items()))
    uploads = counted(made.calls.get(_POST, 0), "upload")
    return (
        *lines,
        f"  calls       {made.capped_calls} and {uploads} ({verbs})",
        f"  takes       at least {made.minimum_time}",
        *_back(made),
    )


def _back(made: Plan) -> tuple[str, ...]:
    """Say how long the way back takes, where there is one."""
    if not any(each.forecast.shares and each.before for each in made.releases):
        return ()

    seconds = seconds_words(made.rollback_time.seconds)
    return (f"  back        production in {seconds}",)


def _release(each: PlannedRelease) -> tuple[str, ...]:
    forecast, before = each.forecast, each.before
    name = f"{each.release.routine} (run {each.run})"
    serves = served_words(before.production if before else None)
    if forecast.is_unchanged:
        return (f"{name}: version {forecast.adopts} serves this already.",)

    source = f"version {forecast.adopts}, which holds it" if forecast.adopts else ""
    lines = [
        f"{name}: {source or 'a new version'}",
        f"  production  {serves}",
        f"  shares      {', '.join(forecast.shares) or 'none: staging alone'}",
    ]
    lines += [
        f"  deletes     version {version}, its code saved first"
        for version in forecast.deletes
    ]
    lines += [f"  gate        {one_line(str(gate))}" for gate in each.release.gates]
    lines += [f"  stays       {s.version}: {s.reason}" for s in forecast.stays]
    lines += [f"  note        {one_line(note)}" for note in forecast.notes]
    return tuple(lines)
