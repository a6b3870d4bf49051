"""Spans: run → step → attempt → call, and nothing secret in them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import anyio
import pytest
from opentelemetry import trace as api
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from esa_flows import trace
from esa_flows.errors import AccessDenied, CallError, NotSent, Refused
from esa_flows.localcloud import KEY
from esa_flows.wire import Caller, Cap, Endpoint, Response, Static
from esa_flows.wire.site import sts_endpoint
from esa_flows.wire.sts import AssumedRole, Role
from esa_flows.wire.transport import HttpxTransport, open_client
from tests.engine.desk import RUN, Desk, Fault, cut
from tests.engine.flows import one
from tests.house import NEW, House
from tests.wire.doubles import (
    CHANGE,
    CREDENTIALS,
    KEY_SECRET,
    LOOK,
    NOW,
    TOKEN,
    Scripted,
    caller,
    nonces,
    ok,
    refusal,
    session_members,
)
from tests.wire.loopback import always, answer, serving

Span = ReadableSpan


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Keep the spans of a test."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", provider)
    yield exporter
    provider.shutdown()


def tree(spans: InMemorySpanExporter) -> list[str]:
    """Give each span with its depth, in the order of their beginning."""
    found = sorted(spans.get_finished_spans(), key=lambda span: span.start_time or 0)
    depth: dict[int, int] = {}
    lines = []
    for span in found:
        level = depth.get(span.parent.span_id, -1) + 1 if span.parent else 0
        depth[span.context.span_id] = level
        lines.append("  " * level + span.name)

    return lines


def named(spans: InMemorySpanExporter, name: str) -> list[Span]:
    """Give the spans of a name."""
    return [span for span in spans.get_finished_spans() if span.name == name]


# --- the tree ------------------------------------------------------------------------


async def test_a_run_is_one_tree(spans: InMemorySpanExporter) -> None:
    """Run, step and attempts, each under what it is part of."""
    desk = Desk()
    desk.world.faults = [Fault.UNANSWERED]
    await desk.start(one)

    assert ["run one", "  step put", "    attempt put", "    attempt put"] == tree(
        spans
    )
    (run,), (step,) = named(spans, "run one"), named(spans, "step put")
    assert {"esa_flows.run": RUN, "esa_flows.subject": "shop"} == run.attributes
    assert step.attributes == {
        "esa_flows.step": "put#1",
        "esa_flows.effect": "guarded",
    }
    assert [1, 2] == [
        (span.attributes or {})["esa_flows.attempt"]
        for span in named(spans, "attempt put")
    ]


async def test_a_failed_attempt_says_how(spans: InMemorySpanExporter) -> None:
    """Class, code and request id stand in the span; the sentence does not."""
    desk = Desk()
    desk.world.faults = [Refused("Told in secret.", code="Never", request_id="R-1")]
    with pytest.raises(Refused):
        await desk.start(one)

    for span in spans.get_finished_spans():
        assert "ERROR" == span.status.status_code.name
        assert "Refused" == span.status.description
        assert ("Never", "R-1") == (
            (span.attributes or {})["esa_flows.code"],
            (span.attributes or {})["esa_flows.request_id"],
        )
        assert "secret" not in span.to_json()
        assert () == span.events


async def test_an_own_exception_is_marked_by_its_class(
    spans: InMemorySpanExporter,
) -> None:
    """What an exception says may be anything: it stays out of the trace."""
    desk = Desk()
    desk.world.faults = [ValueError("FakeSecret0001")]
    with pytest.raises(Exception, match="FakeSecret0001"):
        await desk.start(one)

    (attempt,) = named(spans, "attempt put")
    assert "ValueError" == attempt.status.description
    assert "FakeSecret" not in "".join(s.to_json() for s in spans.get_finished_spans())


async def test_a_resumed_run_points_to_its_earlier_parts(
    spans: InMemorySpanExporter,
) -> None:
    """A new trace, with a link to each part before; its subject is still known."""
    desk = Desk()
    await desk.start(one)
    desk.journal = cut(desk.journal, 2)
    await desk.resume(one)
    desk.journal = cut(desk.journal, 3)
    await desk.resume(one)
    first, second, third = named(spans, "run one")

    assert [first.context] == [_same(link, first) for link in second.links]
    assert [first.context, second.context] == [
        _same(link, part)
        for link, part in zip(third.links, (first, second), strict=True)
    ]
    assert 3 == len({part.context.trace_id for part in (first, second, third)})
    assert {"esa_flows.run": RUN, "esa_flows.subject": "shop"} == third.attributes


def _same(link: api.Link, part: Span) -> api.SpanContext | None:
    """Give a part's context if a link points there."""
    here = (link.context.trace_id, link.context.span_id)
    return (
        part.context if here == (part.context.trace_id, part.context.span_id) else None
    )


