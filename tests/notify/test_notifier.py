"""Telling webhooks beside a run: bounded, patient for a while, then not."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import anyio
import pytest
from tests.cli.reports import happening
from tests.notify.hooks import URL, Place

from esa_flows.engine.observe import Moment
from esa_flows.events import Kind
from esa_flows.notify import Notifier, Target, Webhook, target_of

ASKED = happening(Moment.ASKING, "approve#1", what="Go on?")


def _target(**more: Any) -> Target:
    return target_of(Webhook(**{"url": URL, **more}), {})


async def _told(place: Place, *targets: Target, count: int = 1) -> Notifier:
    notifier = Notifier(targets or (_target(),), lambda: 1.0, place.post, 3)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(notifier.deliver)
        for _ in range(count):
            notifier(ASKED)

        await anyio.sleep(100)
        await notifier.finish()

    return notifier


async def test_what_is_wanted_is_delivered_in_order() -> None:
    """To each that wants it; what nobody wants goes nowhere."""
    place = Place()
    notifier = await _told(place, _target(), _target(on=["run.asked"]), count=2)

    assert [1, 2] == [json.loads(body)["seq"] for body in place.bodies]
    assert ((), "<Notifier of 2 webhooks, 2 delivered>") == (
        notifier.lost,
        repr(notifier),
    )


async def test_what_follows_from_a_happening_is_told_too() -> None:
    """Such as that a failure is charged to the budget."""
    place = Place()
    notifier = Notifier((_target(),), lambda: 1.0, place.post)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(notifier.deliver)
        data = {"failures": 1, "tolerated": 2}
        notifier.turn(Kind.BUDGET_SPENT, ASKED, wave=2, data=data)
        await notifier.finish()

    (body,) = place.bodies
    told = json.loads(body)
    assert ("budget.spent", 2, data) == (told["kind"], told["wave"], told["data"])


@pytest.mark.parametrize("answers", [[503, 0, 429], [500] * 4])
async def test_it_is_tried_again_after_trouble(answers: list[int]) -> None:
    """With longer and longer waits, and the same words."""
    place, began = Place(answers=list(answers)), anyio.current_time()
    notifier = await _told(place)

    assert () == notifier.lost
    assert len(answers) + 1 == len(place.got)
    assert 1 == len({each.headers for each in place.got})
    assert began + 100 == anyio.current_time()


@pytest.mark.parametrize(
    ("answers", "attempts", "why"),
    [([404], 1, "it answered 404"), ([0] * 5, 5, "it did not answer")],
)
async def test_in_the_end_it_is_given_up(
    answers: list[int], attempts: int, why: str
) -> None:
    """At once where trying again is of no use; the next event has its own chance."""
    place = Place(answers=list(answers))
    notifier = await _told(place, count=2)

    assert attempts + 1 == len(place.got)
    (told,) = notifier.lost
    assert f"1 of 2 notifications did not reach hooks.example.com: {why}." == told


async def test_telling_waits_for_nobody() -> None:
    """A full queue drops what comes, and says so at the end."""
    place = Place(seconds=5.0)
    notifier = Notifier((_target(),), lambda: 1.0, place.post, 2)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(notifier.deliver)
        began = anyio.current_time()
        for _ in range(9):
            notifier(ASKED)

        assert began == anyio.current_time()
        await anyio.sleep(60)
        await notifier.finish()

    (told,) = notifier.lost
    assert 2 == len(place.got)
    assert "7 of 9 notifications did not reach hooks.example.com" in told
    assert "it was too slow" in told


async def test_the_end_waits_a_little_and_no_longer() -> None:
    """A place that stands still holds up nobody; what is late is not taken."""
    place = Place(seconds=1e6)
    notifier = Notifier((_target(),), lambda: 1.0, place.post)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(notifier.deliver)
        notifier(ASKED)
        began = anyio.current_time()
        await notifier.finish()
        took = anyio.current_time() - began
        notifier(ASKED)
        tasks.cancel_scope.cancel()

    assert 10 == took
    (told,) = notifier.lost
    assert "2 of 2" in told


class _Listener(BaseHTTPRequestHandler):
    """A webhook on this machine."""

    heard: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        """Take an event."""
        size = int(self.headers["content-length"])
        self.heard.append((self.path, self.rfile.read(size)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.real_time
@pytest.mark.may_block
async def test_it_goes_over_http() -> None:
    """With a client of its own."""
    heard: list[tuple[str, bytes]] = []
    handler = type("Handler", (_Listener,), {"heard": heard})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/hook"
        notifier = Notifier((_target(url=url),), lambda: 1.0)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(notifier.deliver)
            notifier(ASKED)
            await notifier.finish()

        server.shutdown()
        thread.join()

    ((path, body),) = heard
    assert ("/hook", "approval.asked") == (path, json.loads(body)["kind"])
