"""What each kind of fault makes of a call."""

from __future__ import annotations

import pytest

from esa_flows.localcloud import CloudError, Fault, Reply, Switches
from esa_flows.localcloud.faults import Kind
from esa_flows.localcloud.mishap import strike


def seen(fault: Fault) -> tuple[Reply, int]:
    """Return the reply and how often the call was done."""
    done = []

    def execute() -> Reply:
        done.append(1)
        return Reply(status=200, body=b"truth", delay=0.5)

    def refuse(error: CloudError) -> Reply:
        return Reply(status=error.status, body=error.code.encode())

    return strike(fault, execute, refuse, Switches()), len(done)


@pytest.mark.parametrize(
    ("kind", "reply", "done"),
    [
        ("throttle", Reply(status=400, body=b"Throttling.User"), 0),
        ("refuse", Reply(status=400, body=b"InternalException"), 0),
        ("error", Reply(status=500, body=b"InternalError"), 0),
        ("nonce", Reply(status=400, body=b"SignatureNonceUsed"), 1),
        ("reset", Reply(status=200, cut="reset"), 0),
        ("lost", Reply(status=200, body=b"truth", delay=0.5, cut="reset"), 1),
        ("truncate", Reply(status=200, body=b"truth", delay=0.5, cut="truncate"), 1),
        ("slow", Reply(status=200, body=b"truth", delay=3.5), 1),
    ],
)
def test_kinds(kind: Kind, reply: Reply, done: int) -> None:
    """The table of the fault module, line by line."""
    fault = Fault(operation="*", kind=kind, seconds=3.0)

    assert seen(fault) == (reply, done)


def test_html_is_a_proxy_s_page() -> None:
    """No JSON and no XML."""
    reply, done = seen(Fault(operation="*", kind="html"))

    assert (reply.status, reply.header("content-type"), done) == (502, "text/html", 0)


def test_redirects_point_elsewhere() -> None:
    """A client that follows takes its signature to a stranger."""
    fault = Fault(operation="*", kind="redirect", location="http://127.0.0.1:1/")
    reply, done = seen(fault)

    assert (reply.status, reply.header("location"), done) == (
        307,
        "http://127.0.0.1:1/",
        0,
    )


def test_status_code_and_effect_can_be_chosen() -> None:
    """A 503 with another code, after the call was done."""
    fault = Fault(
        operation="*",
        kind="error",
        code="ServiceUnavailable",
        status=503,
        executed=True,
    )

    assert seen(fault) == (Reply(status=503, body=b"ServiceUnavailable"), 1)
