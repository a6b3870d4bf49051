"""What the library asks of a cloud, whichever it is.

Everything above asks this port; nothing above knows an operation by name. Each verb
that may change the provider's state says so, and a permit is asked before each call.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from typing import NoReturn, Protocol, Self
from urllib.parse import urlsplit

from attrs import frozen

from esa_flows.api.facts import CloudFacts
from esa_flows.api.route import RelatedRecord, Route
from esa_flows.api.variables import Variables
from esa_flows.errors import InvalidInput, Misuse, SlotExpired
from esa_flows.files import Blob
from esa_flows.model import (
    Areas,
    Deployment,
    Environment,
    Routine,
    RoutineName,
    Split,
    Version,
    VersionId,
)
from esa_flows.wire.permit import Permit
from esa_flows.wire.secret import Secret

__all__ = [
    "SLOT_MARGIN",
    "AreaCloud",
    "AssetsInfo",
    "CloudStatistics",
    "Op",
    "Placed",
    "ReservedSlot",
    "RoutineCloud",
    "RoutineSummary",
    "UploadSlot",
]

SLOT_MARGIN = dt.timedelta(seconds=60)


class Op(enum.Enum):
    """A verb of the port.

    Attributes:
        mutates: Whether the provider's state may change.
    """

    OBSERVE = ("observe", False)
    LIST = ("list", False)
    SLOT = ("slot", True)
    POST = ("post", True)
    COMMIT = ("commit", True)
    READ_CODE = ("read code", False)
    INFO = ("info", False)
    DEPLOY = ("deploy", True)
    DELETE = ("delete", True)
    CREATE = ("create", True)
    QUOTA = ("quota", False)
    ADDRESSES = ("addresses", False)
    TOKEN = ("token", False)
    ROUTINES = ("routines", False)
    SERVICE = ("service", False)
    PACKAGE = ("package slot", True)
    DELETE_ROUTINE = ("delete routine", True)
    ROUTES = ("routes", False)
    RECORDS = ("records", False)
    VARIABLES = ("variables", False)

    @property
    def mutates(self) -> bool:
        """Whether the provider's state may change."""
        return self.value[1]


@frozen(kw_only=True, repr=False)
class UploadSlot:
    """An address and a signed form for one upload: whoever has it may overwrite code.

    It is never stored: it cannot be pickled, and it shows host, key and expiry alone.

    Attributes:
        url: Where to send the form.
        fields: Names and values as they are sent, in this order, before the file.
        key: Name under which the bytes will be stored.
        expires_at: When the provider stops taking it; None where it does not say.
        least_bytes: Fewest bytes it takes; None where it does not say.
        most_bytes: Most bytes it takes; None where it does not say.
        version: Version the slot belongs to, where asking for it allocated one.

    Source: ESA API 2024-09-10, GetRoutineStagingCodeUploadInfo; OSS, PostObject.
    """

    url: str
    fields: tuple[tuple[str, Secret | str], ...]
    key: str
    expires_at: dt.datetime | None = None
    least_bytes: int | None = None
    most_bytes: int | None = None
    version: VersionId | None = None

    @property
    def host(self) -> str:
        """Host and port that the form goes to."""
        return urlsplit(self.url).netloc

    def check(self, size: int, now: dt.datetime) -> None:
        """Refuse an upload that could only fail.

        Args:
            size: Bytes to upload.
            now: Time of day, with its zone.

        Raises:
            SlotExpired: Less than a minute is left.
            InvalidInput: The slot takes no code of this size.
        """
        if self.expires_at is not None and self.expires_at - now < SLOT_MARGIN:
            raise SlotExpired(
                f"The upload form for {self.key} ends too soon to be used,"
                f" at {self.expires_at.isoformat()}.",
                operation="PostObject",
                next_move="Ask for a new one.",
            )

        least, most = self.least_bytes or 0, self.most_bytes
        if size < least or (most is not None and size > most):
            raise InvalidInput(
                f"The code has {size:,} bytes; the provider takes"
                f" {least:,} to {'any number of' if most is None else f'{most:,}'}.",
                next_move="Make the bundle fit; minify it if it is too large.",
            )

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise Misuse(f"{self!r} cannot be copied or stored: ask for a new one instead.")

    def __repr__(self) -> str:
        until = "unknown" if self.expires_at is None else self.expires_at.isoformat()
        return f"UploadSlot(host={self.host!r}, key={self.key!r}, until={until})"


@frozen(kw_only=True)
class Placed:
    """What an upload stored.

    Attributes:
        key: Name under which the bytes lie.
        etag: What the store answered as their tag; empty where it gave none.
    """

    key: str
    etag: str = ""


@frozen(kw_only=True)
class ReservedSlot:
    """A version allocated for a ZIP, with the form that takes it.

    Attributes:
        version: The version, in state ``init`` until its ZIP arrives.
        slot: Where the ZIP may go.
    """

    version: VersionId
    slot: UploadSlot


@frozen(kw_only=True)
class AssetsInfo:
    """What the provider tells of a version's assets, which cannot be read back.

    Attributes:
        has_assets: Whether it has any.
        not_found: What answers a path that no asset has; empty for the code.
    """

    has_assets: bool
    not_found: str = ""


@frozen(kw_only=True)
class RoutineSummary:
    """One line of the list of routines.

    Attributes:
        name: Its name as the provider has it; old ones may break today's rule.
        description: What people wrote about it.
        record: Host name under which it answers by default; empty where unknown.
        created_at: When it was made, if the provider says.
    """

    name: str
    description: str = ""
    record: str = ""
    created_at: dt.datetime | None = None


@frozen(kw_only=True)
class CloudStatistics:
    """What was asked of a cloud.

    Attributes:
        calls: Calls begun, by verb.
    """

    calls: Mapping[Op, int]


