"""What a rollout is asked to do: which routines get what, in which waves."""

import datetime as dt
import enum
import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Self, TypeVar

from attrs import field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.fleet.account import Account
from esa_flows.fleet.amount import Amount
from esa_flows.model import (
    AccountName,
    AreaCanary,
    Canary,
    Duration,
    RoutineId,
    Selector,
)
from esa_flows.model.freeze import Freeze, refuse_forever
from esa_flows.model.webhook import Webhook

__all__ = [
    "FailureBudget",
    "Member",
    "Mode",
    "OnExhausted",
    "Rollout",
    "Wave",
    "refuse_twice",
]


C = TypeVar("C", bound=enum.StrEnum)


class Mode(enum.StrEnum):
    """How strictly a failure budget is kept."""

    STRICT = "strict"
    """So few are exposed and unproven that the budget is passed by one at most."""

    SOFT = "soft"
    """Concurrency alone; what is under way when it is passed may fail on top."""


class OnExhausted(enum.StrEnum):
    """What happens when more routines failed than the budget tolerates."""

    STOP = "stop"
    """Nothing more is begun; what is under way goes on, what is released stays."""

    ROLLBACK_WAVE = "rollback-wave"
    """The present wave goes back to what served before it."""

    ROLLBACK_ALL = "rollback-all"
    """Every routine of the rollout goes back."""


def _duration(value: Duration | dt.timedelta | str) -> Duration:
    return Duration.of(value)


def _mode(value: Mode | str) -> Mode:
    return _choice(Mode, value, "budget is kept")


def _on_exhausted(value: OnExhausted | str) -> OnExhausted:
    return _choice(OnExhausted, value, "budget ends")


def _amount(value: Amount | int | str) -> Amount:
    return Amount.of(value)


def _amount_if_any(value: Amount | int | str | None) -> Amount | None:
    return None if value is None else Amount.of(value)


def _canary_if_any(value: Canary | str | None) -> Canary | None:
    return None if value is None else Canary.of(value)


def _account(value: str) -> str:
    return AccountName(value) if value else ""


def _selector(value: Selector | str) -> Selector:
    return Selector.of(value)


def _choice(kind: type[C], value: str, what: str) -> C:
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(kind)
        raise InvalidInput(f"{value!r} is no way a {what}: use {allowed}.") from None


@frozen(kw_only=True)
class FailureBudget:
    """How many routines may fail before a rollout stops.

    A tolerance is rounded down; the rollout stops when *more* have failed. A routine
    that is unchanged, skipped or never begun is charged to nothing.

    Attributes:
        fleet: Of all routines that are to be released.
        wave: Of those of one wave; None for no limit of its own.
        mode: How strictly it is kept.
        on_exhausted: What happens when it is passed.
    """

    fleet: Amount = field(default=Amount(0), converter=_amount)
    wave: Amount | None = field(default=None, converter=_amount_if_any)
    mode: Mode = field(default=Mode.STRICT, converter=_mode)
    on_exhausted: OnExhausted = field(
        default=OnExhausted.ROLLBACK_WAVE, converter=_on_exhausted
    )


@frozen
class Wave:
    """A part of a fleet that is released together.

    A size is this wave's own; `upto` counts what earlier waves took, too. With neither,
    the wave takes all it selects that are left. Sizes are rounded up.

    Attributes:
        size: How many it takes, of those it selects.
        upto: How many of those it selects are to be released when it ends.
        select: Names it takes; all by default.
        labels: Labels its routines carry.
        account: The account whose routines it takes; empty for those of all.
        bake: How long it is watched before the next one.
        approve: Whether a person is asked before the next one.
        canary: Shares and bake times of its routines, instead of their own.
        name: What it is called; its number by default.
    """

    size: Amount | None = field(default=None, converter=_amount_if_any)
    upto: Amount | None = field(default=None, converter=_amount_if_any, kw_only=True)
    select: Selector = field(factory=Selector, converter=_selector, kw_only=True)
    labels: Mapping[str, str] = field(factory=dict, kw_only=True, hash=False)
    account: str = field(default="", converter=_account, kw_only=True)
    bake: Duration = field(default=Duration(0), converter=_duration, kw_only=True)
    approve: bool = field(default=False, kw_only=True)
    canary: Canary | None = field(default=None, converter=_canary_if_any, kw_only=True)
    name: str = field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.size is not None and self.upto is not None:
            raise InvalidInput(
                f"A wave of {self.size} cannot also end at {self.upto}: a size is its"
                " own, upto counts what earlier waves took."
            )

        amount = self.size or self.upto
        if amount is not None and not amount.number:
            raise InvalidInput("A wave of no routine releases nothing: leave it out.")

    @classmethod
    def rest(cls, **more: Any) -> Self:
        """Make a wave of all that are left.

        Args:
            more: The other attributes.
        """
        return cls(**more)

    def takes(self, routine: RoutineId, labels: Mapping[str, str]) -> bool:
        """Tell whether a routine may belong to it.

        Args:
            routine: Which one.
            labels: What it carries.
        """
        if self.account not in {"", routine.account}:
            return False

        is_labelled = all(labels.get(key) == v for key, v in self.labels.items())
        return is_labelled and self.select.matches(routine.name)

    @property
    def selects(self) -> str:
        """Which routines it takes, in words; empty for all."""
        names = "" if self.select == Selector() else str(self.select)
        labels = (f"{key}={value}" for key, value in self.labels.items())
        account = f"account {self.account}" if self.account else ""
        return " ".join(part for part in (names, *labels, account) if part)

    def __str__(self) -> str:
        size = str(self.size) if self.size else f"up to {self.upto}"
        amount = size if self.size or self.upto else "the rest"
        return f"{amount} of {self.selects}" if self.selects else amount


