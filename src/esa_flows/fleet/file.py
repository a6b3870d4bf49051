"""A rollout as a TOML file: checked values, or all that is wrong with it at once."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import fields
from cattrs.errors import BaseValidationError

from esa_flows.errors import InvalidInput
from esa_flows.fleet.file_tables import (
    SCHEMA,
    Choices,
    Failures,
    FileRoutine,
    FileWave,
    FleetFile,
)
from esa_flows.fleet.file_values import CONVERTER
from esa_flows.fleet.file_words import told_of, wrong
from esa_flows.fleet.spec import FailureBudget, Member, Rollout, Wave
from esa_flows.gates.spec import Gate
from esa_flows.model import Canary, Selector

__all__ = ["read_fleet"]

_CHOICES = tuple(each.name for each in fields(Choices))
_LATER = "notify"
_NAME = re.compile(r"\$(\$?)\{([^}]*)\}")


def read_fleet(
    text: str, *, name: str = "fleet.toml", facts: Mapping[str, str] | None = None
) -> Rollout:
    """Read a rollout's file.

    Args:
        text: The file's text.
        name: Its path; bundles are looked for from its folder.
        facts: What `${NAME}` stands for: environment variables, `git.commit`.

    Raises:
        InvalidInput: Names every table and key that is wrong, and what is allowed.
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{name} is no TOML: {error}.") from error

    troubles: list[str] = []
    # What webhooks are told with is secret: it is filled in where it is used.
    plain = {key: value for key, value in told.items() if key != _LATER}
    kept = {key: value for key, value in told.items() if key == _LATER}
    filled = _filled(plain, facts or {}, "", troubles) | kept
    try:
        found = CONVERTER.structure(filled, FleetFile)
    except BaseValidationError as error:
        troubles += told_of(error, told)
        found = None

    if found is not None and not troubles:
        return _rollout(found, name)

    raise wrong(name, troubles)


def _rollout(found: FleetFile, name: str) -> Rollout:
    """Make the rollout that a file describes."""
    troubles: list[str] = []
    if found.schema != SCHEMA:
        troubles.append(f"schema: {found.schema} is not known; this program reads 1.")

    gates: dict[str, str] = {}
    for called, value in found.gates.items():
        with _told(troubles, f"[gates] {called}: "):
            gates[called] = str(Gate.from_table(called, value))

    members = _members(found, Path(name).parent, gates, troubles)
    waves = _waves(found.rollout.wave, troubles)
    if troubles:
        raise wrong(name, troubles)

    try:
        return Rollout(
            members=members,
            waves=waves,
            budget=_budget(found.rollout.failures),
            concurrency=found.limits.concurrency,
            calls_per_second=found.limits.calls_per_second,
            slow_start=found.rollout.slow_start,
            freezes=found.rollout.freeze,
            notify=found.notify,
            name=found.rollout.name,
            accounts=found.accounts,
        )
    except InvalidInput as error:
        raise wrong(name, [str(error)]) from error


@contextmanager
def _told(troubles: list[str], place: str) -> Iterator[None]:
    """Note what is wrong about a part, with its place, and go on with the next one."""
    try:
        yield
    except InvalidInput as error:
        troubles.append(f"{place}{error}")


def _members(
    found: FleetFile, folder: Path, gates: Mapping[str, str], troubles: list[str]
) -> list[Member]:
    made = []
    for number, each in enumerate(found.routine, start=1):
        with _told(troubles, f"[[routine]] {number} ({each.name}), "):
            made.append(_member(found, each, folder, gates))

    return made


def _member(
    found: FleetFile, each: FileRoutine, folder: Path, gates: Mapping[str, str]
) -> Member:
    """Make a routine's release, with what the defaults say."""
    chosen = {
        key: value
        for part in (found.defaults, each)
        for key in _CHOICES
        if (value := getattr(part, key)) is not None
    }
    entry = chosen.pop("entry", None)
    if entry is None:
        raise InvalidInput(
            "entry: the path of its bundle is missing, here and in [defaults]."
        )

    if "gates" in chosen:
        # One that is wrong is told of once, where it is written.
        named = (g for g in chosen["gates"] if g in gates or g not in found.gates)
        chosen["gates"] = tuple(_gate(gate, gates) for gate in named)

    if "assets" in chosen:
        chosen["assets"] = str(folder / chosen["assets"])

    return Member(
        each.name,
        str(folder / entry),
        canary=chosen.pop("canary", Canary()),
        labels=chosen.pop("labels", {}),
        account=chosen.pop("account", ""),
        depends_on=each.depends_on,
        choices=chosen,
    )


def _gate(gate: str, gates: Mapping[str, str]) -> str:
    """Give a gate as it is written, here or under its name in `[gates]`."""
    if gate in gates:
        return gates[gate]

    try:
        Gate.parse(gate)
    except InvalidInput as error:
        known = ", ".join(gates) or "none"
        raise InvalidInput(f"gates: {error} [gates] has: {known}.") from None

    return gate


def _waves(tables: Iterable[FileWave], troubles: list[str]) -> list[Wave]:
    made = []
    for number, each in enumerate(tables, start=1):
        with _told(troubles, f"[[rollout.wave]] {number}: "):
            made.append(_wave(each))

    return made


def _wave(each: FileWave) -> Wave:
    return Wave(
        each.size,
        upto=each.upto,
        select=each.select or Selector(),
        labels=each.labels,
        account=each.account,
        bake=each.bake,
        approve=each.approve,
        canary=each.canary,
        name=each.name,
    )


def _budget(failures: Failures) -> FailureBudget:
    return FailureBudget(
        fleet=failures.fleet,
        wave=failures.wave,
        mode=failures.mode,
        on_exhausted=failures.on_exhausted,
    )


# --- ${NAME}


def _filled(
    value: Any, facts: Mapping[str, str], where: str, troubles: list[str]
) -> Any:
    """Fill in what `${NAME}` stands for, in every text; `$${` stays `${`."""
    if isinstance(value, dict):
        return {
            key: _filled(inner, facts, f"{where}.{key}".strip("."), troubles)
            for key, inner in value.items()
        }

    if isinstance(value, list):
        return [
            _filled(inner, facts, f"{where} {number}", troubles)
            for number, inner in enumerate(value, start=1)
        ]

    if not isinstance(value, str):
        return value

    def fill(found: re.Match[str]) -> str:
        if found[1]:
            return f"${{{found[2]}}}"

        if found[2] not in facts:
            troubles.append(f"{where}: ${{{found[2]}}} is not set.")

        return facts.get(found[2], "")

    return _NAME.sub(fill, value)
