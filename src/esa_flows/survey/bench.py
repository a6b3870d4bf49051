"""Where the survey works: one scratch routine, and ways to ask about it.

Changes are made once: where the reply is lost, nobody knows, and the question that
needed it stays open. Looks are made again. What is left lying about in the scratch
routine goes with it.
"""

from __future__ import annotations

import datetime as dt
import enum
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, TypeVar

import anyio
from attrs import define, field

from esa_flows.api.cloud import RoutineCloud
from esa_flows.api.esa import API_VERSION
from esa_flows.api.reply import Member
from esa_flows.errors import (
    CallError,
    Executed,
    OutcomeUnknown,
    Refused,
    Throttled,
)
from esa_flows.files import BytesBlob
from esa_flows.model import RoutineName, VersionId, VersionStatus
from esa_flows.survey.ear import Ear
from esa_flows.survey.finding import Open
from esa_flows.wire.call import Call, Caller
from esa_flows.wire.cap import Cap
from esa_flows.wire.reply import object_in
from esa_flows.wire.transport import Response

__all__ = ["PATIENCE", "STEP", "Bench", "Deed", "wait_before"]

STEP = 0.5
"""Seconds between two looks at something that may come late."""

PATIENCE = 30.0
"""Seconds after which something that did not come is no longer waited for."""

_TRIES = 6
_LONGEST_WAIT = 8.0
_SHORTLY = 0.001
# A second and a little: afterwards no earlier call counts against the cap.
QUIET = 1.1

T = TypeVar("T")


class Deed(enum.Enum):
    """A call that the port has no verb for.

    Attributes:
        mutates: Whether the provider's state may change.
    """

    LOOK = False
    CHANGE = True

    @property
    def mutates(self) -> bool:
        """Whether the provider's state may change."""
        return self.value


def wait_before(attempt: int, error: CallError) -> float:
    """Give the seconds to wait before a call is made again.

    Args:
        attempt: How often it was made already.
        error: How it ended last.
    """
    asked = error.retry_after if isinstance(error, Throttled) else 0.0
    return max(asked, min(QUIET * 2.0 ** (attempt - 1), _LONGEST_WAIT))


