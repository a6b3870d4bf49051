"""Where a command writes, and what it may write."""

from __future__ import annotations

import json
import os
from pathlib import Path

import anyio
import pytest
from tests.cli.office import Office, text_on
from tests.cli.reports import happening

from esa_flows import Parts
from esa_flows.cli.complaint import Complaint
from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.exits import Exit
from esa_flows.cli.options import Common, Driving
from esa_flows.cli.text import labelled
from esa_flows.engine.observe import Moment
from esa_flows.errors import InvalidInput


def test_a_desk_of_this_process(capsys: pytest.CaptureFixture[str]) -> None:
    """Without anything given, standard output and standard error are used."""
    desk = Desk.of(Parts(environ={}))

    desk.say("out")
    desk.note("err")

    assert ("out\n", "err\n") == tuple(capsys.readouterr())


def test_a_pipe_gets_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is wrapped or cut where no terminal is."""
    Desk.of(Parts(environ={})).say("x" * 500)

    assert "x" * 500 + "\n" == capsys.readouterr().out


def test_no_colours_by_flag() -> None:
    """A flag counts for both papers."""
    desk = Office().desk()

    desk.adopt(Common(no_color=True, json=True))

    assert desk.out.no_color
    assert desk.err.no_color
    assert desk.is_json


def test_orders_go_to_github_alone() -> None:
    """Commands for a runner are written where one listens."""
    here, there = Office().desk(), Office().desk({"GITHUB_ACTIONS": "true"})

    for desk in (here, there):
        desk.command("::group::x")

    assert ("", "::group::x\n") == (text_on(here.err), text_on(there.err))


def test_texts_give_github_no_orders() -> None:
    """What others say is kept from being a command, line by line."""
    desk = Office().desk({"GITHUB_ACTIONS": "true"})

    desk.note("a\n::set-env name=x::y")
    desk.complain(Complaint(type="T", message="b\n::add-mask::z"))

    lines = text_on(desk.err).splitlines()
    orders = [line for line in lines if line.lstrip().startswith("::")]
    assert ["::error title=esa-flows::b%0A::add-mask::z"] == orders


def test_an_answer_ends_with_its_object() -> None:
    """The exit code and the error are in the object too."""
    desk = Office().desk()
    desk.is_json = True

    told = Complaint(type="T", message="m")
    code = desk.give(Answer(exit=Exit.FAILED, payload={"a": 1}, error=told))

    assert Exit.FAILED is code
    written = json.loads(text_on(desk.out))
    assert (1, 10, "T") == (
        written["a"],
        written["exit_code"],
        written["error"]["type"],
    )
    assert "error m\n" == text_on(desk.err)


def test_nothing_that_is_written_steers() -> None:
    """Every line is cleaned once more where it is written."""
    desk = Office().desk()

    desk.say("a\x1b[2Jb")

    assert "a\N{REPLACEMENT CHARACTER}[2Jb\n" == text_on(desk.out)


def test_an_address_is_not_broken() -> None:
    """On a narrow terminal sentences wrap, addresses stay whole."""
    desk = Office().desk(is_terminal=True)
    page = "https://api.example/" + "x" * 90

    desk.complain(Complaint(type="T", message="word " * 30, recommend=page))

    assert f"see   {page}\n" in text_on(desk.err)
    assert all(len(line) <= 80 for line in text_on(desk.err).splitlines()[:-1])


def test_what_a_description_says_hangs_beside_its_label() -> None:
    """On a narrow terminal; a file gets it as one line."""
    desk, file = Office().desk(is_terminal=True), Office().desk()
    line = labelled("calls", "word " * 20)
    desk.say(line)
    file.say(line)

    first, second, *_ = text_on(desk.out).splitlines()
    assert first.startswith("  calls       word word")
    assert second.startswith(" " * 14 + "word")
    assert f"{line}\n" == text_on(file.out)


async def test_a_person_is_asked() -> None:
    """The question goes beside what was asked for; the line comes back."""

    async def listen() -> str:
        """Be a person who types."""
        return "shop"

    desk = Office().desk(is_terminal=True)
    desk.listen = listen

    assert "shop" == await desk.ask("Which?", instead="--yes shop")
    assert ("", "Which?\n") == (text_on(desk.out), text_on(desk.err))


@pytest.mark.parametrize(
    ("typed", "agrees"), [(" Yes ", True), ("y", True), ("", False), ("sure", False)]
)
async def test_only_a_plain_yes_is_one(typed: str, *, agrees: bool) -> None:
    """Whoever presses Enter has not agreed."""

    async def listen() -> str:
        """Be a person who types."""
        return typed

    desk = Office().desk(is_terminal=True)
    desk.listen = listen

    assert agrees is await desk.agrees("Begin?")
    assert "Begin? [y/N]\n" == text_on(desk.err)


async def test_where_nobody_is_nobody_is_asked() -> None:
    """The sentence names the flag that answers instead."""
    desk = Office().desk()

    with pytest.raises(InvalidInput, match=r"no terminal\. .*: --yes shop"):
        await desk.ask("Which?", instead="--yes shop")


def _texts(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.glob("*.jsonl")]


@pytest.mark.parametrize(
    ("common", "environ", "is_written"),
    [
        (Driving(), {}, False),
        (Driving(events="x.jsonl"), {}, True),
        (Driving(), {"ESA_FLOWS_EVENTS": "x.jsonl"}, True),
    ],
)
@pytest.mark.real_time
async def test_events_are_written_where_it_is_said(
    common: Driving,
    environ: dict[str, str],
    is_written: bool,  # noqa: FBT001  given by name alone
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By flag or by variable; nowhere by default."""
    monkeypatch.chdir(tmp_path)
    desk = Office().desk(environ)
    async with anyio.create_task_group() as beside:
        await desk.follow(common, beside)
        if desk.events is not None:
            desk.events(happening(Moment.RUN_STARTED, flow="release", subject="shop"))

        await desk.finish()

    assert is_written is any("run.started" in text for text in _texts(tmp_path))
    assert "" == text_on(desk.err)


