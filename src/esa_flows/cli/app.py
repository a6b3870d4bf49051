"""The commands under one roof: arguments in, an exit code out."""

from __future__ import annotations

import inspect
import io
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import anyio
from cyclopts import App, CycloptsError, Parameter

from esa_flows.cli.abort import abort
from esa_flows.cli.approve import approve
from esa_flows.cli.complaint import Complaint, bug, complaint
from esa_flows.cli.conformance import conformance
from esa_flows.cli.delete import routines_delete
from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.doctor import doctor
from esa_flows.cli.exits import Exit, exit_code
from esa_flows.cli.journal import (
    journal_check,
    journal_compact,
    journal_export,
    journal_rebuild,
)
from esa_flows.cli.local import serve
from esa_flows.cli.local_state import seed, snapshot
from esa_flows.cli.migrate import migrate
from esa_flows.cli.pause import pause
from esa_flows.cli.plan import plan
from esa_flows.cli.prune import versions_prune
from esa_flows.cli.release import release
from esa_flows.cli.restore import versions_restore
from esa_flows.cli.resume import resume
from esa_flows.cli.rollback import rollback
from esa_flows.cli.routines import routines_list, routines_show
from esa_flows.cli.runs import runs
from esa_flows.cli.signals import interruption, listen
from esa_flows.cli.status import status
from esa_flows.cli.text import clean
from esa_flows.cli.versions import versions_list
from esa_flows.connection import Parts
from esa_flows.errors import EsaFlowsError

__all__ = ["attend", "make_app", "run"]


def make_app() -> App:
    """Make the commands."""
    app = App(
        name="esa-flows",
        help="Safe, resumable releases of edge functions on Alibaba Cloud ESA.",
        version_flags=["--version"],
        help_format="plaintext",
        default_parameter=Parameter(show_default=lambda value: value or None),
    )
    for command in (
        release,
        plan,
        migrate,
        rollback,
        resume,
        approve,
        abort,
        pause,
        status,
        runs,
        doctor,
    ):
        app.command(command)

    versions = App(name="versions", help="The versions of a routine.")
    versions.command(versions_list, name="list")
    versions.command(versions_prune, name="prune")
    versions.command(versions_restore, name="restore")
    routines = App(name="routines", help="The routines of the account.")
    routines.command(routines_list, name="list")
    routines.command(routines_show, name="show")
    routines.command(routines_delete, name="delete")
    local = App(name="local", help="A cloud on this machine, to try things on.")
    local.command(serve)
    local.command(snapshot)
    local.command(seed)
    journal = App(name="journal", help="The journal's file: check it, keep it small.")
    journal.command(journal_check, name="check")
    journal.command(journal_export, name="export")
    journal.command(journal_compact, name="compact")
    journal.command(journal_rebuild, name="rebuild")
    app.command(versions)
    app.command(routines)
    app.command(conformance)
    app.command(journal)
    app.command(local)
    return app


def run(argv: Sequence[str], parts: Parts | None = None) -> int:
    """Run a command in a loop of its own and give its exit code.

    Args:
        argv: Arguments without the program's name.
        parts: What the client is made of.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")

    try:
        return anyio.run(_main, argv, Desk.of(parts))
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


async def _main(argv: Sequence[str], desk: Desk) -> int:
    return await attend(argv, desk, heeds_signals=True)


async def attend(
    argv: Sequence[str], desk: Desk, *, heeds_signals: bool = False
) -> int:
    """Do what the arguments say and give the exit code; nothing is raised.

    Args:
        argv: Arguments without the program's name.
        desk: Where to write, whom to ask.
        heeds_signals: Whether Ctrl-C and SIGTERM are ours to heed.
    """
    answer: Answer | None = None
    async with anyio.create_task_group() as beside:
        desk.beside = beside
        command = desk.scope = anyio.CancelScope()
        if heeds_signals:
            beside.start_soon(listen, desk, command)

        with command:
            answer = await _answered(argv, desk)

        beside.cancel_scope.cancel()

    if answer is None:
        code, move = interruption(desk)
        if move:
            desk.note(move)

        answer = Answer(exit=Exit(code), payload={"run": desk.run})

    return desk.give(answer)


async def _answered(argv: Sequence[str], desk: Desk) -> Answer:
    """Do the command; whatever goes wrong becomes an answer."""
    asks = bool(desk.parts.environ.get("ESA_FLOWS_JSON"))
    desk.is_json = desk.is_json or asks or "--json" in argv
    try:
        return await _done(argv, desk)
    except CycloptsError as error:
        return _usage(error)
    except EsaFlowsError as error:
        code = exit_code(error, under_way=bool(desk.run))
        return _failed(desk, code, complaint(error))
    except Exception as error:  # noqa: BLE001  a bug is told as one, not as a traceback
        return _failed(desk, Exit.BUG, bug(error))


async def _done(argv: Sequence[str], desk: Desk) -> Answer:
    command, bound, unparsed = make_app().parse_args(
        list(argv),
        console=desk.out,
        error_console=desk.err,
        exit_on_error=False,
        print_error=False,
    )
    given: dict[str, Any] = {"desk": desk} if "desk" in unparsed else {}
    if "common" in bound.arguments:
        desk.adopt(bound.arguments["common"])

    found = command(*bound.args, **bound.kwargs, **given)
    answer = await found if inspect.isawaitable(found) else None
    return answer if isinstance(answer, Answer) else Answer()


def _usage(error: CycloptsError) -> Answer:
    told = Complaint(
        type="Usage", message=clean(error), next_move="See: esa-flows --help"
    )
    return Answer(exit=Exit.UNUSABLE, error=told)


def _failed(desk: Desk, code: Exit, told: Complaint) -> Answer:
    if desk.parts.environ.get("ESA_FLOWS_DEBUG"):
        desk.note(traceback.format_exc())

    return Answer(exit=code, error=told, payload={"run": desk.run} if desk.run else {})
