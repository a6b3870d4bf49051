"""Find out what files were built from, if that is easily known."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import anyio

__all__ = ["commits_of", "git_facts"]

_PATIENCE = 2.0
"""Seconds that git may take; a release does not wait for it longer."""


async def commits_of(
    files: Iterable[str], environ: Mapping[str, str]
) -> dict[str, str]:
    """Give the commit of the repository each file lies in; empty where none is known.

    Git is asked once for each repository, however many files lie in it.

    Args:
        files: The files.
        environ: Environment variables; `GITHUB_SHA` is taken as it is.
    """
    asked = frozenset(files)
    if environ.get("GITHUB_SHA"):
        return dict.fromkeys(asked, environ["GITHUB_SHA"])

    homes = await anyio.to_thread.run_sync(_repositories, asked)
    heads = {home: await _git(home, *_COMMIT) for home in {*homes.values()} if home}
    return {file: heads[home] if home else "" for file, home in homes.items()}


async def git_facts(file: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Give what is known of the repository a file lies in; what is not is left out.

    Args:
        file: The file.
        environ: Environment variables; what GitHub's runner says of its job counts
            first, because it checks out commits without a branch.

    Returns:
        `git.branch`, `git.tag`, `git.describe`, `git.short`, and `git.dirty`, which is
        empty where everything is committed.
    """
    commit = (await commits_of((file,), environ))[file]
    if not commit:
        return {}

    folder = Path(file).parent
    facts = {
        "git.short": commit[:_SHORT],
        "git.branch": _job(environ, "branch") or await _git(folder, *_BRANCH),
        "git.tag": _job(environ, "tag") or await _git(folder, *_TAG),
        "git.describe": await _git(folder, *_DESCRIBE),
    }
    found = {name: fact.partition("\n")[0] for name, fact in facts.items() if fact}
    changes = await _git(folder, "status", "--porcelain")
    return found | {"git.dirty": "dirty" if changes else ""}


_SHORT = 7
_COMMIT = ("rev-parse", "--verify", "HEAD")
_BRANCH = ("symbolic-ref", "--quiet", "--short", "HEAD")
_TAG = ("tag", "--points-at", "HEAD", "--sort=-version:refname")
_DESCRIBE = ("describe", "--tags", "--always", "--dirty")


def _job(environ: Mapping[str, str], kind: str) -> str:
    """Give the branch or tag of a job of GitHub; of a pull request its own branch."""
    head = environ.get("GITHUB_HEAD_REF", "")
    if kind == "branch" and head:
        return head

    is_kind = environ.get("GITHUB_REF_TYPE") == kind and not head
    return environ.get("GITHUB_REF_NAME", "") if is_kind else ""


def _repositories(files: Iterable[str]) -> dict[str, Path | None]:
    """Give the folder of the repository that each file lies in, as git finds it."""
    known: dict[Path, Path | None] = {}
    folders = {file: Path(os.path.realpath(Path(file).parent)) for file in files}
    return {file: _repository(folder, known) for file, folder in folders.items()}


def _repository(folder: Path, known: dict[Path, Path | None]) -> Path | None:
    """Give the nearest folder upwards that is one; look at each folder once."""
    if folder not in known:
        above = None if folder == folder.parent else _repository(folder.parent, known)
        known[folder] = folder if (folder / ".git").exists() else above

    return known[folder]


async def _git(folder: Path, *words: str) -> str:
    """Give what git says; empty where there is none, or it takes too long."""
    command = ["git", "-C", str(folder), *words]
    try:
        with anyio.move_on_after(_PATIENCE):
            found = await anyio.run_process(
                command, check=False, stderr=subprocess.DEVNULL
            )
            return found.stdout.decode(errors="replace").strip()
    except OSError:
        return ""

    return ""
