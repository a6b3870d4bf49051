"""One attempt of one step: what it may call, and how long it is protected.

Until a call that changes something is permitted, an attempt can be cancelled at once,
and once it is cancelled no such call is permitted any more. From the permit on it is
shielded: the exchange finishes and its outcome is recorded, so that a cancelled run
knows what it did. For how long somebody who cancels has to wait for that is bounded by
the run.
"""

from collections.abc import Callable, Mapping
from typing import Any

import anyio
from attrs import define, field

from esa_flows.engine.cancelled import is_cancelled
from esa_flows.engine.lease import HeldLease
from esa_flows.engine.step import Step
from esa_flows.errors import NotSent, StepMisuse
from esa_flows.wire.permit import Permit, Verb

__all__ = ["Attempt", "Ports"]

Ports = Mapping[type[Any], Callable[[Permit], Any]]
"""What steps can need: for each type, how to bind it to an attempt's permit."""


@define(kw_only=True)
class Attempt:
    """One attempt of a step.

    Attributes:
        scope: Around it; shielded from the first call on that changes something.
        sent: Whether a call that changes something was permitted.
        calls: When calls were permitted, by verb, in seconds of the loop's clock; the
            step's other attempts note theirs in the same.
    """

    _step: Step[Any, Any]
    _lease: HeldLease
    _ports: Ports
    scope: anyio.CancelScope = field(factory=anyio.CancelScope)
    calls: dict[str, list[float]] = field(factory=dict)
    sent: bool = field(default=False, init=False)

    def need(self, port: type[Any]) -> Any:
        """Give a port bound to this attempt.

        Raises:
            StepMisuse: The engine was given no such port.
        """
        if port not in self._ports:
            known = ", ".join(sorted(p.__name__ for p in self._ports)) or "none"
            raise StepMisuse(
                f"Step {self._step.name!r} needs {port.__name__};"
                f" this engine has {known}.",
            )

        return self._ports[port](self.permit)

    def permit(self, verb: Verb) -> None:
        """Allow one call of this attempt, or refuse it. No I/O.

        Raises:
            StepMisuse: The step does not declare this verb.
            LeaseLost: Another process may drive this run by now.
            NotSent: The attempt is being cancelled; the call would be torn.
        """
        if verb not in self._step.calls:
            raise StepMisuse(
                f"Step {self._step.name!r} does not declare that it calls {verb.name}.",
                next_move="Add it to calls= so that plans can count it.",
            )

        self._lease.check()
        if verb.mutates:
            self._protect(verb)

        self.calls.setdefault(verb.name, []).append(anyio.current_time())

    def _protect(self, verb: Verb) -> None:
        if is_cancelled():
            raise NotSent(f"The run is being stopped: {verb.name} was not sent.")

        self.sent = True
        self.scope.shield = True
