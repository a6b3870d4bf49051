"""A scenario: a play, how the cloud behaves, what goes wrong. Performed and judged."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import anyio
from attrs import frozen
from tests.crash.line import over_http
from tests.crash.plays import NEW, OLD, OTHER, SHOP, Play, play_named
from tests.crash.verdict import Case, Stand, World, verdict

from esa_flows.files import digest_of
from esa_flows.localcloud import KEY
from esa_flows.model import Digest
from esa_flows.testing import virtual_backend
from esa_flows.testing.fate import Disturbance, Fate
from esa_flows.testing.rehearsal import Ended, Rehearsal, Saved

T = TypeVar("T")

LIVES = 4
"""Processes that may work at a run while things go wrong: each of three disturbances
can stop one, and one that lasts stops them all alike."""

ENDLESS_LIVES = 8
"""The same where something goes wrong again and again."""

DEFINITE = ("refuse", "redirect", "nonce")
"""Answers that may decide: a refusal; or that nobody knows how to take."""

PASSING = (
    "die before",
    "die after",
    "cancel",
    "throttle",
    "error",
    "html",
    "reset",
    "lost",
    "slow",
    "truncate",
)
"""What can befall every call."""

SPECIAL = {
    "PostObject": ("callback", "expired"),
    "GetRoutineCodeVersion": ("missing",),
    "DescribeRoutineCodeRevision": ("missing",),
}
"""What can befall one kind of call only."""

SECRETS = (KEY.secret, "x-oss-security-token", "Signature=", "OSSAccessKeyId")

HARSH: tuple[Mapping[str, Any], ...] = (
    {},
    {"list_lag": 5.0, "live_lag": 5.0, "ready_after": 3.0, "edge_lag": 1.0},
    {"numeric_ids": True, "list_unstable": True, "oss_token": False},
    {"delete_guard": False, "deploy_unready": "accept", "slot_counts": "commit"},
    {"unknown_version_code": "ParameterNotExist", "fresh_edge_401": 30.0},
    {"latency": (0.05, 0.9)},
    {"deploy_repeats": "same", "commit_repeats": "same", "undeployed": "empty"},
    {"slot_version": "number", "status_case": "lower", "retry_after": True},
    {"throttle_status": 429, "cap_window": "fixed", "undeployed": "null"},
    {"dcdn_language": "zh", "dcdn_descriptions": "plain", "revision_counts": "upload"},
)
"""Positions of the switches that matter; the first is the cloud as it comes."""


@frozen(kw_only=True)
class Scenario:
    """What is played, and what goes wrong.

    Attributes:
        play: The flow and its world.
        disturbances: What goes wrong.
        harsh: Place of the switches in `HARSH`.
        backend: asyncio or trio.
        seed: Of all randomness.
        never_ends: Whether what goes wrong goes on: then only what may never happen
            is judged, not where it ends.
        is_over_http: Whether calls go through the real HTTP client.
    """

    play: Play
    disturbances: tuple[Disturbance, ...] = ()
    harsh: int = 0
    backend: str = "asyncio"
    seed: int = 1
    never_ends: bool = False
    is_over_http: bool = False

    @property
    def switches(self) -> Mapping[str, Any]:
        """How its cloud behaves."""
        return HARSH[self.harsh]

    def __str__(self) -> str:
        wrong = ", ".join(map(str, self.disturbances)) or "nothing wrong"
        way = ", over HTTP" if self.is_over_http else ""
        return f"{self.play} under {self.harsh} on {self.backend}{way}: {wrong}"


@frozen(kw_only=True)
class Played:
    """What came of a scenario.

    Attributes:
        world: What happened at the provider.
        violations: Broken promises.
        calls: The operations that were called, in order.
        records: How many records were written.
    """

    world: World
    violations: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    records: int = 0

    @property
    def converged(self) -> bool:
        """Whether it came to the end it should."""
        return not any(violation.startswith("G") for violation in self.violations)


def may_pass(disturbance: Disturbance) -> bool:
    """Tell whether it must not change the end, whatever it strikes."""
    return not disturbance.lasting and disturbance.kind not in DEFINITE


def kinds_at(verb: str) -> tuple[str, ...]:
    """Give what can befall a call of an operation.

    A visitor's request that is answered with 400 says that the routine is well: such
    answers are no trouble but a lie, which no gate can see through.
    """
    return (*PASSING, *SPECIAL.get(verb, ()), *(() if verb == "edge" else DEFINITE))


def play_alone(scenario: Scenario) -> Played:
    """Perform a scenario in a loop of its own."""
    _right(scenario)
    prepared(scenario.play.name, scenario.harsh)
    return in_virtual_time(perform, scenario, backend=scenario.backend)


def in_virtual_time(
    work: Callable[..., Awaitable[T]], *given: Any, backend: str = "asyncio"
) -> T:
    """Run something in a loop of its own whose clock jumps."""
    name, options = virtual_backend(backend)
    return anyio.run(work, *given, backend=name, backend_options=options)


@functools.cache
def undisturbed(name: str, harsh: int = 0) -> Played:
    """Give how a play ends when nothing goes wrong."""
    play = play_named(name)
    return play_alone(Scenario(play=play, harsh=harsh))


@functools.cache
def prepared(name: str, harsh: int = 0) -> Saved:
    """Give the world a play begins in; made once."""
    play = play_named(name)

    async def prepare() -> Saved:
        """Play the preparation alone."""
        rehearsal = play.rehearsal(switches=HARSH[harsh])
        await play.prepare(rehearsal)
        return rehearsal.save()

    return in_virtual_time(prepare)


async def perform(scenario: Scenario) -> Played:
    """Play a scenario to its end and judge it.

    Where it ends in a failure that leaves things as they were, somebody does it again
    with nothing going wrong any more.
    """
    play = scenario.play
    rehearsal = play.rehearsal(
        switches=scenario.switches,
        saved=prepared(play.name, scenario.harsh),
        fate=Fate(scenario.disturbances),
        seed=scenario.seed,
        **({"more": over_http} if scenario.is_over_http else {}),
    )
    rehearsal.cloud.judge.expect(map(digest_of, (OLD, NEW, OTHER, play.code)))
    before = stand_of(rehearsal)
    outcome = await _through(rehearsal, play, scenario)
    right = _right(scenario)
    failed = None
    if right is not None and outcome != right.world.outcome:
        failed = (stand_of(rehearsal), outcome)
        rehearsal.fate.lift()
        outcome = await _again(rehearsal, play)

    world = World(
        before=before,
        failed=failed,
        after=stand_of(rehearsal),
        outcome=outcome,
        acts=tuple(rehearsal.witness.acts),
        saved=await saved_of(rehearsal, before),
    )
    case = Case(
        wanted=frozenset({digest_of(play.code)}),
        shares=frozenset(play.shares),
        right=right.world.after if right else None,
        outcome=right.world.outcome if right else "",
        is_exact=failed is None and all(map(may_pass, scenario.disturbances)),
        goes_back=play.goes_back,
        ends_canary=play.ends_canary,
    )
    return Played(
        world=world,
        violations=verdict(
            case, world, await rows_of(rehearsal), rehearsal.cloud.report(), SECRETS
        ),
        calls=tuple(rehearsal.fate.calls),
        records=rehearsal.fate.records,
    )


def _right(scenario: Scenario) -> Played | None:
    if not scenario.disturbances or scenario.never_ends:
        return None

    return undisturbed(scenario.play.name, scenario.harsh)


async def _through(rehearsal: Rehearsal, play: Play, scenario: Scenario) -> str:
    """Play until it ends; where it does not, let nothing go wrong any more."""
    since = await rehearsal.marks()
    lives = ENDLESS_LIVES if scenario.never_ends else LIVES
    ended = await rehearsal.through(play.act, lives=lives)
    is_left = bool(await rehearsal.journal.list(unfinished=True))
    if scenario.never_ends:
        return "" if is_left else outcome_of(ended)

    if is_left or ended.was_stopped:
        rehearsal.fate.lift()
        ended = await rehearsal.through(play.act, lives=3, since=since)

    return outcome_of(ended)


async def _again(rehearsal: Rehearsal, play: Play) -> str:
    """Let somebody do it again, some time later."""
    await anyio.sleep(60)
    return outcome_of(await rehearsal.through(play.act, lives=2))


def outcome_of(ended: Ended) -> str:
    """Name how a life ended: a release's outcome, an error, or `done`."""
    if ended.error is not None:
        report = getattr(ended.error, "report", None)
        return str(report.outcome) if report else type(ended.error).__name__

    if ended.was_stopped:
        return ""

    return str(getattr(ended.value, "outcome", "done"))


def stand_of(rehearsal: Rehearsal) -> Stand:
    """Say what stands at the provider of the routine that is played with."""
    state = rehearsal.cloud.state
    every = [*state.routines.values(), *state.functions.values()]
    held = [routine for routine in every if routine.name == SHOP]
    return Stand(
        versions=MappingProxyType(
            {v.id: (v.digest, v.description) for r in held for v in r.versions.values()}
        ),
        splits=MappingProxyType(
            {env: d.split for r in held for env, d in r.deployments.items()}
        ),
    )


async def rows_of(rehearsal: Rehearsal) -> Mapping[str, Any]:
    """Give the rows of every run."""
    listed = await rehearsal.journal.list()
    return {row.run.id: await rehearsal.journal.rows(row.run.id) for row in listed}


async def saved_of(rehearsal: Rehearsal, before: Stand) -> frozenset[str]:
    """Give the digests of what stood there before and was kept."""
    digests = {digest for digest, _ in before.versions.values()}
    return frozenset([d for d in digests if await rehearsal.blobs.has(Digest(d))])
