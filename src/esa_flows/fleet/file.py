"""A rollout as a TOML file: checked values, or all that is wrong with it at once."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, fields, frozen
from cattrs.errors import BaseValidationError

from esa_flows.errors import InvalidInput
from esa_flows.fleet.amount import Amount
from esa_flows.fleet.file_values import CONVERTER
from esa_flows.fleet.file_words import told_of, wrong
from esa_flows.fleet.spec import FailureBudget, Member, Mode, OnExhausted, Rollout, Wave
from esa_flows.gates.spec import Gate
from esa_flows.model import AreaCanary, Canary, Duration, Environment, Selector
from esa_flows.release.spec import Binding, OnConflict

__all__ = ["FleetFile", "read_fleet"]

SCHEMA = 1
_NAME = re.compile(r"\$(\$?)\{([^}]*)\}")


@frozen(kw_only=True)
class Limits:
    """`[limits]`: how much is done at once.

    Attributes:
        concurrency: Most routines that are worked on at once.
    """

    concurrency: int = 64


@frozen(kw_only=True)
class Choices:
    """`[defaults]`: what every routine gets that does not say otherwise.

    Attributes:
        entry: Path of the bundle, from the file's folder.
        canary: Shares and bake times, such as `10:5m,50:5m,100`; on DCDN areas.
        to: `production`, or `staging` alone.
        gates: Names of gates, or gates themselves, such as `http:/health status<500`.
        labels: What waves select by.
        assets: A folder of static files to release with the code.
        not_found: `spa` answers a path that no asset has with their index.html.
        create: Whether a routine that does not exist is created.
        message: A line for people, kept with the version.
        commit: Git commit of the bundle.
        protect: Versions that are never pruned.
        prune_foreign: Whether versions that esa-flows did not make may be pruned.
        probe: Whether the routine is asked over HTTP in staging.
        bind: Environment variables: `auto`, `on`, `fresh` or `off`.
        on_conflict: `refuse`, `abort-first` or `supersede`.
    """

    entry: str | None = None
    canary: Canary | AreaCanary | None = None
    to: Environment | None = None
    gates: tuple[str, ...] | None = None
    labels: dict[str, str] | None = None
    assets: str | None = None
    not_found: str | None = None
    create: bool | None = None
    message: str | None = None
    commit: str | None = None
    protect: tuple[str, ...] | None = None
    prune_foreign: bool | None = None
    probe: bool | None = None
    bind: Binding | None = None
    on_conflict: OnConflict | None = None


@frozen(kw_only=True)
class FileRoutine(Choices):
    """`[[routine]]`: a routine, and what it gets.

    Attributes:
        name: Its name, or a pattern of names such as `cart-*`.
        depends_on: Routines that must be released before it.
    """

    name: str
    depends_on: tuple[str, ...] = ()


@frozen(kw_only=True)
class FileWave:
    """`[[rollout.wave]]`: a part of the fleet that is released together.

    Attributes:
        name: What it is called.
        size: How many routines: `5`, `"10%"`, or `"rest"` for all that are left.
        upto: How many are to be released when it ends, earlier waves counted.
        select: Names it takes, such as `name:cart-*`.
        labels: Labels its routines carry.
        bake: How long it is watched before the next one.
        approve: Whether a person is asked before the next one.
        canary: Shares and bake times of its routines, instead of their own.
    """

    name: str = ""
    size: Amount | None = None
    upto: Amount | None = None
    select: Selector | None = None
    labels: dict[str, str] = field(factory=dict)
    bake: Duration = Duration(0)
    approve: bool = False
    canary: Canary | None = None


@frozen(kw_only=True)
class Failures:
    """`[rollout.failures]`: how many may fail.

    Attributes:
        fleet: Of all routines: a number or a share; rounded down.
        wave: Of those of one wave.
        mode: `strict` or `soft`.
        on_exhausted: `stop`, `rollback-wave` or `rollback-all`.
    """

    fleet: Amount = field(default=Amount(0))
    wave: Amount | None = None
    mode: Mode = Mode.STRICT
    on_exhausted: OnExhausted = OnExhausted.ROLLBACK_WAVE


@frozen(kw_only=True)
class FileRollout:
    """`[rollout]`: how the fleet is released.

    Attributes:
        name: What it is called.
        slow_start: Whether a wave exposes one routine first, then two, four and so on.
        wave: The waves, in order; one of all by default.
        failures: How many may fail.
    """

    name: str = ""
    slow_start: bool = False
    wave: tuple[FileWave, ...] = (FileWave(),)
    failures: Failures = Failures()


@frozen(kw_only=True)
class FleetFile:
    """The whole file.

    Attributes:
        schema: Version of the file's format: 1.
        defaults: What every routine gets.
        limits: How much is done at once.
        gates: Gates by name.
        routine: The routines.
        rollout: How they are released.
    """

    schema: int = SCHEMA
    defaults: Choices = Choices()
    limits: Limits = Limits()
    gates: dict[str, str] = field(factory=dict)
    routine: tuple[FileRoutine, ...]
    rollout: FileRollout = FileRollout()


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
    filled = _filled(told, facts or {}, "", troubles)
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

    made: Rollout | None = None
    try:
        members = [_member(found, each, Path(name).parent) for each in found.routine]
        made = Rollout(
            members=members,
            waves=[_wave(each) for each in found.rollout.wave],
            budget=_budget(found.rollout.failures),
            concurrency=found.limits.concurrency,
            slow_start=found.rollout.slow_start,
            name=found.rollout.name,
        )
    except InvalidInput as error:
        troubles.append(str(error))

    if made is None or troubles:
        raise wrong(name, troubles)

    return made


def _member(found: FleetFile, each: FileRoutine, folder: Path) -> Member:
    """Make a routine's release, with what the defaults say."""
    chosen = {
        key: value
        for part in (found.defaults, each)
        for key in (a.name for a in fields(Choices))
        if (value := getattr(part, key)) is not None
    }
    entry = chosen.pop("entry", None)
    if entry is None:
        raise InvalidInput(
            f"[[routine]] {each.name}: entry: the path of its bundle is missing, here"
            " and in [defaults]."
        )

    if "gates" in chosen:
        chosen["gates"] = tuple(_gate(found, each, gate) for gate in chosen["gates"])

    if "assets" in chosen:
        chosen["assets"] = str(folder / chosen["assets"])

    return Member(
        each.name,
        str(folder / entry),
        canary=chosen.pop("canary", Canary()),
        labels=chosen.pop("labels", {}),
        depends_on=each.depends_on,
        choices=chosen,
    )


def _gate(found: FleetFile, each: FileRoutine, gate: str) -> str:
    """Give a gate as it is written, here or under its name in `[gates]`."""
    text = found.gates.get(gate, gate)
    try:
        Gate.parse(text)
    except InvalidInput as error:
        known = ", ".join(found.gates) or "none"
        raise InvalidInput(
            f"[[routine]] {each.name}, gates: {error} [gates] has: {known}."
        ) from None

    return text


def _wave(each: FileWave) -> Wave:
    return Wave(
        each.size,
        upto=each.upto,
        select=each.select or Selector(),
        labels=each.labels,
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
