"""A gate that runs a program: its values and words."""

from collections.abc import Iterable
from pathlib import PurePath
from typing import ClassVar, Self

from attrs import field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.gates.words import Settings, changed, given, some_time, span_of, variable
from esa_flows.model import Duration

__all__ = ["CommandCheck"]


def _argv(value: Iterable[str]) -> tuple[str, ...]:
    return tuple(value)


def _program(_: object, __: object, value: tuple[str, ...]) -> None:
    if not value or not value[0] or any("\0" in word for word in value):
        raise InvalidInput(
            "A command gate names no program.",
            next_move="Write it behind command: as in command: ./smoke.sh --fast",
        )


def _variables(_: object, __: object, value: tuple[str, ...]) -> None:
    for name in value:
        variable(name)


@frozen(kw_only=True)
class CommandCheck:
    """Run a program, without a shell; its exit code is the verdict.

    0 passes, 75 is inconclusive, 126 and more or a signal is an error, all others fail.

    Attributes:
        argv: The program and its arguments.
        env: Variables of this process that it gets beside the few every program needs.
        timeout: How long it may take.
    """

    KIND: ClassVar[str] = "command"
    SETTINGS: ClassVar[tuple[str, ...]] = ("env", "timeout")

    argv: tuple[str, ...] = field(converter=_argv, validator=_program)
    env: tuple[str, ...] = field(default=(), converter=_argv, validator=_variables)
    timeout: Duration = field(
        default=Duration(60), converter=span_of, validator=some_time
    )

    @property
    def slug(self) -> str:
        """What such a gate is called where nobody names it."""
        return PurePath(self.argv[0]).name

    @classmethod
    def read(cls, target: tuple[str, ...], told: Settings) -> Self:
        """Read its words.

        Args:
            target: Program and arguments.
            told: What is set.

        Raises:
            InvalidInput: One of them cannot be used.
        """
        env, timeout = told.take("env"), told.take("timeout")
        made = {"env": env.split(",") if env else None, "timeout": timeout}
        return cls(argv=target, **given(made))

    def words(self) -> tuple[str, ...]:
        """Write its words; reading them gives the same check."""
        env = (f"env={','.join(self.env)}",) if self.env else ()
        return (*env, *changed(self, "timeout"), "command:", *self.argv)

    def __str__(self) -> str:
        return " ".join(self.words())
