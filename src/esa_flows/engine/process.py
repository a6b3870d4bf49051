"""Which process drives a run, and whether it still lives: pids alone are used again.

A process is told by the boot it runs in, its pid and when it started. Only a pid of the
same boot and the same pid namespace can be declared dead; of any other process nothing
is known, and one must watch its beat. What is read here are a few bytes under `/proc`:
no disk, no waiting, so it is done synchronously.
"""

import enum
import os
import time
from collections.abc import Callable
from pathlib import Path

from attrs import define, field

from esa_flows.engine.journal import Owner

__all__ = ["Deaths", "Life", "boot_clock", "life_of", "this_process"]

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")

# Elsewhere signal 0 is no question: it would interrupt the process.
_CAN_ASK = os.name == "posix"

# Places in the part of /proc/PID/stat that follows the command's closing bracket.
_STATE = 0
_STARTED = 19
_GONE = frozenset("ZXx")


class Life(enum.Enum):
    """What can be said of another process."""

    ALIVE = "alive"
    DEAD = "dead"
    ELSEWHERE = "elsewhere"


def this_process(token: str) -> Owner:
    """Describe the present process; reads `/proc` synchronously.

    Args:
        token: Tells two clients of one process apart.
    """
    pid = os.getpid()
    _, started = read_stat(_text(Path(f"/proc/{pid}/stat")))
    return Owner(boot_id(), pid, started, token)


def life_of(owner: Owner) -> Life:
    """Find out whether a process still lives; reads `/proc` synchronously.

    Args:
        owner: What `this_process` gave there.

    Returns:
        `ELSEWHERE` where it cannot be known from here: another machine, an earlier
        boot, another container.
    """
    if owner.boot != boot_id() or not _CAN_ASK:
        return Life.ELSEWHERE

    state, started = read_stat(_text(Path(f"/proc/{owner.pid}/stat")))
    return judge(owner, state=state, started=started, answers=is_pid_in_use(owner.pid))


@define(repr=False)
class Deaths:
    """Asks whether a process lives, until it is dead: none of them comes back.

    A thousand runs of one process that died are one look under `/proc`.

    Args:
        life: Finds out whether a process still lives.
    """

    _life: Callable[[Owner], Life] = life_of
    _dead: set[Owner] = field(factory=set, init=False)

    def __repr__(self) -> str:
        return f"<Deaths [known: {len(self._dead)}]>"

    def __call__(self, owner: Owner) -> Life:
        """Tell whether a process still lives."""
        if owner in self._dead:
            return Life.DEAD

        found = self._life(owner)
        if found is Life.DEAD:
            self._dead.add(owner)

        return found


def judge(owner: Owner, *, state: str, started: str, answers: bool) -> Life:
    """Decide whether a process of this boot lives.

    Args:
        owner: The process.
        state: State letter of the process that has its pid now; empty where unknown.
        started: When that one started; empty where unknown.
        answers: Whether its pid is in use.
    """
    reused = bool(started and owner.started) and started != owner.started
    if not answers or reused or state in _GONE:
        return Life.DEAD

    return Life.ALIVE


def read_stat(text: str) -> tuple[str, str]:
    """Read state and start time out of `/proc/PID/stat`.

    Args:
        text: What the file says; empty where there is none.

    Returns:
        The state's letter and the start time in ticks since boot; both empty where
        the text is.

    Source: proc_pid_stat(5), fields 3 and 22. The command in field 2 may hold blanks
    and brackets, so that counting starts after its last bracket.
    """
    if not text:
        return "", ""

    rest = text.rpartition(")")[2].split()
    return rest[_STATE], rest[_STARTED]


def boot_id() -> str:
    """Name the machine's present boot and pid namespace; empty where none is told.

    Containers of one machine share its boot but not its pids.
    """
    try:
        namespace = _NAMESPACE.readlink().name
    except OSError:
        return ""

    number = namespace.strip("pid:[]")
    return f"{_text(_BOOT).strip()}/{number}"


def is_pid_in_use(pid: int) -> bool:
    """Ask the system whether some process has a pid."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True

    return True


def boot_clock() -> float:
    """Give seconds that go on while the machine sleeps, where the system counts them.

    A lease that ends while a laptop is closed has ended for its sleeping holder too.
    """
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
