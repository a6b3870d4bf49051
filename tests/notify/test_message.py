"""What a webhook gets of an event."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from tests.notify.hooks import URL, event

from esa_flows.events import Event, Kind
from esa_flows.model.webhook import Webhook
from esa_flows.notify.message import message, words
from esa_flows.notify.target import target_of


def test_an_event_is_sent_as_it_is_documented() -> None:
    """With what tells it apart, so that a repeated one is known."""
    asked = event(data={"what": "Go on?"})
    request = message(asked, target_of(Webhook(url=URL), {}))
    headers = dict(request.headers)

    assert ("POST", URL, asked.to_json().encode()) == (
        request.method,
        request.url,
        request.body,
    )
    assert "hooks.example.com" == headers["host"]
    assert "approval.asked" == headers["x-esa-flows-event"]
    assert "7k2f7k2f7k2f-7" == headers["x-esa-flows-delivery"]
    assert "x-esa-flows-signature" not in headers


def test_a_secret_signs_the_body() -> None:
    """Whoever shares it knows that nobody else wrote that."""
    hook = Webhook(url=URL, secret="${env.S}", headers={"X-Team": "edge"})
    request = message(event(), target_of(hook, {"S": "fake-secret-0001"}))
    body, headers = event().to_json().encode(), dict(request.headers)
    expected = hmac.new(b"fake-secret-0001", body, hashlib.sha256).hexdigest()

    assert f"sha256={expected}" == headers["x-esa-flows-signature"]
    assert "edge" == headers["x-team"]
    assert "fake-secret-0001" not in f"{request!r} {headers}"


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("text", {"text": "TOLD"}),
        ("dingtalk", {"msgtype": "text", "text": {"content": "TOLD"}}),
        ("feishu", {"msg_type": "text", "content": {"text": "TOLD"}}),
    ],
)
def test_people_are_told_a_sentence(form: str, body: dict[str, Any]) -> None:
    """In the form that their messenger understands."""
    target = target_of(Webhook(url=URL, format=form), {})
    asked = event(data={"what": "Go on?"})
    told = message(asked, target).body
    expected = json.dumps(body).replace("TOLD", words(asked))

    assert isinstance(told, bytes)
    assert expected == told.decode()


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (
            event(data={"what": "Wave 1 is through. Go on?"}),
            "esa-flows 7k2f7k2f7k2f: the rollout asks: Wave 1 is through. Go on?",
        ),
        (
            event(Kind.CONFLICT, routine="cart", wave=2, data={"why": "Theirs."}),
            "esa-flows 7k2f7k2f7k2f, wave 2: cart met a conflict: Theirs.",
        ),
        (
            event(
                Kind.BUDGET_SPENT, routine="cart", data={"failures": 1, "tolerated": 2}
            ),
            "esa-flows 7k2f7k2f7k2f: cart failed: 1 so far, 2 are tolerated",
        ),
        (event(Kind.ROLLBACK_DONE), "esa-flows 7k2f7k2f7k2f: the rollout is back."),
        (
            event(Kind.RUN_FINISHED, data={"outcome": "done", "state": "succeed"}),
            "esa-flows 7k2f7k2f7k2f: the rollout has ended: done",
        ),
        (event(Kind.SPLIT_SEEN), "esa-flows 7k2f7k2f7k2f: the rollout split.seen."),
    ],
)
def test_a_sentence_says_who_and_what(told: Event, sentence: str) -> None:
    """And why, where the event knows."""
    assert sentence == words(told)
