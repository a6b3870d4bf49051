"""Keep a secret out of everything that shows, copies or stores values.

Whoever prints, formats, pickles or unstructures a `Secret` gets three stars. The text
itself comes out of `reveal` alone, and the signer and the upload form are the places
that may call it.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from attrs import frozen

from esa_flows.errors import InvalidInput

__all__ = ["MASK", "Secret", "redacted"]

MASK = "***"


class _Vault:
    """Where the text lies: no attrs field, so that no converter walks over it."""

    __slots__ = ("_hidden",)
    _hidden: str


@frozen(init=False, repr=False, eq=False)
class Secret(_Vault):
    """A text that must not be seen.

    Args:
        text: What to hide; not empty.

    Attributes:
        shown: What everybody else sees: three stars.

    Raises:
        InvalidInput: The text is empty.
    """

    shown: str = MASK

    def __init__(self, text: str) -> None:
        if not text:
            raise InvalidInput("A secret is empty: nothing can be signed with it.")

        object.__setattr__(self, "shown", MASK)
        object.__setattr__(self, "_hidden", text)

    def reveal(self) -> str:
        """Give the text itself, for signing only."""
        return self._hidden

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented

        return hmac.compare_digest(self._hidden.encode(), other._hidden.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._hidden))

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return Secret, (MASK,)


def redacted(text: str, secrets: Iterable[Secret | None]) -> str:
    """Give the text with stars where one of the secrets stood.

    Args:
        text: What somebody else wrote, who may have quoted a secret.
        secrets: What must not be seen; `None` is skipped.
    """
    for secret in secrets:
        if secret is not None:
            text = text.replace(secret.reveal(), MASK)

    return text
