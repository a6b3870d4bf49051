"""Copies of the project in which one module at a time is changed, to see who notices.

A change is noticed when a test fails. A copy that cannot even be imported proves
nothing about any test, and is told apart.
"""

from __future__ import annotations

import enum
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream
from attrs import frozen

__all__ = ["Change", "Found", "Judged", "judge_all"]

ROOT = Path(__file__).parents[2]
PARTS = (
    "src",
    "tests",
    "benchmarks",
    "examples",
    "pyproject.toml",
    "conftest.py",
    "Makefile",
)
LONGEST = 300.0
"""Seconds after which tests that do not end count as having noticed."""

_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+?)(?:\[.*)?(?: - .*)?$", re.MULTILINE)


class Found(enum.StrEnum):
    """What became of a change."""

    KILLED = "killed"
    SURVIVED = "survived"
    BROKEN = "broken"


@frozen
class Change:
    """A module with one thing changed.

    Attributes:
        name: What was changed.
        file: Which module, below the package's folder.
        text: The module with the change.
        tests: Who should notice; files or tests.
    """

    name: str
    file: str
    text: str
    tests: tuple[str, ...]


@frozen
class Judged:
    """What became of a change.

    Attributes:
        change: The change.
        found: Whether a test failed.
        by: The first test that failed; what pytest said where none could run.
    """

    change: Change
    found: Found
    by: str


async def judge_all(
    changes: Sequence[Change], *, jobs: int, told: Callable[[Judged], None]
) -> list[Judged]:
    """Try changes in several copies at once.

    Args:
        changes: What to try.
        jobs: How many copies.
        told: Called for each one when it is known.
    """
    judged: list[Judged] = []
    give, take = anyio.create_memory_object_stream[Change](len(changes))
    for change in changes:
        give.send_nowait(change)

    give.close()

    def keep(one: Judged) -> None:
        """Keep it, and tell."""
        judged.append(one)
        told(one)

    async def work() -> None:
        """Judge in a copy of its own."""
        async with _copied() as copy:
            await _judge_from(take, copy, keep)

    async with anyio.create_task_group() as tasks:
        for _ in range(jobs):
            tasks.start_soon(work)

    return judged


async def _judge_from(
    changes: MemoryObjectReceiveStream[Change],
    judge: Callable[[Change], Awaitable[Judged]],
    told: Callable[[Judged], None],
) -> None:
    while True:
        try:
            change = changes.receive_nowait()
        except anyio.EndOfStream:
            return

        told(await judge(change))


@asynccontextmanager
async def _copied() -> AsyncIterator[Callable[[Change], Awaitable[Judged]]]:
    """Make a copy; give what tries a change in it."""
    with TemporaryDirectory(prefix="mutants-") as name:
        place = Path(name)
        for part in PARTS:
            _copy(ROOT / part, place / part)

        await _compile(place)

        async def judge(change: Change) -> Judged:
            return await _judge(change, place)

        yield judge


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        shutil.copy(source, target)
        return

    unwanted = shutil.ignore_patterns("__pycache__", "node_modules")
    shutil.copytree(source, target, ignore=unwanted)


async def _compile(place: Path) -> None:
    """Compile a copy, once for all its trials; a changed module is told by its hash."""
    words = ["-q", "--invalidation-mode", "checked-hash", "src", "tests"]
    command = [sys.executable, "-m", "compileall", *words]
    await anyio.run_process(command, cwd=place)


async def _judge(change: Change, place: Path) -> Judged:
    module = place / "src" / "esa_flows" / change.file
    before = module.read_text(encoding="utf-8")
    module.write_text(change.text, encoding="utf-8")
    try:
        return await _tested(change, place)
    finally:
        module.write_text(before, encoding="utf-8")


async def _tested(change: Change, place: Path) -> Judged:
    words = ["-q", "-x", "--tb=no", "-rfE", "--assert=plain", "--timeout=30"]
    words += ["-p", "no:cacheprovider", "-p", "tests.mutants.hurried"]
    command = [sys.executable, "-B", "-m", "pytest", *words, *change.tests]
    environ = os.environ | {"PYTHONPATH": f"{place / 'src'}{os.pathsep}{place}"}
    with anyio.move_on_after(LONGEST):
        done = await anyio.run_process(command, cwd=place, env=environ, check=False)
        return _read(change, done.returncode, done.stdout.decode(errors="replace"))

    return Judged(change, Found.KILLED, "the tests did not end")


def _read(change: Change, code: int, said: str) -> Judged:
    if code == 0:
        return Judged(change, Found.SURVIVED, "")

    failed = _FAILED.search(said)
    if code == 1 and failed is not None:
        return Judged(change, Found.KILLED, failed[1])

    return Judged(change, Found.BROKEN, said.strip()[-300:])
