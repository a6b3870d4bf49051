"""Temporary credentials are kept fresh."""

from __future__ import annotations

import datetime as dt
import itertools

import anyio
import pytest
from tests.wire.doubles import KEY_SECRET, NOW

from esa_flows.errors import NotSent
from esa_flows.wire.credentials import Credentials
from esa_flows.wire.refresh import Refreshing


class Fetcher:
    """Gives new credentials at each fetch, slowly; fails on demand."""

    def __init__(self, life: float = 3600.0) -> None:
        self.life = life
        self.fetches = 0
        self.broken = False
        self.kept = Refreshing(self._fetch, now=self.now)
        self._numbers = itertools.count(1)

    @staticmethod
    def now() -> dt.datetime:
        """Give a wall clock that goes with virtual time."""
        return NOW + dt.timedelta(seconds=anyio.current_time())

    async def _fetch(self) -> Credentials:
        self.fetches += 1
        await anyio.sleep(1)
        if self.broken:
            raise NotSent("STS cannot be reached.")

        return Credentials(
            access_key_id=f"STS.FakeKeyId000{next(self._numbers)}",
            access_key_secret=KEY_SECRET,
            expires_at=self.now() + dt.timedelta(seconds=self.life),
        )

    async def together(self, count: int) -> set[str]:
        """Ask many times at once; give the ids got."""
        got: set[str] = set()

        async def ask() -> None:
            """Ask once."""
            got.add((await self.kept.get()).access_key_id[-4:])

        async with anyio.create_task_group() as tasks:
            for _ in range(count):
                tasks.start_soon(ask)

        return got


async def test_many_callers_fetch_once() -> None:
    """The first fetches, the others wait for it."""
    fetcher = Fetcher()

    assert await fetcher.together(20) == {"0001"}
    assert fetcher.fetches == 1


async def test_fresh_credentials_are_kept() -> None:
    """Nothing is fetched while more than a quarter of an hour is left."""
    fetcher = Fetcher()
    await fetcher.kept.get()
    await anyio.sleep(2600)

    assert await fetcher.together(3) == {"0001"}
    assert fetcher.fetches == 1


async def test_early_one_fetches_and_the_others_go_on() -> None:
    """Ten minutes before the end nobody but the one who fetches has to wait."""
    fetcher = Fetcher()
    await fetcher.kept.get()
    await anyio.sleep(3000)

    assert await fetcher.together(5) == {"0001", "0002"}
    assert fetcher.fetches == 2


async def test_late_everybody_waits_for_new_ones() -> None:
    """With less than three minutes left the old ones are not given any more."""
    fetcher = Fetcher()
    await fetcher.kept.get()
    await anyio.sleep(3500)

    assert await fetcher.together(5) == {"0002"}
    assert fetcher.fetches == 2


async def test_a_short_life_is_not_refreshed_all_the_time() -> None:
    """Of a quarter of an hour three quarters are used."""
    fetcher = Fetcher(life=900)
    await fetcher.kept.get()
    await anyio.sleep(600)
    await fetcher.kept.get()

    assert fetcher.fetches == 1


async def test_valid_credentials_survive_a_failed_fetch() -> None:
    """A failure does no harm, and is not repeated at each call."""
    fetcher = Fetcher()
    await fetcher.kept.get()
    fetcher.broken = True
    await anyio.sleep(3000)
    got = [(await fetcher.kept.get()).access_key_id for _ in range(5)]

    assert set(got) == {"STS.FakeKeyId0001"}
    assert fetcher.fetches == 2


async def test_a_failed_fetch_is_tried_again_a_minute_later() -> None:
    """Long before time is short."""
    fetcher = Fetcher()
    await fetcher.kept.get()
    fetcher.broken = True
    await anyio.sleep(3000)
    await fetcher.kept.get()
    fetcher.broken = False
    await anyio.sleep(61)

    assert await fetcher.together(1) == {"0002"}


async def test_expired_credentials_are_never_given() -> None:
    """When nothing valid is left the failure is told."""
    fetcher = Fetcher()
    await fetcher.kept.get()
    fetcher.broken = True
    await anyio.sleep(4000)
    with pytest.raises(NotSent, match="STS cannot be reached"):
        await fetcher.kept.get()


async def test_the_first_fetch_must_succeed() -> None:
    """There is nothing to fall back to."""
    fetcher = Fetcher()
    fetcher.broken = True
    with pytest.raises(NotSent, match="STS cannot be reached"):
        await fetcher.kept.get()


async def test_refused_credentials_are_dropped() -> None:
    """Only the ones that were refused, not newer ones."""
    fetcher = Fetcher()
    old = await fetcher.kept.get()
    fetcher.kept.forget(old)
    new = await fetcher.kept.get()
    fetcher.kept.forget(old)

    assert await fetcher.kept.get() == new
    assert fetcher.fetches == 2


async def test_repr_is_short_and_masked() -> None:
    """What is held, masked."""
    fetcher = Fetcher()
    before = repr(fetcher.kept)
    await fetcher.kept.get()

    assert before == "<Refreshing nothing yet>"
    assert repr(fetcher.kept) == "<Refreshing STS.…0001>"
