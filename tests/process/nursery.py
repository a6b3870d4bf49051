"""Children that begin warm: forked from a parent that has imported everything.

The parent runs no event loop and no thread of its own, so that forking it is safe. A
child then begins within milliseconds, and a test of sixty deaths takes half a minute.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from attrs import define, field, frozen
from tests.process.child import Job, live

_WARM = multiprocessing.get_context("forkserver")
_WARM.set_forkserver_preload(["__main__", "tests.process.child"])

PATIENCE = 100.0
"""Seconds a child may take on a machine that is busy with other things."""


@frozen(kw_only=True)
class Ended:
    """How a child ended.

    Attributes:
        code: Exit code; the negative number of the signal that killed it.
        said: What it wrote when it came to its end by itself.
        words: What it wrote for people.
    """

    code: int
    said: dict[str, Any]
    words: str


@define
class Child:
    """A process of its own, doing a job.

    Use it as a context manager: whatever happens, it is gone afterwards.
    """

    job: Job
    _process: Any = field(init=False)

    def __attrs_post_init__(self) -> None:
        for leftover in (self.job.answer, self.job.words):
            leftover.unlink(missing_ok=True)

        self._process = _WARM.Process(target=live, args=(self.job,))
        self._process.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.is_alive():
            self._process.kill()
            self.signal(signal.SIGCONT)

        self._process.join(PATIENCE)
        self._process.close()

    @property
    def words(self) -> str:
        """What it has written for people so far."""
        return self.job.words.read_text() if self.job.words.exists() else ""

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self._process.pid, number)

    def is_stopped(self) -> bool:
        """Whether it is frozen by SIGSTOP."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "T"

    def wait(self) -> Ended:
        """Wait for its end."""
        self._process.join(PATIENCE)
        code = self._process.exitcode
        assert code is not None, f"it did not end: {self.words}"
        answer = self.job.answer
        said = json.loads(answer.read_text()) if answer.exists() else {}
        return Ended(code=code, said=said, words=self.words)


def done(job: Job) -> Ended:
    """Do a job in a child to its end."""
    with Child(job) as child:
        return child.wait()


def until(what: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until something is so."""
    last = time.monotonic() + patience
    while not what():
        assert time.monotonic() < last, "it never came to that"
        time.sleep(0.02)