class RoutineCloud(Protocol):
    """A cloud that runs routines.

    Every call may raise any `CallError`; the errors named here are those that a caller
    has a reason to tell apart. No call is repeated by itself: after `OutcomeUnknown`,
    look at the provider's state first.
    """

    @property
    def facts(self) -> CloudFacts:
        """What this cloud has and how it behaves."""
        ...

    def bound(self, *, permit: Permit) -> Self:
        """Give the same cloud, whose every call asks this permit right before it."""
        ...

    async def observe(self, name: RoutineName) -> Routine:
        """Say which versions serve where.

        Raises:
            RoutineNotFound: There is no such routine.
        """
        ...

    async def glance(self, name: RoutineName) -> Routine:
        """Say which versions serve where, by a look that is a second old at most.

        Where this client looked within the last second, and has changed nothing since,
        that is the answer; no call is made then.

        Raises:
            RoutineNotFound: There is no such routine.
        """
        ...

    async def list_versions(self, name: RoutineName) -> tuple[Version, ...]:
        """Give the newest versions that the provider shows, newest first."""
        ...

    async def request_slot(self, name: RoutineName, description: str) -> UploadSlot:
        """Ask for an address and a form to upload code to.

        Raises:
            QuotaExceeded: The routine has as many versions as it may have.
        """
        ...

    async def post(self, slot: UploadSlot, blob: Blob) -> Placed:
        """Upload code once.

        Raises:
            SlotExpired: Ask for another slot.
            CallbackFailed: Stored, but the provider did not hear of it: not usable.
            OutcomeUnknown: The same upload may be made again; it overwrites.
            InvalidInput: The slot takes no code of this size.
        """
        ...

    async def commit(
        self,
        name: RoutineName,
        description: str,
        *,
        bound_to: Environment | None = None,
    ) -> VersionId:
        """Make a version of the code uploaded last.

        Args:
            name: The routine.
            description: What the version's description shall say: our tag.
            bound_to: Environment whose variables are baked in.

        Raises:
            QuotaExceeded: The routine has as many versions as it may have.
            OutcomeUnknown: It may exist: look for the tag first.
        """
        ...

    async def read_code(self, name: RoutineName, version: VersionId) -> bytes:
        """Give the code of a version; its digest alone proves that it is code."""
        ...

    async def version_info(self, name: RoutineName, version: VersionId) -> Version:
        """Say what the provider knows of one version."""
        ...

    async def request_assets_slot(
        self,
        name: RoutineName,
        description: str,
        *,
        not_found: str = "",
        bound_to: Environment | None = None,
    ) -> ReservedSlot:
        """Allocate a version for a ZIP of code and assets, with a form for it.

        Args:
            name: The routine.
            description: What the version's description shall say: our tag.
            not_found: What shall answer a path that no asset has.
            bound_to: Environment whose variables are baked in.

        Raises:
            QuotaExceeded: The routine has as many versions as it may have.
            OutcomeUnknown: It may exist: look for the tag first.
        """
        ...

    async def assets_info(self, name: RoutineName, version: VersionId) -> AssetsInfo:
        """Say whether a version has assets, and what answers unknown paths."""
        ...

    async def deploy(
        self, name: RoutineName, environment: Environment, split: Split
    ) -> Deployment:
        """Put a split in force; the answer is compared with what was asked.

        Raises:
            OutcomeUnknown: The answer says something else: look first.
            InUse: Something at the provider holds it up.
        """
        ...

    async def delete_version(self, name: RoutineName, version: VersionId) -> None:
        """Delete a version.

        Raises:
            InUse: It serves somewhere.
            OutcomeUnknown: It may be gone: look first.
        """
        ...

    async def create_routine(self, name: RoutineName, description: str = "") -> None:
        """Make an empty routine.

        Raises:
            RoutineExists: There is one of this name.
        """
        ...

    async def delete_routine(self, name: RoutineName) -> None:
        """Delete a routine with all its versions.

        Raises:
            RoutineNotFound: There is no such routine.
            InUse: It serves, or something else refers to it.
            OutcomeUnknown: It may be gone: look first.
        """
        ...

    async def version_quota(self) -> int:
        """Say how many versions a routine may have.

        Raises:
            AccessDenied: Nobody let us read it; assume the setting instead.
        """
        ...

    async def variables(self, name: RoutineName, environment: Environment) -> Variables:
        """Name the variables of an environment; no value is read."""
        ...

    async def staging_addresses(self) -> tuple[str, ...]:
        """Give the IP addresses under which staging answers."""
        ...

    async def access_token(self, name: RoutineName) -> Secret:
        """Give a token, good for an hour, that opens a routine's default record."""
        ...

    async def list_routines(self, search: str = "") -> tuple[RoutineSummary, ...]:
        """Give all routines whose name has the search text in it.

        Raises:
            Refused: There are more than the provider shows.
        """
        ...

    async def routes(self, name: RoutineName) -> tuple[Route, ...]:
        """Give the routes of all sites that lead to a routine."""
        ...

    async def related_records(self, name: RoutineName) -> tuple[RelatedRecord, ...]:
        """Give the host names that are bound to a routine."""
        ...

    async def service_status(self) -> str:
        """Say whether the account may use routines, in the provider's word."""
        ...

    def statistics(self) -> CloudStatistics:
        """Say what was asked so far, by all bound copies together."""
        ...


class AreaCloud(Protocol):
    """A cloud whose areas can serve another version than production does."""

    async def publish(
        self, name: RoutineName, version: VersionId, areas: Areas
    ) -> Deployment:
        """Put one version in force in several environments: all of them, or none.

        Raises:
            OutcomeUnknown: The answer says something else: look first.
        """
        ...
