"""What a rollout and the runs of its routines did, told again from the journal."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

from esa_flows.cli.rollouts.lines import in_order
from esa_flows.client import Client
from esa_flows.engine.codec import decode
from esa_flows.engine.journal import Kind, Row
from esa_flows.engine.observe import Happening
from esa_flows.engine.retold import Retelling
from esa_flows.engine.view import RunView
from esa_flows.model.webhook import Webhook

__all__ = ["Recall", "hooks_of"]


def hooks_of(view: RunView) -> tuple[Webhook, ...]:
    """Give the webhooks that are told of a rollout, as the journal holds them.

    Args:
        view: The rollout's run.
    """
    told = view.history.started.get("input") or {}
    return tuple(decode(told.get("notify", []), tuple[Webhook, ...]))


@define
class Recall:
    """Tells each thing once, however often it is asked for news."""

    _tellings: dict[str, Retelling] = field(factory=dict)
    _seen: dict[str, int] = field(factory=dict)
    _ended: set[str] = field(factory=set)

    async def news(self, client: Client, view: RunView) -> list[Happening]:
        """Give what happened since the last time, in order.

        Args:
            client: Whose journal holds it.
            view: The rollout's run as it is now.
        """
        told = self._new(view.run.id, view.rows)
        async for run, rows in client.runs.children(view.run.id, but=self._ended):
            told += self._new(run.id, rows)
            if rows and rows[-1].record.kind is Kind.ENDED:
                self._ended.add(run.id)

        return in_order(told, view.run.id)

    def __repr__(self) -> str:
        return f"<Recall of {len(self._seen)} runs, {len(self._ended)} ended>"

    def _new(self, run: str, rows: Sequence[Row]) -> list[Happening]:
        telling = self._tellings.setdefault(run, Retelling())
        begin, self._seen[run] = self._seen.get(run, 0), len(rows)
        return [told for row in rows[begin:] for told in telling.take(row)]
