"""What a call gave, and who watches."""

from __future__ import annotations

from tests.wire.doubles import LOOK

from esa_flows.wire.answer import Answer, Nobody, Observer


def test_an_answer_does_not_show_its_value() -> None:
    """Upload forms and tokens come this way."""
    answer = Answer(value={"Token": "canary"}, request_id="R", sent_at=1.0, elapsed=0.5)

    assert "canary" not in repr(answer)
    assert repr(answer).startswith("Answer(value=<1 members>, request_id='R',")


def test_nobody_is_an_observer() -> None:
    """It may be told everything."""
    observer: Observer = Nobody()
    observer.sent(LOOK)
    observer.done(Answer(value={}, request_id="", sent_at=0, elapsed=0), 0.0, 0.0)
