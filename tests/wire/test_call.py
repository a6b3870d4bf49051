"""One call: its order, its corrections, its site, its watchers."""

from __future__ import annotations

import contextlib
import datetime as dt
import json

import anyio
import pytest
from attrs import define, evolve, field
from tests.wire.doubles import (
    CHANGE,
    CREDENTIALS,
    HANGZHOU,
    KEY_ID,
    LOOK,
    NOW,
    SESSION,
    SINGAPORE,
    TOKEN,
    Reply,
    Scripted,
    caller,
    header,
    nonces,
    ok,
    refusal,
)

from esa_flows.errors import (
    AccessDenied,
    BadCredentials,
    CallError,
    InvalidInput,
    LeaseLost,
    NoCredentials,
    NotSent,
    OutcomeUnknown,
    Refused,
    RoutineNotFound,
    Throttled,
)
from esa_flows.wire import (
    Answer,
    Call,
    Caller,
    Cap,
    Credentials,
    Lane,
    Response,
    Slot,
    Static,
    Verb,
)
from esa_flows.wire.lane import way_back

BOTH = (HANGZHOU, SINGAPORE)
STRANGER = refusal("InvalidAccessKeyId.NotFound", 404)
LATER = "Fri, 02 Jan 2026 04:04:05 GMT"


@define
class Log:
    """Keeps what happened, in order."""

    events: list[str] = field(factory=list)
    outcomes: list[Answer | CallError] = field(factory=list)
    times: list[tuple[float, float]] = field(factory=list)

    def sent(self, call: Call) -> None:
        """Keep that a call left."""
        self.events.append(f"sent {call.operation}")

    def done(self, outcome: Answer | CallError, waited: float, elapsed: float) -> None:
        """Keep how it went."""
        self.events.append(f"done {type(outcome).__name__}")
        self.outcomes.append(outcome)
        self.times.append((waited, elapsed))

    def permit(self, verb: Verb) -> None:
        """Keep that leave was asked."""
        self.events.append(f"permit {verb.name}")


@define
class Renewing:
    """Gives the next credentials once the present ones were refused."""

    rest: list[Credentials]
    log: Log = field(factory=Log)

    async def get(self) -> Credentials:
        """Give the present ones."""
        self.log.events.append("credentials")
        return self.rest[0]

    def forget(self, refused: Credentials) -> None:
        """Go on to the next."""
        assert refused == self.rest[0]
        self.rest = self.rest[1:] or self.rest


def refuse(verb: Verb) -> None:
    """Give no leave.

    Raises:
        LeaseLost: Always.
    """
    raise LeaseLost(f"another process drives this run: no {verb.name}")


# --- one call ------------------------------------------------------------------------


async def test_a_call_gives_the_answer() -> None:
    """The object, the provider's name for the call, and one attempt."""
    transport = Scripted(ok(CodeVersion=1723599747213377175))
    answer = await caller(transport).call(LOOK)

    assert answer.value == {"RequestId": "0000-OK", "CodeVersion": 1723599747213377175}
    assert (answer.request_id, answer.attempts) == ("0000-OK", 1)
    assert transport.sent[0].body == b"Name=hello"
    assert header(transport.sent[0], "x-acs-date") == "2026-01-02T03:04:05Z"


async def test_the_request_id_may_be_in_the_header() -> None:
    """Where the body has none."""
    reply = Response(status=200, headers={"X-Acs-Request-Id": "R-9"}, body=b"{}")

    assert (await caller(Scripted(reply)).call(LOOK)).request_id == "R-9"


async def test_every_call_has_its_own_nonce_and_signature() -> None:
    """A nonce seen before would be refused."""
    transport = Scripted(ok(), ok())
    source = caller(transport)
    await source.call(LOOK)
    await source.call(LOOK)
    first, second = transport.sent

    assert header(first, "x-acs-signature-nonce") == "n1"
    assert header(second, "x-acs-signature-nonce") == "n2"
    assert header(first, "authorization") != header(second, "authorization")


