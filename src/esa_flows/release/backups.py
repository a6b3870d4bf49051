"""Under which digest a version's code is kept, as the journal's runs tell: pure."""

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from esa_flows.engine.history import History
from esa_flows.model import Digest, VersionId

__all__ = ["Kept", "kept_in"]


@frozen(kw_only=True)
class Kept:
    """What is kept of a version.

    Attributes:
        digest: What its code, or its package, is kept under.
        version: Its id; None where a digest alone is named.
        has_assets: Whether it had assets, which are not kept.
        not_found: What answered a path that no asset had.
    """

    digest: Digest
    version: VersionId | None = None
    has_assets: bool = False
    not_found: str = ""


def kept_in(history: History) -> tuple[Kept, ...]:
    """Give what a run tells of versions it saved, deleted, made or found.

    Args:
        history: What the run did.
    """
    return (*_made(history), *_deleted(history), *_saved(history))


def _made(history: History) -> Iterator[Kept]:
    """Give the version a run made, or found: it holds the run's whole bundle."""
    wanted = history.started.get("input") or {}
    wanted = wanted.get("release") or wanted
    version = _report(history).get("version")
    if version and wanted.get("bundle"):
        package = wanted.get("package") or {}
        yield Kept(
            version=VersionId(version),
            digest=Digest(wanted["bundle"]["digest"]),
            not_found=package.get("not_found", ""),
        )


def _deleted(history: History) -> Iterator[Kept]:
    """Give what a run's report says was deleted."""
    for each in _report(history).get("pruned", ()):
        yield from _told(each, each["backup"])


def _saved(history: History) -> Iterator[Kept]:
    """Give what a run saved that has no report yet."""
    for identity, past in history.steps.items():
        value = (past.outcome or {}).get("value")
        if identity.startswith("save_code[") and value:
            yield from _told(value, value["backup"])


def _told(value: dict[str, Any], digest: str | None) -> Iterator[Kept]:
    if digest:
        yield Kept(
            version=VersionId(value["version"]),
            digest=Digest(digest),
            has_assets=value["has_assets"],
        )


def _report(history: History) -> dict[str, Any]:
    value = (history.ended or {}).get("value")
    told = value.get("report", value) if isinstance(value, dict) else {}  # of a leg
    return told if isinstance(told, dict) and "outcome" in told else {}
