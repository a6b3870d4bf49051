"""Patience with what may be repeated, none with what may not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from tests.cli.office import Office
from tests.house import BEGIN
from tests.survey.witness import NAME, SETTINGS, bent, plan, refused

from esa_flows.errors import OutcomeUnknown, Refused, RoutineNotFound, Throttled
from esa_flows.localcloud import ACCOUNT, Fault
from esa_flows.survey.bench import QUIET, Bench, Deed, wait_before
from esa_flows.survey.finding import Open
from esa_flows.survey.survey import _bench, _open


@asynccontextmanager
async def _at(office: Office, transport: Any = None) -> AsyncIterator[Bench]:
    """Open a bench with its routine made."""
    made = plan()
    office.cloud.state.create_routine(ACCOUNT, NAME, description=made.mark, now=BEGIN)
    parts = office.parts(**({"transport": transport} if transport else {}))
    async with _open(SETTINGS, parts) as (connection, ear):
        yield _bench(connection, ear, made)


def test_waits_grow() -> None:
    """Up to some seconds; the provider's own wish counts for more."""
    plain, asked = OutcomeUnknown("x"), Throttled("x", retry_after=30.0)

    assert [1.1, 2.2, 4.4, 8.0, 8.0] == [wait_before(n, plain) for n in range(1, 6)]
    assert 30.0 == wait_before(1, asked)


def test_verbs_outside_the_port() -> None:
    """Each says whether it changes something."""
    assert (False, True) == (Deed.LOOK.mutates, Deed.CHANGE.mutates)


async def test_a_look_is_repeated() -> None:
    """Whatever became of it, up to a few times."""
    office = Office()
    office.cloud.inject(Fault(operation="GetRoutine", kind="lost", times=3))
    async with _at(office) as bench:
        reply = await bench.ask("GetRoutine", Name=NAME)

    assert bench.description == reply.member("Description").text()
    assert f"<Bench {NAME}: 0 versions>" == repr(bench)


async def test_patience_ends() -> None:
    """A provider that stays in trouble is told as such."""
    office = Office()
    office.cloud.inject(Fault(operation="GetRoutine", kind="error", times=None))
    async with _at(office) as bench:
        with pytest.raises(OutcomeUnknown):
            await bench.ask("GetRoutine", Name=NAME)

    assert 6 == office.cloud.report().calls["GetRoutine"]


async def test_a_refused_look_is_not_repeated() -> None:
    """The same would be refused again."""
    office = Office()
    async with _at(office) as bench:
        with pytest.raises(RoutineNotFound):
            await bench.ask("GetRoutine", Name="nobody")

    assert 1 == office.cloud.report().calls["GetRoutine"]


async def test_a_lost_change_is_not_repeated() -> None:
    """Nobody knows, and that is remembered."""
    office = Office()
    office.cloud.inject(Fault(operation="CommitRoutineStagingCode", kind="lost"))
    async with _at(office) as bench:
        with pytest.raises(OutcomeUnknown):
            await bench.make(bench.code("a"), "a")

    assert bench.in_doubt
    assert 1 == len(office.versions(NAME))


async def test_a_throttled_change_is_repeated() -> None:
    """It surely was not executed."""
    office = Office()
    office.cloud.inject(Fault(operation="CommitRoutineStagingCode", kind="throttle"))
    async with _at(office) as bench:
        made = await bench.make(bench.code("a"), "a")

    assert {made} == bench.kept
    assert (made,) == office.versions(NAME)


async def test_discarding() -> None:
    """What is refused stays; what is lost is in doubt and counts as gone."""
    office = Office()
    async with _at(office) as bench:
        one, two = [await bench.make(bench.code("a"), word) for word in ("a", "b")]
        office.cloud.inject(
            Fault(operation="DeleteRoutineCodeVersion", kind="refuse", code="No"),
            Fault(operation="DeleteRoutineCodeVersion", kind="lost", call=2),
        )
        await bench.discard(one)
        assert ({one, two}, False) == (bench.kept, bench.in_doubt)

        await bench.discard(two)

    assert ({one}, True) == (bench.kept, bench.in_doubt)


async def test_a_lost_reply_is_not_read() -> None:
    """There is nothing to read."""
    async with _at(Office()) as bench:
        with pytest.raises(Open, match="The reply was lost"):
            bench.heard("GetRoutine")


async def test_rounded_ids_name_nothing() -> None:
    """Whatever needs a version stays open."""
    async with _at(Office()) as bench:
        bench.is_rounded = True
        with pytest.raises(Open, match="no single version can be named"):
            await bench.version()


async def test_what_comes_late() -> None:
    """Seconds are told in steps; what never came is missing."""
    async with _at(Office()) as bench:
        begin = anyio.current_time()

        async def at(seconds: float) -> bool:
            """Tell whether it is late enough."""
            await anyio.lowlevel.checkpoint()
            return anyio.current_time() - begin >= seconds

        async def refuses() -> bool:
            """Refuse."""
            await anyio.lowlevel.checkpoint()
            raise Refused("No.")

        looks = {
            "now": lambda: at(0),
            "soon": lambda: at(0.7),
            "never": refuses,
        }
        seen = await bench.watch(looks, patience=5)

    assert {"now": 0.0, "soon": 1.0} == seen


async def test_slow_looks_skip_steps() -> None:
    """A look that takes longer than a step is followed by the next one due."""
    async with _at(Office()) as bench:
        looked = []

        async def slow() -> bool:
            """Take longer than a step."""
            looked.append(anyio.current_time())
            await anyio.sleep(1.2)
            return len(looked) > 1

        seen = await bench.watch({"slow": slow})

    assert {"slow": 1.5} == seen


async def test_a_version_that_is_never_ready() -> None:
    """It is given up after a while."""
    office = Office()
    wrong = bent(office, GetRoutineCodeVersionInfo=refused("InvalidParameter"))
    async with _at(office, wrong) as bench:
        version = await bench.version()
        with pytest.raises(Open, match="was not available after 30 s"):
            await bench.ready(version)


async def test_quiet() -> None:
    """A second and a little, so that no call before counts against the cap."""
    async with _at(Office()) as bench:
        begin = anyio.current_time()
        await bench.quiet()

    assert QUIET <= anyio.current_time() - begin
