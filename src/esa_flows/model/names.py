"""Names that are more than text: checked when they are made."""

import re
from typing import ClassVar, Self

from esa_flows.errors import InvalidInput

__all__ = [
    "AccountName",
    "Digest",
    "RoutineId",
    "RoutineName",
    "SourceName",
    "VersionId",
]


class _Name(str):
    """Text that keeps to a rule; what is one already is taken as it is.

    Names pass through many hands that each make sure: checked once, held once.
    """

    __slots__ = ()
    _RULE: ClassVar[re.Pattern[str]]
    _REFUSAL: ClassVar[str]

    def __new__(cls, text: str) -> Self:
        """Check the text.

        Raises:
            InvalidInput: It breaks the rule; says what was expected.
        """
        if isinstance(text, cls):
            return text

        cls._check(text)
        return super().__new__(cls, text)

    @classmethod
    def _check(cls, text: str) -> None:
        if not cls._RULE.fullmatch(text):
            raise InvalidInput(f"{text!r} is {cls._REFUSAL}")


class RoutineName(_Name):
    """The name of a routine: lower-case letters, digits and hyphens, a letter first.

    Source: the naming rule of the official ESA agent tools; the API page gives none.
    """

    __slots__ = ()
    _RULE = re.compile(r"[a-z][a-z0-9-]{1,127}")
    _REFUSAL = (
        "not a routine name: the provider takes 2 to 128 lower-case letters, digits and"
        " hyphens, starting with a letter."
    )


class AccountName(_Name):
    """What a user calls an account: lower-case letters, digits and hyphens.

    Not what stands before the name of a routine for its cloud.
    """

    __slots__ = ()
    _RULE = re.compile(r"(?!(?:esa|dcdn)\Z)[a-z][a-z0-9-]{0,62}")
    _REFUSAL = (
        "not a name for an account: use up to 63 lower-case letters, digits and"
        " hyphens, a letter first, neither esa nor dcdn."
    )


class RoutineId(_Name):
    """Which routine of a rollout: its name, after that of its account if it has one.

    `cart` is a routine of the client's own account, `eu/cart` one of the account `eu`.
    """

    __slots__ = ()

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
    def key(self) -> str:
        """What a run of its own is told by in its rollout's journal."""
        return self.replace("/", ":")

    @property
    def name(self) -> RoutineName:
        """The routine's name in its account."""
        return RoutineName(self.rpartition("/")[2])

    @classmethod
    def _check(cls, text: str) -> None:
        account, slash, name = text.rpartition("/")
        if slash:
            AccountName(account)

        RoutineName(name)


class SourceName(_Name):
    """The name of a routine that is only looked at, as the older cloud may have it.

    Letters of both cases, digits, hyphens and underscores: DCDN documents no rule, and
    a name that is not there is refused by the provider.
    """

    __slots__ = ()
    _RULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
    _REFUSAL = (
        "not the name of a routine: expected letters, digits, hyphens and underscores."
    )


class VersionId(_Name):
    """The id of a version: decimal digits, never a number (19 digits break a float)."""

    __slots__ = ()
    _RULE = re.compile(r"[0-9]{1,32}")
    _REFUSAL = (
        "not a version id: expected decimal digits,"
        " as `esa-flows versions list NAME` shows them."
    )


class Digest(_Name):
    """A SHA-256 in 64 lower-case hexadecimal digits."""

    __slots__ = ()
    _RULE = re.compile(r"[0-9a-f]{64}")
    _REFUSAL = "not a digest: expected 64 hexadecimal digits."

    @property
    def short(self) -> str:
        """The 16 digits that a tag carries."""
        return self[:16]
