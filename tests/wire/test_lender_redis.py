"""What is Redis' own among the lenders; the rule itself is in the suite of lenders."""

from __future__ import annotations

import signal

import pytest
import redis
from tests.wire.servers import redis_server

from esa_flows.errors import InvalidInput, NotSent
from esa_flows.wire.lender_redis import RedisLender
from esa_flows.wire.lending import Ask, Terms
from esa_flows.wire.store_address import StoreAddress

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]

ASK = Ask(
    gate="redis-only", owner=1, terms=Terms(period=1.0, rest=0.0, birth=0.0), slots=1
)


def lender_at(url: str, patience: float = 5.0) -> RedisLender:
    """Give a lender at an address."""
    return RedisLender(StoreAddress.of(url), patience)


def test_keys_that_nobody_uses_go_away(redis_url: str) -> None:
    """A week later; keys of one gate lie together, wherever a cluster puts them."""
    lender = lender_at(redis_url)
    lender.lend(ASK)
    lender.close()
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        keys = list(client.scan_iter("esa_flows:cap:{redis-only}:*"))
        lives = [client.ttl(key) for key in keys]

    assert keys
    assert all(6 * 86_400 < life <= 7 * 86_400 for life in lives)


def test_slots_of_another_form_are_left_alone() -> None:
    """Whoever keeps them there would not see ours."""
    with redis_server() as server:
        with redis.Redis.from_url(server.url) as client:
            client.set("esa_flows:cap:form", 99)

        with pytest.raises(InvalidInput, match="another version of esa-flows"):
            lender_at(server.url).lend(ASK)


def test_a_server_that_forgot_its_scripts_is_taught_again(redis_url: str) -> None:
    """After a restart, or when somebody flushed them."""
    lender = lender_at(redis_url)
    lender.lend(ASK)
    with redis.Redis.from_url(redis_url) as client:
        client.script_flush()

    assert lender.lend(ASK).in_flight >= 0
    lender.close()


def test_a_server_that_hangs_is_given_up_in_time() -> None:
    """The driver itself does; there is nothing to interrupt."""
    with redis_server() as server:
        lender = lender_at(server.url, 0.2)
        lender.lend(ASK)
        server.send(signal.SIGSTOP)
        with pytest.raises(NotSent, match="cannot be asked: Timeout"):
            lender.lend(ASK)

        lender.interrupt()
        server.send(signal.SIGCONT)
        back = lender.lend(ASK)
        lender.close()

    assert back.in_flight >= 1
