"""A webhook with the values of its variables."""

from __future__ import annotations

import pytest
from tests.notify.hooks import URL

from esa_flows.engine.codec import decode, encode
from esa_flows.errors import InvalidInput
from esa_flows.model.webhook import Webhook
from esa_flows.notify.target import target_of, targets_of

SECRET = "a-secret-of-hooks-0001"


def test_variables_are_filled_in_where_it_is_used() -> None:
    """What is recorded of it holds their names alone; what is shown, stars."""
    hook = Webhook(
        url="https://${env.HOST}/x?k=${env.KEY}",
        headers={"Authorization": "Bearer ${env.KEY}", "X-Team": "edge"},
        secret="${env.KEY}",
    )
    (target,) = targets_of([hook], {"HOST": "hooks.example.com", "KEY": SECRET})

    assert f"{URL[:-4]}/x?k={SECRET}" == target.url.reveal()
    assert ("hooks.example.com", SECRET) == (
        target.host,
        target.secret and target.secret.reveal(),
    )
    assert f"Bearer {SECRET}" == dict(target.headers)["Authorization"].reveal()
    assert SECRET not in f"{target!r} {hook!r} {encode(hook)}"
    assert hook == decode(encode(hook), Webhook)


@pytest.mark.parametrize(
    ("hook", "environ", "why"),
    [
        (Webhook(url="${env.HOOK}"), {}, "variable HOOK, which is not set"),
        (Webhook(url="${env.HOOK}"), {"HOOK": "nothing"}, "'\\${env.HOOK}' is no add"),
        (Webhook(url="${env.HOOK}"), {"HOOK": "http://h.example/"}, "in the clear"),
        (
            Webhook(url=URL, headers={"X-Token": "${env.T}"}),
            {"T": "a\nb"},
            "several lines",
        ),
        (Webhook(url=URL, secret="${env.S}"), {"S": ""}, "variable S, which"),
        (Webhook(url="http://hooks.example.com/"), {}, "in the clear"),
    ],
)
def test_variables_that_make_no_webhook_are_refused(
    hook: Webhook, environ: dict[str, str], why: str
) -> None:
    """Before anything begins, without showing what they hold."""
    with pytest.raises(InvalidInput, match=why):
        target_of(hook, environ)


def test_this_machine_may_be_told_over_http() -> None:
    """Nobody else listens there."""
    target = target_of(Webhook(url="http://127.0.0.1:8099/x"), {})

    assert ("127.0.0.1:8099", None) == (target.host, target.secret)
