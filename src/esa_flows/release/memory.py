"""What the journal knows of a routine's versions: a release ends by writing it down."""

from attrs import frozen

from esa_flows.engine.codec import decode
from esa_flows.engine.history import History
from esa_flows.engine.journal import Journal
from esa_flows.model import HOME, Realm, RoutineName
from esa_flows.steps.observe import World

__all__ = ["JournalMemory", "known_in"]

REMEMBERED = "remember#1"
"""The step whose value is what a run left."""

NEWEST = 2
"""Runs that are asked for: the one that asks, and the one before it."""


def known_in(history: History) -> World | None:
    """Give what a run wrote down in the end; None where it did not: pure.

    Args:
        history: What the run did.
    """
    outcome = history.past(REMEMBERED).outcome or {}
    return decode(outcome["value"], World) if "value" in outcome else None


@frozen(repr=False)
class JournalMemory:
    """Finds what the last run of a routine left.

    Args:
        journal: Where runs are recorded.
        realm: Whose routines are meant by their names.
    """

    _journal: Journal
    _realm: Realm = HOME

    def __repr__(self) -> str:
        return f"<JournalMemory [journal: {self._journal.name}]>"

    async def last(self, routine: RoutineName) -> World | None:
        """Give what the last run that ended wrote down; None where it did not.

        Args:
            routine: Which routine.

        Raises:
            JournalError: The journal cannot be read.
        """
        subject = self._realm.subject(routine)
        rows = await self._journal.list(subject=subject, most=NEWEST)
        ended = next((row for row in rows if row.ended), None)
        if ended is None:
            return None

        return known_in(History.of(await self._journal.rows(ended.run.id)))
