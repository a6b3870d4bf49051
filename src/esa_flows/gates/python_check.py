"""A gate that calls an async function: its values and words."""

import re
from typing import ClassVar, Self

from attrs import field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.gates.words import Settings, changed, given, some_time, span_of
from esa_flows.model import Duration

__all__ = ["PythonCheck"]

_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_<][\w.<>]*|[A-Za-z_][\w.-]*")


def _named(_: object, __: object, value: str) -> None:
    if not _FUNCTION.fullmatch(value):
        raise InvalidInput(
            f"{value!r} names no function.",
            next_move="Write python:package.module:function",
        )


@frozen(kw_only=True)
class PythonCheck:
    """Call an async function.

    Attributes:
        function: Its name: `package.module:function`, or that of one given to `Parts`.
        timeout: How long it may take.
    """

    KIND: ClassVar[str] = "python"
    SETTINGS: ClassVar[tuple[str, ...]] = ("timeout",)

    function: str = field(validator=_named)
    timeout: Duration = field(
        default=Duration(60), converter=span_of, validator=some_time
    )

    @property
    def slug(self) -> str:
        """What such a gate is called where nobody names it."""
        return self.function.rpartition(":")[2]

    @classmethod
    def read(cls, target: tuple[str, ...], told: Settings) -> Self:
        """Read its words.

        Args:
            target: The function's name.
            told: What is set.

        Raises:
            InvalidInput: One of them cannot be used.
        """
        return cls(function=target[0], **given({"timeout": told.take("timeout")}))

    def words(self) -> tuple[str, ...]:
        """Write its words; reading them gives the same check."""
        return (f"python:{self.function}", *changed(self, "timeout"))

    def __str__(self) -> str:
        return " ".join(self.words())
