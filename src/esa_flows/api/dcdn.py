"""DCDN EdgeRoutine behind the port: the older cloud, with the same promises.

**The path of an upload.** Two are documented. UploadRoutineCode numbers a revision
together with its form; nothing serves it until it is published. The other,
UploadStagingRoutineCode and CommitStagingRoutineCode, puts code into staging by itself
the moment it arrives, before anybody compared it with what was sent, outside of every
look that guards a deployment, and takes two of the ten revisions. This library takes
the first: an upload changes what no visitor sees. The version then exists before the
port's *commit*, which therefore changes nothing: it looks the revision up by the
description that the form was asked with, the newest of several.

What differs from ESA:

* One environment serves one revision; there are no shares. Areas stand in for them:
  `publish` takes `Areas`, and a split in shares is refused before anything is sent.
* Deployments have no ids, and no operation takes one back: publishing the former
  revision again does.
* There are no environment variables, default records, staging addresses, preview
  tokens and assets; see `dcdn_lacks`.
* Every business error has one code and a free text. After such an answer to a call
  that changes something, one look at the routine settles what happened.
* A delete looks first: a revision may serve an area that nobody above knows of.

Nothing that changes something is repeated here. Source: DCDN API 2018-01-15; each
method names its operation, and the table of `dcdn_operations` has them all.
"""

from __future__ import annotations

import json
from typing import ClassVar

from attrs import define, field

from esa_flows.api.cloud import Op, RoutineSummary, UploadSlot
from esa_flows.api.dcdn_answers import (
    Described,
    code_of,
    own_revisions,
    revision_of,
    service_word,
    source_of,
    summaries_of,
)
from esa_flows.api.dcdn_calls import DcdnCalls
from esa_flows.api.dcdn_doubt import (
    may_be_created,
    may_be_ended,
    may_be_gone,
    may_be_numbered,
    may_have,
    may_lack,
    may_serve,
)
from esa_flows.api.dcdn_lacks import DcdnLacks, unsupported
from esa_flows.api.dcdn_operations import (
    AREA_OPERATIONS,
    DESCRIBE,
    MOST_DESCRIPTION,
)
from esa_flows.api.facts import FACTS, CloudFacts
from esa_flows.api.provider import Provider
from esa_flows.api.slot import read_slot
from esa_flows.api.source import SourceRoutine
from esa_flows.errors import (
    InUse,
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    Refused,
)
from esa_flows.model import (
    Areas,
    Cloud,
    Deployment,
    Environment,
    Routine,
    RoutineName,
    SourceName,
    Split,
    Version,
    VersionId,
)

__all__ = ["DcdnCloud"]


