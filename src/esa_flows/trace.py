"""Spans: run → step → attempt → call, through the OpenTelemetry API alone.

Without an SDK in the host these cost next to nothing. Names and attribute keys are
listed here and nowhere else; no value that travels here is a secret: only ids, names,
counts, provider codes and request ids.

A resumed run is a new trace with a link to its earlier part: a trace that stays open
for days helps nobody.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache

from opentelemetry import context, trace
from opentelemetry.trace import (
    Link,
    ProxyTracerProvider,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
    TracerProvider,
)

from esa_flows.errors import CallError

__all__ = [
    "attempt_span",
    "call_span",
    "failed",
    "here",
    "is_on",
    "note",
    "run_span",
    "step_span",
]

_TRACER = "esa_flows"
_PLAIN_SUPPRESSION = "suppress_instrumentation"
_NO_SPAN = nullcontext()

Attributes = Mapping[str, str | int | float | bool]


def is_on() -> bool:
    """Tell whether there is anybody to make spans for: the host has an SDK."""
    return not isinstance(trace.get_tracer_provider(), ProxyTracerProvider)


def run_span(
    flow: str, *, run: str, subject: str, earlier: tuple[str, ...] = ()
) -> AbstractContextManager[None]:
    """Trace one process's part of a run.

    Args:
        flow: Name of the flow.
        run: The run's id.
        subject: What it is about, such as a routine.
        earlier: What `here()` gave in the earlier parts of this run.
    """
    links = [link for link in map(_link, earlier) if link is not None]
    attributes = {"esa_flows.run": run, "esa_flows.subject": subject}
    return _span(f"run {flow}", attributes, links=links)


def step_span(step: str, *, identity: str, effect: str) -> AbstractContextManager[None]:
    """Trace one step, all its attempts included."""
    attributes = {"esa_flows.step": identity, "esa_flows.effect": effect}
    return _span(f"step {step}", attributes)


def attempt_span(step: str, *, attempt: int) -> AbstractContextManager[None]:
    """Trace one attempt of a step."""
    return _span(f"attempt {step}", {"esa_flows.attempt": attempt})


@contextmanager
def call_span(
    operation: str, *, host: str, attempt: int = 1, waited: float = 0.0
) -> Iterator[None]:
    """Trace one send of a call to the provider.

    Args:
        operation: The operation, as the provider names it.
        host: Where to.
        attempt: Which send of this call it is, from 1.
        waited: Seconds spent waiting for a turn under the cap.

    While it is open, instrumented HTTP clients of the host keep silent: this span is
    theirs already, and it holds no signed header and no form field.
    """
    attributes: Attributes = {
        "rpc.system": "alibaba_cloud",
        "rpc.method": operation,
        "server.address": host,
        "esa_flows.attempt": attempt,
        "esa_flows.waited": waited,
    }
    with _span(operation, attributes, kind=SpanKind.CLIENT):
        token = context.attach(context.set_value(_PLAIN_SUPPRESSION, True))
        try:
            yield
        finally:
            context.detach(token)


def failed(error: Exception) -> None:
    """Mark the innermost open span as failed: the error's class, and its codes."""
    span = trace.get_current_span()
    span.set_status(StatusCode.ERROR, type(error).__name__)
    if isinstance(error, CallError):
        note(code=error.code, request_id=error.request_id)


def note(**facts: str | float | bool) -> None:
    """Add facts to the innermost open span; keys get the prefix `esa_flows.`."""
    span = trace.get_current_span()
    for key, value in facts.items():
        span.set_attribute(f"esa_flows.{key}", value)


def here() -> str:
    """Give the innermost open span as text for `run_span(earlier=...)`; maybe empty."""
    found = trace.get_current_span().get_span_context()
    if not found.is_valid:
        return ""

    return f"{found.trace_id:032x}-{found.span_id:016x}"


def _link(text: str) -> Link | None:
    trace_id, _, span_id = text.partition("-")
    try:
        found = SpanContext(
            int(trace_id, 16),
            int(span_id, 16),
            is_remote=True,
            trace_flags=TraceFlags(TraceFlags.SAMPLED),
        )
    except ValueError:
        return None

    return Link(found) if found.is_valid else None


def _span(
    name: str,
    attributes: Attributes,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    links: list[Link] | None = None,
) -> AbstractContextManager[None]:
    if not is_on():
        return _NO_SPAN

    span = _tracer_of(trace.get_tracer_provider()).start_span(
        name, kind=kind, attributes=attributes, links=links
    )
    return _in(span) if span.get_span_context().is_valid else _NO_SPAN


@lru_cache(maxsize=1)
def _tracer_of(provider: TracerProvider) -> Tracer:
    """Make a provider's tracer once: it costs more than a span."""
    return provider.get_tracer(_TRACER)


@contextmanager
def _in(span: Span) -> Iterator[None]:
    with trace.use_span(
        span,
        end_on_exit=True,
        record_exception=False,  # its text goes where it is checked for secrets
        set_status_on_exception=False,
    ):
        try:
            yield
        except Exception as error:
            failed(error)
            raise
