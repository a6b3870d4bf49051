"""Damage at every place of a journal: refused, or a proper prefix; never a wrong run.

A wrong prefix would be a run that remembers what it did not do. A proper one is what
resuming is made for.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.engine.journals import AT, STARTED, made

from esa_flows.engine.journal import Kind, NewRun, Owner, Record, Row
from esa_flows.engine.journal_check import check_file
from esa_flows.engine.journal_file import prepare
from esa_flows.engine.journal_schema import connect
from esa_flows.engine.journal_tables import Tables
from esa_flows.engine.journal_trouble import TROUBLE
from esa_flows.errors import EsaFlowsError

RUN, PACKED = "0123456789ab", "ba9876543210"
HERE = Owner("boot", 7, "100", "a")
EVERY = 61
"""Of the bytes that hold nothing, every so-manieth is damaged."""


def write(tables: Tables) -> None:
    """Write an unfinished run, and one that ended and was packed."""
    for run in (RUN, PACKED):
        new = NewRun(id=run, flow="f", subject="shop", content="c", started_at=AT)
        steps = [
            Record.of(
                kind, AT, {"v": 1, "in": f"{n:064x}", "value": n}, step=f"s[{n}]#1"
            )
            for n in range(6)
            for kind in (Kind.INTENT, Kind.OUTCOME)
        ]
        tables.append(tables.create(new, HERE), [STARTED, *steps])

    tables.pack(PACKED)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a small journal; whoever closes it last leaves one file."""
    return made(tmp_path / "journal.sqlite", write)


def read(path: Path, *runs: str) -> list[tuple[Row, ...] | None]:
    """Open a journal as the engine does, and read runs; None for each refused one."""
    try:
        prepare(path)
        with closing(Tables(connect(path), "j")) as tables:
            return [_rows(tables, run) for run in runs]
    except (EsaFlowsError, *TROUBLE):
        return [None] * len(runs)


def _rows(tables: Tables, run: str) -> tuple[Row, ...] | None:
    try:
        return tables.rows(run)
    except (EsaFlowsError, *TROUBLE):
        return None


def verdict(found: tuple[Row, ...] | None, right: tuple[Row, ...] | None) -> str:
    """Say what becomes of a run: refused, a prefix, whole, or wrong."""
    assert right is not None
    if found is None:
        return "refused"

    if found == right:
        return "whole"

    return "prefix" if found == right[: len(found)] else "wrong"


def places(content: bytes) -> Iterator[int]:
    """Give every place that holds something, and some of the others."""
    for place, byte in enumerate(content):
        if byte or place % EVERY == 0:
            yield place


def damaged(path: Path, content: bytes, place: int) -> None:
    """Write a journal with one bit turned."""
    turned = content[place] ^ (1 << place % 8)
    path.write_bytes(content[:place] + bytes([turned]) + content[place + 1 :])
    for side in ("-wal", "-shm", "-journal"):
        Path(f"{path}{side}").unlink(missing_ok=True)


def test_no_turned_bit_makes_a_wrong_run(path: Path, tmp_path: Path) -> None:
    """At every byte of the file that holds anything, for rows and for a pack."""
    content, right = path.read_bytes(), read(path, RUN, PACKED)
    copy = tmp_path / "damaged.sqlite"
    said: dict[int, set[str]] = {}
    for place in places(content):
        damaged(copy, content, place)
        said[place] = set(map(verdict, read(copy, RUN, PACKED), right))

    assert [] == [place for place, verdicts in said.items() if "wrong" in verdicts]
    assert {"refused", "whole"} <= set().union(*said.values())


def test_a_turned_bit_in_a_record_is_found_by_a_check(
    path: Path, tmp_path: Path
) -> None:
    """Wherever the text of a record lies, the check tells of it."""
    content = path.read_bytes()
    copy = tmp_path / "damaged.sqlite"
    first, last = content.index(b'{"in":"'), content.rindex(b'"v":1}')
    missed = []
    for place in range(first, last, 7):
        if not content[place]:
            continue

        damaged(copy, content, place)
        if check_file(copy).is_sound:
            missed.append(place)

    assert [] == missed


def test_a_file_cut_anywhere_is_no_wrong_run(path: Path, tmp_path: Path) -> None:
    """A copy that broke off is refused, or what is missing was not needed."""
    content, right = path.read_bytes(), read(path, RUN, PACKED)
    copy = tmp_path / "cut.sqlite"
    for length in range(1, len(content), 499):
        copy.write_bytes(content[:length])

        assert "wrong" not in set(map(verdict, read(copy, RUN, PACKED), right))


def test_a_log_cut_anywhere_is_a_prefix(tmp_path: Path) -> None:
    """What a crash leaves half written at the end never counts, and harms nothing."""
    path, copy = tmp_path / "journal.sqlite", tmp_path / "copy.sqlite"
    path.touch()
    with closing(Tables(connect(path), "j")) as tables:
        new = NewRun(id=RUN, flow="f", subject="s", content="c", started_at=AT)
        lease = tables.create(new, HERE)
        for n in range(5):
            tables.append(lease, [Record.of(Kind.OUTCOME, AT, {"value": n})])
            tables.flush()

        right, log = tables.rows(RUN), Path(f"{path}-wal").read_bytes()
        said = Counter[str]()
        for length in range(0, len(log), 311):
            shutil.copy(path, copy)
            Path(f"{copy}-shm").unlink(missing_ok=True)
            Path(f"{copy}-wal").write_bytes(log[:length])
            said[verdict(read(copy, RUN)[0], right)] += 1

    assert {"refused", "prefix", "whole"} >= said.keys()
    assert said["prefix"] > 5
