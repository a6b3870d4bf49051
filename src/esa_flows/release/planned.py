"""A plan: what releases will do, in a file that brings them to their end anywhere.

It holds where each routine stood, so that a run can go on whose journal is gone: from
the tags of the versions, from what serves, and from here.
"""

import datetime as dt
import json
from collections import Counter
from typing import Any, Self

from attrs import field, frozen

from esa_flows.engine.codec import decode, encode
from esa_flows.errors import InvalidInput, JournalCorrupt
from esa_flows.model import Duration, Routine
from esa_flows.release.forecast import Forecast, total
from esa_flows.release.spec import Release

__all__ = ["SCHEMA", "Plan", "PlannedRelease"]

SCHEMA = 1
"""Version of the file's format. A reader refuses what is newer than itself."""

KIND = "esa-flows plan"


@frozen(kw_only=True)
class PlannedRelease:
    """One release of a plan.

    Attributes:
        run: The id its run will have, and its version's tag.
        release: What is wanted.
        before: The routine when it was planned; None where it did not exist.
        forecast: What it will do if nothing comes in between.
    """

    run: str
    release: Release
    before: Routine | None
    forecast: Forecast

    @property
    def minimum_time(self) -> Duration:
        """The bake times and watches together: a release takes at least as long."""
        return self.forecast.watch


@frozen(kw_only=True)
class Plan:
    """What is going to be done.

    Attributes:
        made_at: When, in UTC.
        releases: The releases, in the order they are begun.
    """

    made_at: dt.datetime
    releases: tuple[PlannedRelease, ...] = field()

    @releases.validator
    def _not_empty(self, _: object, value: tuple[PlannedRelease, ...]) -> None:
        if not value:
            raise InvalidInput("This plan releases nothing.")

    @property
    def calls(self) -> dict[str, int]:
        """Calls by verb, of all releases."""
        return dict(sum((Counter(r.forecast.calls) for r in self.releases), Counter()))

    @property
    def capped_calls(self) -> int:
        """Calls that count under the provider's cap."""
        return total(self.calls)

    @property
    def minimum_time(self) -> Duration:
        """The longest bake of all: releases run beside each other."""
        return max((r.minimum_time for r in self.releases), key=lambda d: d.seconds)

    def to_data(self) -> dict[str, Any]:
        """Give it as plain JSON values, with the version of its format."""
        return {"kind": KIND, "schema": SCHEMA, **encode(self)}

    def to_json(self) -> str:
        """Write it as JSON text."""
        return json.dumps(self.to_data(), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Args:
            text: The file's text.

        Raises:
            InvalidInput: It is no plan, or of a newer format.
        """
        told = _object(text)
        if told.get("kind") != KIND:
            raise InvalidInput(
                "This is no plan: make one with: esa-flows plan NAME FILE -o plan.json"
            )

        if told.get("schema") != SCHEMA:
            raise InvalidInput(
                f"This plan has format {told.get('schema')}; this program reads"
                f" {SCHEMA}.",
                next_move="Use the version of esa-flows that made it, or a newer one.",
            )

        try:
            found: Self = decode(told, cls)
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
