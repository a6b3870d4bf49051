"""A scenario: a play, how the cloud behaves, what goes wrong. Performed and judged."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

import anyio
from attrs import define, evolve, field, frozen
from tests.crash.every import play_named
from tests.crash.line import over_http
from tests.crash.plays import NEW, OLD, OTHER, SHOP, Journal, Play
from tests.crash.verdict import Case, Stand, World, verdict

from esa_flows import Client
from esa_flows.engine.journal import NewRun, Row
from esa_flows.files import MemoryBlobs, digest_of
from esa_flows.fleet.course import GOOD
from esa_flows.fleet.plan import RolloutPlan
from esa_flows.fleet.report import RolloutReport
from esa_flows.localcloud import KEY
from esa_flows.model import Digest, RoutineName
from esa_flows.testing import virtual_backend
from esa_flows.testing.fate import Disturbance, Fate
from esa_flows.testing.mortal import MortalJournal
from esa_flows.testing.rehearsal import Ended, Rehearsal, Saved
from esa_flows.testing.witness import Act

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
        is_lost: Whether journal and blobs are lost with the first process that dies;
            a rollout goes on from its plan, which was made before anything went wrong.
    """

    play: Play
    disturbances: tuple[Disturbance, ...] = ()
    harsh: int = 0
    backend: str = "asyncio"
    seed: int = 1
    never_ends: bool = False
    is_over_http: bool = False
    is_lost: bool = False

    @property
    def switches(self) -> Mapping[str, Any]:
        """How its cloud behaves."""
        return HARSH[self.harsh]

    def __str__(self) -> str:
        wrong = ", ".join(map(str, self.disturbances)) or "nothing wrong"
        way = ", over HTTP" if self.is_over_http else ""
        lost = ", the journal lost" if self.is_lost else ""
        how = f"under {self.harsh} on {self.backend}{way}{lost}"
        return f"{self.play} {how}: {wrong}"


@frozen(kw_only=True)
class Played:
    """What came of a scenario.

    Attributes:
        worlds: What happened at the provider, by routine.
        outcome: How it ended; empty where it did not.
        violations: Broken promises.
        acts: Everything that anybody did.
        flows: Of every run the flow.
        calls: The operations that were called, in order.
        records: How many records were written.
    """

    worlds: Mapping[str, World]
    outcome: str = ""
    violations: tuple[str, ...] = ()
    acts: tuple[Act, ...] = ()
    flows: Mapping[str, str] = field(factory=dict)
    calls: tuple[str, ...] = ()
    records: int = 0

    @property
    def world(self) -> World:
        """What happened at the provider to the first of the routines."""
        return next(iter(self.worlds.values()))

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
def undisturbed(name: str, harsh: int = 0, *, is_lost: bool = False) -> Played:
    """Give how a play ends when nothing goes wrong."""
    play = play_named(name)
    return play_alone(Scenario(play=play, harsh=harsh, is_lost=is_lost))


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
    expected = (OLD, NEW, OTHER, *play.brings.values())
    rehearsal.cloud.judge.expect(map(digest_of, expected))
    stage = _Stage(
        scenario=scenario, rehearsal=rehearsal, before=stands_of(rehearsal, play)
    )
    right = _right(scenario)
    ended = await _through(stage)
    if right is not None and outcome_of(ended) != right.outcome:
        stage.failed = (stands_of(rehearsal, play), ends_of(ended, play))
        rehearsal.fate.lift()
        ended = await _again(rehearsal, play)

    return await _judged(stage, ended, right)


@define(kw_only=True)
class _Stage:
    """A scenario while it is played."""

    scenario: Scenario
    rehearsal: Rehearsal
    before: Mapping[str, Stand]
    failed: tuple[Mapping[str, Stand], Mapping[str, str]] | None = None
    rows: dict[str, tuple[Row, ...]] = field(factory=dict)
    runs: dict[str, NewRun] = field(factory=dict)

    async def keep(self) -> None:
        """Keep what the journal says."""
        self.rows |= await rows_of(self.rehearsal)
        for row in await self.rehearsal.journal.list():
            self.runs[row.run.id] = row.run

    async def lose(self) -> None:
        """Lose the journal and the blobs; its runs have other names from then on."""
        await self.keep()
        self.rows = {f"lost {run}": rows for run, rows in self.rows.items()}
        self.runs = {f"lost {run}": told for run, told in self.runs.items()}
        acts = self.rehearsal.witness.acts
        acts[:] = [_renamed(act) for act in acts]
        self.rehearsal.journal, self.rehearsal.blobs = MortalJournal(), MemoryBlobs()

    def rows_about(self, name: str, *, is_first: bool) -> Journal:
        """Give the rows of a routine's runs; with the first, of all of them, too."""
        every = self.scenario.play.brings
        about = {name} | ({run.subject for run in self.runs.values()} - {*every})
        subjects = about if is_first else {name}
        runs = {run for run, told in self.runs.items() if told.subject in subjects}
        return {run: rows for run, rows in self.rows.items() if run in runs}

    def acts_about(self, name: str) -> tuple[Act, ...]:
        """Give what was done to a routine: its calls, and the records of its runs."""
        acts = tuple(self.rehearsal.witness.acts)
        if not self.scenario.play.fleet:
            return acts

        runs = {run for run, told in self.runs.items() if told.subject == name}
        return tuple(
            act
            for act in acts
            if (act.record.run in runs if act.record else act.routine == name)
        )


