"""What is secret in a test, and everything that is written while it runs.

Secrets are learned where they pass: on the wire, in both directions. So they are the
real ones, of every form, whatever the local cloud makes up; those that never travel
are named by the test.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from attrs import define, field
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from rich.pretty import pretty_repr

from esa_flows.engine.attempts import Attempts
from esa_flows.engine.drive import Drive
from esa_flows.engine.observe import Happening
from esa_flows.engine.run import Run
from esa_flows.localcloud import KEY
from esa_flows.testing.transport import ProcessTransport
from esa_flows.wire.exchange import Request, Response

__all__ = ["VARIABLE", "Watch", "watching"]

VARIABLE = "canary7c1d-value-of-a-variable"
SECRET_MEMBERS = frozenset(
    {"signature", "policy", "callback", "xosssecuritytoken", "token", "value"}
)
"""Members of answers whose values are secret, wherever they stand."""

SHORTEST = 8
_SIGNATURE = re.compile(r"Signature=([0-9a-f]{32,})")


@define(eq=False)
class Watch:
    """Secrets, and texts that must hold none of them.

    Attributes:
        secrets: What must be nowhere.
        texts: Where something was written, and what.
        exceptions: Kinds of failures that were shown.
        looked: Texts that were looked through.
        kinds: Places where something was written.
    """

    secrets: set[str] = field(factory=set, repr=False)
    texts: dict[tuple[str, str], None] = field(factory=dict, repr=False)
    exceptions: set[str] = field(factory=set)
    looked: int = 0
    kinds: set[str] = field(factory=set)
    _found: set[str] = field(factory=set)
    _shown: set[object] = field(factory=set)

    def hide(self, *secrets: str) -> None:
        """Add secrets."""
        self.secrets.update(text for text in secrets if len(text) >= SHORTEST)

    def note(self, where: str, text: object) -> None:
        """Keep what was written somewhere."""
        self.texts[where, text if isinstance(text, str) else repr(text)] = None

    @property
    def places(self) -> set[str]:
        """Where something was written since the last look."""
        return {where for where, _ in self.texts}

    def leaks(self) -> list[str]:
        """Say which secrets were written, and where; forget what was looked at."""
        self._found |= {
            f"{where}: {secret[:6]}… in …{_around(text, secret)}…"
            for where, text in self.texts
            for secret in self.secrets
            if secret in text
        }
        self.looked += len(self.texts)
        self.kinds |= self.places
        self.texts.clear()
        return sorted(self._found)

    def files(self, folder: Path) -> None:
        """Keep every file of a folder and what it is called."""
        for path in folder.rglob("*"):
            self.note("a file's name", path.name)
            if path.is_file():
                self.note(path.name, path.read_bytes().decode("latin-1"))

    def failure(self, error: BaseException) -> None:
        """Keep how an error would be shown, with every local variable.

        The outermost frame is the one that watches, and may know what is secret.
        """
        self.note("an error", f"{error!r} {error} {vars(error)}")
        inner = error.__traceback__.tb_next if error.__traceback__ else None
        kind = type(error).__name__
        lines = [(f.f_code, line) for f, line in traceback.walk_tb(inner)]
        if (kind, *lines) in self._shown:
            return

        self._shown.add((kind, *lines))
        self.exceptions.add(kind)
        whole = traceback.TracebackException(
            type(error), error, inner, capture_locals=True
        )
        self.note("a traceback with locals", "".join(whole.format()))
        for frame, line in traceback.walk_tb(inner):
            if (kind, frame.f_code, line) not in self._shown:
                self._shown.add((kind, frame.f_code, line))
                self._variables(frame.f_locals.values())

    def _variables(self, values: Iterable[object]) -> None:
        """Keep what rich shows of variables: the dearest look, taken once per line."""
        for value in values:
            self.note("a variable as rich shows it", _by_rich(value))

    def passed(self, request: Request, response: Response | None) -> None:
        """Learn the secrets of an exchange."""
        headers = dict(request.headers)
        self.hide(*_SIGNATURE.findall(headers.get("authorization", "")))
        self.hide(headers.get("x-acs-security-token", ""))
        self.hide(*parse_qs(urlsplit(request.url).query).get("esa_er_token", []))
        if response is not None:
            self.hide(*_members(_object(response.body)))


class _Handler(logging.Handler):
    """Keeps what is logged, formatted, with the facts of the record."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(logging.DEBUG)
        self._watch = watch
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self._watch.note(f"the log of {record.name}", self.format(record))
        self._watch.note(f"the log of {record.name}", repr(record.args))


def _by_rich(value: object) -> str:
    """Show a value as rich does below a traceback: field by field, past any repr."""
    return pretty_repr(value, max_width=400, max_length=10, max_depth=6)


def _around(text: str, secret: str) -> str:
    place = text.index(secret)
    return text[max(0, place - 80) : place]


def _object(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _members(value: Any) -> Iterator[str]:
    """Give the secret texts in an answer."""
    if isinstance(value, list):
        for each in value:
            yield from _members(each)

    if not isinstance(value, Mapping):
        return

    for name, each in value.items():
        if isinstance(each, str) and name.lower() in SECRET_MEMBERS:
            yield each

        yield from _members(each)


@contextmanager
def watching(patch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Watch the wire, the log, the spans, the events and every failure.

    Args:
        patch: Undone by the test.
    """
    watch = Watch()
    watch.hide(KEY.secret, VARIABLE)
    _watch_wire(patch, watch)
    _watch_runs(patch, watch)
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    patch.setattr("opentelemetry.trace._TRACER_PROVIDER", provider)
    root, handler = logging.getLogger(), _Handler(watch)
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield watch
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        provider.shutdown()
        for span in exporter.get_finished_spans():
            watch.note("a span", span.to_json())


def _watch_wire(patch: pytest.MonkeyPatch, watch: Watch) -> None:
    """See every exchange, with whatever comes back."""
    send = ProcessTransport.send

    async def watched(self: ProcessTransport, request: Request) -> Response:
        watch.passed(request, None)
        watch.note("a request", repr(request))
        response = await send(self, request)
        watch.passed(request, response)
        watch.note("a response", repr(response))
        return response

    patch.setattr(ProcessTransport, "send", watched)


def _watch_runs(patch: pytest.MonkeyPatch, watch: Watch) -> None:
    """See every event, every failed attempt and every end."""
    tell, after, through = Run.tell, Attempts._after, Drive.through

    def told(self: Run, moment: Any, step: str = "", **facts: Any) -> None:
        what = {n: v for n, v in facts.items() if n != "attempt"}
        seen = Happening(moment=moment, run=self.id, at=self.now(), facts=what)
        watch.note("an event", repr(seen))
        watch.note("a run", repr(self))
        tell(self, moment, step, **facts)

    async def failed(self: Attempts[Any, Any], error: Exception, elapsed: float) -> Any:
        watch.failure(error)
        watch.note("a step's attempts", repr(self))
        return await after(self, error, elapsed)

    async def driven(self: Drive, *given: Any) -> Any:
        try:
            return await through(self, *given)
        except Exception as error:
            watch.failure(error)
            raise

    patch.setattr(Run, "tell", told)
    patch.setattr(Attempts, "_after", failed)
    patch.setattr(Drive, "through", driven)
