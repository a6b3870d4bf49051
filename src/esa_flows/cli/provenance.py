"""Find out which commit a file was built from, if that is easily known."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import anyio

__all__ = ["commit_of"]

_PATIENCE = 2.0
"""Seconds that git may take; a release does not wait for it longer."""


async def commit_of(file: str, environ: Mapping[str, str]) -> str:
    """Give the commit of the repository a file lies in; empty where none is known.

    Args:
        file: The file.
        environ: Environment variables; `GITHUB_SHA` is taken as it is.
    """
    if environ.get("GITHUB_SHA"):
        return environ["GITHUB_SHA"]

    command = ["git", "-C", str(Path(file).parent), "rev-parse", "--verify", "HEAD"]
    try:
        with anyio.move_on_after(_PATIENCE):
            found = await anyio.run_process(
                command, check=False, stderr=subprocess.DEVNULL
            )
            return found.stdout.decode(errors="replace").strip()
    except OSError:
        return ""

    return ""