@define(repr=False, eq=False)
class DcdnCloud(Provider, DcdnLacks):
    """DCDN as a `RoutineCloud`, as an `AreaCloud` and as a `SourceCloud`.

    Args: those of `Provider`; its caller is one of the product ``dcdn``.
    """

    facts: ClassVar[CloudFacts] = FACTS[Cloud.DCDN]
    _calls: DcdnCalls = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Make calls under this cloud's own permit."""
        self._calls = DcdnCalls(
            caller=self._caller, permit=self._permit, asked=self._asked
        )

    # --- looking ---------------------------------------------------------------------

    async def describe(self, name: RoutineName) -> Described:
        """Say what serves in every environment, areas included: DescribeRoutine."""
        return await self._calls.look(Op.OBSERVE, name)

    async def observe(self, name: RoutineName) -> Routine:
        """Say which versions serve staging and production: DescribeRoutine."""
        return await self._seen(name, DcdnCloud._described)

    async def list_versions(self, name: RoutineName) -> tuple[Version, ...]:
        """Give all versions, newest first: DescribeRoutine."""
        return (await self._calls.look(Op.LIST, name)).versions

    async def version_info(self, name: RoutineName, version: VersionId) -> Version:
        """Say what the provider knows of a version: DescribeRoutine."""
        found = (await self._calls.look(Op.INFO, name)).version(version)
        if found is None:
            raise _unknown(version, name)

        return found

    async def read_code(self, name: str, version: VersionId) -> bytes:
        """Give the code of a version: DescribeRoutineCodeRevision.

        Where no code was uploaded the answer may hold anything: only the digest tells.
        """
        parameters = {"Name": name, "SelectCodeRevision": version}
        reply = await self._calls.ask(
            Op.READ_CODE, "DescribeRoutineCodeRevision", parameters
        )
        return code_of(reply.member("Content"))

    async def inspect(self, name: SourceName) -> SourceRoutine:
        """Say what there is of a routine, settings included: DescribeRoutine."""
        reply = await self._calls.ask(Op.OBSERVE, DESCRIBE, {"Name": name})
        return source_of(name, reply.member("Content"))

    async def list_routines(self, search: str = "") -> tuple[RoutineSummary, ...]:
        """Give all routines, or those with a text in their name.

        DescribeRoutineUserInfo has no pages and no search: one call gives them all.
        """
        reply = await self._calls.ask(Op.ROUTINES, "DescribeRoutineUserInfo", {})
        return summaries_of(reply.member("Content"), search)

    async def service_status(self) -> str:
        """Say whether the service is open and paid: DescribeUserErStatus."""
        return service_word(
            await self._calls.ask(Op.SERVICE, "DescribeUserErStatus", {})
        )

    # --- making a version ------------------------------------------------------------

    async def request_slot(self, name: RoutineName, description: str) -> UploadSlot:
        """Ask for an upload form, which numbers a revision: UploadRoutineCode.

        Not repeatable: a second call numbers a second revision. After an unknown
        outcome `own_revisions` of `describe` gives those that it may have numbered.
        """
        if not description:
            raise InvalidInput(
                "A revision of DCDN needs a description: UploadRoutineCode demands it."
            )

        parameters = {"CodeDescription": description}
        reply = await self._calls.change(
            Op.SLOT, name, parameters, unless=may_be_numbered(description)
        )
        content = reply.member("Content")
        version = content.member("CodeRevision").version()
        return read_slot(content.member("OssPostConfig"), self._hosts, version=version)

    async def commit(
        self,
        name: RoutineName,
        description: str,
        *,
        bound_to: Environment | None = None,
    ) -> VersionId:
        """Give the version that was numbered with its form: DescribeRoutine.

        Raises:
            OutcomeUnknown: It is not shown (yet).
            Refused: An environment's variables were asked for.
        """
        if bound_to is not None:
            raise unsupported(f"has no variables to bake in for {bound_to}")

        found = own_revisions(await self._calls.look(Op.COMMIT, name), description)
        if not found:
            raise OutcomeUnknown(
                f"No revision of {name} shows the description it was asked for with.",
                operation=DESCRIBE,
                next_move="A new one may take a while to be shown: look again.",
            )

        return found[-1]

    # --- changing what serves --------------------------------------------------------

    async def deploy(
        self, name: RoutineName, environment: Environment, split: Split
    ) -> Deployment:
        """Put one version in force: PublishRoutineCodeRevision.

        Raises:
            Refused: The split has shares; nothing was sent.
        """
        if not split.is_whole:
            raise Refused(
                f"DCDN cannot put {split} in force: an environment serves one version,"
                " whole.",
                next_move="Release without shares, or go by areas such as"
                " presetCanaryZhejiang.",
            )

        return await self.publish(name, split.majority, Areas.of(environment))

    async def publish(
        self, name: RoutineName, version: VersionId, areas: Areas
    ) -> Deployment:
        """Put one version in force in several environments: all of them, or none.

        Args:
            name: The routine.
            version: What shall serve there.
            areas: Where; areas must have been given to the routine before.

        Raises:
            OutcomeUnknown: The answer says something else: look first.

        Source: DCDN API 2018-01-15, PublishRoutineCodeRevision.
        """
        parameters = {"SelectCodeRevision": version, "Envs": areas.wire}
        with self._sight.changing(name):
            reply = await self._calls.change(
                Op.DEPLOY, name, parameters, unless=may_serve(version, areas)
            )

        made = revision_of(reply.member("Content"))
        if made != version:
            raise reply.refuse(f"it says {made} where {version} was asked")

        return Deployment(split=Split.whole(made))

    async def delete_version(self, name: RoutineName, version: VersionId) -> None:
        """Delete a version that serves nowhere: DeleteRoutineCodeRevision.

        Raises:
            InUse: It serves an environment, areas included; nothing was sent.
        """
        places = (await self._calls.look(Op.DELETE, name)).places_of(version)
        if places:
            raise InUse(
                f"Version {version} of {name} serves {', '.join(places)}:"
                " it was not deleted.",
                next_move="Publish another version there first.",
            )

        parameters = {"SelectCodeRevision": version}
        with self._sight.changing(name):
            reply = await self._calls.change(
                Op.DELETE, name, parameters, unless=may_be_gone(version)
            )

        reply.member("Content").member("Status").must_be("OK")

    # --- routines and their areas ----------------------------------------------------

    async def create_routine(self, name: RoutineName, description: str = "") -> None:
        """Make an empty routine with staging and production: CreateRoutine.

        Raises:
            InvalidInput: The description has more than 50 characters.
        """
        if len(description) > MOST_DESCRIPTION:
            raise InvalidInput(
                f"The description of {name} has {len(description)} characters;"
                f" DCDN takes {MOST_DESCRIPTION}."
            )

        parameters = {"Description": description or None}
        reply = await self._calls.change(
            Op.CREATE, name, parameters, unless=may_be_created
        )
        reply.member("Content").member("Status").must_be("OK")

    async def delete_routine(self, name: RoutineName) -> None:
        """Delete a routine with all its versions: DeleteRoutine.

        Raises:
            InUse: It serves an area, of which nobody above knows; nothing was sent.
        """
        seen = await self._calls.look(Op.DELETE_ROUTINE, name)
        areas = sorted(set(seen.serving) - set(Environment))
        if areas:
            raise InUse(
                f"{name} serves {', '.join(areas)}: it was not deleted.",
                next_move="Take its areas away first.",
            )

        reply = await self._calls.change(
            Op.DELETE_ROUTINE, name, {}, unless=may_be_ended, ends_routine=True
        )
        reply.member("Content").member("Status").must_be("OK")

    async def add_areas(
        self, name: RoutineName, areas: Areas, *, spec: str = "50ms"
    ) -> None:
        """Give a routine areas, each an environment of its own: EditRoutineConf.

        Args:
            name: The routine.
            areas: Areas only; those that it has already get the class.
            spec: Class of CPU time, as the provider names it.
        """
        _check_canary(areas)
        conf = {area: {"SpecName": spec} for area in areas}
        parameters = {"EnvConf": json.dumps(conf, separators=(",", ":"))}
        edit, _ = AREA_OPERATIONS
        reply = await self._calls.change(
            Op.DEPLOY, name, parameters, unless=may_have(areas), operation=edit
        )
        reply.member("Content").member("Status").must_be("OK")

    async def remove_areas(self, name: RoutineName, areas: Areas) -> None:
        """Take areas away, which then serve what production does.

        Source: DCDN API 2018-01-15, DeleteRoutineConfEnvs.
        """
        _check_canary(areas)
        _, remove = AREA_OPERATIONS
        parameters = {"Envs": areas.wire}
        reply = await self._calls.change(
            Op.DEPLOY, name, parameters, unless=may_lack(areas), operation=remove
        )
        reply.member("Content").member("Status").must_be("OK")

    async def _described(self, name: RoutineName) -> Routine:
        return (await self.describe(name)).routine(name)

    def __repr__(self) -> str:
        return f"<DcdnCloud [calls: {self._asked.total()}]>"


def _check_canary(areas: Areas) -> None:
    if not areas.are_canary:
        raise InvalidInput(
            f"{areas} is more than areas: every routine has staging and production.",
            next_move="Name areas only, such as presetCanaryZhejiang.",
        )


def _unknown(version: VersionId, name: RoutineName) -> NotFound:
    return NotFound(
        f"DCDN shows no version {version} of {name}.",
        operation=DESCRIBE,
        next_move="List the versions and use one of them.",
    )
