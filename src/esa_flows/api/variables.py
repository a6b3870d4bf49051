"""What a routine's environment variables are called; their values never come in here.

Source: ESA API 2024-09-10, ListRoutineEnvironmentVariables in the official SDK.
"""

from __future__ import annotations

from attrs import frozen

from esa_flows.api.reply import Member
from esa_flows.model import Environment

__all__ = ["Variable", "Variables", "variables_of"]

_HIDDEN = "secret_text"


@frozen(kw_only=True)
class Variable:
    """An environment variable, without its value: that is nobody's business here.

    Attributes:
        name: What the code knows it by.
        is_secret: Whether the provider hides its value from people too.
    """

    name: str
    is_secret: bool = False


@frozen(kw_only=True)
class Variables:
    """The variables of one environment of a routine.

    Attributes:
        environment: Which one.
        found: The variables, by name.
        can_bind: Whether a version can carry them; not on a cloud that has none.
    """

    environment: Environment
    found: tuple[Variable, ...] = ()
    can_bind: bool = True


def variables_of(reply: Member) -> tuple[Variable, ...]:
    """Read one page of ListRoutineEnvironmentVariables; each value is left unread."""
    listed = reply.member("EnvironmentVariables")
    if listed.is_absent:
        return ()

    return tuple(
        Variable(name=name, is_secret=row.member("Type").text() == _HIDDEN)
        for name, row in listed.members()
    )
