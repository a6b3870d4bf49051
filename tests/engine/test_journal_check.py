"""What a check finds, and that it finds it whatever else is broken."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from tests.engine.journals import (
    AT,
    BUNDLE,
    DONE,
    ENDED,
    STARTED,
    damage,
    made,
    two_runs,
    write,
)

from esa_flows.engine.journal import Kind, NewRun, Record, Row, RunRow
from esa_flows.engine.journal_check import (
    Checked,
    bundles_in,
    check_file,
    check_run,
)
from esa_flows.engine.journal_schema import SCHEMA
from esa_flows.engine.journal_tables import Tables

A, B = "AAAA00000001", "BBBB00000002"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a journal of two runs, and the bundle that one of them still needs."""
    path = made(tmp_path / "journal.sqlite", two_runs)
    folder = Path(f"{path}.blobs")
    folder.mkdir()
    content = b"export default {}"
    digest = hashlib.sha256(content).hexdigest()
    (folder / digest).write_bytes(content)
    (folder / ".half.part").write_bytes(b"half")
    return path


@pytest.fixture
def whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give it with a bundle of the name that its run knows."""
    next(Path(f"{path}.blobs").glob("[0-9a-f]*")).rename(f"{path}.blobs/{'b' * 64}")
    monkeypatch.setattr(
        "esa_flows.engine.journal_check._digest", lambda found: found.name
    )
    return path


def said(path: Path) -> list[str]:
    """Give the sentences that a check finds."""
    return [finding.what for finding in check_file(path).findings]


def test_a_sound_journal_is_counted(whole: Path) -> None:
    """Runs, records, files; and nothing is found."""
    found = check_file(whole)

    assert found.is_sound
    assert found == Checked(
        path=whole, schema=SCHEMA, runs=2, records=5, blobs=1, findings=()
    )


def test_packed_runs_are_checked_too(whole: Path) -> None:
    """Their records count as much as the others'."""
    made(whole, lambda tables: tables.pack(A))

    assert 5 == check_file(whole).records
    damage(whole, "UPDATE packs SET content = x'00'")
    assert f"the packed records of run {A} cannot be read" in said(whole)[0]


def test_a_damaged_record_is_named_and_hides_no_other(whole: Path) -> None:
    """File, run and record; the other run is checked as well."""
    damage(whole, f"UPDATE records SET body = '{{}}' WHERE seq = 2 AND run = '{A}'")
    damage(whole, f"DELETE FROM records WHERE seq = 1 AND run = '{B}'")

    found = check_file(whole)

    assert [A, B] == [finding.run for finding in found.findings]
    assert f"{whole}: record 2 of run {A} does not match" in found.findings[0].what
    assert f"{whole}: record 1 of run {B} does not match" in found.findings[1].what
    assert not found.is_sound


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE runs SET started_at = 'once'", "the entry of run AAAA00000001"),
        ("UPDATE runs SET owner = 'me'", "the lease of run AAAA00000001"),
        ("UPDATE signals SET verb = 'sing'", "signal 1 of run AAAA00000001"),
        ("UPDATE records SET body = x'ff'", "does not match its checksum"),
        ("UPDATE runs SET ended = 1", f"Run {B} is listed as ended; its records say"),
        ("UPDATE runs SET ended = 0", f"Run {A} is listed as unfinished; its rec"),
        ("DELETE FROM runs WHERE subject = 'shop'", "names a run that is not listed"),
        ("DROP INDEX runs_by_subject", ""),
    ],
)
def test_each_kind_of_damage_is_found(whole: Path, statement: str, what: str) -> None:
    """Entries, leases, signals, records, and how they fit to each other."""
    damage(whole, statement)

    assert any(what in sentence for sentence in said(whole)) or not what


def test_a_broken_page_is_told_in_sqlites_words(whole: Path) -> None:
    """The file is no use, and the check says so instead of failing."""
    content = whole.read_bytes()
    whole.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))

    assert any(sentence.startswith("SQLite: ") for sentence in said(whole))
    assert any("list of runs cannot be read" in sentence for sentence in said(whole))


def test_a_missing_bundle_is_named(path: Path) -> None:
    """An unfinished run cannot go on without it; an ended one needs none."""
    assert said(path) == [
        f"Run {B} cannot go on: its bundle {path}.blobs/{'b' * 64} is missing."
    ]


def test_a_file_that_holds_other_bytes_is_named(path: Path) -> None:
    """Bundles and backups are what they are named after, or they are found."""
    folder = Path(f"{path}.blobs")
    (folder / ("b" * 64)).write_bytes(b"other")

    found = check_file(path)

    assert 1 == found.blobs
    spoilt = folder / ("b" * 64)
    assert [f"{spoilt} cannot be read, or holds other bytes than its name says."] == [
        finding.what for finding in found.findings
    ]


def test_what_is_no_file_is_named(path: Path) -> None:
    """A folder among them, say."""
    (Path(f"{path}.blobs") / ("b" * 64)).mkdir()

    assert "cannot be read, or holds other bytes" in said(path)[0]


def test_no_bytes_beside_it_are_none(tmp_path: Path) -> None:
    """A journal whose runs need no bundle is sound without a folder."""
    path = made(
        tmp_path / "j.sqlite", lambda tables: write(tables, A, STARTED, DONE, ENDED)
    )

    assert check_file(path).is_sound


def test_a_body_that_is_no_json_is_told(tmp_path: Path) -> None:
    """Should it ever match its checksum, it is still no record."""

    def act(tables: Tables) -> None:
        write(tables, A, STARTED, Record(kind=Kind.OUTCOME, at=AT, body="{"))

    path = made(tmp_path / "j.sqlite", act)

    assert f"Run {A} cannot be read: " in said(path)[0]


# --- pure


def listed(*, ended: bool) -> RunRow:
    """Give a run's entry."""
    run = NewRun(id=A, flow="f", subject="s", content="c", started_at=AT)
    return RunRow(run=run, ended=ended)


def rows(*records: Record) -> list[Row]:
    """Give rows."""
    return [
        Row(run=A, seq=seq, fence=1, record=record, crc=0)
        for seq, record in enumerate(records, start=1)
    ]


def test_a_run_without_rows_is_sound() -> None:
    """Its process died before the first one."""
    assert [] == list(check_run(listed(ended=False), []))


def test_a_run_begins_with_its_beginning() -> None:
    """And with nothing else."""
    said = list(check_run(listed(ended=False), rows(DONE)))

    assert f"Record 1 of run {A} does not start it." in said


@pytest.mark.parametrize(
    "records", [(STARTED, STARTED), (STARTED, ENDED, ENDED), (ENDED,)]
)
def test_events_follow_from_each_other(records: tuple[Record, ...]) -> None:
    """A move that the table of states does not have is found."""
    said = list(check_run(listed(ended=True), rows(*records)))

    assert f"The records of run {A} do not follow from each other: " in said[-1]


def test_bundles_are_found_wherever_they_are() -> None:
    """In inputs, in lists, in lists of inputs."""
    nested = Record.of(Kind.OUTCOME, AT, {"value": [[BUNDLE], {"bundle": None}, 7]})

    assert {"b" * 64} == bundles_in(rows(nested)) == bundles_in(rows(STARTED))
