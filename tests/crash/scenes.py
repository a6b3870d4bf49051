"""The flows that are disturbed at every point, and what must come out of each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

import anyio
from attrs import define, field, frozen
from tests.house import NEW, OTHER, House

from esa_flows import Client, Report
from esa_flows.engine.journal import Lease, Record, Row
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import JournalUnavailable

SETTLED = 60.0
"""Seconds after which everybody sees what was done before."""

RESUMES = 3
"""Times a paused run is gone on with."""


@frozen
class Scene:
    """A flow, and the world it begins in.

    Attributes:
        name: What it is called in a failure.
        prepare: Makes the world; what it does is not disturbed.
        act: The call that is disturbed.
        makes: Versions it makes, at most.
    """

    name: str
    prepare: Callable[[House], Awaitable[None]]
    act: Callable[[Client], Awaitable[Report]]
    makes: int = 1


@frozen(kw_only=True)
class End:
    """What is left when a flow is over, told without ids and times.

    Attributes:
        outcome: How it ended; `?` where it did not.
        production: Digests of what serves, with their shares.
        staging: The same.
        tagged: Versions that carry our tag.
        versions: All versions.
    """

    outcome: str
    production: dict[str, int]
    staging: dict[str, int]
    tagged: int
    versions: int


async def _nothing(_: House) -> None:
    pass


async def _live(house: House) -> None:
    house.live()
    await anyio.sleep(SETTLED)


async def _full(house: House) -> None:
    house.live(versions=10)
    await anyio.sleep(SETTLED)


async def _bound(house: House) -> None:
    house.live_bound()
    await anyio.sleep(SETTLED)


async def _bound_and_full(house: House) -> None:
    for _ in range(8):
        house.cloud.console.add_version("shop", OTHER)

    await _bound(house)


async def _unserved(house: House) -> None:
    for env in ("staging", "production"):
        house.cloud.console.set_variable("shop", env, "TOKEN", env, is_secret=True)

    await anyio.sleep(SETTLED)


async def _released_twice(house: House) -> None:
    await _released(house)
    async with house.client() as client:
        await client.release("shop", OTHER)

    await anyio.sleep(SETTLED)


async def _released(house: House) -> None:
    await _live(house)
    async with house.client() as client:
        await client.release("shop", NEW)

    await anyio.sleep(SETTLED)


async def _fresh(client: Client) -> Report:
    return await client.release(
        "shop", NEW, create=True, canary="10:3s,100", check=False
    )


async def _release(client: Client) -> Report:
    return await client.release("shop", NEW, check=False)


async def _canary(client: Client) -> Report:
    return await client.release("shop", NEW, canary="10:3s,50:3s,100", check=False)


async def _rollback(client: Client) -> Report:
    return await client.rollback("shop", check=False)


SCENES = (
    Scene("fresh", _nothing, _fresh),
    Scene("at quota", _full, _release),
    Scene("adopt", _released_twice, _canary),
    Scene("canary", _live, _canary),
    Scene("rollback", _released, _rollback),
    Scene("variables", _bound, _canary, makes=2),
    Scene("variables at quota", _bound_and_full, _release, makes=2),
    Scene("first variables", _unserved, _release, makes=2),
)


def end_of(house: House, report: Report | None) -> End:
    """Say what is left of a scene."""
    if "shop" not in house.cloud.report().versions:
        return End(outcome="?", production={}, staging={}, tagged=0, versions=0)

    production, staging = (
        {house.digest(v): share for v, share in house.serves(env=env).items()}
        for env in ("production", "staging")
    )
    return End(
        outcome=report.outcome if report else "?",
        production=production,
        staging=staging,
        tagged=len(house.tagged()),
        versions=len(house.versions()),
    )


@define
class MortalJournal(MemoryJournal):
    """A journal whose process dies at a certain row; the rows stay.

    Attributes:
        left: Rows until death; None for a long life.
        keeps: Whether the row of death is written.
    """

    left: int | None = field(default=None, init=False)
    keeps: bool = field(default=True, init=False)

    def __attrs_post_init__(self) -> None:
        MemoryJournal.__init__(self)

    def die_at(self, row: int, *, keeps: bool) -> None:
        """Let the present process die at the so-manieth row from now."""
        self.left, self.keeps = row, keeps

    def revive(self) -> None:
        """Serve another process."""
        self.left = None

    async def append(self, lease: Lease, records: Iterable[Record]) -> tuple[Row, ...]:
        """Append, unless the process is dead or dies of it."""
        if self.left is None:
            return await super().append(lease, records)

        self.left -= 1
        if self.left > 0:
            return await super().append(lease, records)

        if self.left == 0 and self.keeps:
            await super().append(lease, records)

        raise JournalUnavailable("The process is dead.")

    async def release(self, lease: Lease) -> None:
        """Do nothing for the dead: they keep their lease."""
        if self.left is None:
            await super().release(lease)
