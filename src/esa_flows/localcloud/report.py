"""What the cloud saw, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import asdict, frozen

from .judge import Orphan, Violation


@frozen(kw_only=True)
class Report:
    """Everything the cloud counted and judged.

    Attributes:
        calls: API calls and uploads by operation, refused ones included.
        codes: refusals by error code.
        peak_window: most API calls of one key that arrived in any sliding second.
        peak_fixed: the same between two ticks of the server's second.
        peak_by_operation: most calls of one key in any sliding second, by operation.
        throttled: calls the cap refused.
        violations: promises the client broke.
        orphans: tagged versions that serve nowhere and nobody said to keep.
        versions: version ids by routine, oldest first.
        splits: shares by routine and environment.
        visits: edge answers by ``routine/environment/version``.
    """

    calls: Mapping[str, int]
    codes: Mapping[str, int]
    peak_window: int
    peak_fixed: int
    peak_by_operation: Mapping[str, int]
    throttled: int
    violations: tuple[Violation, ...]
    orphans: tuple[Orphan, ...]
    versions: Mapping[str, tuple[str, ...]]
    splits: Mapping[str, Mapping[str, Mapping[str, int]]]
    visits: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)