async def test_the_permit_is_asked_last_before_the_send() -> None:
    """Credentials first, which may take long; then leave, then the send."""
    log = Log()
    source = caller(Scripted(ok()), credentials=Renewing([CREDENTIALS], log))
    await source.call(CHANGE, permit=log.permit, observer=log)

    assert log.events == [
        "credentials",
        "permit CHANGE",
        "sent CommitRoutineStagingCode",
        "done Answer",
    ]


async def test_leave_is_asked_after_the_wait_for_a_slot() -> None:
    """What was true before the wait may not be true after it."""
    cap, asked = Cap(1), []

    def permit(verb: Verb) -> None:
        """Note when leave was asked."""
        asked.append((verb.name, round(anyio.current_time() - start, 2)))

    source = caller(Scripted(ok(), ok()), cap=cap)
    start = anyio.current_time()
    await source.call(LOOK, permit=permit)
    await source.call(CHANGE, permit=permit)

    assert asked == [("LOOK", 0.0), ("CHANGE", 1.0)]


async def test_without_leave_nothing_is_sent_and_the_slot_comes_back() -> None:
    """And the permit's own error is what the caller sees."""
    cap, transport = Cap(), Scripted()
    with pytest.raises(LeaseLost, match="another process drives this run"):
        await caller(transport, cap=cap).call(CHANGE, permit=refuse)

    assert transport.sent == []
    assert cap.statistics().unspent == 1
    assert cap.statistics().unknown == 0


async def test_a_refusal_for_too_many_calls_teaches_the_cap() -> None:
    """The gate it was about is lowered and pauses as long as the provider asks."""
    cap, busy = Cap(), refusal("Throttling.User", 400, **{"x-acs-retry-after": "2000"})
    with contextlib.suppress(CallError):
        await caller(Scripted(busy), cap=cap).call(LOOK)

    now = cap.statistics()

    assert (now.allowed, now.throttled, now.paused) == (5, 1, 2.0)
    assert now.operations["esa.GetRoutine"].allowed == 100


async def test_a_call_waits_in_its_lane_before_its_operations_gate() -> None:
    """The cap is told who calls, what, and how urgent it is."""
    told = []

    class Telling(Cap):
        """Notes what it is asked for."""

        def slot(
            self, operation: str = "", *, lane: Lane = Lane.DEPLOY, key: str = ""
        ) -> Slot:
            """Note it."""
            told.append((operation, lane, key))
            return super().slot(operation, lane=lane, key=key)

    call = evolve(LOOK, lane=Lane.HOUSEKEEPING)
    await caller(Scripted(ok()), cap=Telling()).call(call)

    assert told == [("esa.GetRoutine", Lane.HOUSEKEEPING, KEY_ID)]


@pytest.mark.parametrize(
    ("reply", "settled", "unknown", "unspent"),
    [
        (ok(), 1, 0, 0),
        (refusal("RoutineNotExist"), 1, 0, 0),
        (refusal("Throttling.User"), 1, 0, 0),
        (NotSent("no route"), 0, 0, 1),
        (OutcomeUnknown("lost"), 0, 1, 0),
    ],
)
async def test_the_slot_comes_back_as_the_call_went(
    reply: Reply, settled: int, unknown: int, unspent: int
) -> None:
    """A refusal was counted too; what never left was not; what is lost may be."""
    cap = Cap()
    with contextlib.suppress(CallError):
        await caller(Scripted(reply), cap=cap).call(LOOK)

    statistics = cap.statistics()

    assert (statistics.settled, statistics.unknown, statistics.unspent) == (
        settled,
        unknown,
        unspent,
    )


@pytest.mark.parametrize("error", [NotSent("no route"), OutcomeUnknown("lost")])
async def test_trouble_on_the_way_names_the_operation(error: CallError) -> None:
    """The transport does not know it."""
    with pytest.raises(type(error), match="operation GetRoutine"):
        await caller(Scripted(error)).call(LOOK)


async def test_an_error_is_classified() -> None:
    """By code, with the product for RAM actions."""
    with pytest.raises(RoutineNotFound, match="about RoutineNotExist"):
        await caller(Scripted(refusal("RoutineNotExist"))).call(LOOK)

    with pytest.raises(AccessDenied, match='"esa:GetRoutine"'):
        await caller(Scripted(refusal("Forbidden.RAM", 403))).call(LOOK)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"RequestId":', b""])
