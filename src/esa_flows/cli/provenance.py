"""Find out what a file was built from, if that is easily known."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import anyio

__all__ = ["commit_of", "git_facts"]

_PATIENCE = 2.0
"""Seconds that git may take; a release does not wait for it longer."""


async def commit_of(file: str, environ: Mapping[str, str]) -> str:
    """Give the commit of the repository a file lies in; empty where none is known.

    Args:
        file: The file.
        environ: Environment variables; `GITHUB_SHA` is taken as it is.
    """
    known = environ.get("GITHUB_SHA", "")
    return known or await _git(file, "rev-parse", "--verify", "HEAD")


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
    commit = await commit_of(file, environ)
    if not commit:
        return {}

    facts = {
        "git.short": commit[:_SHORT],
        "git.branch": _job(environ, "branch") or await _git(file, *_BRANCH),
        "git.tag": _job(environ, "tag") or await _git(file, *_TAG),
        "git.describe": await _git(file, *_DESCRIBE),
    }
    found = {name: fact.partition("\n")[0] for name, fact in facts.items() if fact}
    changes = await _git(file, "status", "--porcelain")
    return found | {"git.dirty": "dirty" if changes else ""}


_SHORT = 7
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


async def _git(file: str, *words: str) -> str:
    """Give what git says; empty where there is none, or it takes too long."""
    command = ["git", "-C", str(Path(file).parent), *words]
    try:
        with anyio.move_on_after(_PATIENCE):
            found = await anyio.run_process(
                command, check=False, stderr=subprocess.DEVNULL
            )
            return found.stdout.decode(errors="replace").strip()
    except OSError:
        return ""

    return ""
