"""What a fault makes of a call: pure, the carrier does the breaking."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from .caps import throttling
from .faults import Fault
from .refusal import CloudError
from .switches import Switches
from .values import Reply

_HTML = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)


def strike(
    fault: Fault,
    execute: Callable[[], Reply],
    refuse: Callable[[CloudError], Reply],
    switches: Switches,
) -> Reply:
    """Return what the client sees of a call that a fault strikes.

    Args:
        fault: what goes wrong, with no kind the operation itself plays.
        execute: does the call; asked only when the fault lets it take effect.
        refuse: writes a refusal in the door's own shape.
        switches: for the throttling answer.
    """
    done = execute() if fault.executes else Reply(status=200)
    if fault.kind in {"lost", "reset"}:
        return evolve(done, cut="reset")

    if fault.kind == "truncate":
        return evolve(done, cut="truncate")

    if fault.kind == "slow":
        return evolve(done, delay=done.delay + fault.seconds)

    if fault.kind == "html":
        headers = (("content-type", "text/html"),)
        return Reply(status=fault.status or 502, headers=headers, body=_HTML)

    if fault.kind == "redirect":
        headers = (("location", fault.location),)
        return Reply(status=fault.status or 307, headers=headers)

    error = _error(fault, switches)
    error.status = fault.status or error.status
    return refuse(error)


def _error(fault: Fault, switches: Switches) -> CloudError:
    """Return the refusal of a fault that answers with a code."""
    if fault.kind == "throttle":
        return throttling(switches, of_account=True, wait=1.0, code=fault.code)

    if fault.kind == "nonce":
        return CloudError(
            "SignatureNonceUsed", "Specified signature nonce was used already."
        )

    if fault.kind == "error":
        code = fault.code or "InternalError"
        return CloudError(code, "The request processing has failed.", 500)

    return CloudError(fault.code or "InternalException", "Refused by a fault script.")
