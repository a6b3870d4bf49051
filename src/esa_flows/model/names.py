"""Names that are more than text: checked when they are made."""

import re
from typing import Self

from esa_flows.errors import InvalidInput

__all__ = [
    "AccountName",
    "Digest",
    "RoutineId",
    "RoutineName",
    "SourceName",
    "VersionId",
]


class RoutineName(str):
    """The name of a routine: lower-case letters, digits and hyphens, a letter first.

    Source: the naming rule of the official ESA agent tools; the API page gives none.
    """

    __slots__ = ()
    _RULE = re.compile(r"[a-z][a-z0-9-]{1,127}")

    def __new__(cls, text: str) -> Self:
        """Check the name.

        Raises:
            InvalidInput: The provider would refuse it.
        """
        if not cls._RULE.fullmatch(text):
            raise InvalidInput(
                f"{text!r} is not a routine name:"
                " the provider takes 2 to 128 lower-case letters, digits and hyphens,"
                " starting with a letter.",
            )

        return super().__new__(cls, text)


class AccountName(str):
    """What a user calls an account: lower-case letters, digits and hyphens."""

    __slots__ = ()
    _RULE = re.compile(r"[a-z][a-z0-9-]{0,62}")
    _TAKEN = frozenset({"esa", "dcdn"})

    def __new__(cls, text: str) -> Self:
        """Check the name.

        Raises:
            InvalidInput: It cannot stand before the name of a routine.
        """
        if not cls._RULE.fullmatch(text) or text in cls._TAKEN:
            raise InvalidInput(
                f"{text!r} is not a name for an account: use up to 63 lower-case"
                " letters, digits and hyphens, a letter first, neither esa nor dcdn.",
            )

        return super().__new__(cls, text)


class RoutineId(str):
    """Which routine of a rollout: its name, after that of its account if it has one.

    `cart` is a routine of the client's own account, `eu/cart` one of the account `eu`.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Check both names.

        Raises:
            InvalidInput: One of them cannot be.
        """
        account, slash, name = text.rpartition("/")
        if slash:
            AccountName(account)

        RoutineName(name)
        return super().__new__(cls, text)

    @classmethod
    def of(cls, account: str, name: str) -> Self:
        """Put it together.

        Args:
            account: The account's name; empty for the client's own.
            name: The routine's.
        """
        return cls(f"{account}/{name}" if account else name)

    @property
    def account(self) -> str:
        """The account's name; empty for the client's own."""
        return self.rpartition("/")[0]

    @property
    def name(self) -> RoutineName:
        """The routine's name in its account."""
        return RoutineName(self.rpartition("/")[2])


class SourceName(str):
    """The name of a routine that is only looked at, as the older cloud may have it.

    Letters of both cases, digits, hyphens and underscores: DCDN documents no rule, and
    a name that is not there is refused by the provider.
    """

    __slots__ = ()
    _RULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")

    def __new__(cls, text: str) -> Self:
        """Check the name.

        Raises:
            InvalidInput: It cannot be a name.
        """
        if not cls._RULE.fullmatch(text):
            raise InvalidInput(
                f"{text!r} is not the name of a routine: expected letters, digits,"
                " hyphens and underscores.",
            )

        return super().__new__(cls, text)


class VersionId(str):
    """The id of a version: decimal digits, never a number (19 digits break a float)."""

    __slots__ = ()
    _RULE = re.compile(r"[0-9]{1,32}")

    def __new__(cls, text: str) -> Self:
        """Check the id.

        Raises:
            InvalidInput: It is not made of digits alone.
        """
        if not cls._RULE.fullmatch(text):
            raise InvalidInput(
                f"{text!r} is not a version id: expected decimal digits,"
                " as `esa-flows versions list NAME` shows them.",
            )

        return super().__new__(cls, text)


class Digest(str):
    """A SHA-256 in 64 lower-case hexadecimal digits."""

    __slots__ = ()
    _RULE = re.compile(r"[0-9a-f]{64}")

    def __new__(cls, text: str) -> Self:
        """Check the digest.

        Raises:
            InvalidInput: It is not a SHA-256 in lower-case hexadecimal.
        """
        if not cls._RULE.fullmatch(text):
            raise InvalidInput(
                f"{text!r} is not a digest: expected 64 hexadecimal digits."
            )

        return super().__new__(cls, text)

    @property
    def short(self) -> str:
        """The 16 digits that a tag carries."""
        return self[:16]
