"""Turn the answers of DCDN's routine operations into our values; pure.

DCDN says *revision* where the library says version, and wraps every answer in a member
``Content`` whose type its pages leave open. What it holds is taken in any documented
shape; an id in it is read strictly, as decimal digits.

Source: DCDN API 2018-01-15, the operation named with each function.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from attrs import frozen

from esa_flows.api.answers import newest_first
from esa_flows.api.cloud import RoutineSummary
from esa_flows.api.reply import Member, plain_text
from esa_flows.api.source import SourceEnvironment, SourceRoutine
from esa_flows.model import (
    Deployment,
    Environment,
    Routine,
    RoutineName,
    SourceName,
    Split,
    Version,
    VersionId,
    VersionStatus,
)

__all__ = [
    "Described",
    "code_of",
    "described",
    "own_revisions",
    "revision_of",
    "service_word",
    "source_of",
    "summaries_of",
]

_LINE_ENDS = str.maketrans("", "", "\r\n")


@frozen(kw_only=True)
class Described:
    """A routine with everything that one answer says of it.

    Attributes:
        environments: Names of its environments, areas included.
        serving: What serves, by environment; those that serve nothing are absent.
        versions: Its revisions, newest first.
    """

    environments: frozenset[str]
    serving: Mapping[str, VersionId]
    versions: tuple[Version, ...]

    def routine(self, name: RoutineName) -> Routine:
        """Give what serves where, as far as the library has a word for it."""
        return Routine(
            name=name,
            staging=self._deployment(Environment.STAGING),
            production=self._deployment(Environment.PRODUCTION),
            areas={env: self.serving.get(env) for env in self._areas},
        )

    @property
    def _areas(self) -> tuple[str, ...]:
        return tuple(sorted(self.environments - {*map(str, Environment)}))

    def places_of(self, version: VersionId) -> tuple[str, ...]:
        """Give the environments that a revision serves, in order."""
        return tuple(sorted(env for env, rev in self.serving.items() if rev == version))

    def version(self, wanted: VersionId) -> Version | None:
        """Give a revision; None where it is not shown."""
        return next((one for one in self.versions if one.id == wanted), None)

    def _deployment(self, environment: Environment) -> Deployment | None:
        found = self.serving.get(environment.value)
        return Deployment(split=Split.whole(found)) if found else None


def described(content: Member) -> Described:
    """Read DescribeRoutine: environments, what each serves, all revisions.

    An environment without a revision serves nothing. One that is named and not told
    about is refused: nobody may take it for "nothing is live".
    """
    rows = dict(content.member("EnvConf").members())
    named = content.member("Envs")
    for item in () if named.is_absent else named.items():
        if item.text() not in rows:
            raise item.refuse(f"{item.path} is {item.text()!r}, which EnvConf lacks")

    serving = {env: row.member("CodeRev") for env, row in rows.items()}
    revisions = content.member("CodeRevs")
    found = () if revisions.value is None else revisions.items()
    return Described(
        environments=frozenset(rows),
        serving={env: rev.version() for env, rev in serving.items() if _is_set(rev)},
        versions=newest_first(map(_version_of, found)),
    )


def source_of(name: SourceName, content: Member) -> SourceRoutine:
    """Read DescribeRoutine for somebody who takes the routine elsewhere.

    Args:
        name: The routine.
        content: What was answered.
    """
    seen = described(content)
    rows = dict(content.member("EnvConf").members())
    return SourceRoutine(
        name=name,
        description=_words(content.member("Description")),
        environments={
            env: SourceEnvironment(
                version=seen.serving.get(env),
                hosts=_hosts(rows[env].member("AllowedHosts")),
                spec=rows[env].member("SpecName").text(),
            )
            for env in sorted(seen.environments)
        },
        descriptions={version.id: version.description for version in seen.versions},
    )


def _hosts(member: Member) -> tuple[str, ...]:
    return () if member.is_absent else tuple(host.text() for host in member.items())


def own_revisions(seen: Described, description: str) -> tuple[VersionId, ...]:
    """Give the revisions of exactly this description, oldest first.

    A tag names its run and its content: they are what the run's upload forms were
    numbered with, those included whose answers were lost.

    Args:
        seen: The routine.
        description: As it was given when the form was asked for.
    """
    mine = (one.id for one in seen.versions if one.description == description)
    return tuple(sorted(mine, key=int))


def revision_of(content: Member) -> VersionId:
    """Read the revision that a call was about.

    The pages show it as a member ``CodeRevision``, as a bare text and as a number.
    """
    if isinstance(content.value, dict):
        return content.member("CodeRevision").version()

    return content.version()


def code_of(content: Member) -> bytes:
    """Read DescribeRoutineCodeRevision: code in Base64 or plainly, as it comes.

    No page says which. Code has characters that Base64 has not; where a text could be
    both it is taken for Base64, and the digest decides whether that was right.
    """
    member = content.member("ErCode")
    text = member.text()
    try:
        return base64.b64decode(text.translate(_LINE_ENDS), validate=True)
    except ValueError:
        return text.encode(errors="replace")


def summaries_of(content: Member, search: str) -> tuple[RoutineSummary, ...]:
    """Read DescribeRoutineUserInfo: the routines with a text in their name.

    Args:
        content: What was answered: all routines of the account.
        search: The text; empty for all.
    """
    rows = content.member("Routines")
    found = map(_summary_of, () if rows.value is None else rows.items())
    return tuple(one for one in found if search in one.name)


def service_word(reply: Member) -> str:
    """Read DescribeUserErStatus, which says in three answers what others say in one."""
    if _is_true(reply.member("InDebt")):
        return "InDebt"

    return "Running" if _is_true(reply.member("OnService")) else "Closed"


def _version_of(row: Member) -> Version:
    """Read a revision, which has no state: what is shown can be published."""
    return Version(
        id=row.member("CodeRevision").version(),
        description=_words(row.member("CodeDescription")),
        created_at=row.member("CreationTime").time(),
        status=VersionStatus.AVAILABLE,
    )


def _summary_of(row: Member) -> RoutineSummary:
    name = row.member("RoutineName")
    if name.is_absent:
        raise name.wrong("a name")

    return RoutineSummary(
        name=name.text(),
        description=_words(row.member("Description")),
        created_at=row.member("CreationTime").time(),
    )


def _words(member: Member) -> str:
    """Read a description: documented as Base64 of a JSON text, seen in other forms."""
    text = member.text()
    try:
        read = json.loads(base64.b64decode(text, validate=True))
    except (ValueError, RecursionError):
        return plain_text(text)

    return read if isinstance(read, str) else plain_text(text)


def _is_set(revision: Member) -> bool:
    return not revision.is_absent


def _is_true(member: Member) -> bool:
    return str(member.value).strip().lower() == "true"