@pytest.mark.parametrize("text", ["", "nonsense", "0-0", "12", "zz-zz"])
def test_a_link_that_cannot_be_read_is_left_out(
    spans: InMemorySpanExporter, text: str
) -> None:
    """A journal of a host without tracing says nothing of a trace."""
    with trace.run_span("one", run=RUN, subject="", earlier=(text,)):
        pass

    (run,) = spans.get_finished_spans()
    assert () == run.links


def test_without_a_span_there_is_no_here() -> None:
    """Hosts without an SDK record nothing."""
    assert "" == trace.here()


# --- calls ---------------------------------------------------------------------------


async def test_each_send_is_a_span(spans: InMemorySpanExporter) -> None:
    """Operation, host, provider's request id, which send, how long it waited."""
    await caller(Scripted(ok(Name="hello"))).call(LOOK)
    (span,) = spans.get_finished_spans()

    assert ("GetRoutine", api.SpanKind.CLIENT) == (span.name, span.kind)
    assert {
        "rpc.system": "alibaba_cloud",
        "rpc.method": "GetRoutine",
        "server.address": "esa.cn-hangzhou.aliyuncs.com",
        "esa_flows.attempt": 1,
        "esa_flows.waited": 0.0,
        "esa_flows.request_id": "0000-OK",
    } == span.attributes


async def test_a_call_sent_again_is_a_second_span(spans: InMemorySpanExporter) -> None:
    """A correction shows: the first send failed, the second has the next number."""
    date = "Fri, 02 Jan 2026 04:04:05 GMT"
    late = refusal("InvalidTimeStamp.Expired", date=date)
    await caller(Scripted(late, ok())).call(LOOK)
    first, second = spans.get_finished_spans()

    assert "ERROR" == first.status.status_code.name
    assert "InvalidTimeStamp.Expired" == (first.attributes or {})["esa_flows.code"]
    assert "UNSET" == second.status.status_code.name
    assert [1, 2] == [
        (span.attributes or {})["esa_flows.attempt"] for span in (first, second)
    ]


async def test_waiting_for_ones_turn_is_told(spans: InMemorySpanExporter) -> None:
    """The span begins with the send; the wait before it is a number."""
    made = caller(Scripted(ok(), ok()), cap=Cap(1))
    await made.call(LOOK)
    await made.call(LOOK)
    second = spans.get_finished_spans()[1]

    assert (second.attributes or {})["esa_flows.waited"] == pytest.approx(1.002)


@pytest.mark.parametrize("failed", [False, True])
async def test_taking_on_a_role_is_a_call(
    spans: InMemorySpanExporter, *, failed: bool
) -> None:
    """STS is the provider too; a refusal marks the span, and no secret is in it."""
    given = refusal("NoPermission") if failed else ok(Credentials=session_members())
    role = AssumedRole(
        Role(arn="acs:ram::1234567890123456:role/releaser"),
        base=Static(CREDENTIALS),
        transport=Scripted(given),
        endpoint=sts_endpoint(),
        now=lambda: NOW,
        nonce=nonces(),
    )
    with contextlib.suppress(AccessDenied):
        await role.get()

    (span,) = spans.get_finished_spans()
    assert "AssumeRole" == span.name
    assert "sts.aliyuncs.com" == (span.attributes or {})["server.address"]
    assert ("ERROR" == span.status.status_code.name) is failed
    assert KEY_SECRET not in span.to_json()
    assert TOKEN not in span.to_json()


