"""What a webhook gets of an event: its body, and headers by which it is believed; pure.

The signature is that of GitHub's webhooks in all but the names: HMAC-SHA256 of the
body as it is sent, in hexadecimal. The time of the event is in the body.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from esa_flows.events import Event, Kind
from esa_flows.model.webhook import Form
from esa_flows.notify.target import Target
from esa_flows.wire.exchange import Request

__all__ = ["message", "words"]

TIMEOUT = 10.0
"""Seconds that one attempt may take."""

_TOLD: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.APPROVAL_ASKED: "asks",
        Kind.APPROVAL_GIVEN: "was agreed to",
        Kind.APPROVAL_DENIED: "was said no to",
        Kind.BUDGET_SPENT: "failed",
        Kind.CONFLICT: "met a conflict",
        Kind.ROLLBACK_STARTED: "goes back",
        Kind.ROLLBACK_DONE: "is back",
        Kind.RUN_FINISHED: "has ended",
        Kind.RUN_PAUSED: "stands still",
        Kind.WINDOW_MET: "waits",
    }
)
_SAID = ("outcome", "what", "why", "reason", "by")
"""Members of an event's data that people read, in their order."""

_FORMS: Mapping[Form, Callable[[str], dict[str, Any]]] = MappingProxyType(
    {
        Form.TEXT: lambda text: {"text": text},
        # DingTalk Open Platform, Custom robot access: messages of type text.
        Form.DINGTALK: lambda text: {"msgtype": "text", "text": {"content": text}},
        # Feishu Open Platform, Custom bot usage guide: messages of type text.
        Form.FEISHU: lambda text: {"msg_type": "text", "content": {"text": text}},
    }
)


def message(event: Event, target: Target) -> Request:
    """Give the request that tells a webhook of an event.

    Args:
        event: The event.
        target: The webhook.
    """
    write = _FORMS.get(target.hook.format)
    body = (json.dumps(write(words(event))) if write else event.to_json()).encode()
    headers = {
        "host": target.host,
        "content-type": "application/json",
        "user-agent": "esa-flows",
        "x-esa-flows-event": event.kind.value,
        "x-esa-flows-delivery": f"{event.run}-{event.seq}",
    }
    if target.secret is not None:
        key = target.secret.reveal().encode()
        signature = hmac.new(key, body, hashlib.sha256).hexdigest()
        headers["x-esa-flows-signature"] = f"sha256={signature}"

    headers |= {name.lower(): value.reveal() for name, value in target.headers}
    return Request(
        method="POST",
        url=target.url.reveal(),
        headers=tuple(headers.items()),
        body=body,
        timeout=TIMEOUT,
    )


def words(event: Event) -> str:
    """Tell an event in a sentence.

    Args:
        event: The event.
    """
    who = event.routine or "the rollout"
    told = _TOLD.get(event.kind, event.kind.value)
    said = [str(event.data[name]) for name in _SAID if event.data.get(name)]
    if event.kind is Kind.BUDGET_SPENT:
        said = ["{failures} so far, {tolerated} are tolerated".format(**event.data)]

    more = ", ".join(said)
    wave = f", wave {event.wave}" if event.wave else ""
    sentence = f"esa-flows {event.run}{wave}: {who} {told}"
    return f"{sentence}: {more}" if more else f"{sentence}."
