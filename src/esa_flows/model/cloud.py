"""Which of the provider's two clouds is meant."""

import enum

from esa_flows.model.names import RoutineName

__all__ = ["Cloud"]


class Cloud(enum.StrEnum):
    """A cloud that runs routines: the present one, and the one before it."""

    ESA = "esa"
    DCDN = "dcdn"

    @property
    def label(self) -> str:
        """Its name for people."""
        return self.value.upper()

    @property
    def flag(self) -> str:
        """What a command must say to mean it, with a blank before; nothing for ESA."""
        return "" if self is Cloud.ESA else f" --cloud {self.value}"

    @property
    def place(self) -> str:
        """The word for it in journals; those of ESA always did without one."""
        return "" if self is Cloud.ESA else self.value

    def subject(self, routine: str) -> str:
        """Give what a journal calls a routine of this cloud; both may have one name.

        Args:
            routine: Its name, or what this gave before.
        """
        prefix = f"{self.value}/"
        if self is Cloud.ESA or routine.startswith(prefix):
            return routine

        return prefix + routine

    @classmethod
    def read(cls, subject: str) -> "tuple[Cloud, RoutineName]":
        """Read what `subject` gave.

        Raises:
            InvalidInput: It names no routine.
        """
        cloud, slash, name = subject.partition("/")
        if not slash:
            return cls.ESA, RoutineName(subject)

        return cls(cloud), RoutineName(name)
