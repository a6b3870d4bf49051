"""Holding a whole journal to its rules: chains, states, and the bytes that runs need.

Checking changes nothing, and one damaged run hides no other.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from esa_flows.engine.history import History
from esa_flows.engine.journal import Kind, Row, RunRow
from esa_flows.engine.journal_columns import read_owner, read_run
from esa_flows.engine.journal_reading import read_only, schema_of
from esa_flows.engine.journal_tables import Tables
from esa_flows.engine.journal_trouble import TROUBLE
from esa_flows.errors import EsaFlowsError, IllegalMove, JournalCorrupt

__all__ = ["Checked", "Finding", "bundles_in", "check_file", "check_run"]

_MOST = 20
"""Findings of SQLite itself that are told; a broken file has no end of them."""


@frozen(kw_only=True)
class Finding:
    """Something that is not as it has to be.

    Attributes:
        run: The run it is about; empty where it is about the file.
        what: A sentence.
    """

    run: str = ""
    what: str


@frozen(kw_only=True)
class Checked:
    """What was looked at, and what was found.

    Attributes:
        path: The journal's file.
        schema: Its schema.
        runs: How many runs it lists.
        records: How many records of them could be read and match their checksums.
        blobs: How many files of bytes lie beside it and hold what they are named after.
        findings: What is not as it has to be.
    """

    path: Path
    schema: int
    runs: int
    records: int
    blobs: int
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """Whether everything is as it has to be."""
        return not self.findings


def check_file(path: Path) -> Checked:
    """Check a journal and the bytes beside it; reads files synchronously.

    Args:
        path: The journal's file, absolute.

    Raises:
        InvalidInput: There is none, or it is another program's.
        JournalTooNew: A newer release wrote it.
        JournalCorrupt: It is no database at all.
        JournalUnavailable: It cannot be read.
    """
    folder = Path(f"{path}.blobs")
    blobs, spoilt = _check_blobs(folder)
    with read_only(path) as tables:
        findings = [*_check_structure(tables), *spoilt]
        schema, runs, records = schema_of(tables), 0, 0
        for columns in _listed(tables, findings):
            runs += 1
            read, found = _check_listed(tables, columns, folder)
            records += read
            findings += found

    return Checked(
        path=path,
        schema=schema,
        runs=runs,
        records=records,
        blobs=blobs,
        findings=tuple(findings),
    )


def check_run(listed: RunRow, rows: Sequence[Row]) -> Iterator[str]:
    """Tell what is wrong with a run whose rows match their checksums: pure.

    Args:
        listed: The run as the journal lists it.
        rows: All of its rows.
    """
    run = listed.run.id
    if rows and rows[0].record.kind is not Kind.STARTED:
        yield f"Record 1 of run {run} does not start it."

    try:
        is_ended = History.of(rows).is_ended
    except (IllegalMove, KeyError, TypeError, ValueError) as error:
        yield f"The records of run {run} do not follow from each other: {error}."
        return

    if is_ended is not listed.ended:
        listed_as = "ended" if listed.ended else "unfinished"
        yield f"Run {run} is listed as {listed_as}; its records say otherwise."


def bundles_in(rows: Iterable[Row]) -> frozenset[str]:
    """Give the digests of the bundles that rows name: pure."""
    return frozenset(digest for row in rows for digest in _bundles(row.data))


def _bundles(data: Any) -> Iterator[str]:
    if isinstance(data, list):
        for inner in data:
            yield from _bundles(inner)

    if not isinstance(data, dict):
        return

    bundle = data.get("bundle")
    if isinstance(bundle, dict) and isinstance(bundle.get("digest"), str):
        yield bundle["digest"]

    for inner in data.values():
        yield from _bundles(inner)


def _check_structure(tables: Tables) -> list[Finding]:
    """Ask SQLite whether the file is well built, and each row belongs to a run."""
    built = _found(lambda: tables.ask(f"PRAGMA integrity_check({_MOST})"))
    strays = _found(lambda: tables.ask("PRAGMA foreign_key_check"))
    return [
        *(Finding(what=f"SQLite: {row[0]}.") for row in built if row[0] != "ok"),
        *(
            Finding(what=f"The table {table} names a run that is not listed.")
            for table in sorted({row[0] for row in strays})
        ),
    ]


def _found(ask: Callable[[], Sequence[Any]]) -> Sequence[Any]:
    try:
        return ask()
    except TROUBLE as error:
        return [(str(error),)]


def _listed(tables: Tables, findings: list[Finding]) -> Sequence[Any]:
    try:
        return tables.ask(
            "SELECT id, flow, subject, content, started_at, ended, owner FROM runs"
            " ORDER BY number"
        )
    except TROUBLE as error:
        findings.append(Finding(what=f"The list of runs cannot be read: {error}."))
        return ()


def _check_listed(
    tables: Tables, columns: Sequence[Any], folder: Path
) -> tuple[int, list[Finding]]:
    """Check a run; give how many of its records are sound, and what was found."""
    *entry, owner = columns
    run, rows = str(entry[0]), tuple[Row, ...]()
    try:
        listed = read_run(tuple(entry), source=tables.source)
        read_owner(owner, run=run, source=tables.source)
        rows = tables.rows(run)
        tables.signals(run, 0)
        said = [*check_run(listed, rows), *_missing(listed, rows, folder)]
    except JournalCorrupt as error:
        said = [error.message]
    except (EsaFlowsError, json.JSONDecodeError, *TROUBLE) as error:
        said = [f"Run {run} cannot be read: {error}."]

    return len(rows), [Finding(run=run, what=what) for what in said]


def _missing(listed: RunRow, rows: Iterable[Row], folder: Path) -> Iterator[str]:
    if listed.ended:
        return

    for digest in sorted(bundles_in(rows)):
        if not (folder / digest).is_file():
            yield (
                f"Run {listed.run.id} cannot go on: its bundle {folder / digest} is"
                " missing."
            )


def _check_blobs(folder: Path) -> tuple[int, list[Finding]]:
    """Compare what lies in the folder with its names; parts have none yet."""
    if not folder.is_dir():
        return 0, []

    held = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    spoilt = [path for path in held if _digest(path) != path.name]
    return len(held) - len(spoilt), [
        Finding(what=f"{path} cannot be read, or holds other bytes than its name says.")
        for path in spoilt
    ]


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
