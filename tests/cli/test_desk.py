"""Where a command writes, and what it may write."""

from __future__ import annotations

import json

import pytest
from tests.cli.office import Office, text_on

from esa_flows import Parts
from esa_flows.cli.complaint import Complaint
from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.exits import Exit
from esa_flows.cli.options import Common
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


async def test_a_person_is_asked() -> None:
    """The question goes beside what was asked for; the line comes back."""

    async def listen() -> str:
        """Be a person who types."""
        return "shop"

    desk = Office().desk(is_terminal=True)
    desk.listen = listen

    assert "shop" == await desk.ask("Which?", instead="--yes shop")
    assert ("", "Which?\n") == (text_on(desk.out), text_on(desk.err))


async def test_where_nobody_is_nobody_is_asked() -> None:
    """The sentence names the flag that answers instead."""
    desk = Office().desk()

    with pytest.raises(InvalidInput, match=r"no terminal\. .*: --yes shop"):
        await desk.ask("Which?", instead="--yes shop")