def _accounts(value: Mapping[str, Account]) -> Mapping[str, Account]:
    return {AccountName(name): account for name, account in value.items()}


def _texts(value: Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@frozen
class Member:
    """A routine of a fleet, and what it shall get.

    Attributes:
        routine: Its name, or a pattern of names such as `cart-*`.
        code: Path of the bundle, or its bytes.
        canary: Shares and bake times in production; on DCDN areas.
        labels: What waves select by.
        depends_on: Routines that must be released before it: `cart` of the same
            account, or `eu/cart` of another one.
        account: Its account, by the name it has in the rollout's `accounts`; empty for
            the client's own.
        choices: Everything else that `Client.release` can be told.
    """

    routine: str
    code: str | os.PathLike[str] | bytes = field(repr=False)
    canary: Canary | AreaCanary | str = field(default="100", kw_only=True)
    labels: Mapping[str, str] = field(factory=dict, kw_only=True, hash=False)
    depends_on: tuple[str, ...] = field(default=(), converter=_texts, kw_only=True)
    account: str = field(default="", converter=_account, kw_only=True)
    choices: Mapping[str, Any] = field(factory=dict, kw_only=True, hash=False)

    @property
    def id(self) -> str:
        """What it is called in its rollout: its name, after that of its account."""
        return f"{self.account}/{self.routine}" if self.account else self.routine

    @property
    def is_pattern(self) -> bool:
        """Whether it means every routine of the account whose name fits."""
        return any(letter in self.routine for letter in "*?[")


def _members(value: Iterable[Member]) -> tuple[Member, ...]:
    return tuple(value)


def _waves(value: Iterable[Wave]) -> tuple[Wave, ...]:
    return tuple(value)


def _freezes(value: Iterable[Freeze]) -> tuple[Freeze, ...]:
    return tuple(value)


def _hooks(value: Iterable[Webhook]) -> tuple[Webhook, ...]:
    return tuple(value)


def _at_least_one(_: object, __: object, value: int) -> None:
    if value < 1:
        raise InvalidInput(f"With {value} routines at once nothing would be released.")


def _a_call_if_any(_: object, __: object, value: int | None) -> None:
    if value is not None and value < 1:
        raise InvalidInput(f"With {value} calls a second nothing would be released.")


@frozen(kw_only=True)
class Rollout:
    """Many routines, the waves they are released in, and how many may fail.

    Attributes:
        members: The routines, in the order they are taken into waves.
        waves: The waves, in order; one of all by default.
        budget: How many may fail.
        concurrency: Most routines that are worked on at once.
        calls_per_second: Most calls a second in each account, to leave room for others;
            None for as many as its cap allows. The way back has the whole cap.
        slow_start: Whether a wave exposes one first, then two, four and so on.
        freezes: When nothing new is exposed.
        only: Labels that routines must carry to be meant; those of all where empty. A
            wave that selects none of them is left out.
        notify: Webhooks that `esa-flows` tells what happens; a program of one's own
            gives a `Notifier` as its observer.
        name: What it is called, for people.
        accounts: Further accounts that its routines are in, by name.
    """

    members: tuple[Member, ...] = field(converter=_members)
    waves: tuple[Wave, ...] = field(default=(Wave(),), converter=_waves)
    budget: FailureBudget = FailureBudget()
    concurrency: int = field(default=64, validator=_at_least_one)
    calls_per_second: int | None = field(default=None, validator=_a_call_if_any)
    slow_start: bool = False
    freezes: tuple[Freeze, ...] = field(default=(), converter=_freezes)
    only: Mapping[str, str] = field(factory=dict, hash=False)
    notify: tuple[Webhook, ...] = field(default=(), converter=_hooks)
    name: str = ""
    accounts: Mapping[str, Account] = field(
        factory=dict, converter=_accounts, hash=False
    )

    def __attrs_post_init__(self) -> None:
        if not self.members:
            raise InvalidInput("This rollout has no routine.")

        if not self.waves:
            raise InvalidInput("This rollout has no wave: leave out waves for one.")

        refuse_twice(member.id for member in self.members)
        refuse_forever(self.freezes)
        used = {*self.used, *(wave.account for wave in self.waves)}
        _refuse_unknown(used - {"", *self.accounts}, self.accounts)

    @property
    def used(self) -> tuple[str, ...]:
        """The accounts its routines are in, by name; empty for the client's own."""
        return tuple(dict.fromkeys(member.account for member in self.members))


def _refuse_unknown(unknown: Collection[str], known: Iterable[str]) -> None:
    if unknown:
        told = ", ".join(known) or "none"
        raise InvalidInput(
            f"Not an account of this rollout: {', '.join(sorted(unknown))}. It has:"
            f" {told}.",
            next_move="Say how it is reached: in a file under [accounts.NAME].",
        )


def refuse_twice(names: Iterable[str]) -> None:
    """Refuse a routine that is there twice: which of both it gets nobody knows.

    Args:
        names: The routines, or patterns of them.

    Raises:
        InvalidInput: Names those that are.
    """
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InvalidInput(
            f"Listed twice: {', '.join(sorted(twice))}. A routine is released once in"
            " a rollout.",
            next_move="Leave one of them out, or make a pattern narrower.",
        )
