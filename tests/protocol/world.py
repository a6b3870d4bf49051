"""The values of the protocol's model: one routine, those who release to it, the wire.

Everything is a tuple, so that a state is its own fingerprint. Nothing here knows the
release, its steps or the local cloud.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from attrs import frozen

Split = tuple[tuple[int, int], ...]
"""Versions with their shares, by id; empty where nothing serves."""

DEFENCES = frozenset(
    {
        "write ahead",  # an intent is recorded before the call is sent
        "look first",  # what may have happened is looked for before it is done again
        "find out first",  # nothing is in doubt any more when a run goes back
        "settle",  # not seen counts as not done once nothing is under way any more
        "tag",  # an own version is known by its tag
        "sweep",  # duplicates of one's own are deleted
        "verify",  # a version's code is read before the version is used
        "staging first",  # production gets what staging had
        "guard",  # production is looked at before it is changed
        "conflict",  # what somebody else deployed is not replaced
        "read back",  # what was deployed last is looked at before it is called released
        "look before delete",  # what serves is not deleted
        "keep the way back",  # nor what a live version names as what served before
        "permit",  # who lost the lease sends nothing
        "fence",  # who lost the lease records nothing
    }
)
"""Every rule whose absence does harm."""


class Version(NamedTuple):
    """A version: its code, whose tag it carries (-1: nobody's), what served then.

    And whether it came of a call that arrived after its run had swept.
    """

    id: int
    code: str
    by: int = -1
    previous: int = 0
    is_late: bool = False


class Op(NamedTuple):
    """A change of the provider.

    `commit`, `stage`, `expose`, `delete`, or `sweep`, the intent of several deletes.
    """

    kind: str
    split: Split = ()
    version: int = 0


class Call(NamedTuple):
    """An operation on its way, with what its sender knew.

    `late` says why nobody waits for it: it had `passed` the permit when its process
    was frozen, its run found what it wanted without it and has `left` it, or a
    `zombie` sent it.
    """

    run: int
    op: Op
    expected: Split = ()
    is_sure: bool = True
    late: str = ""


class Run(NamedTuple):
    """One run: what its journal says, then what only its living process has.

    Of the journal: the code; what served first (None: not looked yet); the splits
    production was asked for; the version in use; the versions that were read and are
    right, and those that are wrong; whether staging got it; what production served
    when the run looked last, and whether it was deployed anew since; the open intent;
    commits begun; whether it goes back (2: in vain); its end; whether it has posted.
    """

    code: str
    plan: tuple[int, ...]
    goal: str = "release"
    base: Split | None = None
    home: Split | None = None
    asked: tuple[Split, ...] = ()
    version: int = 0
    right: frozenset[int] = frozenset()
    wrong: frozenset[int] = frozenset()
    is_staged: bool = False
    seen: Split = ()
    has_news: bool = False
    intent: Op | None = None
    tries: int = 0
    back: int = 0
    ended: str = ""
    has_posted: bool = False
    is_alive: bool = True
    eyes: tuple[Split, Split] | None = None
    in_doubt: bool = False
    call: Call | None = None
    answer: str = ""
    zombie: Call | None = None

    @property
    def expected(self) -> Split:
        """What production serves as far as this run knows."""
        return self.asked[-1] if self.asked else self.base or ()

    @property
    def target(self) -> Split:
        """What production shall serve in the end."""
        return whole(self.version)


class Left(NamedTuple):
    """How often what goes wrong may still go wrong."""

    crash: int = 0
    lost: int = 0
    foreign: int = 0
    freeze: int = 0
    trouble: int = 0


class World(NamedTuple):
    """A state: the provider, the runs, calls whose sender is gone, what may happen."""

    versions: tuple[Version, ...]
    staging: Split
    production: Split
    runs: tuple[Run, ...]
    left: Left = Left()
    slot: str = ""
    staged: frozenset[str] = frozenset()
    born: int = 0
    wire: tuple[Call, ...] = ()

    @property
    def live(self) -> frozenset[int]:
        """Every version that serves."""
        return frozenset(v for v, _ in (*self.staging, *self.production))

    @property
    def is_over(self) -> bool:
        """Whether every run has ended."""
        return all(run.ended for run in self.runs)

    def code(self, version: int) -> str:
        """Give a version's code; empty where it is gone."""
        return next((v.code for v in self.versions if v.id == version), "")

    def run(self, place: int, **changes: Any) -> World:
        """Change one run."""
        changed = self.runs[place]._replace(**changes)
        return self._replace(
            runs=(*self.runs[:place], changed, *self.runs[place + 1 :])
        )

    def spend(self, name: str) -> World | None:
        """Let something go wrong once; None where it may not any more."""
        left = getattr(self.left, name)
        if not left:
            return None

        return self._replace(left=self.left._replace(**{name: left - 1}))


class Move(NamedTuple):
    """A step of the world: who does what, what then is, and what harm it did.

    Harm that begins with `~` lies in a window nobody can close: it is counted.
    """

    who: int
    what: str
    about: object
    world: World
    harm: tuple[str, ...] = ()


@frozen(kw_only=True)
class Setting:
    """What does not change while a world moves.

    Attributes:
        cap: Versions the routine may have.
        room: Versions a run needs room for.
        defences: The rules that are kept.
        delete_guard: Whether the provider refuses to delete what serves.
        commits: Commits a run may begin.
        is_free: Whether a run may make one version for each environment.
        is_brief: Whether an intent and its call, and an answer and its record, are one
            move: whoever dies between them is told by who dies in the call.
    """

    cap: int = 3
    room: int = 1
    defences: frozenset[str] = DEFENCES
    delete_guard: bool = True
    commits: int = 3
    is_free: bool = False
    is_brief: bool = False


def whole(version: int) -> Split:
    """Give all traffic to one version."""
    return ((version, 100),) if version else ()
