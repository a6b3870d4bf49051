"""A transport that remembers."""

from __future__ import annotations

import pytest
from attrs import define, field

from esa_flows.errors import Misuse, OutcomeUnknown
from esa_flows.survey.ear import Ear
from esa_flows.wire.transport import Request, Response

REQUEST = Request(method="POST", url="http://127.0.0.1:8080/", headers=())


@define
class Script:
    """Answers what it was given, in order."""

    answers: list[Response]
    sent: list[Request] = field(factory=list)

    async def send(self, request: Request) -> Response:
        """Answer the next."""
        self.sent.append(request)
        if not self.answers:
            raise OutcomeUnknown("Lost.")

        return self.answers.pop(0)


async def test_the_last_exchange_is_remembered() -> None:
    """The last response, the first refusal, and every header's name."""
    script = Script([Response.of(400, a="1"), Response.of(503), Response.of(200, b="")])
    ear = Ear(script)

    for _ in range(3):
        await ear.send(REQUEST)

    assert ear.response is not None
    assert ear.refusal is not None
    assert (200, 400, {"a", "b"}) == (
        ear.response.status,
        ear.refusal.status,
        ear.headers,
    )
    assert "<Ear: Response(200, 0 bytes)>" == repr(ear)


async def test_what_was_lost_is_not_remembered() -> None:
    """An older answer does not pass for the one that never came."""
    ear = Ear(Script([Response.of(200)]))
    await ear.send(REQUEST)

    with pytest.raises(OutcomeUnknown):
        await ear.send(REQUEST)

    assert ear.response is None


async def test_a_request_is_repeated() -> None:
    """Byte for byte."""
    script = Script([Response.of(200), Response.of(400)])
    ear = Ear(script)
    await ear.send(REQUEST)

    again = await ear.repeat()

    assert (400, [REQUEST, REQUEST]) == (again.status, script.sent)


async def test_nothing_to_repeat() -> None:
    """It says so."""
    with pytest.raises(Misuse, match="nothing to repeat"):
        await Ear(Script([])).repeat()
