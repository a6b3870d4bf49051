"""Which commands there are, without importing them."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys

import pytest

from esa_flows.cli import main
from esa_flows.cli.commands import (
    _COMMANDS,
    _GROUPS,
    _sentence,
    is_listing,
    make_app,
)

PLACES = [
    *_COMMANDS.values(),
    *(place for _, group in _GROUPS.values() for place in group.values()),
]


@pytest.mark.parametrize("place", PLACES)
def test_a_sentence_is_the_one_of_the_command(place: str) -> None:
    """What the list says is the first line of what the command says."""
    module, _, name = place.partition(":")
    command = getattr(importlib.import_module(f"esa_flows.cli.{module}"), name)
    said = inspect.getdoc(command)

    assert said is not None
    assert said.partition("\n")[0] == _sentence(place)
    assert _sentence(place).endswith(".")


def test_a_function_that_is_not_there_says_nothing() -> None:
    """A list is never the place to fail."""
    assert "" == _sentence("release:nothing")


@pytest.mark.parametrize("name", [*_COMMANDS, *_GROUPS])
def test_every_command_is_there_to_be_called(name: str) -> None:
    """A command's own help is made from its function, with all of its words."""
    found = make_app()[name]

    assert (name,) == found.name


@pytest.mark.parametrize(
    ("line", "lists"),
    [
        ("", True),
        ("--help", True),
        ("-h", True),
        ("versions", True),
        ("versions --help", True),
        ("versions list", False),
        ("release --help", False),
        ("runs", False),
        ("--help --json", False),
    ],
)
def test_what_asks_for_a_list(line: str, *, lists: bool) -> None:
    """Only what names no command."""
    assert lists is is_listing(line.split())


@pytest.mark.parametrize("argv", [["--help"], ["journal"]])
def test_a_list_is_printed_at_once(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Code 0, on standard output, no wider than people read."""
    assert 0 == main(argv)

    lines = capsys.readouterr().out.splitlines()

    assert lines[0].startswith("Usage: esa-flows")
    assert max(map(len, lines)) <= 100


def test_a_list_needs_no_client() -> None:
    """Who looks what there is does not wait for what they will not use."""
    script = (
        "import sys\n"
        "from esa_flows.cli import main\n"
        "main(['--help'])\n"
        "print({'httpx', 'esa_flows.client'} & {*sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert "set()\n" == done.stderr
