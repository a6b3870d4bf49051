"""Arguments in, an exit code out."""

from __future__ import annotations

import inspect
import io
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import anyio
from cyclopts import CycloptsError

from esa_flows.cli.commands import is_listing, make_app
from esa_flows.cli.complaint import Complaint, bug, complaint
from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.exits import Exit, exit_code
from esa_flows.cli.options import Driving
from esa_flows.cli.paper import page
from esa_flows.cli.signals import interruption, listen
from esa_flows.cli.text import clean
from esa_flows.connection import Parts
from esa_flows.errors import EsaFlowsError

__all__ = ["attend", "run"]


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

        await desk.finish()
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
    command, bound, unparsed = make_app(lists=is_listing(argv)).parse_args(
        list(argv),
        console=page(desk.out),
        error_console=desk.err,
        exit_on_error=False,
        print_error=False,
    )
    given: dict[str, Any] = {"desk": desk} if "desk" in unparsed else {}
    await _adopt(desk, bound)
    found = command(*bound.args, **bound.kwargs, **given)
    answer = await found if inspect.isawaitable(found) else None
    return answer if isinstance(answer, Answer) else Answer()


async def _adopt(desk: Desk, bound: inspect.BoundArguments) -> None:
    """Do as the common flags say, of a command that has them."""
    flags = bound.signature.parameters.get("common")
    if flags is None:
        return

    common = bound.arguments.get("common", flags.default)
    desk.adopt(common)
    if isinstance(common, Driving) and desk.beside is not None:
        await desk.follow(common, desk.beside)


def _usage(error: CycloptsError) -> Answer:
    told = Complaint(
        type="Usage", message=clean(error), next_move="See: esa-flows --help"
    )
    return Answer(exit=Exit.UNUSABLE, error=told)


def _failed(desk: Desk, code: Exit, told: Complaint) -> Answer:
    if desk.parts.environ.get("ESA_FLOWS_DEBUG"):
        desk.note(traceback.format_exc())

    return Answer(exit=code, error=told, payload={"run": desk.run} if desk.run else {})