async def test_an_ok_that_is_no_answer_is_unknown(body: bytes) -> None:
    """A login page of a proxy comes with 200 as well."""
    with pytest.raises(OutcomeUnknown, match="a reply that is not the provider's"):
        await caller(Scripted(Response.of(200, body))).call(LOOK)


async def test_a_message_that_quotes_a_secret_is_not_repeated() -> None:
    """The provider may quote what it was sent."""
    body = json.dumps({"Code": "Odd", "Message": f"bad token {TOKEN}"}).encode()
    source = caller(Scripted(Response.of(400, body)), credentials=Static(SESSION))
    with pytest.raises(Refused, match=r"bad token \*\*\*"):
        await source.call(LOOK)


@pytest.mark.parametrize(
    "reply",
    [
        refusal("Throttling.User"),
        refusal("ServiceUnavailable", 503),
        refusal("InternalError", 500),
        refusal("SignatureNonceUsed"),
        refusal("LockFailed"),
        refusal("InvalidTimeStamp.Format"),
        refusal("InvalidSecurityToken.Malformed"),
        refusal("SignatureDoesNotMatch"),
        refusal("InvalidAccessKeyId.NotFound", 404),
        Response.of(502, b"<html>"),
        NotSent("no route"),
        OutcomeUnknown("lost"),
    ],
    ids=repr,
)
async def test_nothing_else_is_sent_again(reply: Reply) -> None:
    """Only those who know what a call is for may repeat it."""
    transport = Scripted(reply, ok())
    with pytest.raises(CallError):
        await caller(transport).call(LOOK)

    assert len(transport.sent) == 1


async def test_without_credentials_no_slot_is_taken() -> None:
    """Nothing leaves, nothing waits."""

    class Nothing:
        """A source without credentials."""

        async def get(self) -> Credentials:
            """Give none."""
            raise NoCredentials("No credentials were found.")

    cap = Cap()
    with pytest.raises(NoCredentials):
        await caller(Scripted(), credentials=Nothing(), cap=cap).call(LOOK)

    assert cap.statistics().unspent == 0


# --- corrections ---------------------------------------------------------------------


@pytest.mark.parametrize("code", ["InvalidTimeStamp.Expired", "RequestTimeTooSkewed"])
async def test_a_wrong_clock_is_learned_and_the_call_signed_again(code: str) -> None:
    """With its own slot, nonce and date; later calls use what was learned."""
    cap, transport = Cap(), Scripted(refusal(code, date=LATER), ok(), ok())
    source = caller(transport, cap=cap)
    answer = await source.call(CHANGE)
    await source.call(LOOK)
    dates = [header(request, "x-acs-date") for request in transport.sent]
    used = {header(request, "x-acs-signature-nonce") for request in transport.sent}

    assert answer.attempts == 2
    assert source.skew == dt.timedelta(hours=1)
    assert dates == ["2026-01-02T03:04:05Z", *["2026-01-02T04:04:05Z"] * 2]
    assert len(used) == 3
    assert cap.statistics().settled == 3


async def test_the_clock_is_corrected_once() -> None:
    """If that does not help, a person must."""
    reply = refusal("InvalidTimeStamp.Expired", date=LATER)
    transport = Scripted(reply, reply, ok())
    with pytest.raises(Refused, match="Set the clock of this machine"):
        await caller(transport).call(LOOK)

    assert len(transport.sent) == 2


async def test_without_a_date_the_clock_cannot_be_corrected() -> None:
    """There is nothing to learn from."""
    transport = Scripted(refusal("InvalidTimeStamp.Expired"), ok())
    with pytest.raises(Refused):
        await caller(transport).call(LOOK)

    assert len(transport.sent) == 1


EXPIRED = refusal("InvalidSecurityToken.Expired")
FRESH = evolve(SESSION, access_key_id="STS.FakeKeyId0003")


async def test_expired_credentials_are_renewed_once() -> None:
    """And the call is signed with the new ones."""
    transport = Scripted(EXPIRED, ok())
    answer = await caller(transport, credentials=Renewing([SESSION, FRESH])).call(LOOK)
    keys = [header(request, "x-acs-accesskey-id") for request in transport.sent]

    assert keys == ["STS.FakeKeyId0002", "STS.FakeKeyId0003"]
    assert answer.attempts == 2


