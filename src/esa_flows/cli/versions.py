"""`esa-flows versions list`: what there is of a routine, and what serves where."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Parameter

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.options import DEFAULTS, Common
from esa_flows.cli.tables import table
from esa_flows.cli.text import clean, moment_words
from esa_flows.model import (
    WHOLE,
    Environment,
    Routine,
    Tag,
    Version,
    VersionStatus,
)
from esa_flows.model.areas import short_name
from esa_flows.steps.observe import World

__all__ = ["badges", "serving", "versions_list"]

_WIDE = 120
_CONTENT = 8
"""Digits of the content shown; the JSON has all."""


async def versions_list(
    name: str,
    /,
    *,
    common: Common = DEFAULTS,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """List the versions of a routine, newest first, with what serves where.

    Where versions carry environment variables, VARIABLES says of which environment.

    Args:
        name: The routine.
        common: How to reach the provider.
        desk: Where to write.
    """
    async with desk.client(common) as client:
        world = await client.versions(name)

    ordered = sorted(world.versions, key=lambda version: int(version.id), reverse=True)
    if not ordered:
        desk.say(f"{world.routine.name} has no versions.")
    elif not desk.is_json:
        desk.say(_table(world, ordered, is_wide=desk.out.width >= _WIDE))

    payload = {"routine": name, "versions": [_json(world, v) for v in ordered]}
    return Answer(payload=payload)


def serving(routine: Routine, version: Version) -> dict[str, int]:
    """Give the shares a version has, by environment and area."""
    found = {}
    for environment in Environment:
        deployment = routine.deployment(environment)
        for share in deployment.split.shares if deployment else ():
            if share.version == version.id:
                found[environment.value] = share.percentage

    areas = routine.areas.items()
    return found | {area: WHOLE for area, held in areas if held == version.id}


def _table(world: World, ordered: list[Version], *, is_wide: bool) -> Any:
    headings: tuple[str, ...] = ("VERSION", "CREATED (UTC)", "SERVES")
    is_bound = any(version.carries for version in ordered)
    if is_bound:
        headings = (*headings, "VARIABLES")

    if is_wide:
        headings = (*headings, "CONTENT", "RUN", "PREVIOUS")

    rows = [_row(world, v, is_wide=is_wide, is_bound=is_bound) for v in ordered]
    return table((*headings, "TEXT"), rows)


def _row(
    world: World, version: Version, *, is_wide: bool, is_bound: bool
) -> tuple[str, ...]:
    tag, made = version.tag, moment_words(version.created_at)[:16]
    cells: tuple[str, ...] = (version.id, made, badges(world.routine, version))
    if is_bound:
        cells = (*cells, version.carries or "-")

    text = _text(version, tag)
    if not is_wide:
        return (*cells, text)

    if tag is None:
        return (*cells, "-", "-", "-", text)

    return (*cells, tag.content[:_CONTENT], tag.run, tag.previous or "-", text)


def badges(routine: Routine, version: Version) -> str:
    """Say where a version serves and with which shares; a dash where nowhere."""
    shares = serving(routine, version)
    plain = {*map(str, Environment)}
    badges = [f"{e[:4]} {shares[e]}%" for e in sorted(plain & shares.keys())]
    badges += [short_name(area) for area in sorted(shares.keys() - plain)]
    if version.status is not VersionStatus.AVAILABLE:
        badges.append(version.status.value)

    return " ".join(badges) or "-"


def _text(version: Version, tag: Tag | None) -> str:
    return tag.text if tag else version.description


def _json(world: World, version: Version) -> dict[str, Any]:
    tag, created = version.tag, version.created_at
    return {
        "version": version.id,
        "created_at": created.isoformat() if created else None,
        "status": version.status.value,
        "serves": serving(world.routine, version),
        "variables": version.carries,
        "tag": _tag_json(tag) if tag else None,
        "text": clean(_text(version, tag)),
    }


def _tag_json(tag: Tag) -> dict[str, str | None]:
    return {
        "content": tag.content,
        "run": tag.run,
        "previous": tag.previous,
        "commit": tag.commit,
    }
