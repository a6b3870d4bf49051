"""Answering what a run asks."""

from __future__ import annotations

import anyio
import pytest
from tests.cli.office import Office

from esa_flows import Context, Denied, flow
from esa_flows.engine.process import Life

pytestmark = pytest.mark.may_block


@flow
async def asks(ctx: Context, name: str) -> str:
    """Ask a person; tell what was said."""
    try:
        return f"{(await ctx.approve(what='Go on?')).by} agreed"
    except Denied as error:
        return error.message


async def held(office: Office) -> None:
    """Leave a run that waits for a person."""
    async with office.client(flows=(asks,)) as client:
        with anyio.move_on_after(60):
            await client.run(asks, "shop", subject="shop", run_id="mine0001")


async def test_the_question_is_shown_with_its_answers() -> None:
    """What it waits for, and the commands that end that."""
    office = Office()
    await held(office)
    done = await office.run("status", "mine")

    assert "  waits for   Go on?\n" in done.out
    assert "  next        esa-flows approve mine0001\n" in done.out
    assert "  next        esa-flows approve mine0001 --deny\n" in done.out
    assert "ask a person" in done.out
    assert "asking: Go on?" in done.out
    found = await office.run("status", "mine", "--json")
    assert "Go on?" == found.json["question"]


@pytest.mark.parametrize(
    ("flags", "said", "gave"),
    [
        (["--by", "mei"], "Agreed to: Go on?", "mei agreed"),
        (["--deny", "--by", "eve"], "Said no to: Go on?", "eve said no to approve#1"),
    ],
)
async def test_a_run_that_nobody_drives_goes_on_from_here(
    flags: list[str], said: str, gave: str
) -> None:
    """Where this program has its flow, the answer is acted on at once."""
    office = Office()
    await held(office)
    done = await office.run("approve", "mine0001", *flags, flows=(asks,))

    assert 0 == done.code
    assert f"{said} Run mine0001: it goes on from here.\n" in done.out
    assert gave in done.out


async def test_a_run_of_another_program_goes_on_there() -> None:
    """The answer is kept for it."""
    office = Office()
    await held(office)
    done = await office.run("approve", "mine0001", "--json")

    assert (0, True) == (done.code, done.json["approved"])
    assert "when a program that has its flow resumes it" in done.err
    async with office.client(flows=(asks,)) as client:
        assert "someone agreed" == await client.resume("mine0001")


async def test_a_driven_run_goes_on_in_its_process() -> None:
    """The one who asks is done."""
    office = Office()
    found: list[str] = []

    async def drive() -> None:
        """Drive the run."""
        async with office.client(flows=(asks,)) as client:
            found.append(await client.run(asks, "shop", run_id="mine0001"))

    async with anyio.create_task_group() as group:
        group.start_soon(drive)
        await anyio.sleep(60)
        done = await office.run("approve", "mine0001", life=lambda _: Life.ALIVE)

    assert 0 == done.code
    assert "the process that drives it goes on" in done.out
    assert ["someone agreed"] == found


async def test_a_run_that_asks_nothing() -> None:
    """Nobody agrees to what was not asked: code 2, and nothing is written."""
    office = Office()
    await held(office)
    await office.run("approve", "mine0001", flows=(asks,))
    done = await office.run("approve", "mine0001")

    assert (2, "Run mine0001 asks nothing; nothing was done.\n") == (
        done.code,
        done.out,
    )