@pytest.mark.parametrize(
    ("common", "sentence"),
    [
        (
            Driving(events="-", json=True),
            "cannot be both for events and for one JSON object",
        ),
        (Driving(events="-"), "There is no standard output for events."),
        (
            Driving(events="--to"),
            "--events wants a file, or - for standard output, not --to.",
        ),
        (
            Driving(events="/none/x.jsonl"),
            "/none/x.jsonl cannot be written: No such file",
        ),
    ],
)
@pytest.mark.real_time
async def test_events_that_cannot_be_written(common: Driving, sentence: str) -> None:
    """Said before anything is sent."""
    desk = Office().desk()
    desk.adopt(common)
    async with anyio.create_task_group() as beside:
        with pytest.raises(InvalidInput) as caught:
            await desk.follow(common, beside)

    assert sentence in str(caught.value)
    await desk.finish()


@pytest.mark.real_time
async def test_what_is_for_people_leaves_standard_output_to_events(
    tmp_path: Path,
) -> None:
    """A program that reads it gets events alone."""
    desk = Office().desk()
    with (tmp_path / "out").open("w") as out:
        desk.out.file = out
        async with anyio.create_task_group() as beside:
            await desk.follow(Driving(events="-"), beside)
            assert desk.events is not None
            desk.events(happening(Moment.RUN_STARTED, flow="release", subject="shop"))
            desk.say("for people")
            await desk.finish()

    assert "for people\n" == text_on(desk.err)
    assert 1 == len((tmp_path / "out").read_text().splitlines())


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (BrokenPipeError(32, "Broken pipe"), "be written: Broken pipe.\n"),
        (None, "be written in time.\n"),
    ],
)
@pytest.mark.real_time
async def test_lost_events_are_counted_at_the_end(
    trouble: OSError | None, told: str
) -> None:
    """With what went wrong, where something did."""
    desk = Office().desk()
    async with anyio.create_task_group() as beside:
        await desk.follow(Driving(events=os.devnull), beside)
        assert desk.events is not None
        desk.events.lost, desk.events.trouble = 2, trouble
        await desk.finish()

    assert f"2 events could not {told}" == text_on(desk.err)
