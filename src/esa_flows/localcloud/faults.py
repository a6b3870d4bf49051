"""Faults on demand: which call goes wrong, and how.

A script is a list of faults; each counts the calls it matches and strikes at its
number. The kinds, and what becomes of the call itself (``executed`` overrides it):

=========== =================================================== ==============
kind        what the client sees                                the call
=========== =================================================== ==============
throttle    the throttling code                                 not executed
refuse      a business error with ``code``                      not executed
error       HTTP 500 ``InternalError`` (or ``code``)            not executed
html        HTTP 502 with a proxy's HTML page                   not executed
nonce       ``SignatureNonceUsed``                              executed
redirect    HTTP 307 to ``location``                            not executed
reset       the connection breaks                               not executed
lost        the connection breaks                               executed
slow        the true answer, ``seconds`` late                   executed
truncate    half of the true answer, then a break               executed
callback    OSS answers 203, the object is stored               slot not set
expired     the upload form is past its policy                  per operation
missing     the code read back is OSS's error document           executed
=========== =================================================== ==============
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal, get_args

from attrs import define, field, fields, frozen
from attrs.validators import ge, in_

from .values import at_least_one

Kind = Literal[
    "throttle",
    "refuse",
    "error",
    "html",
    "nonce",
    "redirect",
    "reset",
    "lost",
    "slow",
    "truncate",
    "callback",
    "expired",
    "missing",
]
_EXECUTED: frozenset[str] = frozenset({"nonce", "lost", "slow", "truncate"})
_INSIDE: frozenset[str] = frozenset({"callback", "expired", "missing"})


@frozen(kw_only=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        operation: an operation's name, ``PostObject``, ``edge``, or ``*`` for all; of
            the names both APIs have, ``dcdn:CreateRoutine`` means one.
        kind: what happens; see the module's table.
        call: the number of the first matching call it strikes, from 1.
        times: how many matching calls in a row it strikes; None is for ever.
        routine: strike only calls about this routine.
        env: strike only deployments to this environment.
        code: error code of ``refuse``, ``error`` and ``throttle``.
        status: HTTP status; None keeps the kind's own.
        seconds: how late a ``slow`` answer is.
        location: where a ``redirect`` points.
        executed: whether the call takes effect; None keeps the kind's own.
    """

    operation: str
    kind: Kind = field(validator=in_(get_args(Kind)))
    call: int = field(default=1, validator=ge(1))
    times: int | None = field(default=1, validator=at_least_one)
    routine: str | None = None
    env: str | None = None
    code: str | None = None
    status: int | None = None
    seconds: float = field(default=0.0, validator=ge(0))
    location: str = "http://127.0.0.1:9/"
    executed: bool | None = None

    @property
    def executes(self) -> bool:
        """Whether the call takes effect before the fault shows."""
        if self.executed is not None:
            return self.executed

        return self.kind in _EXECUTED

    @property
    def inside(self) -> bool:
        """Whether the operation itself plays the fault."""
        return self.kind in _INSIDE

    def concerns(
        self, operation: str, routine: str, envs: Collection[str], product: str
    ) -> bool:
        """Whether a call is one of those this fault counts."""
        return (
            self.operation in {"*", operation, f"{product}:{operation}"}
            and self.routine in {None, routine}
            and (self.env is None or self.env in envs)
        )

    def strikes(self, number: int) -> bool:
        """Whether the matching call of this number goes wrong."""
        if number < self.call:
            return False

        return self.times is None or number < self.call + self.times


@define
class FaultScript:
    """The faults still to come, with what each has counted."""

    faults: list[Fault] = field(factory=list)
    _seen: dict[int, int] = field(factory=dict, init=False, repr=False)

    def add(self, *faults: Fault) -> None:
        """Append faults; their counts start now."""
        self.faults.extend(faults)

    def clear(self) -> None:
        """Forget all faults and counts."""
        self.faults.clear()
        self._seen.clear()

    def next(
        self,
        operation: str,
        routine: str = "",
        envs: Collection[str] = (),
        product: str = "",
    ) -> Fault | None:
        """Count a call with every fault it concerns; return the first that strikes."""
        struck = None
        for index, fault in enumerate(self.faults):
            if not fault.concerns(operation, routine, envs, product):
                continue

            number = self._seen.get(index, 0) + 1
            self._seen[index] = number
            if struck is None and fault.strikes(number):
                struck = fault

        return struck


def faults_from(tables: Iterable[Mapping[str, Any]]) -> list[Fault]:
    """Make faults of mappings, as read from TOML or JSON.

    ``times = 0`` stands for "for ever" because TOML has no null.

    Raises:
        ValueError: an unknown or missing member or a senseless value, naming it.
    """
    known = {attribute.name for attribute in fields(Fault)}
    faults = []
    for table in tables:
        unknown = sorted(set(table) - known)
        if unknown:
            raise ValueError(f"a fault has no member {unknown[0]!r}; known: {known}")

        values = dict(table)
        if values.get("times") == 0:
            values["times"] = None

        try:
            faults.append(Fault(**values))
        except TypeError as error:
            raise ValueError(f"a fault is not complete: {error}") from error

    return faults


def faults_from_toml(text: str) -> list[Fault]:
    """Read the tables ``[[fault]]`` of a TOML text.

    Raises:
        ValueError: not TOML, or an unknown member or kind.
    """
    return faults_from(tomllib.loads(text).get("fault", []))