@define(kw_only=True, repr=False, eq=False)
class Bench:
    """One scratch routine, and what the survey knows about it.

    Attributes:
        cloud: The provider, as a port.
        caller: Makes the calls that the port has no verb for.
        ear: What both are heard through.
        cap: The limit on calls per second.
        unpaced: Makes a caller for a burst of so many calls in a second, with an ear
            of its own: only for the question about the cap.
        name: The scratch routine.
        description: What marks it as made by this survey.
        now: The wall clock, with its zone.
        number: Gives a random text of hexadecimal digits.
        standing: A version that is there to be looked at; None while there is none.
        kept: Versions that were made and not deleted.
        is_rounded: Whether version ids come rounded, so that none can be named.
        in_doubt: Whether the reply to a change of versions was lost.
    """

    cloud: RoutineCloud
    caller: Caller
    ear: Ear
    cap: Cap
    unpaced: Callable[[int], tuple[Caller, Ear]]
    name: RoutineName
    description: str
    now: Callable[[], dt.datetime]
    number: Callable[[], str]
    standing: VersionId | None = None
    kept: set[VersionId] = field(factory=set)
    is_rounded: bool = False
    in_doubt: bool = False

    def __repr__(self) -> str:
        return f"<Bench {self.name}: {len(self.kept)} versions>"

    # --- calls -----------------------------------------------------------------------

    async def look(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call that may be repeated whatever became of it."""
        return await self._patiently(call, lambda error: error.transient)

    async def do(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a change; once more only where it surely was not executed.

        Raises:
            OutcomeUnknown: It may have been executed.
        """
        return await self._patiently(
            call, lambda error: error.transient and error.executed is Executed.NO
        )

    async def _patiently(
        self, call: Callable[[], Awaitable[T]], again: Callable[[CallError], bool]
    ) -> T:
        for attempt in range(1, _TRIES):
            try:
                return await call()
            except CallError as error:
                if not again(error):
                    raise

                await anyio.sleep(wait_before(attempt, error))

        return await call()

    async def ask(
        self,
        operation: str,
        *,
        deed: Deed = Deed.LOOK,
        where: Literal["form", "query"] = "form",
        version: str = API_VERSION,
        **parameters: str,
    ) -> Member:
        """Call an operation that the port has no verb for, or whose answer it reads.

        Args:
            operation: As the provider names it.
            deed: Whether it changes something.
            where: Where its parameters travel.
            version: Of the API.
            parameters: Its parameters.
        """
        call = Call(
            operation=operation,
            version=version,
            verb=deed,
            parameters=parameters,
            where=where,
        )
        made = self.do if deed.mutates else self.look
        answer = await made(lambda: self.caller.call(call))
        return Member(
            operation=operation, value=answer.value, request_id=answer.request_id
        )

    def heard(self, operation: str) -> Member:
        """Give the last answer as it came.

        Args:
            operation: What it answered, for errors.
        """
        return Member(operation=operation, value=object_in(self.response.body))

    @property
    def response(self) -> Response:
        """The last response as it came.

        Raises:
            Open: It was lost.
        """
        if self.ear.response is None:
            raise Open("The reply was lost.")

        return self.ear.response

    # --- versions --------------------------------------------------------------------

    def name_versions(self) -> None:
        """Insist on ids that can be used.

        Raises:
            Open: They come rounded.
        """
        if self.is_rounded:
            raise Open("Version ids come rounded: no single version can be named.")

    async def upload(self, content: bytes, text: str) -> None:
        """Fill the staging slot: it overwrites, so it may be done again."""
        slot = await self.look(lambda: self.cloud.request_slot(self.name, text))
        await self.look(lambda: self.cloud.post(slot, BytesBlob(content)))

    async def commit(self, text: str) -> VersionId:
        """Make a version of the staging slot, and remember that it is there.

        Dying between the call and the note loses the note alone: the version goes with
        the scratch routine.
        """
        try:
            made = await self.do(lambda: self.cloud.commit(self.name, text))
        except OutcomeUnknown:
            self.in_doubt = True
            raise

        self.kept.add(made)
        return made

    async def make(self, content: bytes, text: str) -> VersionId:
        """Upload code and make a version of it."""
        await self.upload(content, text)
        return await self.commit(text)

    async def version(self) -> VersionId:
        """Give the version that is there to be looked at; make it where it lacks.

        Raises:
            Open: Version ids come rounded.
        """
        self.name_versions()
        if self.standing is None:
            self.standing = await self.make(self.code("standing"), "standing")

        return self.standing

    def code(self, word: str) -> bytes:
        """Give a small routine that nobody uploaded before."""
        said = f"{word} {self.number()[:8]}"
        return f"export default {{ fetch: () => new Response('{said}') }};\n".encode()

    async def discard(self, version: VersionId) -> None:
        """Delete a version that was needed for a moment; what stays is remembered."""
        try:
            await self.do(lambda: self.cloud.delete_version(self.name, version))
        except OutcomeUnknown:
            self.in_doubt = True
        except Refused:
            return

        self.kept.discard(version)

    # --- what comes late -------------------------------------------------------------

    async def quiet(self) -> None:
        """Wait until no earlier call can hold up the next one."""
        await anyio.sleep(QUIET)

    async def watch(
        self,
        looks: Mapping[str, Callable[[], Awaitable[bool]]],
        *,
        since: float | None = None,
        patience: float = PATIENCE,
    ) -> dict[str, float]:
        """Look until everything is seen, and tell how late each was.

        Args:
            looks: What to look for, by name; a refused look has seen nothing.
            since: When it could have been there first, on anyio's clock; None is now.
            patience: Seconds to go on looking.

        Returns:
            Seconds by name, in steps of `STEP`; what was not seen is not in it.
        """
        begin = anyio.current_time() if since is None else since
        seen: dict[str, float] = {}
        late = 0.0
        while late <= patience:
            for name in looks.keys() - seen.keys():
                if await self._sees(looks[name]):
                    seen[name] = late

            if len(seen) == len(looks):
                break

            late = await self._next_step(begin)

        return seen

    async def _sees(self, look: Callable[[], Awaitable[bool]]) -> bool:
        try:
            return await look()
        except Refused:
            return False

    async def _next_step(self, begin: float) -> float:
        passed = anyio.current_time() - begin
        late = (math.floor(passed / STEP) + 1) * STEP
        await anyio.sleep(late - passed + _SHORTLY)
        return late

    async def ready(self, version: VersionId) -> None:
        """Wait until a version can be deployed.

        Raises:
            Open: It was not in time.
        """
        if not await self.watch({"ready": lambda: self.is_available(version)}):
            raise Open(f"Version {version} was not available after {PATIENCE:.0f} s.")

    async def is_available(self, version: VersionId) -> bool:
        """Tell whether the provider says that a version can be deployed."""
        found = await self.look(lambda: self.cloud.version_info(self.name, version))
        return found.status is VersionStatus.AVAILABLE

    async def rows(self) -> tuple[Member, ...]:
        """Give the first page of versions as it came."""
        reply = await self.ask(
            "ListRoutineCodeVersions", Name=self.name, PageNumber="1", PageSize="20"
        )
        return reply.member("CodeVersions").items()

    async def is_listed(self, version: VersionId) -> bool:
        """Tell whether the list shows a version."""
        return any(
            row.member("CodeVersion").id_text() == version for row in await self.rows()
        )
