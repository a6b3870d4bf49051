"""Keep slots in Redis, by a script there that reads the server's clock."""

from __future__ import annotations

import importlib
from importlib import resources
from typing import Any

from attrs import define, field

from esa_flows.wire.lending import FORM, Ask, Given
from esa_flows.wire.store_address import StoreAddress
from esa_flows.wire.store_trouble import lost, no_driver, other_form

__all__ = ["RedisLender"]

_FORM = "esa_flows:cap:form"
_ROWS = ("lent", "answered", "other", "gate", "shares")


@define(eq=False, repr=False)
class RedisLender:
    """Lends slots that are kept in Redis; a `Lender`.

    Args:
        address: Where it is.
        patience: Seconds within which it answers.
    """

    _address: StoreAddress
    _patience: float
    _redis: Any = field(default=None, init=False)
    _script: Any = field(default=None, init=False)

    def __repr__(self) -> str:
        return f"<RedisLender {self._address}>"

    def lend(self, ask: Ask) -> Given:
        """Make one trip; see `Lender.lend`."""
        driver = _driver()
        try:
            script = self._script or self._begin(driver)
            keys = [f"esa_flows:cap:{{{ask.gate}}}:{row}" for row in _ROWS]
            back = [number for each in ask.returned() for number in each]
            found = script(keys=keys, args=[*ask.numbers(), *back])
        except (driver.RedisError, OSError) as error:
            self.close()
            raise lost(self._address, error) from None

        return Given.read([int(number) for number in found])

    def interrupt(self) -> None:
        """Do nothing: the driver itself gives up in time."""

    def close(self) -> None:
        """Let go of the connection; the next trip makes a new one."""
        redis, self._redis, self._script = self._redis, None, None
        if redis is not None:
            redis.close()

    def _begin(self, driver: Any) -> Any:
        self._redis = driver.Redis.from_url(
            self._address.url.reveal(),
            decode_responses=True,
            socket_timeout=self._patience,
            socket_connect_timeout=self._patience,
            socket_keepalive=True,
            # A trip that failed is told at once: the gate decides what becomes of it.
            retry=None,
            retry_on_error=[],
            client_name="esa-flows",
        )
        self._redis.set(_FORM, FORM, nx=True)
        form = self._redis.get(_FORM)
        if form != str(FORM):
            self.close()
            raise other_form(self._address)

        text = resources.files("esa_flows.wire").joinpath("lender_redis.lua")
        self._script = self._redis.register_script(text.read_text(encoding="utf-8"))
        return self._script


def _driver() -> Any:
    try:
        return importlib.import_module("redis")
    except ImportError:
        raise no_driver("redis", "redis") from None
