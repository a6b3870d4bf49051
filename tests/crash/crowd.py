"""Several runners on one routine and somebody at the console: drawn, played, judged."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import anyio
from attrs import define, field, frozen
from tests.crash.every import play_named
from tests.crash.plays import ENVS, NEW, OLD, OTHER, SHOP
from tests.crash.scenario import (
    HARSH,
    SECRETS,
    Played,
    in_virtual_time,
    outcome_of,
    prepared,
    stand_of,
)
from tests.crash.verdict import Case, World, verdict

from esa_flows import Client
from esa_flows.engine.journal import Row
from esa_flows.files import MemoryBlobs, digest_of
from esa_flows.localcloud import LocalCloud
from esa_flows.testing.fate import Disturbance, Fate
from esa_flows.testing.mortal import MortalJournal
from esa_flows.testing.rehearsal import Rehearsal, go_on
from esa_flows.testing.transport import Latency

THEIRS = b'export default { fetch() { return new Response("theirs"); } };\n'
CODES = (OLD, NEW, OTHER, THEIRS)
CANARIES = ("100", "10:2s,100", "10:2s,50:2s,100")
WORLDS = ("fresh", "at quota", "adopt")
CLOUDS = (0, 1, 3, 5)
"""Places in `HARSH` of what matters between several people."""

DEADLY = ("die before", "die after", "lost", "error")


@frozen(kw_only=True)
class Crowd:
    """Who acts, and when.

    Attributes:
        seed: Everything was drawn from it.
        world: Name of the play whose world it is.
        harsh: Place of the switches in `HARSH`.
        backend: asyncio or trio.
        runners: Of each: seconds until it begins, code, canary, number of its journal.
        console: Of each: seconds until then, what somebody does at the console.
        disturbances: What goes wrong beside.
        slowest: Seconds a call takes at most, there and back.
    """

    seed: int
    world: str
    harsh: int
    backend: str
    runners: tuple[tuple[float, bytes, str, int], ...]
    console: tuple[tuple[float, str], ...]
    disturbances: tuple[Disturbance, ...]
    slowest: float

    def __str__(self) -> str:
        who = f"{len(self.runners)} runners, console {[w for _, w in self.console]}"
        wrong = ", ".join(map(str, self.disturbances)) or "nothing wrong"
        return f"{self.world} under {self.harsh} on {self.backend}: {who}; {wrong}"


def crowd_of(seed: int) -> Crowd:
    """Draw a crowd: pure."""
    dice = Random(f"crowd {seed}")
    count = dice.choice((1, 2, 2, 3, 4))
    journals = dice.choice((1, count))
    return Crowd(
        seed=seed,
        world=dice.choice(WORLDS),
        harsh=dice.choice(CLOUDS),
        backend=("asyncio", "trio")[seed % 2],
        runners=tuple(
            (
                dice.uniform(0, 6),
                dice.choice((NEW, OTHER)),
                dice.choice(CANARIES),
                number % journals,
            )
            for number in range(count)
        ),
        console=tuple(
            (dice.uniform(0, 20), dice.choice(tuple(CONSOLE)))
            for _ in range(dice.choice((0, 1, 1, 2, 3)))
        ),
        disturbances=tuple(
            Disturbance(
                at="call", number=dice.randrange(1, 60), kind=dice.choice(DEADLY)
            )
            for _ in range(dice.choice((0, 0, 1, 2)))
        ),
        slowest=dice.choice((0.0, 0.2, 0.9)),
    )


def play_crowd(seed: int) -> Played:
    """Perform what a seed says in a loop of its own."""
    crowd = crowd_of(seed)
    prepared(crowd.world, crowd.harsh)
    return in_virtual_time(perform_crowd, crowd, backend=crowd.backend)


async def perform_crowd(crowd: Crowd) -> Played:
    """Let everybody act, then let everybody go on until nobody has anything to do."""
    play = play_named(crowd.world)
    rehearsal = play.rehearsal(
        switches=HARSH[crowd.harsh],
        saved=prepared(crowd.world, crowd.harsh),
        fate=Fate(crowd.disturbances),
        seed=crowd.seed,
        latency=_latency(crowd.slowest),
    )
    rehearsal.cloud.judge.expect(map(digest_of, CODES))
    before = stand_of(rehearsal)
    own = {0: (rehearsal.journal, rehearsal.blobs)}
    for number in {journal for *_, journal in crowd.runners} - {0}:
        own[number] = (MortalJournal(), MemoryBlobs())

    people = _People(rehearsal=rehearsal, dice=Random(crowd.seed))
    async with anyio.create_task_group() as all_:
        for runner in crowd.runners:
            all_.start_soon(_run, rehearsal, runner, own[runner[-1]])

        for when, what in crowd.console:
            all_.start_soon(people.act, when, what)

    rows = {}
    for journal, _ in own.values():
        for listed in await journal.list():
            rows[listed.run.id] = await journal.rows(listed.run.id)

    world = World(
        before=before,
        after=stand_of(rehearsal),
        acts=tuple(rehearsal.witness.acts),
        saved=await _saved(own, before.versions.values()),
        outcome="over" if _all_ended(rows) else "",
    )
    case = Case(
        wanted=frozenset(map(digest_of, CODES)),
        shares=frozenset(),
        is_alone=False,
    )
    return Played(
        worlds={SHOP: world},
        outcome=world.outcome,
        acts=world.acts,
        violations=verdict(case, world, rows, rehearsal.cloud.report(), SECRETS),
        calls=tuple(rehearsal.fate.calls),
        records=rehearsal.fate.records,
    )


def _latency(slowest: float) -> Callable[[Random], Latency]:
    return lambda dice: Latency(
        there=dice.uniform(0, slowest / 2), back=dice.uniform(0, slowest / 2)
    )


def _all_ended(rows: dict[str, tuple[Row, ...]]) -> bool:
    return all(each and each[-1].record.kind == "run.ended" for each in rows.values())


async def _saved(own: Any, held: Any) -> frozenset[str]:
    digests = {digest for digest, _ in held}
    return frozenset(
        [d for d in digests for _, blobs in own.values() if await blobs.has(d)]
    )


async def _run(
    rehearsal: Rehearsal, runner: tuple[float, bytes, str, int], own: Any
) -> None:
    """Release, and go on while anything is unfinished."""
    delay, code, canary, _ = runner
    journal, blobs = own
    await anyio.sleep(delay)

    async def act(client: Client) -> Any:
        return await client.release("shop", code, canary=canary, check=False)

    ended = await rehearsal.live(act, journal=journal, blobs=blobs)
    for _ in range(4):
        if not await journal.list(unfinished=True):
            break

        await anyio.sleep(20)
        ended = await rehearsal.live(go_on, journal=journal, blobs=blobs)

    outcome_of(ended)


@define(kw_only=True)
class _People:
    """Somebody at the console who knows nothing of us."""

    rehearsal: Rehearsal
    dice: Random = field(repr=False)

    async def act(self, when: float, what: str) -> None:
        """Do something at a moment."""
        await anyio.sleep(when)
        self.rehearsal.console(what, lambda cloud: CONSOLE[what](cloud, self.dice))


def _deploy(cloud: LocalCloud, dice: Random, env: str = "production") -> None:
    version = dice.choice(list(cloud.console.routine("shop").versions))
    cloud.console.deploy("shop", env, {version: 100})


def _split(cloud: LocalCloud, dice: Random) -> None:
    versions = list(cloud.console.routine("shop").versions)
    if len(versions) > 1:
        one, other = dice.sample(versions, 2)
        cloud.console.deploy("shop", "production", {one: 30, other: 70})


def _stage(cloud: LocalCloud, dice: Random) -> None:
    _deploy(cloud, dice, ENVS[0])


def _delete(cloud: LocalCloud, dice: Random) -> None:
    routine = cloud.console.routine("shop")
    free = [v for v in routine.versions if v not in routine.live()]
    if free:
        cloud.console.delete_version("shop", dice.choice(free))


def _upload(cloud: LocalCloud, _: Random) -> None:
    if len(cloud.console.routine("shop").versions) < cloud.switches.version_quota:
        cloud.console.add_version("shop", THEIRS, "theirs")


def _overwrite(cloud: LocalCloud, _: Random) -> None:
    cloud.console.overwrite_slot("shop", THEIRS, "theirs")


CONSOLE: dict[str, Callable[[LocalCloud, Random], None]] = {
    "deploys": _deploy,
    "splits": _split,
    "stages": _stage,
    "deletes": _delete,
    "uploads": _upload,
    "overwrites": _overwrite,
}
"""What a person at the console can do."""
