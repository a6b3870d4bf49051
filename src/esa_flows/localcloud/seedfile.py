"""Routines to begin with, as plain values: from TOML, and from the control endpoint.

::

    [[routine]]
    name = "cart-{n}"               # {n} counts from 1 where several are wanted
    count = 200                     # 1 where it is missing
    product = "esa"                 # or "dcdn"
    description = "the cart"
    production = { 1 = 90, 2 = 10 } # shares by number of version
    staging = {}                    # nothing; where missing, the last version alone

    [[routine.version]]
    file = "dist/worker.js"         # from the TOML file's folder; or source = "…"
    description = "release 1"
"""

from __future__ import annotations

import base64
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from .console import Console
from .routine import ENVS

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]+")
_MOST_OF_ONE = 100_000
_WHOLE = 100
_MOST_SHARES = 2

T = TypeVar("T")


@frozen(kw_only=True)
class SeedVersion:
    """A version to begin with.

    Attributes:
        content: its code.
        description: what people wrote about it.
    """

    content: bytes = field(repr=False)
    description: str = ""


@frozen(kw_only=True)
class SeedRoutine:
    """A routine to begin with.

    Attributes:
        name: its name.
        description: what people wrote about it.
        product: ``esa`` or ``dcdn``.
        versions: its versions, oldest first.
        live: shares by environment and number of version, from 1.
    """

    name: str
    description: str
    product: str
    versions: tuple[SeedVersion, ...]
    live: Mapping[str, Mapping[int, int]]


def seeds_from_toml(text: str, folder: Path) -> tuple[SeedRoutine, ...]:
    """Read the tables ``[[routine]]`` of a TOML text.

    Args:
        text: the TOML.
        folder: where the files are that it names.

    Raises:
        ValueError: not TOML, or a member that cannot be, naming it.
        OSError: a file cannot be read.
    """
    return seeds_from(plain_seeds(text, folder))


def plain_seeds(text: str, folder: Path) -> list[dict[str, Any]]:
    """Read the tables ``[[routine]]`` with all files in them, as JSON can carry it.

    Args:
        text: the TOML.
        folder: where the files are that it names.

    Raises:
        ValueError: not TOML, or without such tables.
        OSError: a file cannot be read.
    """
    rows = _tables(tomllib.loads(text).get("routine"), "there is no table [[routine]]")
    return [{**row, "version": _with_files(row, folder)} for row in rows]


def seeds_from(rows: Any) -> tuple[SeedRoutine, ...]:
    """Make routines of plain values.

    Args:
        rows: a list of tables, files in them as Base64 under ``content``.

    Raises:
        ValueError: a member that cannot be, naming it.
    """
    tables = _tables(rows, "expected a list of routines")
    return tuple(seed for row in tables for seed in _seeds(row))


def sow(console: Console, seeds: tuple[SeedRoutine, ...]) -> None:
    """Add routines; one that is there already gets the versions besides."""
    for seed in seeds:
        plant = _plant_dcdn if seed.product == "dcdn" else _plant_esa
        plant(console, seed)


def _plant_esa(console: Console, seed: SeedRoutine) -> None:
    console.routine(seed.name).description = seed.description
    ids = [
        console.add_version(seed.name, version.content, version.description)
        for version in seed.versions
    ]
    for env, shares in seed.live.items():
        console.deploy(seed.name, env, {ids[n - 1]: held for n, held in shares.items()})


def _plant_dcdn(console: Console, seed: SeedRoutine) -> None:
    console.function(seed.name).description = seed.description
    ids = [
        console.add_revision(seed.name, version.content, version.description)
        for version in seed.versions
    ]
    for env, shares in seed.live.items():
        console.publish(seed.name, ids[max(shares) - 1], env)


def _seeds(row: Mapping[str, Any]) -> Iterator[SeedRoutine]:
    members = {"name", "count", "product", "description", "version", *ENVS}
    _check_members(row, members, "routine")
    name, count = _member(row, "name", str, ""), _member(row, "count", int, 1)
    if not 1 <= count <= _MOST_OF_ONE:
        raise ValueError(f"count = {count} is not from 1 to {_MOST_OF_ONE}")

    if count > 1 and "{n}" not in name:
        raise ValueError(f"the name {name!r} has no {{n}} to tell {count} apart")

    one = _seed(row, name)
    for n in range(1, count + 1):
        yield evolve(one, name=_checked(name.replace("{n}", str(n))))


def _seed(row: Mapping[str, Any], name: str) -> SeedRoutine:
    product = _member(row, "product", str, "esa")
    if product not in {"esa", "dcdn"}:
        raise ValueError(f"product = {product!r} of {name} is neither esa nor dcdn")

    versions = tuple(map(_version, _versions(row)))
    live = {env: _live(row, env, name, len(versions)) for env in ENVS}
    if product == "dcdn" and any(len(shares) > 1 for shares in live.values()):
        raise ValueError(f"{name} is of dcdn, where one version serves alone")

    return SeedRoutine(
        name=name,
        description=_member(row, "description", str, ""),
        product=product,
        versions=versions,
        live={env: shares for env, shares in live.items() if shares},
    )


def _live(
    row: Mapping[str, Any], env: str, name: str, versions: int
) -> Mapping[int, int]:
    if env not in row:
        return {versions: _WHOLE} if versions else {}

    table = _member(row, env, dict, {})
    shares = {_number(key): share for key, share in table.items()}
    known = set(range(1, versions + 1))
    if not shares.keys() <= known:
        raise ValueError(f"{env} of {name} names a version that it does not have")

    are_whole = all(type(n) is int and n > 0 for n in shares.values())
    if shares and not (are_whole and sum(shares.values()) == _WHOLE):
        raise ValueError(f"the shares of {name} in {env} are not 100 in all")

    if len(shares) > _MOST_SHARES:
        raise ValueError(f"{env} of {name} has more than two versions")

    return shares


def _version(row: Mapping[str, Any]) -> SeedVersion:
    _check_members(row, {"source", "content", "description"}, "version")
    if ("source" in row) == ("content" in row):
        raise ValueError("a version has either a source or a file")

    coded = _member(row, "content", str, "")
    content = base64.b64decode(coded, validate=True)
    return SeedVersion(
        content=content or _member(row, "source", str, "").encode(),
        description=_member(row, "description", str, ""),
    )


def _with_files(row: Mapping[str, Any], folder: Path) -> list[dict[str, Any]]:
    return [_with_file(dict(version), folder) for version in _versions(row)]


def _with_file(row: dict[str, Any], folder: Path) -> dict[str, Any]:
    if "file" in row:
        content = (folder / _member(row, "file", str, "")).read_bytes()
        del row["file"]
        row["content"] = base64.b64encode(content).decode()

    return row


def _versions(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    what = f"the versions of {row.get('name')!r} are no tables [[routine.version]]"
    return _tables(row.get("version", []), what)


def _tables(rows: Any, otherwise: str) -> list[dict[str, Any]]:
    if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
        return rows

    raise ValueError(otherwise)


def _check_members(row: Mapping[str, Any], known: set[str], what: str) -> None:
    for name in row:
        if name not in known:
            raise ValueError(f"a {what} has no {name!r}")


def _member(row: Mapping[str, Any], name: str, kind: type[T], default: T) -> T:
    value = row.get(name, default)
    if type(value) is not kind:
        raise ValueError(f"{name} = {value!r} is of another type")

    return value


def _number(key: Any) -> int:
    text = str(key)
    if not text.isdecimal():
        raise ValueError(f"{text!r} is no number of a version")

    return int(text)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a routine")

    return name
