"""How many versions a routine may have, which call says so, and what counts."""

from __future__ import annotations

import enum

from esa_flows.errors import CallError, QuotaExceeded, Refused
from esa_flows.model import VersionId
from esa_flows.survey.bench import Bench
from esa_flows.survey.deploy import reserve
from esa_flows.survey.finding import Open, Seen, Setting

__all__ = ["MOST_VERSIONS", "ask_quota"]

MOST_VERSIONS = 40
"""Versions that are made at most; the list shows no more."""


class _Full(enum.Enum):
    """Which call refused a version too many."""

    FORM = "form"
    COMMIT = "commit"


async def ask_quota(bench: Bench) -> Seen:
    """Make versions until one is refused, among them one whose ZIP never comes."""
    bench.name_versions()
    for version in tuple(bench.kept - {bench.standing}):
        await bench.discard(version)

    empty = await _empty_one(bench)
    _insist_on_certainty(bench)
    refused_by = await _fill(bench)
    settings: dict[str, Setting] = {"slot_counts": refused_by.value}
    if empty is not None:
        settings["init_counts"] = await _made_room(bench, empty)

    _insist_on_certainty(bench)
    settings["version_quota"] = len(bench.kept)
    return Seen(answer=await _told(bench, settings), settings=settings)


def _insist_on_certainty(bench: Bench) -> None:
    if bench.in_doubt:
        raise Open(
            "A reply was lost, so that nobody knows how many versions there are."
        )


async def _empty_one(bench: Bench) -> VersionId | None:
    try:
        made = await reserve(bench)
    except Refused:
        return None

    # It is counted apart.
    bench.kept.discard(made.version)
    return made.version


async def _fill(bench: Bench) -> _Full:
    while len(bench.kept) < MOST_VERSIONS:
        before = len(bench.kept)
        refused = await _one_more(bench)
        if refused is not None:
            return refused

        if len(bench.kept) == before:
            raise Open("A second version did not get an id of its own.")

    raise Open(f"More than {MOST_VERSIONS} versions were taken; there may be no quota.")


async def _one_more(bench: Bench) -> _Full | None:
    """Make one more version; give the call that refused it."""
    text = f"quota {len(bench.kept)}"
    try:
        await bench.upload(bench.code(text), text)
    except QuotaExceeded:
        return _Full.FORM

    try:
        await bench.commit(text)
    except QuotaExceeded:
        return _Full.COMMIT

    return None


async def _made_room(bench: Bench, empty: VersionId) -> bool:
    """Tell whether deleting the version without code leaves room for another."""
    bench.kept.add(empty)
    await bench.discard(empty)
    if empty in bench.kept:
        raise Open("The version without code could not be deleted.")

    return await _one_more(bench) is None


async def _told(bench: Bench, settings: dict[str, Setting]) -> str:
    parts = [
        f"{settings['version_quota']} versions",
        f"refused by the {settings['slot_counts']}",
    ]
    if "init_counts" in settings:
        counts = "counts" if settings["init_counts"] else "does not count"
        parts.append(f"one without code {counts}")

    try:
        planned = await bench.look(bench.cloud.version_quota)
    except CallError:
        return "; ".join(parts)

    return "; ".join([*parts, f"the plan says {planned}"])
