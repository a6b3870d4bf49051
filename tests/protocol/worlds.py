"""The worlds that are explored: small ones with every test, larger ones on demand."""

from __future__ import annotations

from attrs import evolve, field, frozen
from tests.protocol.explore import Explored, explore, routine
from tests.protocol.world import Left, Setting, World


@frozen(kw_only=True)
class Tried:
    """A world to explore.

    Attributes:
        first: Where it begins.
        setting: What does not change.
    """

    first: World
    setting: Setting = field(factory=Setting)

    def explored(self, *, without: str = "") -> Explored:
        """Visit every state.

        Args:
            without: A defence that is not kept.
        """
        kept = self.setting.defences - {without}
        return explore(self.first, evolve(self.setting, defences=kept))


SMALL = {
    "alone": Tried(
        first=routine("new", left=Left(crash=2, lost=2, trouble=1)),
    ),
    "alone, at quota": Tried(
        first=routine("new", versions=3, left=Left(crash=1, lost=1, trouble=1)),
    ),
    "frozen": Tried(
        first=routine("new", left=Left(crash=1, lost=1, freeze=1)),
    ),
    "somebody at the console": Tried(
        first=routine("new", versions=2, left=Left(crash=1, lost=1, foreign=1)),
    ),
    "the same, at quota, deletes unguarded": Tried(
        first=routine("new", versions=3, left=Left(crash=1, foreign=1)),
        setting=Setting(delete_guard=False),
    ),
    "two runners": Tried(
        first=routine("new", "other", left=Left(crash=1), canary=False),
        setting=Setting(cap=4, commits=1, is_brief=True),
    ),
    "two runners, no room": Tried(
        first=routine("new", "other", left=Left(), canary=False),
        setting=Setting(cap=2, commits=1, is_brief=True),
    ),
    "two runners, somebody at the console": Tried(
        first=routine("new", "other", left=Left(foreign=1), canary=False),
        setting=Setting(cap=4, commits=1, is_brief=True),
    ),
}
"""Worlds that take seconds."""

LARGE = {
    "alone, more goes wrong": Tried(
        first=routine("new", versions=3, left=Left(2, 2, 0, 0, 2)),
    ),
    "frozen twice, at quota": Tried(
        first=routine("new", versions=3, left=Left(crash=1, lost=1, freeze=2)),
    ),
    "somebody at the console, twice": Tried(
        first=routine("new", versions=2, left=Left(crash=1, lost=1, foreign=2)),
    ),
    "two runners, canary": Tried(
        first=routine("new", "other", left=Left(crash=1)),
        setting=Setting(cap=4, commits=2, is_brief=True),
    ),
    "two runners, a lost reply": Tried(
        first=routine("new", "other", left=Left(lost=1)),
        setting=Setting(cap=4, commits=1, is_brief=True),
    ),
    "two runners and somebody at the console": Tried(
        first=routine("new", "other", versions=2, left=Left(crash=1, foreign=1)),
        setting=Setting(cap=4, commits=1, is_brief=True),
    ),
}
"""Worlds that take minutes."""
