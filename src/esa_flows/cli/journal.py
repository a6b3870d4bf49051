"""`esa-flows journal`: check it, export it, make it smaller, make it anew."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import anyio.to_thread
from attrs import asdict, evolve
from cyclopts import Parameter

from esa_flows.cli.complaint import complaint
from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.exits import Exit
from esa_flows.cli.options import DEFAULTS, Common
from esa_flows.cli.text import counted
from esa_flows.engine.journal_check import Checked, check_file
from esa_flows.engine.journal_export import export
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import JournalCorrupt
from esa_flows.files import MemoryBlobs
from esa_flows.model import Duration
from esa_flows.release.rebuild import NOT_KNOWN, Rebuilt, rebuilt
from esa_flows.settings import journal_path
from esa_flows.upkeep import compact, rebuild

__all__ = ["journal_check", "journal_compact", "journal_export", "journal_rebuild"]

_LINES = 1_000
"""Lines that are read from the file at once."""

_KILOBYTE = 1_000


async def journal_check(
    *,
    common: Common = DEFAULTS,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Hold every record of the journal, and the bytes beside it, to its checksum.

    Nothing is changed. Exits with 2 where something is damaged or missing.

    Args:
        common: Where the journal is.
        desk: Where to write.
    """
    path = await _path(desk, common)
    found = await anyio.to_thread.run_sync(check_file, path)
    desk.say(_checked(found))
    for finding in found.findings:
        desk.say(f"  {finding.what}")

    findings = [asdict(finding) for finding in found.findings]
    payload = {**asdict(found), "path": str(path), "findings": findings}
    if found.is_sound:
        return Answer(payload=payload)

    wrong = complaint(
        JournalCorrupt(
            f"{counted(len(findings), 'finding')} in {path}.",
            next_move="Restore it from a backup, or make what can be known of it anew"
            " with: esa-flows journal rebuild",
        )
    )
    return Answer(exit=Exit.UNUSABLE, payload=payload, error=wrong)


async def journal_export(
    run: str = "",
    /,
    *,
    common: Common = DEFAULTS,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Write the journal as JSON lines, one for each run, record and signal.

    Args:
        run: Only the run whose id begins so.
        common: Where the journal is.
        desk: Where to write.
    """
    lines = export(await _path(desk, common), run=run)
    count = 0
    while some := await anyio.to_thread.run_sync(_text, lines):
        count += some.count("\n")
        desk.out.file.write(some)

    desk.out.file.flush()
    return Answer(payload={"lines": count})


async def journal_compact(
    *,
    older_than: str = "7d",
    common: Common = DEFAULTS,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Pack runs that have ended, and delete bytes that nothing names any more.

    No record is lost. Runs older than a week are packed by and by without this.

    Args:
        older_than: Only runs that began so long ago, such as 12h or 30d.
        common: Where the journal is.
        desk: Where to write.
    """
    done = await compact(
        await _path(desk, common),
        now=desk.parts.now(),
        older_than=dt.timedelta(seconds=Duration.parse(older_than).seconds),
    )
    desk.say(
        f"Packed {counted(done.packed, 'run')}, deleted"
        f" {counted(done.removed, 'file')} that nothing names;"
        f" {_size(done.before)} became {_size(done.after)}."
    )
    return Answer(payload=asdict(done))


async def journal_rebuild(
    *routines: str,
    into: str = "",
    common: Common = DEFAULTS,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Tell from the provider what runs there were, into a new journal.

    For the day on which the journal is gone. An existing file is never touched.

    Args:
        routines: Which ones; all of the account by default.
        into: The new file; the journal itself by default where there is none.
        common: How to reach the provider.
        desk: Where to write.
    """
    path = await _new_path(desk, common, into)
    found = await _seen(desk, common, routines)
    await rebuild(path, found)
    for one in found:
        desk.say(f"{one.run.id}  {one.run.subject}: {one.told}")

    desk.say(f"Wrote {counted(len(found), 'run')} into {path}.", "Not known is:")
    desk.say(*(f"  {what}" for what in NOT_KNOWN))
    told = [{"run": r.run.id, "routine": r.run.subject, "told": r.told} for r in found]
    return Answer(
        payload={"journal": str(path), "runs": told, "not_known": list(NOT_KNOWN)}
    )


async def _seen(desk: Desk, common: Common, routines: tuple[str, ...]) -> list[Rebuilt]:
    """Look at the routines, without the journal that may be broken."""
    apart = evolve(desk.parts, journal=MemoryJournal(), blobs=MemoryBlobs())
    found: list[Rebuilt] = []
    async with evolve(desk, parts=apart).client(common) as client:
        listed = () if routines else await client.connection.cloud.list_routines()
        for name in routines or [routine.name for routine in listed]:
            world = await client.versions(name)
            realm = client.connection.settings.realm
            found += rebuilt(world, now=desk.parts.now(), realm=realm)

    return found


async def _new_path(desk: Desk, common: Common, into: str) -> Path:
    """Give where a rebuilt journal goes: never where one is."""
    if into:
        return Path(await anyio.Path(into).absolute())

    path = await _path(desk, common)
    is_there = await anyio.Path(path).exists()
    return Path(f"{path}.rebuilt") if is_there else path


async def _path(desk: Desk, common: Common) -> Path:
    parts = desk.parts
    path = journal_path(desk.settings(common), parts.environ, parts.home)
    return Path(await anyio.Path(path).absolute())


def _text(lines: Iterator[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(line)}\n" for line in islice(lines, _LINES))


def _checked(found: Checked) -> str:
    return (
        f"{found.path}: schema {found.schema}, {counted(found.runs, 'run')},"
        f" {counted(found.records, 'sound record')},"
        f" {counted(found.blobs, 'sound file')} beside it."
    )


def _size(count: int) -> str:
    return f"{count / _KILOBYTE:,.0f} kB"
