"""Doing several things side by side, in one run.

Each branch is a strand of its own with a path of its own, so that what it does is known
by the same names on every replay, however the branches interleave. Nothing is recorded
of the gathering itself: what its branches have recorded decides how it ends.

A branch that fails ends alone. The others go on to their ends, because what they have
begun must not be torn, and which of them happened to be how far would differ from one
replay to the next. Then the gravest failure is raised; of equals, that of the first
branch in order.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Generic, TypeVar

import anyio
from attrs import define, field

from esa_flows.engine.cause import cause
from esa_flows.engine.context import Names
from esa_flows.engine.ending import Raised, Returned
from esa_flows.engine.failure import words
from esa_flows.engine.strand import Strand
from esa_flows.errors import StepMisuse

__all__ = ["gather"]

O = TypeVar("O")  # noqa: E741  the field's letter for an output type

Begin = Callable[[Strand, str], Awaitable[O]]
"""Does the branch of a name on a strand of its own."""


@define
class _Ends(Generic[O]):
    """How branches ended, as they do; and the strands of those that failed."""

    begin: Begin[O]
    strand: Strand
    ends: dict[str, Returned | Raised] = field(factory=dict)
    torn: dict[str, Strand] = field(factory=dict)

    async def work(self, names: Iterable[str]) -> None:
        """Do branches that nobody else does, one after the other."""
        for name in names:
            strand = self.strand.branch()
            self.ends[name] = end = await _ended(self.begin, strand, name)
            if isinstance(end, Raised):
                self.torn[name] = strand


async def gather(
    strand: Strand, names: Names, begin: Begin[O], *, limit: int | None
) -> list[O]:
    """Do branches side by side, all of them to their ends.

    Args:
        strand: The line of the flow's work that waits for them.
        names: What the branches are called.
        begin: Does one of them.
        limit: At most so many at once; None for all.

    Returns:
        What they gave, in order.

    Raises:
        StepMisuse: The limit lets none of them begin.
        Exception: The gravest failure of a branch.
    """
    at_once = len(names) if limit is None else min(limit, len(names))
    if len(names) and at_once < 1:
        raise StepMisuse(f"With limit={limit} no branch could ever begin.")

    found = _Ends(begin, strand)
    waiting = iter(names)
    async with anyio.create_task_group() as tasks:
        for _ in range(at_once):
            tasks.start_soon(found.work, waiting)

    ends = {name: found.ends[name] for name in names}
    _raise_failure(strand, ends, found.torn)
    return [end.value for end in ends.values() if isinstance(end, Returned)]


async def _ended(begin: Begin[O], strand: Strand, name: str) -> Returned | Raised:
    try:
        return Returned(await begin(strand, name), None)
    except Exception as error:  # noqa: BLE001  gather() raises it
        return Raised(cause(error))


def _raise_failure(
    strand: Strand, ends: Mapping[str, Returned | Raised], torn: Mapping[str, Strand]
) -> None:
    failed = {e.error: name for name, e in ends.items() if isinstance(e, Raised)}
    if not failed:
        return

    worst = cause(ExceptionGroup("branches", list(failed)))
    for error, name in failed.items():
        if error is not worst:
            worst.add_note(f"Branch {name} failed too: {words(error)}")

    strand.joined(torn[failed[worst]], worst)
    raise worst
