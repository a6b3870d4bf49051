"""Which of the provider's two clouds is meant."""

import enum

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
