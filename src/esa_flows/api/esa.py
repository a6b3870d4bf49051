"""ESA behind the port: one signed call for each verb, and the upload to OSS.

Which operation a verb stands for is data, so that a policy, a plan and a guard can be
derived from what the code really calls. Nothing is repeated here.

Source: ESA API 2024-09-10; each method names its operation in `OPERATIONS`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import ClassVar, Literal, TypeVar

from attrs import define, field, frozen

from esa_flows.api import answers
from esa_flows.api.cloud import (
    AssetsInfo,
    Op,
    ReservedSlot,
    RoutineSummary,
    UploadSlot,
)
from esa_flows.api.facts import FACTS, CloudFacts
from esa_flows.api.lanes import LANES
from esa_flows.api.provider import Provider
from esa_flows.api.reply import Member
from esa_flows.api.roll import Roll
from esa_flows.api.route import RelatedRecord, Route
from esa_flows.api.slot import read_slot
from esa_flows.api.variables import Variable, Variables, variables_of
from esa_flows.model import (
    Cloud,
    Deployment,
    Environment,
    Routine,
    RoutineName,
    Split,
    Version,
    VersionId,
)
from esa_flows.wire.call import Call
from esa_flows.wire.secret import Secret

__all__ = ["API_VERSION", "OPERATIONS", "PROBE", "EsaCloud", "ram_actions"]

API_VERSION = "2024-09-10"
_PAGE_SIZE = 20
_VERSION_PAGES = (1, 2)
_PAGES = range(1, 101)
_MOST_ROUTES = 500

T = TypeVar("T", Route, RelatedRecord)


@frozen
class _Form:
    """How an operation is called: its name, where values travel, and the method."""

    operation: str
    where: Literal["form", "query", "none"] = "form"
    method: Literal["POST", "GET"] = "POST"


_FORMS: Mapping[Op, _Form] = MappingProxyType(
    {
        Op.OBSERVE: _Form("GetRoutine"),
        Op.LIST: _Form("ListRoutineCodeVersions"),
        Op.SLOT: _Form("GetRoutineStagingCodeUploadInfo"),
        Op.COMMIT: _Form("CommitRoutineStagingCode"),
        Op.READ_CODE: _Form("GetRoutineCodeVersion"),
        Op.INFO: _Form("GetRoutineCodeVersionInfo"),
        Op.DEPLOY: _Form("CreateRoutineCodeDeployment"),
        Op.DELETE: _Form("DeleteRoutineCodeVersion"),
        Op.CREATE: _Form("CreateRoutine"),
        Op.QUOTA: _Form("ListEdgeRoutinePlans", "none", "GET"),
        Op.ADDRESSES: _Form("GetRoutineStagingEnvIp", "none"),
        Op.TOKEN: _Form("GetRoutineAccessToken"),
        Op.ROUTINES: _Form("ListUserRoutines", "query"),
        Op.SERVICE: _Form("GetErService", "none", "GET"),
        Op.PACKAGE: _Form("CreateRoutineWithAssetsCodeVersion"),
        Op.DELETE_ROUTINE: _Form("DeleteRoutine"),
        Op.ROUTES: _Form("ListRoutineRoutes", "query"),
        Op.RECORDS: _Form("ListRoutineRelatedRecords"),
        Op.VARIABLES: _Form("ListRoutineEnvironmentVariables"),
    }
)

_EVERY_ROUTINE = _Form("GetRoutineUserInfo", "none")

OPERATIONS: Mapping[Op, tuple[str, ...]] = MappingProxyType(
    {op: (_FORMS[op].operation,) if op in _FORMS else () for op in Op}
    | {Op.ROUTINES: (_FORMS[Op.ROUTINES].operation, _EVERY_ROUTINE.operation)}
)
"""Operations of each verb, its own first; an upload goes to OSS and is none of ESA."""


def _call(
    op: Op, parameters: Mapping[str, str | None], other: _Form | None = None
) -> Call:
    form = other or _FORMS[op]
    return Call(
        operation=form.operation,
        version=API_VERSION,
        verb=op,
        lane=LANES[op],
        parameters={k: v for k, v in parameters.items() if v is not None},
        where=form.where,
        method=form.method,
    )


PROBE: Call = _call(Op.SERVICE, {})
"""A read that every account may try, to find out which site it belongs to."""


def ram_actions(ops: Iterable[Op] = tuple(Op)) -> tuple[str, ...]:
    """Give the RAM actions that verbs need, in order.

    Source: ESA, RAM authorization: an action is ``esa:`` and the operation.
    """
    return tuple(sorted({f"esa:{name}" for op in ops for name in OPERATIONS[op]}))


@define(repr=False, eq=False)
class EsaCloud(Provider):
    """ESA as a `RoutineCloud`.

    Args:
        quota: The plan's version quota once it was read; shared with the copies that
            `bound` makes. All others are those of `Provider`.
    """

    facts: ClassVar[CloudFacts] = FACTS[Cloud.ESA]
    _quota: list[int] = field(kw_only=True, factory=list)

    async def observe(self, name: RoutineName) -> Routine:
        """Say which versions serve where: GetRoutine."""
        return await self._seen(name, EsaCloud._get_routine)

    async def list_versions(self, name: RoutineName) -> tuple[Version, ...]:
        """Give the newest versions, at most 40: ListRoutineCodeVersions."""
        seen: list[Member] = []
        for page in _VERSION_PAGES:
            reply = await self._page(Op.LIST, page, Name=name)
            rows, total = answers.rows_of(reply, "CodeVersions")
            seen += rows
            if not rows or len(seen) >= total:
                break

        return answers.newest_first(answers.versions_of(seen))

    async def request_slot(self, name: RoutineName, description: str) -> UploadSlot:
        """Ask for an upload form: GetRoutineStagingCodeUploadInfo.

        The version id in the answer may mean the slot itself and is not used.
        """
        reply = await self._ask(Op.SLOT, Name=name, CodeDescription=description)
        return read_slot(reply.member("OssPostConfig"), self._hosts)

    async def commit(
        self,
        name: RoutineName,
        description: str,
        *,
        bound_to: Environment | None = None,
    ) -> VersionId:
        """Make a version of the code uploaded last: CommitRoutineStagingCode."""
        reply = await self._ask(
            Op.COMMIT,
            Name=name,
            CodeDescription=description,
            DeployEnv=bound_to.value if bound_to else None,
        )
        return reply.member("CodeVersion").version()

    async def read_code(self, name: RoutineName, version: VersionId) -> bytes:
        """Give the code of a version: GetRoutineCodeVersion.

        Where the stored object is missing the provider answers with the store's error
        document as if it were code: only the digest tells.
        """
        reply = await self._ask(Op.READ_CODE, Name=name, CodeVersion=version)
        return reply.member("RoutineCode").content()

    async def version_info(self, name: RoutineName, version: VersionId) -> Version:
        """Say what the provider knows of a version: GetRoutineCodeVersionInfo."""
        reply = await self._ask(Op.INFO, Name=name, CodeVersion=version)
        found = answers.version_of(reply)
        if found.id != version:
            raise reply.refuse(f"it is about version {found.id}, not {version}")

        return found

    async def request_assets_slot(
        self,
        name: RoutineName,
        description: str,
        *,
        not_found: str = "",
        bound_to: Environment | None = None,
    ) -> ReservedSlot:
        """Allocate a version for a ZIP: CreateRoutineWithAssetsCodeVersion."""
        options = json.dumps({"NotFoundStrategy": not_found}) if not_found else None
        reply = await self._ask(
            Op.PACKAGE,
            Name=name,
            CodeDescription=description,
            ConfOptions=options,
            DeployEnv=bound_to.value if bound_to else None,
        )
        version = reply.member("CodeVersion").version()
        form = reply.member("OssPostConfig")
        return ReservedSlot(
            version=version, slot=read_slot(form, self._hosts, version=version)
        )

    async def assets_info(self, name: RoutineName, version: VersionId) -> AssetsInfo:
        """Say whether a version has assets: GetRoutineCodeVersionInfo."""
        return answers.assets_of(
            await self._ask(Op.INFO, Name=name, CodeVersion=version)
        )

    async def deploy(
        self, name: RoutineName, environment: Environment, split: Split
    ) -> Deployment:
        """Put a split in force: CreateRoutineCodeDeployment."""
        shares = [
            {"CodeVersion": share.version, "Percentage": share.percentage}
            for share in split.shares
        ]
        with self._sight.changing(name):
            reply = await self._ask(
                Op.DEPLOY,
                Name=name,
                Env=environment.value,
                Strategy="percentage",
                CodeVersions=json.dumps(shares, separators=(",", ":")),
            )

        return answers.deployment_made(reply, split)

    async def delete_version(self, name: RoutineName, version: VersionId) -> None:
        """Delete a version: DeleteRoutineCodeVersion."""
        with self._sight.changing(name):
            reply = await self._ask(Op.DELETE, Name=name, CodeVersion=version)

        reply.member("Status").must_be("OK")

    async def create_routine(self, name: RoutineName, description: str = "") -> None:
        """Make an empty routine: CreateRoutine."""
        reply = await self._ask(Op.CREATE, Name=name, Description=description or None)
        reply.member("Status").must_be("OK")

    async def delete_routine(self, name: RoutineName) -> None:
        """Delete a routine with all its versions: DeleteRoutine."""
        reply = await self._ask(Op.DELETE_ROUTINE, Name=name)
        reply.member("Status").must_be("OK")

    async def version_quota(self) -> int:
        """Give the smallest version quota of any plan: ListEdgeRoutinePlans.

        It is read once: plans change by contract, and a client does not live so long.
        """
        if not self._quota:
            self._quota.append(answers.quota_of(await self._ask(Op.QUOTA)))

        return self._quota[0]

    async def variables(self, name: RoutineName, environment: Environment) -> Variables:
        """Name an environment's variables: ListRoutineEnvironmentVariables.

        The answer's values are dropped where it is read. A list that is not whole is
        refused, never given.
        """
        found: dict[str, Variable] = {}
        page = 0
        while True:
            page += 1
            reply = await self._page(
                Op.VARIABLES, page, Name=name, Env=environment.value
            )
            total, before = reply.member("TotalCount").whole(), len(found)
            found |= {each.name: each for each in variables_of(reply)}
            if len(found) in {before, total}:
                break

        if len(found) != total:
            raise reply.refuse(f"it counts {total} variables and lists {len(found)}")

        return Variables(environment=environment, found=tuple(found.values()))

    async def staging_addresses(self) -> tuple[str, ...]:
        """Give the IP addresses of staging: GetRoutineStagingEnvIp."""
        reply = await self._ask(Op.ADDRESSES)
        return tuple(item.address() for item in reply.member("IPV4").items())

    async def access_token(self, name: RoutineName) -> Secret:
        """Give a token that opens the default record: GetRoutineAccessToken."""
        return (await self._ask(Op.TOKEN, Name=name)).member("Token").secret()

    async def list_routines(self, search: str = "") -> tuple[RoutineSummary, ...]:
        """Give all routines, or those with a text in their name: ListUserRoutines.

        Where it cannot show them all: GetRoutineUserInfo, and searches for pieces of
        names. A list that is not whole is refused, never given.
        """
        roll = Roll(page=self._routines, every=self._every_routine)
        return await roll.call(search)

    async def routes(self, name: RoutineName) -> tuple[Route, ...]:
        """Give the routes of all sites that lead to a routine: ListRoutineRoutes."""
        ask = partial(self._page, Op.ROUTES, size=_MOST_ROUTES, RoutineName=name)
        return await _whole(ask, "Configs", answers.route_of)

    async def related_records(self, name: RoutineName) -> tuple[RelatedRecord, ...]:
        """Give the host names bound to a routine: ListRoutineRelatedRecords."""
        ask = partial(self._page, Op.RECORDS, Name=name)
        return await _whole(ask, "RelatedRecords", answers.record_of)

    async def service_status(self) -> str:
        """Say whether the service is open, as the provider words it: GetErService."""
        return (await self._ask(Op.SERVICE)).member("Status").text()

    async def _get_routine(self, name: RoutineName) -> Routine:
        return answers.routine_of(name, await self._ask(Op.OBSERVE, Name=name))

    async def _routines(self, search: str, page: int) -> Member:
        return await self._page(Op.ROUTINES, page, SearchKeyWord=search or None)

    async def _every_routine(self) -> Member:
        return await self._make(Op.ROUTINES, _call(Op.ROUTINES, {}, _EVERY_ROUTINE))

    async def _page(
        self, op: Op, page: int, size: int = _PAGE_SIZE, **parameters: str | None
    ) -> Member:
        return await self._ask(
            op, PageNumber=str(page), PageSize=str(size), **parameters
        )

    async def _ask(self, op: Op, **parameters: str | None) -> Member:
        return await self._make(op, _call(op, parameters))

    async def _make(self, op: Op, call: Call) -> Member:
        self._asked[op] += 1
        answer = await self._caller.call(call, permit=self._permit)
        return Member(
            operation=call.operation,
            value=answer.value,
            request_id=answer.request_id,
        )

    def __repr__(self) -> str:
        return f"<EsaCloud [calls: {self._asked.total()}]>"


async def _whole(
    ask: Callable[[int], Awaitable[Member]], name: str, read: Callable[[Member], T]
) -> tuple[T, ...]:
    """Read all pages of a listing; one that falls short of its count is refused."""
    found: dict[str, T] = {}
    for page in _PAGES:
        reply = await ask(page)
        rows, total = answers.rows_of(reply, name)
        found |= {one.id: one for one in map(read, rows)}
        if len(found) >= total:
            return tuple(found.values())

        if not rows:
            break

    raise reply.refuse(f"{name} has {len(found)} of the {total} that it counts")
