"""Defences of what is shown: terminals, secrets, spans."""

from __future__ import annotations

from tests.mutants.defence import Defence

__all__ = ["DEFENCES"]

DEFENCES = (
    Defence(
        "text from elsewhere does not steer a terminal",
        "cli/text.py",
        'return "\\N{REPLACEMENT CHARACTER}" if _steers(char) else char',
        "return char",
        "tests/cli/test_text.py::test_nothing_steers_a_terminal",
    ),
    Defence(
        "a line is no command to a runner",
        "cli/text.py",
        'return f"> {safe}" if safe.lstrip().startswith("::") else safe',
        "return safe",
        "tests/cli/test_text.py::test_a_runner_takes_no_text_for_a_command",
    ),
    Defence(
        "a secret shows stars",
        "wire/secret.py",
        "    def __repr__(self) -> str:\n        return MASK",
        "    def __repr__(self) -> str:\n        return self._hidden",
        "tests/wire/test_secret.py::test_nobody_sees_it",
    ),
    Defence(
        "a secret prints stars",
        "wire/secret.py",
        "    def __str__(self) -> str:\n        return MASK",
        "    def __str__(self) -> str:\n        return self._hidden",
        "tests/wire/test_secret.py::test_nobody_sees_it",
    ),
    Defence(
        "a secret formats stars",
        "wire/secret.py",
        "return format(MASK, spec)",
        "return format(self._hidden, spec)",
        "tests/wire/test_secret.py::test_nobody_sees_it",
    ),
    Defence(
        "a secret is pickled as stars",
        "wire/secret.py",
        "return Secret, (MASK,)",
        "return Secret, (self._hidden,)",
        "tests/wire/test_secret.py::test_nobody_sees_it",
    ),
    Defence(
        "a request shows no headers and no query",
        "wire/exchange.py",
        'return f"Request({self.method} {self.host}, {self.size} bytes)"',
        'return f"Request({self.method} {self.url}, {self.headers})"',
        "tests/wire/test_exchange.py::test_a_request_shows_neither_headers_nor_body_nor_query",
    ),
    Defence(
        "a response shows no body",
        "wire/exchange.py",
        'return f"Response({self.status}, {len(self.body)} bytes)"',
        'return f"Response({self.status}, {self.body!r})"',
        "tests/wire/test_exchange.py::test_a_response_knows_headers_by_lower_case_name",
    ),
    Defence(
        "an error's text is in no span",
        "trace.py",
        "record_exception=False,",
        "record_exception=True,",
        "tests/test_trace.py::test_a_failed_attempt_says_how",
    ),
    Defence(
        "no other tracer writes down a signed call",
        "trace.py",
        "context.attach(context.set_value(_PLAIN_SUPPRESSION, True))",
        "context.attach(context.get_current())",
        "tests/test_trace.py::test_an_instrumented_client_doubles_no_span",
    ),
    Defence(
        "a tool that walks over a request's fields sees no header",
        "wire/exchange.py",
        "field(converter=_pairs, repr=False)",
        "field(converter=_pairs)",
        "tests/test_secrets.py::test_no_flow_and_no_failure_writes_a_secret",
    ),
    Defence(
        "a traceback of a webhook that is refused shows no variable",
        "notify/target.py",
        "_values: Mapping[str, str] = field(repr=False)",
        "_values: Mapping[str, str] = field()",
        "tests/test_secrets.py::test_no_webhook_that_is_refused_shows_a_secret",
    ),
)
