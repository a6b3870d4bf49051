"""Whose routines are meant by their names: those of a cloud, in an account.

The account whose credentials a client finds by itself has no name. A further one has
the name that a rollout's file gives it; two accounts may have routines of one name.
"""

from typing import Self

from attrs import field, frozen

from esa_flows.model.cloud import Cloud
from esa_flows.model.names import AccountName, RoutineName

__all__ = ["HOME", "Realm"]


def _account(value: str) -> str:
    return AccountName(value) if value else ""


@frozen
class Realm:
    """A cloud, and an account of it.

    Attributes:
        cloud: Which cloud.
        account: The account's name; empty for the client's own.
    """

    cloud: Cloud = Cloud.ESA
    account: str = field(default="", converter=_account)

    @property
    def flag(self) -> str:
        """What a command must say to mean it, with a blank before each word."""
        return self.cloud.flag + (f" --account {self.account}" if self.account else "")

    @property
    def place(self) -> str:
        """The word for it in journals; those of ESA always did without one."""
        return "/".join(part for part in (self.cloud.place, self.account) if part)

    def subject(self, routine: str) -> str:
        """Give what a journal calls a routine of it; several may have one name.

        Args:
            routine: Its name, or what this gave before.
        """
        prefix = f"{self.place}/" if self.place else ""
        return routine if routine.startswith(prefix) else prefix + routine

    @classmethod
    def at(cls, place: str) -> Self:
        """Read what `place` gave.

        Raises:
            InvalidInput: It is no such word.
        """
        first, _, rest = place.partition("/")
        if first in list(Cloud):
            return cls(Cloud(first), rest)

        return cls(account=place)

    @classmethod
    def read(cls, subject: str) -> tuple[Self, RoutineName]:
        """Read what `subject` gave.

        Raises:
            InvalidInput: It names no routine.
        """
        place, _, name = subject.rpartition("/")
        return cls.at(place), RoutineName(name)


HOME = Realm()
"""ESA, and the account whose credentials a client finds by itself."""
