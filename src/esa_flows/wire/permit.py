"""Ask, between the slot of the cap and the send, whether a call may still be made."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Permit", "Verb", "always"]


class Verb(Protocol):
    """What a call does, in the words of the port.

    Attributes:
        name: The verb itself, such as ``commit``.
        mutates: Whether the provider's state changes.
    """

    @property
    def name(self) -> str:
        """The verb itself, such as ``commit``."""
        ...

    @property
    def mutates(self) -> bool:
        """Whether the provider's state changes."""
        ...


class Permit(Protocol):
    """Lets a call pass, or raises; asked last before signing, so it does no I/O."""

    def __call__(self, verb: Verb) -> None:
        """Let the call pass.

        Raises:
            LeaseLost: Another process drives this run now.
            StepMisuse: The step that calls did not declare this verb.
        """
        ...


def always(verb: Verb) -> None:
    """Let every call pass: the permit of calls that belong to no run."""