async def test_renewed_credentials_that_are_refused_too_end_the_call() -> None:
    """Once is enough."""
    transport = Scripted(EXPIRED, EXPIRED, ok())
    source = Renewing([SESSION, FRESH, CREDENTIALS])
    with pytest.raises(BadCredentials, match="temporary credentials that have expired"):
        await caller(transport, credentials=source).call(LOOK)

    assert len(transport.sent) == 2


@pytest.mark.parametrize("source", [Renewing([SESSION]), Static(SESSION)])
async def test_the_same_credentials_are_not_tried_again(
    source: Renewing | Static,
) -> None:
    """A source that has no others ends the call."""
    transport = Scripted(EXPIRED, ok())
    with pytest.raises(BadCredentials):
        await caller(transport, credentials=source).call(LOOK)

    assert len(transport.sent) == 1


async def test_clock_and_token_may_both_be_corrected() -> None:
    """Each once."""
    transport = Scripted(refusal("InvalidTimeStamp.Expired", date=LATER), EXPIRED, ok())
    source = caller(transport, credentials=Renewing([SESSION, FRESH]))

    assert (await source.call(LOOK)).attempts == 3


# --- the site ------------------------------------------------------------------------


async def test_a_read_finds_the_site_by_itself() -> None:
    """The first endpoint that knows the key is remembered."""
    transport = Scripted(STRANGER, ok(), ok())
    source = caller(transport, endpoints=BOTH)
    before = source.endpoint
    await source.call(LOOK)
    await source.call(LOOK)

    assert before is None
    assert source.endpoint == SINGAPORE
    assert transport.hosts == [HANGZHOU.host, SINGAPORE.host, SINGAPORE.host]


async def test_a_change_is_never_sent_at_a_guess() -> None:
    """A read finds the site first; then the change goes there, with leave."""
    log, transport = Log(), Scripted(STRANGER, ok(), ok())
    source = caller(transport, endpoints=BOTH)
    await source.call(CHANGE, permit=log.permit)

    assert transport.operations == [
        "GetErService",
        "GetErService",
        "CommitRoutineStagingCode",
    ]
    assert transport.hosts[-1] == SINGAPORE.host
    assert log.events == ["permit CHANGE"]


@pytest.mark.parametrize(
    "reply", [refusal("Forbidden.RAM", 403), refusal("ServiceNotOpen")]
)
async def test_a_refused_probe_that_knows_the_key_is_enough(reply: Reply) -> None:
    """The site is what was asked for."""
    transport = Scripted(reply, ok())
    source = caller(transport, endpoints=BOTH)
    await source.call(CHANGE)

    assert source.endpoint == HANGZHOU


async def test_a_refused_read_tells_the_site_too() -> None:
    """An unknown routine is an answer of a site that knows the key."""
    source = caller(Scripted(refusal("RoutineNotExist"), ok()), endpoints=BOTH)
    with pytest.raises(RoutineNotFound):
        await source.call(LOOK)

    assert source.endpoint == HANGZHOU


@pytest.mark.parametrize("call", [LOOK, CHANGE], ids=["read", "change"])
async def test_a_key_nobody_knows_says_which_sites_were_tried(call: Call) -> None:
    """Both hosts are named, and nothing was changed."""
    transport = Scripted(STRANGER, STRANGER)
    with pytest.raises(BadCredentials) as caught:
        await caller(transport, endpoints=BOTH).call(call)

    assert (
        "is not known. Tried: esa.cn-hangzhou.aliyuncs.com,"
        " esa.ap-southeast-1.aliyuncs.com." in str(caught.value)
    )
    assert "other site" not in str(caught.value)
    assert caught.value.code == "InvalidAccessKeyId.NotFound"
    assert caught.value.request_id == "0000-NO"
    assert "CommitRoutineStagingCode" not in transport.operations


async def test_a_key_unknown_at_the_chosen_site_names_it() -> None:
    """The account may have been opened at the other one."""
    with pytest.raises(BadCredentials) as caught:
        await caller(Scripted(STRANGER)).call(LOOK)

    assert caught.value.message == (
        "The access key that signed GetRoutine is not known."
        " Tried: esa.cn-hangzhou.aliyuncs.com."
    )
    assert "other site (cn or intl)" in caught.value.next_move


