"""What a run can be asked to do: a step, a chain of steps, a flow.

The base class carries nothing but the name and the types, so that the context can speak
of work without knowing how any kind of it is done.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar

from attrs import field, frozen

from esa_flows.errors import StepMisuse

__all__ = ["Identity", "Work", "check_body", "checked_name", "checked_word"]

In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)

_RESERVED = frozenset("/[]#")
_WRITTEN = re.compile(r"(?:(.*)/)?([^/\[\]#]+)(?:\[([^\]]*)\])?#(\d+)")


def checked_word(word: str) -> str:
    """Refuse a name or key that would make identities ambiguous.

    Raises:
        StepMisuse: It holds a reserved character.
    """
    if not (_RESERVED.isdisjoint(word) and word.isprintable()):
        raise StepMisuse(f"{word!r} cannot name a step: / [ ] # are reserved.")

    return word


def checked_name(name: str) -> str:
    """Refuse a name that is none: the journal could not tell two such works apart.

    Raises:
        StepMisuse: It is empty, or holds a reserved character.
    """
    if not name:
        raise StepMisuse(
            "A step or flow without a name cannot be found in the journal.",
            next_move="Give it one: name=...",
        )

    return checked_word(name)


def check_body(kind: str, name: str, body: Callable[..., Any]) -> None:
    """Refuse a function that a run could not call.

    Args:
        kind: What it is the body of, such as `Step`.
        name: The name of that.
        body: The function.

    Raises:
        StepMisuse: It is not async, or does not take a context and an input.
    """
    if not inspect.iscoroutinefunction(body):
        raise StepMisuse(f"{kind} {name!r} must be an async function.")

    try:
        inspect.signature(body).bind(None, None)
    except TypeError:
        raise StepMisuse(
            f"{kind} {name!r} must take a context and one input.",
            next_move=f"Write: async def {name}(ctx: Context, value: ...).",
        ) from None


@frozen
class Identity:
    """What a step is called in its run: path, name, key, round.

    Attributes:
        path: Names of the flows around it; empty in the outermost flow.
        name: The step's own name.
        key: Tells repeated uses apart; empty where the step is used once.
        round: Counts deliberate restarts, from 1.
    """

    path: tuple[str, ...]
    name: str
    key: str = field(default="", converter=checked_word)
    round: int = 1

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read what `str` gave; None where it is no identity.

        Args:
            text: Such as `deploy[production:25]#1`.
        """
        found = _WRITTEN.fullmatch(text)
        if found is None:
            return None

        path, name, key, number = found.groups()
        names = tuple(path.split("/")) if path else ()
        return cls(names, name, key or "", int(number))

    def __str__(self) -> str:
        key = f"[{self.key}]" if self.key else ""
        return "/".join((*self.path, self.name)) + f"{key}#{self.round}"


class Work(Generic[In_contra, Out_co]):
    """Something that turns an input into an output, inside a run.

    Attributes:
        name: Unique and stable: the journal knows the work by it.
        version: Given by the author; a run recorded under another one is refused.
    """

    name: str
    version: int