def _renamed(act: Act) -> Act:
    """Name the run of a record for one that is lost."""
    if act.record is None:
        return act

    return evolve(act, record=evolve(act.record, run=f"lost {act.record.run}"))


async def _judged(stage: _Stage, ended: Ended, right: Played | None) -> Played:
    """Judge each routine, and all of them."""
    await stage.keep()
    scenario, rehearsal = stage.scenario, stage.rehearsal
    play, acts = scenario.play, tuple(rehearsal.witness.acts)
    after, ends = stands_of(rehearsal, play), ends_of(ended, play)
    worlds: dict[str, World] = {}
    subjects = {run: told.subject for run, told in stage.runs.items()}
    found = [*play.also(acts, stage.rows, subjects)]
    for name in play.brings:
        rows = stage.rows_about(name, is_first=not worlds)
        before, failed = stage.before[name], stage.failed
        worlds[name] = World(
            before=before,
            failed=(failed[0][name], failed[1][name]) if failed else None,
            after=after[name],
            outcome=ends[name],
            acts=stage.acts_about(name),
            saved=await saved_of(rehearsal, before),
        )
        found += verdict(
            _case(stage, name, right),
            worlds[name],
            rows,
            rehearsal.cloud.report(),
            SECRETS,
        )

    return Played(
        worlds=worlds,
        outcome=outcome_of(ended),
        violations=tuple(dict.fromkeys(found)),
        acts=acts,
        flows={run: told.flow for run, told in stage.runs.items()},
        calls=tuple(rehearsal.fate.calls),
        records=rehearsal.fate.records,
    )


def _case(stage: _Stage, name: RoutineName, right: Played | None) -> Case:
    play, world = stage.scenario.play, right.worlds[name] if right else None
    is_exact = stage.failed is None and name not in play.loose
    return Case(
        wanted=frozenset({digest_of(play.brings[name])}),
        shares=frozenset(() if name in play.kept else play.shares),
        right=world.after if world else None,
        outcome=world.outcome if world else "",
        is_exact=is_exact and all(map(may_pass, stage.scenario.disturbances)),
        goes_back=play.goes_back,
        ends_canary=play.ends_canary,
    )


def _right(scenario: Scenario) -> Played | None:
    if not scenario.disturbances or scenario.never_ends:
        return None

    name, harsh = scenario.play.name, scenario.harsh
    return undisturbed(name, harsh, is_lost=scenario.is_lost)


async def _through(stage: _Stage) -> Ended:
    """Play until it ends; where it does not, let nothing go wrong any more."""
    scenario, rehearsal = stage.scenario, stage.rehearsal
    if scenario.is_lost:
        return await _by_plan(stage)

    act, since = scenario.play.act, await rehearsal.marks()
    lives = ENDLESS_LIVES if scenario.never_ends else LIVES
    ended = await rehearsal.through(act, lives=lives)
    is_left = bool(await rehearsal.journal.list(unfinished=True))
    if scenario.never_ends:
        return Ended(was_stopped=True) if is_left else ended

    if is_left or ended.was_stopped:
        rehearsal.fate.lift()
        ended = await rehearsal.through(act, lives=3, since=since)

    return ended


async def _by_plan(stage: _Stage) -> Ended:
    """Roll out as planned; who goes on has nothing but the plan and the code."""
    rehearsal, play = stage.rehearsal, stage.scenario.play
    fate, rehearsal.fate = rehearsal.fate, Fate()
    plan: RolloutPlan = (await rehearsal.live(play.plan or play.act)).value
    rehearsal.fate = fate
    ended = await rehearsal.live(partial(_carried_out, plan=plan))
    if not ended.was_stopped:
        return ended

    await stage.lose()
    for code in play.brings.values():
        await rehearsal.blobs.put_bytes(code)

    left = RolloutPlan.parse(plan.to_json())
    return await rehearsal.through(lambda client: client.resume(left), lives=LIVES)


async def _carried_out(client: Client, plan: RolloutPlan) -> Any:
    run = await client.start(plan)
    return await run.result()


async def _again(rehearsal: Rehearsal, play: Play) -> Ended:
    """Let somebody do it again, some time later."""
    await anyio.sleep(60)
    return await rehearsal.through(play.act, lives=2)


def outcome_of(ended: Ended) -> str:
    """Name how a life ended: a release's outcome, an error, or `done`.

    Of a rollout it tells which routines serve what they shall.
    """
    if ended.error is not None:
        report = getattr(ended.error, "report", None)
        return str(report.outcome) if report else type(ended.error).__name__

    if ended.was_stopped:
        return ""

    if isinstance(ended.value, RolloutReport):
        good = [each.routine for each in ended.value.routines if each.end in GOOD]
        return f"{ended.value.ended}, well: {', '.join(good)}"

    return str(getattr(ended.value, "outcome", "done"))


def ends_of(ended: Ended, play: Play) -> Mapping[str, str]:
    """Say how it ended for each routine."""
    if isinstance(ended.value, RolloutReport):
        return {each.routine: str(each.end) for each in ended.value.routines}

    return dict.fromkeys(play.brings, outcome_of(ended))


def stands_of(rehearsal: Rehearsal, play: Play) -> Mapping[str, Stand]:
    """Say what stands at the provider of each routine that is played with."""
    return {name: stand_of(rehearsal, name) for name in play.brings}


def stand_of(rehearsal: Rehearsal, name: str = SHOP) -> Stand:
    """Say what stands at the provider of a routine."""
    state = rehearsal.cloud.state
    every = [*state.routines.values(), *state.functions.values()]
    held = [routine for routine in every if routine.name == name]
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