@pytest.mark.parametrize(
    ("reply", "error", "message"),
    [
        (refusal("Throttling.User"), Throttled, "too many calls"),
        (NotSent("No route."), NotSent, "No route"),
        (OutcomeUnknown("It broke off."), NotSent, "Nothing was sent.*It broke off"),
        (Response.of(502, b"<html>"), NotSent, "Nothing was sent"),
    ],
)
async def test_a_failed_probe_means_the_change_was_not_sent(
    reply: Reply, error: type[CallError], message: str
) -> None:
    """Its outcome is known, whatever became of the probe; the site is not."""
    source = caller(Scripted(reply), endpoints=BOTH)
    with pytest.raises(error, match=message):
        await source.call(CHANGE)

    assert source.endpoint is None


async def test_the_way_back_does_not_wait_for_a_first_call_that_is_kept_back() -> None:
    """Whoever finds the site goes first, for all others wait for it."""
    cap = Cap(1)
    one = caller(Scripted(ok(), ok()), endpoints=BOTH, cap=cap)
    sent: list[str] = []

    async def call(name: str) -> None:
        """Note who was answered."""
        await one.call(LOOK)
        sent.append(name)

    async with cap.slot() as slot:
        slot.answered()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call, "forward")
        await anyio.sleep(0.1)
        with cap.only(Lane.ROLLBACK), way_back(), anyio.move_on_after(60):
            await call("back")

        back = list(sent)

    assert "back" in back


async def test_many_first_calls_find_the_site_once() -> None:
    """The others wait for the first."""
    transport = Scripted(STRANGER, *[ok()] * 6)
    source = caller(transport, endpoints=BOTH)
    async with anyio.create_task_group() as tasks:
        for call in (LOOK, CHANGE, LOOK, CHANGE, LOOK):
            tasks.start_soon(source.call, call)

    assert transport.hosts.count(HANGZHOU.host) == 1
    assert transport.operations.count("CommitRoutineStagingCode") == 2


@pytest.mark.parametrize(
    ("endpoints", "message"),
    [((), "A caller needs an endpoint"), (BOTH, "a caller needs a probe")],
)
def test_a_caller_must_be_able_to_find_its_site(
    endpoints: tuple[()], message: str
) -> None:
    """Checked when it is made."""
    with pytest.raises(InvalidInput, match=message):
        Caller(
            Scripted(),
            Static(CREDENTIALS),
            endpoints,
            cap=Cap(),
            now=lambda: NOW,
            nonce=nonces(),
        )


# --- being watched -------------------------------------------------------------------


async def test_an_observer_is_told_of_every_send() -> None:
    """Re-sends too, with the wait and the time taken."""
    log = Log()
    replies = (refusal("InvalidTimeStamp.Expired", date=LATER), ok())
    await caller(Scripted(*replies), cap=Cap(1)).call(LOOK, observer=log)

    assert log.events == [
        "sent GetRoutine",
        "done Refused",
        "sent GetRoutine",
        "done Answer",
    ]
    assert [round(waited, 2) for waited, _ in log.times] == [0.0, 1.0]


async def test_an_observer_is_told_of_lost_calls() -> None:
    """An error is an outcome."""
    log, lost = Log(), OutcomeUnknown("lost")
    with pytest.raises(OutcomeUnknown):
        await caller(Scripted(lost)).call(LOOK, observer=log)

    assert log.outcomes == [lost]


async def test_statistics_and_repr_tell_what_was_done() -> None:
    """Counts, skew and place."""
    source = caller(
        Scripted(refusal("InvalidTimeStamp.Expired", date=LATER), ok()), endpoints=BOTH
    )
    before = repr(source), source.statistics().endpoint
    await source.call(LOOK)
    told = source.statistics()

    assert before == ("<Caller esa at site unknown, 0 sent>", "")
    assert (told.sent, told.answered, told.failed) == (2, 1, 1)
    assert (told.skew, told.endpoint) == (3600.0, HANGZHOU.url)
    assert repr(source) == "<Caller esa at esa.cn-hangzhou.aliyuncs.com, 2 sent>"
