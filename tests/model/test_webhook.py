"""A webhook as it is written down."""

from __future__ import annotations

from typing import Any

import pytest
from tests.notify.hooks import URL

from esa_flows.errors import InvalidInput
from esa_flows.model.kinds import Kind
from esa_flows.model.webhook import WORTH, Form, Webhook

RUN = "7k2f7k2f7k2f"


def test_it_is_told_what_it_asks_for() -> None:
    """And by default what people want to hear."""
    plain, one = Webhook(url=URL), Webhook(url=URL, on=["gate.read"])

    assert (WORTH, Form.EVENT) == (plain.on, plain.format)
    assert [True, False] == [
        hook.wants(Kind.APPROVAL_ASKED, RUN) for hook in (plain, one)
    ]
    assert one.wants(Kind.GATE_READ, RUN)


def test_the_runs_of_single_routines_begin_and_end_unheard() -> None:
    """A thousand of them would drown the one that counts; their conflicts do not."""
    hook = Webhook(url=URL)

    assert hook.wants(Kind.RUN_FINISHED, RUN)
    assert not hook.wants(Kind.RUN_FINISHED, f"{RUN}.3")
    assert hook.wants(Kind.CONFLICT, f"{RUN}.3")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"url": "hooks.example.com"}, "is no address"),
        ({"url": "https://[::1/x"}, "is no address"),
        ({"url": "https://hooks.example.com/a b"}, "is no address"),
        ({"url": "ftp://hooks.example.com/"}, "is no address"),
        ({"url": "https://ann:pw@hooks.example.com/"}, "a login in its address"),
        ({"on": ["approval.given", "lunch"]}, "'lunch' is no kind of event: use run"),
        ({"format": "xml"}, "'xml' is no form of a message: use event, text"),
        ({"secret": "plain"}, "is written out"),
        ({"headers": {"X-Api-Key": "plain"}}, "X-Api-Key looks secret"),
        ({"headers": {"a b": "x"}}, "cannot be a header"),
        ({"headers": {"a": "x\r\ny: z"}}, "cannot be a header"),
    ],
)
def test_what_cannot_be_is_refused_at_once(given: dict[str, Any], why: str) -> None:
    """With what to write instead."""
    with pytest.raises(InvalidInput, match=why):
        Webhook(**{"url": URL, **given})
