"""Any story of clients, people at the console and trouble keeps every promise.

Hypothesis makes up stories about one routine: each rule is a piece of one, in a process
and an event loop of its own, against a local cloud that outlives them. After every
piece the verdict of the crash suite judges all that happened so far; in the end
somebody is left alone with it, and every run comes to its end.

ESA_FLOWS_STORIES=1000 makes it tell a thousand.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any

import anyio
import pytest
from attrs import field, frozen
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from esa_flows import Client
from esa_flows.engine.history import History
from esa_flows.files import digest_of
from esa_flows.testing.fate import RECORD_KINDS, Disturbance, Fate
from esa_flows.testing.rehearsal import Ended, Rehearsal
from esa_flows.testing.witness import Act
from tests.crash.crowd import CLOUDS, CODES, CONSOLE, THEIRS
from tests.crash.every import play_named
from tests.crash.plays import BROKEN, NEW, OTHER, SHOP
from tests.crash.scenario import (
    HARSH,
    PASSING,
    SECRETS,
    in_virtual_time,
    prepared,
    rows_of,
    saved_of,
    stand_of,
)
from tests.crash.verdict import Case, World, verdict

pytestmark = pytest.mark.timeout(600)
"""A story that breaks a promise is told as short as it can be: that takes a while."""

CANARIES = ("100", "10:2s,100", "10:2s,50:20s,100")
PATIENCE = 900.0
"""Seconds after which a process is left that is to come to its end."""

PLAY = play_named("fresh")


@frozen(kw_only=True)
class Deed:
    """One thing somebody asks of a client.

    Attributes:
        what: Its name among the deeds.
        code: What is released or restored.
        canary: How.
        to: Where it ends.
        conflict: What is done during somebody's canary.
        keep: Versions that a pruning keeps.
    """

    what: str
    code: bytes = field(default=NEW, repr=False)
    canary: str = "100"
    to: str = "production"
    conflict: str = "refuse"
    keep: int = 5

    async def __call__(self, client: Client) -> Any:
        """Do it."""
        return await DEEDS[self.what](self, client)

    async def release(self, client: Client) -> Any:
        """Release some code."""
        return await client.release(
            SHOP,
            self.code,
            canary=self.canary,
            to=self.to,
            on_conflict=self.conflict,
            check=False,
        )

    async def rollback(self, client: Client) -> Any:
        """Go back to what served before."""
        return await client.rollback(SHOP, check=False)

    async def prune(self, client: Client) -> Any:
        """Delete what nobody needs."""
        return await client.versions.prune(SHOP, keep=self.keep, check=False)

    async def restore(self, client: Client) -> Any:
        """Make a version again from bytes that were saved."""
        return await client.versions.restore(SHOP, digest_of(self.code), check=False)

    async def abort(self, client: Client) -> Any:
        """Abort the newest run."""
        newest = await client.runs.list(most=1)
        return [await client.abort(view.run.id) for view in newest]

    async def pause(self, client: Client) -> Any:
        """Pause whatever is unfinished."""
        for row in await client.runs.unfinished(SHOP):
            await client.runs.pause(row.run.id)

    async def resume(self, client: Client) -> Any:
        """Go on with whatever is unfinished."""
        for row in await client.runs.unfinished(SHOP):
            await client.resume(row.run.id, check=False)

    async def look(self, client: Client) -> Any:
        """Look at everything, and plan a release; nothing is changed."""
        await client.routine(SHOP)
        await client.versions(SHOP)
        return await client.plan(SHOP, self.code, canary=self.canary)


DEEDS: dict[str, Callable[[Deed, Client], Awaitable[Any]]] = {
    "release": Deed.release,
    "rollback": Deed.rollback,
    "prune": Deed.prune,
    "restore": Deed.restore,
    "abort": Deed.abort,
    "pause": Deed.pause,
    "resume": Deed.resume,
    "look": Deed.look,
}

releases = st.builds(
    Deed,
    what=st.just("release"),
    code=st.sampled_from([NEW, OTHER, THEIRS, BROKEN]),
    canary=st.sampled_from(CANARIES),
    to=st.sampled_from(["production", "production", "staging"]),
    conflict=st.sampled_from(["refuse", "abort-first", "supersede"]),
)
others = st.builds(
    Deed,
    what=st.sampled_from(sorted(DEEDS.keys() - {"release"})),
    code=st.sampled_from([NEW, OTHER]),
    keep=st.sampled_from([1, 2, 5]),
)
deeds = releases | others
troubles = st.lists(
    st.builds(
        Disturbance,
        at=st.just("call"),
        number=st.integers(1, 40),
        kind=st.sampled_from(PASSING),
        lasting=st.sampled_from([False, False, False, True]),
    )
    | st.builds(
        Disturbance,
        at=st.just("record"),
        number=st.integers(1, 40),
        kind=st.sampled_from(RECORD_KINDS),
    ),
    max_size=3,
)
times = st.sampled_from([0.0, 0.4, 1.0, 2.5, 7.0, 31.0])
people = st.sampled_from(sorted(CONSOLE))
dice = st.integers(0, 20)
limits = st.sampled_from([PATIENCE, PATIENCE, 0.3, 1.5, 12.0])


class Stories(RuleBasedStateMachine):
    """Pieces of stories, and what holds between them."""

    backend = "asyncio"

    def __init__(self) -> None:
        super().__init__()
        self.saved = prepared(PLAY.name)
        self.harsh = 0
        self.acts: list[Act] = []
        self.before = self.within(_stand)
        self.violations: tuple[str, ...] = ()
        self.rows: dict[str, int] = {}

    def within(
        self,
        work: Callable[[Rehearsal], Awaitable[Any]],
        wrong: Sequence[Disturbance] = (),
    ) -> Any:
        """Do something in an event loop of its own; keep the world for the next."""

        async def inside() -> Any:
            """Wake the world, do it, judge it, lay it down."""
            rehearsal = PLAY.rehearsal(
                switches=HARSH[self.harsh], saved=self.saved, fate=Fate(tuple(wrong))
            )
            rehearsal.cloud.judge.expect(map(digest_of, (*CODES, BROKEN)))
            rehearsal.witness.acts += self.acts
            found = await work(rehearsal)
            self.acts = rehearsal.witness.acts
            self.saved = rehearsal.save()
            return found

        return in_virtual_time(inside, backend=self.backend)

    # --- what somebody does ----------------------------------------------------------

    @rule(deed=deeds, wrong=troubles, left_after=limits)
    def does(self, deed: Deed, wrong: list[Disturbance], left_after: float) -> None:
        """A client is opened, asked for something, and closed; maybe too soon."""

        async def one(rehearsal: Rehearsal) -> None:
            """Be its process."""
            await _live(rehearsal, deed, left_after)
            await self.judged(rehearsal)

        self.within(one, wrong)

    @rule(deed=releases, other=deeds, apart=times, wrong=troubles)
    def two_do(
        self, deed: Deed, other: Deed, apart: float, wrong: list[Disturbance]
    ) -> None:
        """While one client releases, another one on the same journal acts, too."""

        async def both(rehearsal: Rehearsal) -> None:
            """Be both processes."""

            async def later() -> None:
                """Be the second one."""
                await anyio.sleep(apart)
                await _live(rehearsal, other, PATIENCE)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_live, rehearsal, deed, PATIENCE)
                tasks.start_soon(later)

            await self.judged(rehearsal)

        self.within(both, wrong)

    @rule(deed=deeds, what=people, after=times, dice=dice, wrong=troubles)
    def somebody_interferes(
        self,
        deed: Deed,
        what: str,
        after: float,
        dice: int,
        wrong: list[Disturbance],
    ) -> None:
        """While a client works, somebody at the console acts, unaware of it."""

        async def both(rehearsal: Rehearsal) -> None:
            """Be both of them."""

            async def person() -> None:
                """Act at the console."""
                await anyio.sleep(after)
                _act(rehearsal, what, dice)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_live, rehearsal, deed, PATIENCE)
                tasks.start_soon(person)

            await self.judged(rehearsal)

        self.within(both, wrong)

    @rule(what=people, dice=dice)
    def somebody_acts(self, what: str, dice: int) -> None:
        """Between two clients somebody acts at the console."""

        async def person(rehearsal: Rehearsal) -> None:
            """Be that person."""
            _act(rehearsal, what, dice)

        self.within(person)

    @rule(seconds=times)
    def time_passes(self, seconds: float) -> None:
        """Nobody does anything for a while."""

        async def wait(_: Rehearsal) -> None:
            """Sleep."""
            await anyio.sleep(seconds)

        self.within(wait)

    @rule(harsh=st.sampled_from(CLOUDS))
    def the_provider_behaves_otherwise(self, harsh: int) -> None:
        """Some of its undocumented ways are others from now on."""
        self.harsh = harsh

    # --- what always holds -----------------------------------------------------------

    async def judged(self, rehearsal: Rehearsal, outcome: str = "") -> None:
        """Judge everything that happened so far."""
        journal = await rows_of(rehearsal)
        self.rows_stay(journal)
        world = World(
            before=self.before,
            after=stand_of(rehearsal),
            acts=tuple(rehearsal.witness.acts),
            saved=await saved_of(rehearsal, self.before),
            outcome=outcome,
        )
        case = Case(
            wanted=frozenset(map(digest_of, (*CODES, BROKEN))),
            shares=frozenset(),
            is_alone=False,
        )
        self.violations = verdict(
            case, world, journal, rehearsal.cloud.report(), SECRETS
        )

    def rows_stay(self, journal: Any) -> None:
        """Hold runs to their rows: none is lost, none is added behind an end."""
        for run, rows in journal.items():
            known = self.rows.get(run, 0)
            was_over = History.of(rows[:known]).is_ended
            assert len(rows) == known if was_over else len(rows) >= known

            self.rows[run] = len(rows)

    @invariant()
    def no_promise_is_broken(self) -> None:
        """Nothing doubled, nothing unread, nothing overwritten, nothing told."""
        assert () == self.violations

    @invariant()
    def everybody_is_served(self) -> None:
        """Each environment serves versions that are there, to everybody."""
        stand = self.within(_stand)
        for split in stand.splits.values():
            assert 100 == sum(share for _, share in split)
            assert {version for version, _ in split} <= stand.versions.keys()

    def teardown(self) -> None:
        """Somebody is left alone with it: every run comes to its end."""
        self.within(self.alone)

        self.no_promise_is_broken()
        self.everybody_is_served()

    async def alone(self, rehearsal: Rehearsal) -> None:
        """Go on until nothing is unfinished."""
        for _ in range(4):
            await anyio.sleep(60)
            if not await rehearsal.journal.list(unfinished=True):
                break

            await _live(rehearsal, Deed(what="resume"), PATIENCE)

        assert () == await rehearsal.journal.list(unfinished=True)
        await self.judged(rehearsal, outcome="over")


class TrioStories(Stories):
    """The same stories on the other backend."""

    backend = "trio"


async def _live(rehearsal: Rehearsal, deed: Deed, left_after: float) -> Ended:
    """Be a process that does one thing, and is left after some time."""

    async def work(client: Client) -> Any:
        """Do it."""
        with anyio.move_on_after(left_after):
            return await deed(client)

    return await rehearsal.live(work)


def _act(rehearsal: Rehearsal, what: str, seed: int) -> None:
    """Be somebody at the console who knows nothing of us."""
    dice = Random(seed)
    rehearsal.console(what, lambda cloud: CONSOLE[what](cloud, dice))


async def _stand(rehearsal: Rehearsal) -> Any:
    return stand_of(rehearsal)


Stories.TestCase.settings = settings(
    max_examples=int(os.environ.get("ESA_FLOWS_STORIES", "25")),
    stateful_step_count=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TrioStories.TestCase.settings = Stories.TestCase.settings


class TestStories(Stories.TestCase):  # type: ignore[misc, valid-type]
    """Stories on asyncio."""


class TestTrioStories(TrioStories.TestCase):  # type: ignore[misc, valid-type]
    """Stories on trio."""
