"""Turn the answers of ESA's routine operations into our values; pure.

What a wrong reading could break is read strictly (which versions serve, what was made,
what was deployed); what only people read is taken as it comes.

Source: ESA API 2024-09-10, the operation named with each function. Facts seen in real
answers and in no page: an environment may carry a version outside its ``CodeDeploy``,
and a listing may carry the staging slot under the name ``unstable``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from esa_flows.api.cloud import AssetsInfo, RoutineSummary
from esa_flows.api.reply import Member
from esa_flows.api.route import RelatedRecord, Route
from esa_flows.errors import InvalidInput
from esa_flows.model import (
    Deployment,
    Environment,
    Routine,
    RoutineName,
    Share,
    Split,
    Version,
)

__all__ = [
    "assets_of",
    "deployment_made",
    "newest_first",
    "quota_of",
    "record_of",
    "route_of",
    "routine_of",
    "rows_of",
    "summary_of",
    "version_of",
    "versions_of",
]

_STAGING_SLOT = "unstable"
_FIGURE = re.compile(r"[0-9]{1,9}")
_KNOWN = frozenset(Environment)


def routine_of(name: RoutineName, reply: Member) -> Routine:
    """Read GetRoutine: what serves in each environment.

    An environment that is not listed, or has nothing deployed, serves nothing. A list
    that is missing altogether is refused: nobody may take it for "nothing is live".
    """
    found: dict[Environment, Deployment | None] = {}
    for item in reply.member("Envs").items():
        label = item.member("Env").text().strip().lower()
        if label not in _KNOWN:
            continue

        environment = Environment(label)
        if environment in found:
            raise item.refuse(f"{environment} is listed twice")

        found[environment] = _in_force(item)

    return Routine(
        name=name,
        record=reply.member("DefaultRelatedRecord").text().strip(),
        staging=found.get(Environment.STAGING),
        production=found.get(Environment.PRODUCTION),
    )


def _in_force(item: Member) -> Deployment | None:
    deploy = item.member("CodeDeploy")
    if deploy.is_absent:
        return _published(item)

    rows = deploy.member("CodeVersions")
    if rows.value in (None, []):
        return _published(item)

    return Deployment(split=_split(rows), id=deploy.member("DeployId").id_text())


def _published(item: Member) -> Deployment | None:
    """Read what serves where no deployment is told: at most one version."""
    version = item.member("CodeVersion")
    if version.is_absent or version.value == _STAGING_SLOT:
        return None

    if not item.member("CanaryCodeVersion").is_absent:
        raise item.refuse(f"{item.path} serves two versions in shares it does not tell")

    return Deployment(split=Split.whole(version.version()))


def _split(rows: Member) -> Split:
    pairs = [
        (row.member("CodeVersion").version(), row.member("Percentage").whole())
        for row in rows.items()
    ]
    try:
        return Split(Share(version, share) for version, share in pairs if share)
    except InvalidInput as error:
        raise rows.refuse(f"{rows.path} is no split: {error.message}") from None


def deployment_made(reply: Member, asked: Split) -> Deployment:
    """Read CreateRoutineCodeDeployment, which must say what was asked."""
    reply.member("Strategy").must_be("percentage")
    made = _split(reply.member("CodeVersions"))
    if made != asked:
        raise reply.refuse(f"it says {made} where {asked} was asked")

    return Deployment(split=made, id=reply.member("DeploymentId").id_text())


def version_of(row: Member) -> Version:
    """Read one version, of ListRoutineCodeVersions or GetRoutineCodeVersionInfo."""
    return Version(
        id=row.member("CodeVersion").version(),
        description=row.member("CodeDescription").description(),
        created_at=row.member("CreateTime").time(),
        status=row.member("Status").status(),
        bound_to=row.member("DeployEnv").environment(),
    )


def assets_of(reply: Member) -> AssetsInfo:
    """Read GetRoutineCodeVersionInfo for what it tells of assets.

    Only a plain yes counts: a version without assets must not pass for one with them.
    """
    options = reply.member("ConfOptions")
    named = "" if options.is_absent else options.member("NotFoundStrategy").text()
    return AssetsInfo(
        has_assets=reply.member("HasAssets").value is True, not_found=named.strip()
    )


def versions_of(rows: Iterable[Member]) -> tuple[Version, ...]:
    """Read the rows of a listing, without the staging slot."""
    return tuple(
        version_of(row)
        for row in rows
        if row.member("CodeVersion").value != _STAGING_SLOT
    )


def newest_first(versions: Iterable[Version]) -> tuple[Version, ...]:
    """Put versions in order, each once: by time, then id; by id where a time lacks.

    A version that moves to the next page between two calls is seen twice.
    """
    found = {version.id: version for version in versions}.values()
    by_id = sorted(found, key=lambda version: int(version.id), reverse=True)
    times = {v.id: v.created_at.timestamp() for v in by_id if v.created_at}
    if len(times) < len(by_id):
        return tuple(by_id)

    return tuple(sorted(by_id, key=lambda version: times[version.id], reverse=True))


def rows_of(reply: Member, name: str) -> tuple[tuple[Member, ...], int]:
    """Read one page of a listing: its rows, and how many there are on all pages."""
    total = reply.member("TotalCount").whole()
    rows = reply.member(name)
    if rows.value is None and total == 0:
        return (), 0

    return rows.items(), total


def summary_of(row: Member) -> RoutineSummary:
    """Read one row of ListUserRoutines."""
    name = row.member("RoutineName")
    if name.is_absent:
        raise name.wrong("a name")

    return RoutineSummary(
        name=name.text(),
        description=row.member("Description").description(),
        record=row.member("DefaultRelatedRecord").text().strip(),
        created_at=row.member("CreateTime").time(),
    )


def route_of(row: Member) -> Route:
    """Read one row of ListRoutineRoutes."""
    return Route(
        id=_id_of(row, "ConfigId"),
        site=row.member("SiteName").text().strip(),
        name=row.member("RouteName").text(),
        rule=row.member("Rule").text(),
        is_enabled=row.member("RouteEnable").text().strip().lower() == "on",
        sequence=_place_of(row.member("Sequence")),
    )


def record_of(row: Member) -> RelatedRecord:
    """Read one row of ListRoutineRelatedRecords."""
    return RelatedRecord(
        id=_id_of(row, "RecordId"),
        site=row.member("SiteName").text().strip(),
        name=row.member("RecordName").text().strip(),
    )


def _id_of(row: Member, name: str) -> str:
    member = row.member(name)
    if member.is_absent:
        raise member.wrong("an id")

    return member.id_text()


def _place_of(sequence: Member) -> int:
    return 0 if sequence.is_absent else sequence.whole()


def quota_of(reply: Member) -> int:
    """Read ListEdgeRoutinePlans: the smallest version quota of any plan.

    No operation says which plan a routine belongs to; the smallest figure fits all of
    them. Figures that are no positive number say nothing.
    """
    figures = [
        plan.member("ErRoutineCodeVersionQuota").id_text()
        for plan in reply.member("PlanInfo").items()
    ]
    known = [int(t) for t in figures if _FIGURE.fullmatch(t) and int(t)]
    if not known:
        raise reply.refuse("no plan tells how many versions a routine may have")

    return min(known)
