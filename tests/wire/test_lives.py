"""Who lives, told by locks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.wire import lives as module
from esa_flows.wire.lives import Lives, is_same, open_own

pytestmark = pytest.mark.may_block


def test_a_client_lives_until_it_closes(tmp_path: Path) -> None:
    """Its file goes with it; who never was is gone as well."""
    one, two = Lives(tmp_path, 1), Lives(tmp_path, 2)
    before = two.gone({1, 7})
    one.close()
    after = two.gone({1})
    two.close()

    assert (before, after) == ({7}, {1})
    assert [] == list(tmp_path.iterdir())


def test_a_client_knows_whether_it_is_alone(tmp_path: Path) -> None:
    """Those who were killed are nobody; it knows when it began, as files are dated."""
    (tmp_path / f"{9:016x}").touch()
    one = Lives(tmp_path, 1)
    alone = one.is_alone()
    two = Lives(tmp_path, 2)
    together = one.is_alone()
    two.close()
    again = one.is_alone()
    began = one.begun
    dated = (tmp_path / f"{1:016x}").stat().st_mtime
    one.close()

    assert (alone, together, again) == (True, False, True)
    assert began == dated


def test_a_client_whose_lock_is_gone_is_dead_and_swept(tmp_path: Path) -> None:
    """The system drops the lock of a killed process; the next client cleans up."""
    (tmp_path / f"{9:016x}").touch()
    one = Lives(tmp_path, 1)
    names = [path.name for path in tmp_path.iterdir()]
    one.close()

    assert names == [f"{1:016x}"]


def test_a_client_whose_file_was_removed_knows(tmp_path: Path) -> None:
    """Others would take it for dead."""
    one = Lives(tmp_path, 1)
    before = one.is_told()
    (tmp_path / f"{1:016x}").unlink()
    after = one.is_told()
    one.close()

    assert (before, after) == (True, False)


def test_a_file_swept_before_it_was_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between making and locking another client may take it for a dead one's."""
    opened = []

    def sweeping(path: Path) -> int:
        """Open, and have somebody sweep the first."""
        opened.append(path)
        handle = open_own(path)
        if len(opened) == 1:
            path.unlink()

        return handle

    monkeypatch.setattr(module, "open_own", sweeping)
    one = Lives(tmp_path, 1)
    told = one.is_told()
    one.close()

    assert (len(opened), told) == (2, True)


def test_a_file_is_swept_under_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever begins just then gets the lock when it is gone, and makes another."""
    left, there = tmp_path / f"{2:016x}", list[bool]()
    left.touch()
    close = os.close

    def closing(handle: int) -> None:
        """Let go of the lock, and note whether the file is still there."""
        there.append(left.exists())
        close(handle)

    monkeypatch.setattr(os, "close", closing)
    one = Lives(tmp_path, 1)
    monkeypatch.undo()
    one.close()

    assert [False] == there


def test_a_client_that_began_anew_while_it_was_swept_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two sweep the same file: the second leaves alone what came in its place."""
    one, born = Lives(tmp_path, 1), list[Lives]()
    left = tmp_path / f"{2:016x}"
    left.touch()
    opening = os.open

    def replaced(path: Path, flags: int) -> int:
        """Open, and have it swept by somebody and made again, once."""
        monkeypatch.undo()
        handle = opening(path, flags)
        left.unlink()
        born.append(Lives(tmp_path, 2))
        return handle

    monkeypatch.setattr(os, "open", replaced)
    gone = one.gone({2})
    told = born[0].is_told()
    for each in (one, *born):
        each.close()

    assert (set(), True) == (gone, told)


def test_files_are_our_own_and_nobody_elses(tmp_path: Path) -> None:
    """Nobody else may read them or lead us elsewhere."""
    handle = open_own(tmp_path / "mine")
    os.close(handle)
    (tmp_path / "link").symlink_to(tmp_path / "mine")

    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o600
    with pytest.raises(InvalidInput, match=r"The cap cannot be shared through .*link"):
        open_own(tmp_path / "link")


def test_a_file_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who owns it could take our slots."""
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    with pytest.raises(InvalidInput, match="it belongs to another user") as caught:
        open_own(tmp_path / "theirs")

    assert "ESA_FLOWS_CAP_SHARING=process" in caught.value.next_move


def test_a_name_that_leads_nowhere_is_not_the_same(tmp_path: Path) -> None:
    """Gone, or another file under the same name."""
    handle = open_own(tmp_path / "a")
    there = is_same(tmp_path / "a", handle)
    (tmp_path / "a").unlink()
    gone = is_same(tmp_path / "a", handle)
    (tmp_path / "a").touch()
    other = is_same(tmp_path / "a", handle)
    os.close(handle)

    assert (there, gone, other) == (True, False, False)
