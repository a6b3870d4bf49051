"""What one attempt may call, and how it is protected."""

from __future__ import annotations

import datetime as dt

import anyio
import anyio.lowlevel
import pytest
from tests.engine.desk import Desk, Door, Word, put, see

from esa_flows.engine.attempt import Attempt
from esa_flows.engine.journal import Lease, Owner
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.engine.lease import HeldLease
from esa_flows.engine.step import Step
from esa_flows.errors import LeaseLost, NotSent, StepMisuse

LEASE = Lease(run="0123456789ab", owner=Owner("boot", 1, "0", "test"), fence=1)


def attempt(
    scope: anyio.CancelScope, step: Step[str, str] | Step[str, bool] = put
) -> Attempt:
    """Make an attempt in a scope."""
    lease = HeldLease(LEASE, MemoryJournal(), anyio.current_time)
    return Attempt(step=step, lease=lease, ports=Desk().ports(), scope=scope)


async def test_a_declared_call_is_permitted() -> None:
    """A look leaves the attempt as it was: it can be cancelled at once."""
    scope = anyio.CancelScope()
    made = attempt(scope)
    made.permit(Word.LOOK)

    assert (made.sent, scope.shield) == (False, False)
    assert {"LOOK": [anyio.current_time()]} == made.calls


async def test_a_change_is_protected_from_its_permit_on() -> None:
    """What may change something is shielded before it leaves, however long it takes."""
    scope = anyio.CancelScope()
    made = attempt(scope)
    made.permit(Word.CHANGE)

    assert (made.sent, scope.shield) == (True, True)
    assert scope.deadline == float("inf")


async def test_an_undeclared_call_is_refused() -> None:
    """Plans count what steps declare, so nothing else may leave."""
    scope = anyio.CancelScope()
    made = attempt(scope, see)
    with pytest.raises(StepMisuse) as caught:
        made.permit(Word.CHANGE)

    assert (
        "Step 'see' does not declare that it calls CHANGE."
        " Add it to calls= so that plans can count it." == str(caught.value)
    )
    assert not made.sent
    assert {} == made.calls


async def test_after_the_lease_nothing_is_permitted() -> None:
    """Neither a look nor a change leaves a process that may have been replaced."""
    scope = anyio.CancelScope()
    made = attempt(scope)
    await anyio.sleep(15)
    for word in Word:
        with pytest.raises(LeaseLost, match="no longer drives run 0123456789ab"):
            made.permit(word)

    assert not made.sent


@pytest.mark.parametrize("outer", [True, False])
async def test_once_cancelled_no_change_begins(*, outer: bool) -> None:
    """A change that began now would be torn at its first wait; a look may be."""
    with anyio.CancelScope() as host, anyio.CancelScope() as scope:
        made = attempt(scope)
        (host if outer else scope).cancel()
        made.permit(Word.LOOK)
        with pytest.raises(NotSent, match="being stopped: CHANGE was not sent"):
            made.permit(Word.CHANGE)

        await anyio.lowlevel.checkpoint()

    assert not made.sent


async def test_ports_are_bound_to_the_permit() -> None:
    """What a step gets asks this attempt for leave."""
    scope = anyio.CancelScope()
    made = attempt(scope)
    door = made.need(Door)
    door.permit(Word.CHANGE)

    assert made.sent


async def test_a_missing_port_is_named() -> None:
    """The error says what is needed, and what there is."""
    with pytest.raises(StepMisuse) as caught:
        attempt(anyio.CancelScope()).need(dt.datetime)

    assert "Step 'put' needs datetime; this engine has Door." == str(caught.value)
