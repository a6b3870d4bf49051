"""Settle what DCDN's one error code means for a call that changes something; pure.

Every business error is ``EdgeRoutine.GeneralError`` with a free text. For a read the
text is believed. For a change it never is, alone: it takes a look at the routine that
shows that nothing happened. Then both agree, and the text says why.

For each change a function here says what must be seen where it *may* have happened.

Source: DCDN API 2018-01-15, error codes of UploadRoutineCode and its siblings.
"""

from __future__ import annotations

from collections.abc import Callable

from esa_flows.api.dcdn_answers import Described, own_revisions
from esa_flows.errors import (
    AccessDenied,
    CallError,
    NotFound,
    OutcomeUnknown,
    RoutineExists,
    RoutineNotFound,
)
from esa_flows.model import Areas, VersionId
from esa_flows.wire.classify import ram_statement
from esa_flows.wire.codes import QUOTE
from esa_flows.wire.phrases import GENERAL_ERROR, row_for_text

__all__ = [
    "Happened",
    "is_doubtful",
    "may_be_created",
    "may_be_ended",
    "may_be_gone",
    "may_be_numbered",
    "may_have",
    "may_lack",
    "may_serve",
    "not_done",
]

Happened = Callable[[Described, type[CallError]], bool]
"""Whether a change may have happened: by what is seen, and by what the text says."""


def is_doubtful(error: CallError) -> bool:
    """Whether an error of a change has nothing but a text to say what happened."""
    return error.code == GENERAL_ERROR


def not_done(error: CallError) -> CallError:
    """Give what a text says, for a call that was looked at and not executed.

    Args:
        error: As raised.

    Returns:
        The error to raise; the same one where the text says nothing that we know.
    """
    _, _, text = error.message.partition(QUOTE)
    row = row_for_text(text, mutates=False)
    if issubclass(row.error, OutcomeUnknown):
        return error

    next_move = row.next_move
    if issubclass(row.error, AccessDenied):
        statement = ram_statement(f"dcdn:{error.operation}")
        next_move = f"Attach this policy to its RAM user or role: {statement}"

    return row.error(
        f"{error.operation} {row.means}{QUOTE}{text}",
        operation=error.operation,
        code=error.code,
        request_id=error.request_id,
        recommend=error.recommend,
        next_move=next_move,
    )


def may_be_numbered(description: str) -> Happened:
    """Ask whether there is a revision of this description."""
    return lambda seen, _: bool(own_revisions(seen, description))


def may_serve(version: VersionId, areas: Areas) -> Happened:
    """Ask whether a version serves any of the places it was published to."""
    return lambda seen, _: any(seen.serving.get(env) == version for env in areas)


def may_be_gone(version: VersionId) -> Happened:
    """Ask whether a version is no longer shown, while the text says otherwise.

    A text that says it does not exist agrees with what is seen.
    """
    return lambda seen, text: (
        seen.version(version) is None and not issubclass(text, NotFound)
    )


def may_have(areas: Areas) -> Happened:
    """Ask whether a routine has any of the areas it was to be given."""
    return lambda seen, _: not seen.environments.isdisjoint(areas)


def may_lack(areas: Areas) -> Happened:
    """Ask whether a routine lacks any of the areas that were to be taken away."""
    return lambda seen, _: not seen.environments.issuperset(areas)


def may_be_ended(_: Described, text: type[CallError]) -> bool:
    """Take a routine that is there for not deleted, unless the text says it is gone."""
    return issubclass(text, RoutineNotFound)


def may_be_created(_: Described, text: type[CallError]) -> bool:
    """Take a routine that is there for ours, unless the text says it was there before.

    That text and what is seen say the same, so that it is no text alone.
    """
    return not issubclass(text, RoutineExists)
