"""Defences of the journal and the store of bundles: whose rows, whose files."""

from __future__ import annotations

from tests.mutants.defence import Defence

__all__ = ["DEFENCES"]

DEFENCES = (
    Defence.never(
        "a lease is taken only as it was seen",
        "engine/journal_tables.py",
        "self.beat_of(run) != seen",
        "tests/conformance/test_journals.py::test_a_lease_is_taken_only_as_seen",
    ),
    Defence(
        "a lease that somebody took is not given back by its former holder",
        "engine/journal_tables.py",
        "if self.beat_of(lease.run).fence == lease.fence:",
        "if True:",
        "tests/conformance/test_journals.py::test_an_earlier_lease_of_the_same_owner_is_lost",
    ),
    Defence(
        "each taking of a lease has a fence of its own",
        "engine/journal_tables.py",
        "fence = seen.fence + 1",
        "fence = seen.fence",
        "tests/conformance/test_journals.py::test_a_lost_lease_writes_nothing",
    ),
    Defence(
        "rows are read with their checksums compared",
        "engine/journal_tables.py",
        "return check_chain(rows, source=self.source)",
        "return tuple(rows)",
        "tests/engine/test_journal_sqlite.py::test_a_flipped_byte_is_named",
    ),
    Defence(
        "a run's id is given once",
        "engine/journal_tables.py",
        "INSERT OR IGNORE INTO runs",
        "INSERT OR REPLACE INTO runs",
        "tests/engine/test_journal_tables.py::test_a_taken_id_is_refused_among_others",
    ),
    Defence(
        "a row's checksum covers its content",
        "engine/journal.py",
        "if row.seq != place or row.crc != right.crc:",
        "if row.seq != place:",
        "tests/engine/test_journal.py::test_a_changed_row_is_noticed",
    ),
    Defence.never(
        "a folder in which everybody may exchange files is refused",
        "files/writing.py",
        "mode & stat.S_IWOTH and not mode & stat.S_ISVTX",
        "tests/engine/test_journal_file.py::test_a_folder_open_to_everybody_is_refused",
    ),
    Defence.never(
        "a network file system is refused",
        "engine/journal_file.py",
        "kind in _NETWORK",
        "tests/engine/test_journal_file.py::test_a_network_file_system_is_refused",
    ),
    Defence(
        "a journal is made for its owner only",
        "engine/journal_file.py",
        "0o600))",
        "0o644))",
        "tests/engine/test_journal_file.py::test_what_is_made_is_private",
    ),
    Defence(
        "a folder is made for its owner only",
        "files/writing.py",
        "missing.mkdir(mode=0o700, exist_ok=True)",
        "missing.mkdir(mode=0o755, exist_ok=True)",
        "tests/engine/test_journal_file.py::test_what_is_made_is_private",
    ),
    Defence.never(
        "a stored bundle is compared with its digest",
        "files/store.py",
        "blob.digest != digest",
        "tests/files/test_store.py::test_changed_bytes_are_found_out",
    ),
    Defence.never(
        "a bundle that became shorter is not uploaded",
        "files/blob.py",
        "len(content) < size",
        "tests/files/test_store.py::test_blob_that_shrinks_is_not_sent_to_its_end",
    ),
    Defence(
        "a bundle is under its name wholly or not at all",
        "files/writing.py",
        "            part.replace(folder / digest)\n        finally:\n            part.unlink(missing_ok=True)",
        "            part.replace(folder / digest)\n        finally:\n            pass",
        "tests/files/test_writing.py::test_part_is_removed_when_writing_fails",
    ),
    Defence(
        "only the holder of the lease appends",
        "engine/journal_tables.py",
        "        self._hold(lease)\n        last = ",
        "        last = ",
        "tests/engine/test_journal_tables.py::test_what_another_connection_wrote_is_read",
    ),
    Defence(
        "only the holder of the lease beats",
        "engine/journal_tables.py",
        '        self._hold(lease)\n        self.change("UPDATE runs SET beat',
        '        self.change("UPDATE runs SET beat',
        "tests/conformance/test_journals.py::test_a_lost_lease_writes_nothing",
    ),
    Defence(
        "a refused request leaves nothing behind",
        "engine/journal_tables.py",
        '                    self._undo("ROLLBACK TO request")',
        "                    pass",
        "tests/engine/test_journal_tables.py::test_a_refused_request_leaves_nothing_behind",
    ),
    Defence(
        "who is cancelled while rows are written learns what became of them",
        "engine/journal_batch.py",
        "if self._taken_back(request) or not is_cancelled():",
        "if True:",
        "tests/engine/test_journal_batch.py::test_a_cancelled_task_waits_to_the_end",
    ),
    Defence(
        "nobody joins a batch whose leader is gone",
        "engine/journal_sqlite.py",
        "                self._shut_out(batch)\n",
        "",
        "tests/engine/test_journal_sqlite.py::test_nobody_joins_what_a_cancelled_leader_left",
    ),
    Defence(
        "what may be written already is not taken back",
        "engine/journal_batch.py",
        "if self.departed:",
        "if False:",
        "tests/engine/test_journal_batch.py::test_a_cancelled_task_waits_to_the_end",
    ),
    Defence(
        "a large package is compared with its digest before it is looked into",
        "release/package.py",
        "    await blob.verify()\n",
        "",
        "tests/release/test_package.py::test_a_damaged_package_is_not_described",
    ),
    Defence(
        "only what is dead is never asked for again",
        "engine/process.py",
        "if found is Life.DEAD:",
        "if True:",
        "tests/engine/test_process.py::test_the_dead_are_not_asked_again",
    ),
)
