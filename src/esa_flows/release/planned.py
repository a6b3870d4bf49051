"""A plan: what releases will do, in a file that brings them to their end anywhere.

It holds where each routine stood, so that a run can go on whose journal is gone: from
the tags of the versions, from what serves, and from here.
"""

import datetime as dt
from collections import Counter
from typing import Any, Self

from attrs import field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.model import Duration, Routine
from esa_flows.release.forecast import BACK, Forecast, total
from esa_flows.release.plan_file import PlanFile
from esa_flows.release.spec import Release

__all__ = ["Plan", "PlannedRelease"]

FILE = PlanFile(
    kind="esa-flows plan",
    schema=1,
    refusal="This is no plan: make one with: esa-flows plan NAME FILE -o plan.json",
)


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
        latency: Seconds that a call took then.
    """

    made_at: dt.datetime
    releases: tuple[PlannedRelease, ...] = field()
    latency: float = 0.0

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

    @property
    def rollback_time(self) -> Duration:
        """The time it takes to put production back: a look, the change, a reading."""
        return Duration(BACK * self.latency)

    def to_data(self) -> dict[str, Any]:
        """Give it as plain JSON values, with the version of its format."""
        return FILE.data(self)

    def to_json(self) -> str:
        """Write it as JSON text."""
        return FILE.text(self)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Args:
            text: The file's text.

        Raises:
            InvalidInput: It is no plan, or of a newer format.
        """
        return FILE.read(text, cls)
