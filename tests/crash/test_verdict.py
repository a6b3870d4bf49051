"""The verdict can fail: each broken flow is seen through, by its letter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest
from attrs import evolve
from tests.crash.every import play_named
from tests.crash.plays import NEW, OLD, OTHER, SHOP
from tests.crash.scenario import (
    SECRETS,
    in_virtual_time,
    rows_of,
    stand_of,
    undisturbed,
)
from tests.crash.verdict import Case, World, verdict

from esa_flows import Client
from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.flow import Flow, flow
from esa_flows.engine.step import step
from esa_flows.files import digest_of
from esa_flows.model import Environment, Split, VersionId
from esa_flows.testing.fate import Disturbance, Fate
from esa_flows.testing.rehearsal import Rehearsal

PRODUCTION, STAGING = Environment.PRODUCTION, Environment.STAGING
LOST = Disturbance(at="call", number=1, kind="lost")


@step.idempotent(calls=[Op.DEPLOY])
async def put(ctx: Context, version: VersionId) -> None:
    """Deploy without a look: before, after, or in between."""
    await ctx.need(RoutineCloud).deploy(SHOP, PRODUCTION, Split.whole(version))


@step.idempotent(calls=[Op.DEPLOY])
async def stage(ctx: Context, version: VersionId) -> None:
    """Deploy to staging, as it comes."""
    await ctx.need(RoutineCloud).deploy(SHOP, STAGING, Split.whole(version))


@step.idempotent(calls=[Op.COMMIT])
async def make(ctx: Context, code: str) -> VersionId:
    """Commit and, where nobody answers, commit again."""
    return await ctx.need(RoutineCloud).commit(SHOP, f"ef1 s={code} r=abcd |")


@step.read(calls=[Op.READ_CODE])
async def read(ctx: Context, version: VersionId) -> str:
    """Read code back."""
    return digest_of(await ctx.need(RoutineCloud).read_code(SHOP, version))


@step.read(calls=[Op.OBSERVE])
async def see(ctx: Context, _: str) -> str:
    """See what serves."""
    return str(await ctx.need(RoutineCloud).observe(SHOP))


@step.idempotent(calls=[Op.DELETE])
async def drop(ctx: Context, version: VersionId) -> None:
    """Delete without saving."""
    await ctx.need(RoutineCloud).delete_version(SHOP, version)


@flow
async def unguarded(ctx: Context, version: VersionId) -> None:
    """Read, stage, then deploy, and never look at production."""
    await ctx.do(read, version)
    await ctx.do(stage, version)
    await ctx.do(put, version)


@flow
async def unread(ctx: Context, version: VersionId) -> None:
    """Deploy what nobody read back."""
    await ctx.do(stage, version)
    await ctx.do(see, "")
    await ctx.do(put, version)


@flow
async def unstaged(ctx: Context, version: VersionId) -> None:
    """Deploy what staging never had."""
    await ctx.do(read, version)
    await ctx.do(see, "")
    await ctx.do(put, version)


@flow
async def stubborn(ctx: Context, version: VersionId) -> None:
    """Look, see what somebody else did, and deploy all the same."""
    await ctx.do(see, "", key="first")
    await ctx.do(read, version)
    await ctx.do(stage, version)
    await ctx.sleep("10s", key="wait")
    await ctx.do(see, "", key="second")
    await ctx.do(put, version)


@flow
async def committing(ctx: Context, code: str) -> VersionId:
    """Commit what lies in the slot, however often it takes."""
    return await ctx.do(make, code)


@flow
async def dropping(ctx: Context, version: VersionId) -> None:
    """Delete a version."""
    await ctx.do(drop, version)


FLOWS: tuple[Flow[Any, Any], ...] = (
    unguarded,
    unread,
    unstaged,
    stubborn,
    committing,
    dropping,
)


async def _judge(
    work: Callable[[Rehearsal], Any], fate: tuple[Disturbance, ...], **case: Any
) -> tuple[str, ...]:
    """Let something be done in a live world and judge it."""
    play = evolve(play_named("fresh"), flows=FLOWS)
    rehearsal = play.rehearsal(fate=Fate(fate))
    await play.prepare(rehearsal)
    before = stand_of(rehearsal)
    await work(rehearsal)
    world = World(
        before=before,
        after=stand_of(rehearsal),
        acts=tuple(rehearsal.witness.acts),
        saved=frozenset(),
        outcome=case.pop("outcome", "done"),
    )
    made = Case(wanted=frozenset({digest_of(NEW)}), shares=frozenset({100}), **case)
    return verdict(
        made,
        world,
        await rows_of(rehearsal),
        rehearsal.cloud.report(),
        (*SECRETS, "secret in a name"),
    )


def _letters(work: Callable[[Rehearsal], Any], *fate: Disturbance, **case: Any) -> str:
    found = in_virtual_time(lambda: _judge(work, fate, **case))
    return "".join(sorted({violation[0] for violation in found}))


def _deploying(broken: Flow[VersionId, None], code: bytes = NEW) -> Any:
    async def work(rehearsal: Rehearsal) -> None:
        """Do it."""
        version = rehearsal.cloud.console.add_version("shop", code)
        await rehearsal.live(lambda client: client.run(broken, VersionId(version)))

    return work


@pytest.mark.parametrize(
    ("broken", "letters"), [(unguarded, "K"), (unread, "C"), (unstaged, "C")], ids=str
)
def test_a_deployment_without_its_guard_is_seen(
    broken: Flow[VersionId, None], letters: str
) -> None:
    """Without a look, without reading back, without staging."""
    assert letters == _letters(_deploying(broken))


def test_wrong_code_in_production_is_seen() -> None:
    """Though everything else was done right; nor is its share in the plan."""
    assert "CD" == _letters(_deploying(unstaged, OTHER)).replace("G", "")


def test_a_blind_repeat_is_seen() -> None:
    """And the version it made too many, which no record names."""

    async def work(rehearsal: Rehearsal) -> None:
        """Do it."""
        rehearsal.cloud.console.overwrite_slot("shop", NEW)
        await rehearsal.live(lambda client: client.run(committing, "00"))

    assert "BF" == _letters(work, LOST)


def test_what_somebody_else_deployed_is_not_replaced_unseen() -> None:
    """By who was told of it."""

    async def work(rehearsal: Rehearsal) -> None:
        """Do it."""
        console = rehearsal.cloud.console
        new = console.add_version("shop", NEW)
        theirs = console.add_version("shop", OTHER)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(
                rehearsal.live, lambda client: client.run(stubborn, VersionId(new))
            )
            await anyio.sleep(5)
            rehearsal.console(
                "deploys",
                lambda cloud: cloud.console.deploy("shop", "production", {theirs: 100}),
            )

    assert "L" == _letters(work, is_alone=False)


def test_a_version_that_is_deleted_unsaved_is_seen() -> None:
    """Nobody can bring it back; and it served when it began."""

    async def served(rehearsal: Rehearsal) -> None:
        """Delete what served first, unsaved."""
        (live_id,) = rehearsal.cloud.console.routine("shop").versions
        new = rehearsal.cloud.console.add_version("shop", NEW)
        for env in ("staging", "production"):
            rehearsal.cloud.console.deploy("shop", env, {new: 100})

        await rehearsal.live(lambda client: client.run(dropping, VersionId(live_id)))

    assert "E" == _letters(served)


async def _release(client: Client) -> Any:
    return await client.release("shop", NEW)


async def _released(rehearsal: Rehearsal) -> None:
    await rehearsal.live(_release)


def test_a_right_release_has_nothing_against_it() -> None:
    """Or the letters above would say nothing."""
    assert "" == _letters(_released, outcome="released")


def test_an_end_that_should_be_another_is_seen() -> None:
    """In its name, in what serves, in how many versions there are."""
    right = undisturbed("rollback").world.after
    case = {"right": right, "outcome": "released", "is_exact": True}
    found = in_virtual_time(lambda: _judge(_released, (), **case))

    assert ["G", "G"] == [violation[0] for violation in found][:2]


def test_a_failure_that_is_not_harmless_is_seen() -> None:
    """It says failed, and production serves something else.

    That somebody's canary was to be ended first excuses what it leaves, no more.
    """
    assert "H" == _letters(_released, outcome="failed")
    assert "H" == _letters(_released, outcome="failed", ends_canary=True)


def test_a_call_without_an_intent_is_seen() -> None:
    """Whatever it is that changes something."""

    async def work(rehearsal: Rehearsal) -> None:
        """Do it."""
        await _released(rehearsal)
        acts = rehearsal.witness.acts
        acts[:] = [act for act in acts if act.subject != "commit#1"]

    assert "A" == _letters(work)


def test_a_journal_that_is_not_whole_is_seen() -> None:
    """A row missing, a secret in it."""

    async def work() -> tuple[str, ...]:
        """Judge rows that were tampered with."""
        play = play_named("fresh")
        rehearsal = play.rehearsal()
        await play.prepare(rehearsal)
        before = stand_of(rehearsal)
        await rehearsal.live(
            lambda client: client.release("shop", NEW, message="secret in a name")
        )
        rows = await rows_of(rehearsal)
        torn = {run: (*found[:3], *found[4:]) for run, found in rows.items()}
        more = {run: (*found, found[0]) for run, found in rows.items()}
        world = World(
            before=before, after=stand_of(rehearsal), acts=(), saved=frozenset()
        )
        case = Case(wanted=frozenset(), shares=frozenset())
        report = rehearsal.cloud.report()
        return tuple(
            violation
            for each in (torn, more)
            for violation in verdict(case, world, each, report, ["secret in a name"])
        )

    found = in_virtual_time(work)

    assert {"I"} == {violation[0] for violation in found}
    assert 6 == len(found)


def test_what_the_cloud_saw_is_repeated() -> None:
    """A version production should never get, as the cloud's own judge says."""

    async def work(rehearsal: Rehearsal) -> None:
        """Do it."""
        rehearsal.cloud.judge.expect([digest_of(OLD)])
        await _released(rehearsal)

    assert "J" == _letters(work)
