"""The commit of a file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from esa_flows.cli.provenance import commits_of, git_facts

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]


def _git(folder: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    command = ("git", "-C", str(folder), *settings, *arguments)
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


async def _commit(file: Path, **environ: str) -> str:
    return (await commits_of((str(file),), environ))[str(file)]


async def test_the_commit_of_the_file_s_repository(tmp_path: Path) -> None:
    """The commit is that of the folder the bundle lies in."""
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "commit", "-q", "--allow-empty", "-m", "x")

    found = await _commit(tmp_path / "dist" / "worker.js")

    assert _git(tmp_path, "rev-parse", "HEAD").strip() == found


async def test_git_is_asked_once_for_each_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fleet of a thousand bundles does not wait for a thousand processes."""
    one, other = tmp_path / "one", tmp_path / "other"
    files = [one / "a" / "x.js", one / "b" / "x.js", other / "x.js", tmp_path / "x.js"]
    for repository in (one, other):
        (repository / ".git").mkdir(parents=True)
    _instead_of_git(
        tmp_path, monkeypatch, f'echo "$2" >> {tmp_path}/asked; basename "$2"'
    )

    found = await commits_of(map(str, files), {})

    assert ["one", "one", "other", ""] == [found[str(file)] for file in files]
    asked = (tmp_path / "asked").read_text().splitlines()
    assert sorted(map(str, (one, other))) == sorted(asked)


async def test_what_github_says_counts_first(tmp_path: Path) -> None:
    """In a job of GitHub the commit is the job's."""
    assert "abc" == await _commit(tmp_path / "x", GITHUB_SHA="abc")


async def test_no_repository_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside a repository there is no commit, and git is not started."""
    _instead_of_git(tmp_path, monkeypatch, "echo abc")

    assert "" == await _commit(tmp_path / "nowhere" / "worker.js")


async def test_no_commit_is_no_trouble(tmp_path: Path) -> None:
    """A repository without a commit has none to tell."""
    _git(tmp_path, "init", "-q")

    assert "" == await _commit(tmp_path / "worker.js")


async def test_no_git_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without git there is no commit."""
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))

    assert "" == await _commit(tmp_path / "worker.js")


async def test_a_slow_git_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A git that hangs costs two seconds at most."""
    (tmp_path / ".git").mkdir()
    _instead_of_git(tmp_path, monkeypatch, "exec sleep 60")
    monkeypatch.setattr("esa_flows.cli.provenance._PATIENCE", 0.1)

    assert "" == await _commit(tmp_path / "worker.js")


async def test_what_else_is_known_of_a_repository(tmp_path: Path) -> None:
    """Branch, tag, description, and whether everything is committed."""
    file = str(tmp_path / "fleet.toml")
    _git(tmp_path, "init", "-q", "-b", "spring")
    _git(tmp_path, "commit", "-q", "--allow-empty", "-m", "x")
    untagged = await git_facts(file, {})
    _git(tmp_path, "tag", "v1.2")
    _git(tmp_path, "tag", "v1.10")
    (tmp_path / "new.js").write_text("x")
    _git(tmp_path, "add", "new.js")
    found = await git_facts(file, {})
    short = _git(tmp_path, "rev-parse", "HEAD")[:7]

    assert "git.tag" not in untagged
    assert ("", short) == (untagged["git.dirty"], untagged["git.describe"][:7])
    assert {
        "git.branch": "spring",
        "git.tag": "v1.10",
        "git.short": short,
        "git.dirty": "dirty",
    } == {name: found[name] for name in found if name != "git.describe"}
    assert found["git.describe"].endswith("-dirty")


@pytest.mark.parametrize(
    ("environ", "branch", "tag"),
    [
        ({"GITHUB_REF_TYPE": "branch", "GITHUB_REF_NAME": "main"}, "main", None),
        ({"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v2"}, None, "v2"),
        (
            {
                "GITHUB_REF_TYPE": "branch",
                "GITHUB_REF_NAME": "7/merge",
                "GITHUB_HEAD_REF": "mine",
            },
            "mine",
            None,
        ),
    ],
)
async def test_a_job_of_github_knows_its_branch_or_tag(
    environ: dict[str, str], branch: str | None, tag: str | None, tmp_path: Path
) -> None:
    """It checks out a commit alone, of which git knows neither."""
    told = {"GITHUB_SHA": "0123456789", **environ}
    found = await git_facts(str(tmp_path / "none" / "x"), told)

    assert (branch, tag, "0123456") == (
        found.get("git.branch"),
        found.get("git.tag"),
        found["git.short"],
    )


async def test_without_a_repository_there_are_no_facts(tmp_path: Path) -> None:
    """A file that names one is refused then: it is not set."""
    assert {} == await git_facts(str(tmp_path / "none" / "x"), {})


def _instead_of_git(folder: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
