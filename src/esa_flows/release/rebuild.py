"""What can be told of runs when their journal is gone: from tags and live splits; pure.

The provider's state holds who made which version, from what content, after which other
version, and what serves where. It does not hold how a run was asked for, what gates
saw, who signalled, and how far an unfinished run had still to go. So every rebuilt run
has ended; an unfinished exposure is told with the ways to go on.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from esa_flows.engine.codec import encode
from esa_flows.engine.failure import encode_error
from esa_flows.engine.journal import Kind, NewRun, Record
from esa_flows.engine.state import Event
from esa_flows.errors import RunError
from esa_flows.model import HOME, Environment, Realm, Routine, Tag, Version
from esa_flows.release.release import release
from esa_flows.release.report import Outcome, Report
from esa_flows.steps.observe import World

__all__ = ["NOT_KNOWN", "Rebuilt", "rebuilt"]

NOT_KNOWN = (
    "how each run was asked for: its canary, its gates, who protected which version",
    "what the gates saw, who paused or aborted, and when each step was done",
    "runs whose version was deleted, and runs that never committed one",
    "whose code was saved before a delete; the files beside the lost journal stay",
)
"""What no rebuilding brings back, in sentences."""

_ALL = 100


@frozen(kw_only=True)
class Rebuilt:
    """A run as the provider's state tells it.

    Attributes:
        run: What the journal lists.
        records: Its beginning and its end.
        told: What is known of it, in a sentence.
    """

    run: NewRun
    records: tuple[Record, ...]
    told: str


def rebuilt(
    world: World, *, now: dt.datetime, realm: Realm = HOME
) -> tuple[Rebuilt, ...]:
    """Tell the runs that made a routine's versions, oldest first.

    Args:
        world: The routine as the provider shows it.
        now: Wall time, UTC: stands where the provider tells no time.
        realm: Where the routine is.

    Of versions made twice by one run the lowest id counts.
    """
    return tuple(
        _rebuilt(world.routine, version, tag, now, realm)
        for version, tag in _made(world)
    )


def _made(world: World) -> Iterator[tuple[Version, Tag]]:
    seen: set[str] = set()
    for version in sorted(world.versions, key=lambda version: int(version.id)):
        tag = version.tag
        if tag is not None and tag.run not in seen:
            seen.add(tag.run)
            yield version, tag


def _rebuilt(
    routine: Routine, version: Version, tag: Tag, now: dt.datetime, realm: Realm
) -> Rebuilt:
    at = version.created_at or now
    told, end = _end(routine, version, tag, realm)
    subject = realm.subject(routine.name)
    begun = {"flow": release.name, "v": 0, "input": None, "subject": subject}
    run = NewRun(
        id=tag.run,
        flow=release.name,
        subject=subject,
        content=tag.content,
        started_at=at,
    )
    records = (
        Record.of(Kind.STARTED, at, {**begun, "place": realm.place, "rebuilt": True}),
        Record.of(Kind.ENDED, now, {**end, "rebuilt": True}),
    )
    return Rebuilt(run=run, records=records, told=told)


def _end(
    routine: Routine, version: Version, tag: Tag, realm: Realm
) -> tuple[str, dict[str, Any]]:
    share = _share(routine, version)
    if share == _ALL:
        told = f"Version {version.id} serves all of production."
        report = Report(
            run=tag.run,
            routine=routine.name,
            cloud=realm.cloud,
            account=realm.account,
            outcome=Outcome.RELEASED,
            version=version.id,
            production=routine.production,
            staging=routine.staging,
            areas=routine.areas,
            production_as_before=False,
            notes=("Rebuilt from what the provider shows.",),
        )
        return told, {"event": Event.SUCCEED.value, "value": encode(report)}

    told, move = _unfinished(routine, version, tag, share)
    move += realm.flag if move else ""
    error = RunError(f"{told} Rebuilt from what the provider shows.", next_move=move)
    return told, {"event": Event.FAIL.value, "error": encode_error(error)}


def _unfinished(
    routine: Routine, version: Version, tag: Tag, share: int
) -> tuple[str, str]:
    areas = [area for area, held in routine.areas.items() if held == version.id]
    if not share and not areas:
        told = f"Version {version.id} serves nothing in production; whether it ever did"
        return f"{told} is not known.", ""

    before = f", which followed version {tag.previous}," if tag.previous else ""
    told = f"Version {version.id}{before} serves {_where(share, areas)}; how far it"
    move = "Release the same file again, or go back with: esa-flows rollback"
    return f"{told} was to go is not known.", f"{move} {routine.name}"


def _where(share: int, areas: list[str]) -> str:
    return ", ".join(areas) if areas and not share else f"{share} % of production"


def _share(routine: Routine, version: Version) -> int:
    production = routine.deployment(Environment.PRODUCTION)
    shares = production.split.shares if production else ()
    return sum(share.percentage for share in shares if share.version == version.id)
