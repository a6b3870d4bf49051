"""A plan as a file: of which kind and format it is, and what is said of a wrong one."""

import json
from typing import Any, TypeVar

from attrs import frozen

from esa_flows.engine.codec import decode, encode
from esa_flows.errors import InvalidInput, JournalCorrupt

__all__ = ["PlanFile"]

P = TypeVar("P")


@frozen(kw_only=True)
class PlanFile:
    """The files of one kind of plan.

    Attributes:
        kind: What such a file says it is.
        schema: Version of its format. A reader refuses what is not its own.
        refusal: What is said of a file that is something else.
    """

    kind: str
    schema: int
    refusal: str

    def data(self, plan: object) -> dict[str, Any]:
        """Give a plan as plain JSON values, with the version of its format."""
        return {"kind": self.kind, "schema": self.schema, **encode(plan)}

    def text(self, plan: object) -> str:
        """Write a plan as JSON text."""
        return json.dumps(self.data(plan), indent=1, ensure_ascii=False) + "\n"

    def fits(self, text: str) -> bool:
        """Tell whether a text is of this kind, whatever else may be wrong with it.

        Args:
            text: The file's text.
        """
        return text.lstrip().startswith("{") and _object(text).get("kind") == self.kind

    def read(self, text: str, plan: type[P]) -> P:
        """Read what `text` wrote.

        Args:
            text: The file's text.
            plan: What is in it.

        Raises:
            InvalidInput: It is no such plan, or of another format.
        """
        told = _object(text)
        if told.get("kind") != self.kind:
            raise InvalidInput(self.refusal)

        if told.get("schema") != self.schema:
            raise InvalidInput(
                f"This plan has format {told.get('schema')}; this program reads"
                f" {self.schema}.",
                next_move="Use the version of esa-flows that made it, or a newer one.",
            )

        try:
            found: P = decode(told, plan)
        except (JournalCorrupt, InvalidInput) as error:
            raise InvalidInput(
                "This plan cannot be used: a value in it is not what it should be."
            ) from error

        return found


def _object(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"This plan is no JSON: {error}.") from error

    return told if isinstance(told, dict) else {}
