"""The commit of a file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from esa_flows.cli.provenance import commit_of

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]


def _git(folder: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    command = ("git", "-C", str(folder), *settings, *arguments)
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


async def test_the_commit_of_the_file_s_repository(tmp_path: Path) -> None:
    """The commit is that of the folder the bundle lies in."""
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "commit", "-q", "--allow-empty", "-m", "x")

    found = await commit_of(str(tmp_path / "worker.js"), {})

    assert _git(tmp_path, "rev-parse", "HEAD").strip() == found


async def test_what_github_says_counts_first(tmp_path: Path) -> None:
    """In a job of GitHub the commit is the job's."""
    assert "abc" == await commit_of(str(tmp_path / "x"), {"GITHUB_SHA": "abc"})


async def test_no_repository_is_no_trouble(tmp_path: Path) -> None:
    """Outside a repository there is no commit, and nothing else happens."""
    assert "" == await commit_of(str(tmp_path / "nowhere" / "worker.js"), {})


async def test_no_git_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without git there is no commit."""
    monkeypatch.setenv("PATH", str(tmp_path))

    assert "" == await commit_of(str(tmp_path / "worker.js"), {})


async def test_a_slow_git_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A git that hangs costs two seconds at most."""
    slow = tmp_path / "git"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr("esa_flows.cli.provenance._PATIENCE", 0.1)

    assert "" == await commit_of(str(tmp_path / "worker.js"), {})
