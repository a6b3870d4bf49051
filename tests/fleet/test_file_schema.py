"""The JSON schema of a rollout's file."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from tests.fleet.test_file import BAD, FILE

from esa_flows.fleet.file_schema import fleet_schema

SCHEMA = fleet_schema()
PAGE = Path(__file__).parents[2] / "docs" / "howto" / "release-a-fleet.md"
GIVEN = re.compile(r"^cat > fleet\.toml <<'END'\n(.*?)^END$", re.MULTILINE | re.DOTALL)


def _wrong(text: str) -> list[str]:
    """Give the places that the schema finds wrong."""
    found = Draft7Validator(SCHEMA).iter_errors(tomllib.loads(text))
    return sorted(".".join(map(str, error.path)) for error in found)


def _key(*path: str) -> Any:
    at: Any = SCHEMA
    for name in path:
        at = at["properties"][name]
        at = at.get("items", at)

    return at


def test_it_is_a_schema_itself() -> None:
    """Of the draft that editors know."""
    Draft7Validator.check_schema(SCHEMA)

    assert "http://json-schema.org/draft-07/schema#" == SCHEMA["$schema"]


@pytest.mark.parametrize(
    "text", [FILE, '[[routine]]\nname = "aa"', *GIVEN.findall(PAGE.read_text())]
)
def test_it_takes_what_the_reader_takes(text: str) -> None:
    """The file of the tests, the least, and the documentation's own."""
    assert [] == _wrong(text)


def test_it_finds_what_is_wrong() -> None:
    """Keys that are not there or missing, and values of another kind."""
    assert [
        "",
        "defaults.entry",
        "limits.concurrency",
        "rollout",
        "rollout.failures.fleet",
        "rollout.failures.mode",
        "rollout.wave.0.bake",
        "rollout.wave.0.size",
        "rollout.wave.1.select",
        "rollout.wave.1.upto",
        "routine.0",
        "routine.1.probe",
        "routine.2",
        "routine.2.bind",
    ] == _wrong(BAD)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("schema = 2\nroutine = []", "schema"),
        ("limits.concurrency = 0\nroutine = []", "limits.concurrency"),
        ('gates.slow = { kind = "soap" }\nroutine = []', "gates.slow"),
        ("gates.slow = { path = 'x' }\nroutine = []", "gates.slow"),
        ("gates.slow = 5\nroutine = []", "gates.slow"),
    ],
)
def test_it_refuses(text: str, place: str) -> None:
    """What the reader would refuse, at its place."""
    assert [place] == _wrong(text)


def test_what_a_variable_stands_for_is_not_known() -> None:
    """A text with one is taken wherever a text may stand."""
    text = """
    routine = [{ name = "aa", bind = "${BIND}" }]
    rollout.wave = [{ size = "${SIZE}", bake = "${BAKE}" }]
    """

    assert [] == _wrong(text)


def test_it_says_what_each_key_means() -> None:
    """In the words of the program, on one line."""
    said = _key("rollout", "wave", "upto")["description"]

    assert "How many are to be released when it ends, earlier waves counted." == said
