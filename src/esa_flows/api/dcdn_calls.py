"""Make DCDN's calls: a change that got a doubtful answer is settled by one look.

Each call is asked for as the verb it serves, so that a step may look on behalf of what
it declared; a look is judged as the read it is, whose error texts are believed.

Source: DCDN API 2018-01-15, DescribeRoutine and the error codes of its siblings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from attrs import frozen

from esa_flows.api.cloud import Op
from esa_flows.api.dcdn_answers import Described, described
from esa_flows.api.dcdn_doubt import Happened, is_doubtful, not_done
from esa_flows.api.dcdn_operations import API_VERSION, DESCRIBE, OPERATIONS
from esa_flows.api.lanes import LANES
from esa_flows.api.reply import Member
from esa_flows.errors import CallError, OutcomeUnknown, RoutineNotFound
from esa_flows.model import RoutineName
from esa_flows.wire.call import Call, Caller
from esa_flows.wire.permit import Permit
from esa_flows.wire.phrases import likely

__all__ = ["DcdnCalls"]


@frozen(kw_only=True)
class DcdnCalls:
    """Makes calls under one permit.

    Attributes:
        caller: Makes signed calls; of the product ``dcdn``.
        permit: Asked before every call.
        asked: Counts calls, by verb.
    """

    caller: Caller
    permit: Permit
    asked: Counter[Op]

    async def look(self, op: Op, name: RoutineName) -> Described:
        """Read a routine on behalf of a verb.

        Raises:
            RoutineNotFound: There is no such routine.
        """
        reply = await self.ask(op, DESCRIBE, {"Name": name}, verb=Op.OBSERVE)
        return described(reply.member("Content"))

    async def change(
        self,
        op: Op,
        name: RoutineName,
        parameters: Mapping[str, str | None],
        *,
        unless: Happened,
        operation: str = "",
        ends_routine: bool = False,
    ) -> Member:
        """Make a call that changes something; after a doubtful answer, look once.

        Args:
            op: The verb; its first operation is called.
            name: The routine, sent and looked at.
            parameters: What else is sent.
            unless: Whether the change may have happened, by what is seen then.
            operation: Another operation than the verb's first.
            ends_routine: Whether a routine that is gone shows that it happened.

        Raises:
            OutcomeUnknown: It may have been executed.
            Refused: The provider said no, and the look shows that nothing happened.
        """
        sent = {"Name": name, **parameters}
        try:
            return await self.ask(op, operation or OPERATIONS[op][0], sent)
        except OutcomeUnknown as error:
            if not is_doubtful(error):
                raise

            raise await self._settled(
                op, name, error, unless, ends_routine=ends_routine
            ) from None

    async def ask(
        self,
        op: Op,
        operation: str,
        parameters: Mapping[str, str | None],
        *,
        verb: Op | None = None,
    ) -> Member:
        """Make one call.

        Args:
            op: The verb that the permit is asked about.
            operation: What is called.
            parameters: Values; those that are None are left out.
            verb: As which verb the answer is judged, where it is another one.
        """
        call = Call(
            operation=operation,
            version=API_VERSION,
            verb=verb or op,
            lane=LANES[op],
            parameters={k: v for k, v in parameters.items() if v is not None},
            where="form" if parameters else "none",
        )
        self.asked[op] += 1
        answer = await self.caller.call(call, permit=lambda _: self.permit(op))
        return Member(
            operation=operation, value=answer.value, request_id=answer.request_id
        )

    async def _settled(
        self,
        op: Op,
        name: RoutineName,
        error: CallError,
        unless: Happened,
        *,
        ends_routine: bool,
    ) -> CallError:
        try:
            seen = await self.look(op, name)
        except RoutineNotFound:
            # Where there is no routine, nothing was done to it: unless that is how it
            # would be done, and the text says something else than what is seen.
            agrees = not ends_routine or issubclass(likely(error), RoutineNotFound)
            return not_done(error) if agrees else error
        except CallError:
            return error

        return error if unless(seen, likely(error)) else not_done(error)