@pytest.mark.parametrize(
    "reply", [refusal("InvalidParameter"), NotSent("No way.")], ids=["answer", "way"]
)
async def test_a_failed_call_is_marked(
    spans: InMemorySpanExporter, reply: Response | Exception
) -> None:
    """Answered with an error, or never sent: its span says so."""
    with pytest.raises(CallError) as caught:
        await caller(Scripted(reply)).call(LOOK)

    (span,) = spans.get_finished_spans()
    assert "ERROR" == span.status.status_code.name
    assert type(caught.value).__name__ == span.status.description


async def test_no_secret_is_in_any_span(spans: InMemorySpanExporter) -> None:
    """Over a whole release: no key, no token, no signature, no upload form."""
    house = House()
    house.live()
    async with house.client() as client:
        await client.release("shop", NEW)

    told = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "CreateRoutineCodeDeployment" in told
    for secret in (KEY.id, KEY.secret, "Signature", "policy", "authorization"):
        assert secret not in told


async def test_a_release_is_one_tree(spans: InMemorySpanExporter) -> None:
    """Every call hangs under the attempt that made it."""
    house = House()
    house.live()
    async with house.client() as client:
        await client.release("shop", NEW)

    lines = tree(spans)
    run = next(place for place, line in enumerate(lines) if line == "run release")
    assert {"      CommitRoutineStagingCode", "      GetRoutine"} <= set(lines[run:])
    assert ["run release"] == [line for line in lines[run:] if line[0] != " "]


@pytest.mark.real_time
async def test_an_instrumented_client_doubles_no_span(
    spans: InMemorySpanExporter,
) -> None:
    """A call's span is the HTTP client's already; other requests keep their own."""
    HTTPXClientInstrumentor().instrument(tracer_provider=api.get_tracer_provider())
    try:
        reply = answer(json.dumps({"RequestId": "R-1"}).encode())
        async with serving(always(reply)) as server, open_client() as client:
            made = Caller(
                HttpxTransport(client),
                Static(CREDENTIALS),
                Endpoint.parse(server.url),
                cap=Cap(),
                now=lambda: NOW,
                nonce=nonces(),
            )
            await made.call(CHANGE)
            ours = [span.name for span in spans.get_finished_spans()]
            await client.get(server.url)
    finally:
        HTTPXClientInstrumentor().uninstrument()

    assert ["CommitRoutineStagingCode"] == ours
    assert 2 == len(spans.get_finished_spans())
    assert KEY_SECRET not in "".join(s.to_json() for s in spans.get_finished_spans())


async def test_a_cancelled_call_closes_its_span(spans: InMemorySpanExporter) -> None:
    """Nothing stays open behind a cancellation, and nothing stays suppressed."""
    with anyio.move_on_after(1), trace.call_span("GetRoutine", host="h"):
        await anyio.sleep(2)

    assert ["GetRoutine"] == [span.name for span in spans.get_finished_spans()]
    assert not api.get_current_span().is_recording()


def test_without_a_provider_nobody_is_there_to_make_spans_for() -> None:
    """Until the host has an SDK, a run need not even ask for each of its steps."""
    assert not trace.is_on()


def test_with_a_provider_somebody_is(spans: InMemorySpanExporter) -> None:
    """The host's SDK makes spans."""
    assert trace.is_on()
    assert () == spans.get_finished_spans()


def test_facts_go_to_the_innermost_span(spans: InMemorySpanExporter) -> None:
    """With the prefix that all our keys have."""
    with trace.step_span("put", identity="put#1", effect="guarded"):
        trace.note(share=25.0)

    (span,) = spans.get_finished_spans()
    assert 25.0 == (span.attributes or {})["esa_flows.share"]


async def test_a_release_is_one_tree_with_its_upload(
    spans: InMemorySpanExporter,
) -> None:
    """Every call of a release hangs under its attempt, the upload to OSS too."""
    with House() as house:
        house.live()
        async with house.client() as client:
            await client.release("shop", NEW, probe=False)

    lines = tree(spans)
    upload = lines.index("      PostObject")

    assert lines[0] == "run release"
    assert lines[upload - 2 : upload] == [
        "  step post_to_oss",
        "    attempt post_to_oss",
    ]
    assert sum(not line.startswith(" ") for line in lines) == 1
