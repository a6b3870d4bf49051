"""Make one call: paced, permitted, signed, sent, and its answer read or classified.

The order inside a call is fixed: credentials, a slot of the cap, the permit, a fresh
signature, the send. The permit is asked last, so that what it says still holds when the
request leaves; when it refuses, the slot goes back unspent.

A call is sent again here only when the provider said for certain that it was not
executed and why, and we can remove the reason: its clock differs from ours, our
temporary credentials have expired, or the account belongs to the other site. All other
retries belong to those who know what the call is for.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import anyio
from attrs import define, evolve, field, frozen

from esa_flows import trace
from esa_flows.errors import (
    BadCredentials,
    CallError,
    InvalidInput,
    NotSent,
    OutcomeUnknown,
    Throttled,
)
from esa_flows.wire.allowance import Allowance
from esa_flows.wire.answer import Answer, CallerStatistics, Nobody, Observer
from esa_flows.wire.cap import Cap, Slot
from esa_flows.wire.classify import classify
from esa_flows.wire.correction import (
    Correction,
    correction_for,
    knows_the_key,
    skew_of,
    stranger,
)
from esa_flows.wire.credentials import Credentials, CredentialSource, Forgetful
from esa_flows.wire.lane import way_back
from esa_flows.wire.permit import Permit, always
from esa_flows.wire.reply import facts_of, object_in, plain
from esa_flows.wire.rpc import Call, signed_request
from esa_flows.wire.site import Endpoint
from esa_flows.wire.transport import Request, Response, Transport

__all__ = ["Answer", "Call", "Caller", "CallerStatistics", "Observer"]

_OK = 200


@frozen(kw_only=True)
class _Round:
    """One send and what it gave."""

    outcome: Answer | CallError
    response: Response | None
    credentials: Credentials


def _sequence(value: Endpoint | Sequence[Endpoint]) -> tuple[Endpoint, ...]:
    return (value,) if isinstance(value, Endpoint) else tuple(value)


@define(repr=False, eq=False)
class Caller:
    """Makes calls of one product with one account.

    Args:
        transport: Carries the requests.
        credentials: Who signs.
        endpoints: Where to; several while the site is unknown, in the order they are
            tried.
        cap: The limit on calls per second, shared by everybody with this account: one
            for all operations, or one for each.
        now: The wall clock, with a time zone; only dates of signatures come from it.
        nonce: Gives a text never used before.
        product: The prefix of RAM actions, such as ``esa``.
        probe: A read that every account may send; it finds the site before the first
            call that changes something. Needed with several endpoints only.
        clock: Seconds that never go backwards.

    Attributes:
        allowance: What it keeps to beside the cap, where somebody wants it so.

    Raises:
        InvalidInput: There is no endpoint, or several and no probe.
    """

    _transport: Transport
    _credentials: CredentialSource
    _endpoints: tuple[Endpoint, ...] = field(converter=_sequence)
    _cap: Cap = field(kw_only=True)
    _now: Callable[[], dt.datetime] = field(kw_only=True)
    _nonce: Callable[[], str] = field(kw_only=True)
    _product: str = field(kw_only=True, default="esa")
    _probe: Call | None = field(kw_only=True, default=None)
    _clock: Callable[[], float] = field(kw_only=True, default=anyio.current_time)
    allowance: Allowance = field(init=False, factory=Allowance)
    _endpoint: Endpoint | None = field(init=False, default=None)
    _finding: anyio.Lock = field(init=False, factory=anyio.Lock)
    _skew: dt.timedelta = field(init=False, default=dt.timedelta(0))
    _sent: int = field(init=False, default=0)
    _answered: int = field(init=False, default=0)
    _failed: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        """Check that the site can be found out, where it is not known."""
        _check(self._endpoints, self._probe)
        if len(self._endpoints) == 1:
            self._endpoint = self._endpoints[0]

    @property
    def skew(self) -> dt.timedelta:
        """How far the provider's clock is ahead of ours, as far as learned."""
        return self._skew

    @property
    def endpoint(self) -> Endpoint | None:
        """The endpoint in use; `None` while the site is not known."""
        return self._endpoint

    async def call(
        self, call: Call, *, permit: Permit = always, observer: Observer | None = None
    ) -> Answer:
        """Make a call and give its answer.

        Args:
            call: What to send.
            permit: Asked right before each send.
            observer: Told of each send.

        Raises:
            CallError: There is no usable answer; its class says what that means.
            NoCredentials: Nobody can sign.
        """
        watch = observer or Nobody()
        if self._endpoint is not None:
            return await self._known(call, self._endpoint, permit, watch)

        # All others wait for this one, those of the way back too; so it goes first.
        async with self._finding:
            with way_back():
                answer = await self._first(call, permit, watch)

        return answer or await self.call(call, permit=permit, observer=observer)

    def statistics(self) -> CallerStatistics:
        """Tell what was done so far."""
        return CallerStatistics(
            sent=self._sent,
            answered=self._answered,
            failed=self._failed,
            skew=self._skew.total_seconds(),
            endpoint=self._endpoint.url if self._endpoint else "",
        )

    def __repr__(self) -> str:
        place = self._endpoint.host if self._endpoint else "site unknown"
        return f"<Caller {self._product} at {place}, {self._sent} sent>"

    # --- the site --------------------------------------------------------------------

    async def _first(
        self, call: Call, permit: Permit, watch: Observer
    ) -> Answer | None:
        """Find the site: by the call itself, unless it changes something."""
        if self._endpoint is not None:
            return None

        if not call.verb.mutates:
            return await self._find(call, permit, watch)

        await self._find_by_probe(watch)
        return None

    async def _find(self, call: Call, permit: Permit, watch: Observer) -> Answer:
        """Try the endpoints in turn; the first that knows the key is remembered."""
        strangers = []
        for endpoint in self._endpoints:
            try:
                answer = await self._corrected(call, endpoint, permit, watch)
            except CallError as error:
                known = knows_the_key(error)
                if known is not False:
                    self._endpoint = endpoint if known else None
                    raise

                strangers.append(error)
            else:
                self._endpoint = endpoint
                return answer

        raise stranger(strangers[-1], self._endpoints)

    async def _find_by_probe(self, watch: Observer) -> None:
        """Find the site with a read, so that nothing is changed at a guess."""
        probe = cast("Call", self._probe)
        try:
            await self._find(probe, always, watch)
        except OutcomeUnknown as error:
            raise NotSent(
                "Nothing was sent: which site the account belongs to is not known yet,"
                f" and asking for it failed. {error.message}",
                next_move="Try again, or set the site.",
                operation=probe.operation,
            ) from error
        except CallError:
            # Refused, but by a site that knows the key: that is what we asked for.
            if self._endpoint is None:
                raise

    # --- one call --------------------------------------------------------------------

    async def _known(
        self, call: Call, endpoint: Endpoint, permit: Permit, watch: Observer
    ) -> Answer:
        try:
            return await self._corrected(call, endpoint, permit, watch)
        except BadCredentials as error:
            if knows_the_key(error) is False:
                raise stranger(error, (endpoint,)) from None

            raise

    async def _corrected(
        self, call: Call, endpoint: Endpoint, permit: Permit, watch: Observer
    ) -> Answer:
        corrected: set[Correction] = set()
        for attempt in itertools.count(1):
            async with self.allowance.turn(call.lane):
                tried = await self._once(call, endpoint, permit, watch, attempt)

            if isinstance(tried.outcome, Answer):
                answer = tried.outcome
                return answer if attempt == 1 else evolve(answer, attempts=attempt)

            correction = correction_for(tried.outcome)
            if correction is None or correction in corrected:
                raise tried.outcome

            if not await self._can_correct(correction, tried):
                raise tried.outcome

            corrected.add(correction)

        raise AssertionError  # pragma: no cover  count() does not end

    async def _can_correct(self, correction: Correction, tried: _Round) -> bool:
        if correction is Correction.CLOCK and tried.response is not None:
            skew = skew_of(tried.response, self._now())
            self._skew = self._skew if skew is None else skew
            return skew is not None

        if isinstance(self._credentials, Forgetful):
            self._credentials.forget(tried.credentials)

        return await self._credentials.get() != tried.credentials

    async def _once(
        self,
        call: Call,
        endpoint: Endpoint,
        permit: Permit,
        watch: Observer,
        attempt: int,
    ) -> _Round:
        credentials = await self._credentials.get()
        asked = self._clock()
        gate = f"{self._product}.{call.operation}"
        key = credentials.access_key_id
        async with self._cap.slot(gate, lane=call.lane, key=key) as slot:
            request = self._signed(call, endpoint, credentials, permit, slot)
            sent_at = self._clock()
            watch.sent(call)
            with trace.call_span(
                call.operation,
                host=endpoint.host,
                attempt=attempt,
                waited=sent_at - asked,
            ):
                reply = await self._send(request, call)
                elapsed = self._clock() - sent_at
                outcome = self._judge(call, reply, credentials, sent_at, elapsed)
                _settle(slot, reply, outcome)
                _trace(outcome)

        self._count(outcome)
        watch.done(outcome, sent_at - asked, elapsed)
        response = reply if isinstance(reply, Response) else None
        return _Round(outcome=outcome, response=response, credentials=credentials)

    def _signed(
        self,
        call: Call,
        endpoint: Endpoint,
        credentials: Credentials,
        permit: Permit,
        slot: Slot,
    ) -> Request:
        try:
            permit(call.verb)
            date, nonce = self._now() + self._skew, self._nonce()
            return signed_request(call, endpoint, credentials, date=date, nonce=nonce)
        except BaseException:
            slot.not_sent()
            raise

    async def _send(self, request: Request, call: Call) -> Response | CallError:
        self._sent += 1
        try:
            return await self._transport.send(request)
        except (NotSent, OutcomeUnknown) as error:
            return _named(error, call)

    def _judge(
        self,
        call: Call,
        reply: Response | CallError,
        credentials: Credentials,
        sent_at: float,
        elapsed: float,
    ) -> Answer | CallError:
        if isinstance(reply, CallError):
            return reply

        value = object_in(reply.body) if reply.status == _OK else None
        if value is None:
            facts = facts_of(reply)
            safe = evolve(facts, message=credentials.redact(facts.message))
            return classify(
                call.operation,
                safe,
                product=self._product,
                mutates=call.verb.mutates,
            )

        request_id = _request_id(value, reply.headers)
        return Answer(
            value=value, request_id=request_id, sent_at=sent_at, elapsed=elapsed
        )

    def _count(self, outcome: Answer | CallError) -> None:
        if isinstance(outcome, Answer):
            self._answered += 1
            return

        self._failed += 1


def _check(endpoints: Sequence[Endpoint], probe: Call | None) -> None:
    if not endpoints:
        raise InvalidInput("A caller needs an endpoint: none was given.")

    if len(endpoints) > 1 and probe is None:
        raise InvalidInput(
            "With several endpoints a caller needs a probe: a read that finds out which"
            " of them knows the account."
        )


def _settle(
    slot: Slot, reply: Response | CallError, outcome: Answer | CallError
) -> None:
    """Tell the cap what became of the call; unknown where nobody knows."""
    if isinstance(reply, NotSent):
        slot.not_sent()
    elif isinstance(reply, Response) and isinstance(outcome, Throttled):
        slot.throttled(outcome)
    elif isinstance(reply, Response):
        slot.answered()


def _trace(outcome: Answer | CallError) -> None:
    if isinstance(outcome, CallError):
        trace.failed(outcome)
        return

    trace.note(request_id=outcome.request_id)


def _named(error: CallError, call: Call) -> CallError:
    error.operation = call.operation
    return error


def _request_id(value: Mapping[str, object], headers: Mapping[str, str]) -> str:
    return plain(value.get("RequestId")) or plain(headers.get("x-acs-request-id", ""))
