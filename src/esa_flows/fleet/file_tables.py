"""The tables of a rollout's file as values, before they are put together."""

from typing import Any

from attrs import field, frozen

from esa_flows.fleet.account import Account
from esa_flows.fleet.amount import Amount
from esa_flows.fleet.spec import Mode, OnExhausted
from esa_flows.model import AreaCanary, Canary, Duration, Environment, Selector
from esa_flows.model.freeze import Freeze
from esa_flows.model.webhook import Webhook
from esa_flows.release.spec import Binding, OnConflict

__all__ = [
    "SCHEMA",
    "Choices",
    "Failures",
    "FileRollout",
    "FileRoutine",
    "FileWave",
    "FleetFile",
    "GateTable",
    "Limits",
]

SCHEMA = 1
"""Version of the file's format."""

GateTable = str | dict[str, Any]
"""A gate as a file has it: its text, or a table of its settings."""


@frozen(kw_only=True)
class Limits:
    """`[limits]`: how much is done at once.

    Attributes:
        concurrency: Most routines that are worked on at once.
        calls_per_second: Most calls a second in each account, below its cap, to leave
            room for others; a way back has the whole cap.
    """

    concurrency: int = 64
    calls_per_second: int | None = None


@frozen(kw_only=True)
class Choices:
    """`[defaults]`: what every routine gets that does not say otherwise.

    Attributes:
        entry: Path of the bundle, from the file's folder.
        canary: Shares and bake times, such as `10:5m,50:5m,100`; on DCDN areas.
        to: `production`, or `staging` alone.
        gates: Names of gates, or gates themselves, such as `http:/health status<500`.
        account: Its account, by its name in `[accounts]`; the client's own by default.
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
    account: str | None = None
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
        depends_on: Routines that must be released before it: `cart` of its own account,
            or `eu/cart` of another one.
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
        account: The account whose routines it takes; those of all by default.
        bake: How long it is watched before the next one.
        approve: Whether a person is asked before the next one.
        canary: Shares and bake times of its routines, instead of their own.
    """

    name: str = ""
    size: Amount | None = None
    upto: Amount | None = None
    select: Selector | None = None
    labels: dict[str, str] = field(factory=dict)
    account: str = ""
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
        freeze: When nothing new is exposed.
    """

    name: str = ""
    slow_start: bool = False
    wave: tuple[FileWave, ...] = (FileWave(),)
    failures: Failures = Failures()
    freeze: tuple[Freeze, ...] = ()


@frozen(kw_only=True)
class FleetFile:
    """The whole file.

    Attributes:
        schema: Version of the file's format: 1.
        defaults: What every routine gets.
        limits: How much is done at once.
        accounts: Further accounts, by name: how each is reached, never its access key.
        gates: Gates by name: each a text, or a table of its settings.
        routine: The routines.
        rollout: How they are released.
        notify: Webhooks that are told what happens.
    """

    schema: int = SCHEMA
    defaults: Choices = Choices()
    limits: Limits = Limits()
    accounts: dict[str, Account] = field(factory=dict)
    gates: dict[str, GateTable] = field(factory=dict)
    routine: tuple[FileRoutine, ...]
    rollout: FileRollout = FileRollout()
    notify: tuple[Webhook, ...] = ()
