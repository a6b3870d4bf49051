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
from typing import TypeVar

import anyio
from attrs import define, frozen

from esa_flows.engine.cause import cause
from esa_flows.engine.ending import Raised, Returned
from esa_flows.engine.failure import words
from esa_flows.engine.strand import Strand
from esa_flows.errors import StepMisuse

__all__ = ["gather"]

O = TypeVar("O")  # noqa: E741  the field's letter for an output type

Branch = Callable[[Strand], Awaitable[O]]


@frozen(kw_only=True)
class _End:
    """How a branch ended."""

    name: str
    strand: Strand
    how: Returned | Raised


@define
class _Ends:
    """How branches ended, as they do."""

    _strand: Strand
    ends: dict[str, _End]

    async def work(self, branches: Iterable[tuple[str, Branch[O]]]) -> None:
        """Do branches that nobody else does, one after the other."""
        for name, branch in branches:
            strand = self._strand.branch()
            how = await _ended(branch, strand)
            self.ends[name] = _End(name=name, strand=strand, how=how)


async def gather(
    strand: Strand, branches: Mapping[str, Branch[O]], *, limit: int | None
) -> list[O]:
    """Do branches side by side, all of them to their ends.

    Args:
        strand: The line of the flow's work that waits for them.
        branches: What to do, by name.
        limit: At most so many at once; None for all.

    Returns:
        What they gave, in order.

    Raises:
        StepMisuse: The limit lets none of them begin.
        Exception: The gravest failure of a branch.
    """
    at_once = len(branches) if limit is None else min(limit, len(branches))
    if branches and at_once < 1:
        raise StepMisuse(f"With limit={limit} no branch could ever begin.")

    found = _Ends(strand, {})
    waiting = iter(branches.items())
    async with anyio.create_task_group() as tasks:
        for _ in range(at_once):
            tasks.start_soon(found.work, waiting)

    ends = [found.ends[name] for name in branches]
    _raise_failure(strand, ends)
    return [end.how.value for end in ends if isinstance(end.how, Returned)]


async def _ended(branch: Branch[O], strand: Strand) -> Returned | Raised:
    try:
        return Returned(await branch(strand), None)
    except Exception as error:  # noqa: BLE001  gather() raises it
        return Raised(cause(error))


def _raise_failure(strand: Strand, ends: Iterable[_End]) -> None:
    failed = {end.how.error: end for end in ends if isinstance(end.how, Raised)}
    if not failed:
        return

    worst = cause(ExceptionGroup("branches", list(failed)))
    for error, end in failed.items():
        if error is not worst:
            worst.add_note(f"Branch {end.name} failed too: {words(error)}")

    strand.joined(failed[worst].strand, worst)
    raise worst
