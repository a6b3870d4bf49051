"""What goes wrong in a rehearsal, and when: the n-th call, the n-th record.

Calls and records are counted over all processes, so that a second disturbance may
strike the process that resumes what the first one stopped.

=========== ====== ==================================================================
kind        at     what happens
=========== ====== ==================================================================
die before  both   the process is dead before the cloud sees the call, or before the
                   journal has the record
die after   both   the call took effect, or the record is durable; nobody hears of it
cancel      call   the host cancels its task while the call is under way
unwritten   record the journal cannot write now and says so
doubtful    record the journal wrote and says that it could not
any other   call   a fault of the local cloud, see `esa_flows.localcloud.faults`
=========== ====== ==================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from attrs import define, field, frozen
from attrs.validators import ge, in_

from esa_flows.localcloud import Fault
from esa_flows.localcloud.faults import Kind as FaultKind

__all__ = ["CALL_KINDS", "RECORD_KINDS", "Disturbance", "Fate", "Where", "fault_of"]

Where = Literal["call", "record"]
CALL_KINDS: tuple[str, ...] = (
    "die before",
    "die after",
    "cancel",
    *get_args(FaultKind),
)
RECORD_KINDS = ("die before", "die after", "unwritten", "doubtful")

TOO_SLOW = 600.0
"""Seconds that no call waits for its answer."""


@frozen(kw_only=True)
class Disturbance:
    """One thing that goes wrong.

    Attributes:
        at: Whether a call or a record is struck.
        number: Which one, from 1, over all processes.
        kind: What happens; see the module's table.
        lasting: Whether every later call of the same operation, or every later record,
            is struck too, until the fate is lifted.
        code: Error code of the kinds that answer with one.
    """

    at: Where = field(validator=in_(get_args(Where)))
    number: int = field(validator=ge(1))
    kind: str = field()
    lasting: bool = False
    code: str | None = None

    @kind.validator
    def _known(self, _: object, kind: str) -> None:
        known = CALL_KINDS if self.at == "call" else RECORD_KINDS
        if kind not in known:
            raise ValueError(f"A {self.at} knows no {kind!r}; known: {known}.")

    def __str__(self) -> str:
        code = f" {self.code}" if self.code else ""
        lasting = " and ever after" if self.lasting else ""
        return f"{self.kind}{code} at {self.at} {self.number}{lasting}"


@define
class Fate:
    """The disturbances still to come, with what was counted.

    Attributes:
        disturbances: What goes wrong.
        calls: Calls so far, with their operations.
        records: Records so far.
        is_lifted: Whether nothing goes wrong any more.
    """

    disturbances: tuple[Disturbance, ...] = ()
    calls: list[str] = field(factory=list, init=False)
    records: int = field(default=0, init=False)
    is_lifted: bool = field(default=False, init=False)
    _lasting: dict[int, str] = field(factory=dict, init=False, repr=False)

    def lift(self) -> None:
        """Let nothing go wrong from now on."""
        self.is_lifted = True

    def add(self, disturbances: Iterable[Disturbance]) -> None:
        """Let more go wrong; counted from the beginning."""
        self.disturbances = (*self.disturbances, *disturbances)

    def at_call(self, verb: str) -> Disturbance | None:
        """Count a call; give what befalls it."""
        self.calls.append(verb)
        return self._strikes("call", len(self.calls), verb)

    def at_record(self) -> Disturbance | None:
        """Count a record; give what befalls it."""
        self.records += 1
        return self._strikes("record", self.records, "")

    def _strikes(self, at: Where, number: int, verb: str) -> Disturbance | None:
        if self.is_lifted:
            return None

        for place, found in enumerate(self.disturbances):
            if found.at != at:
                continue

            if found.number == number:
                self._lasting[place] = verb
                return found

            if found.lasting and self._lasting.get(place) == verb:
                return found

        return None


def fault_of(disturbance: Disturbance, verb: str) -> Fault:
    """Make the local cloud's fault of a disturbance, for the call that comes next.

    Args:
        disturbance: Of one of the cloud's own kinds.
        verb: The operation; the object store and the edge know no throttling codes.
    """
    if disturbance.kind == "throttle" and verb in {"PostObject", "edge"}:
        return Fault(operation="*", kind="error", status=503, code="ServiceUnavailable")

    kinds: Mapping[str, FaultKind] = {kind: kind for kind in get_args(FaultKind)}
    return Fault(
        operation="*",
        kind=kinds[disturbance.kind],
        code=disturbance.code,
        seconds=TOO_SLOW if disturbance.kind == "slow" else 0.0,
    )
