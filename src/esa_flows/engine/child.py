"""A flow done as a run of its own, begun and driven by another run.

The child has an id of its own, rows of its own and a lease of its own: it is listed,
looked at, and where need be gone on with like any other run. The parent's process
drives it, inside the parent's own scope, so that whatever stops the parent stops the
child. Two leases and not one, because a journal knows who may write by the run's lease
only; whoever takes over the parent takes over the child when it comes to it.

1. The parent records that it begins the child, and under which id, before the child is
   listed. Died in between: there is no such run yet, and it is begun then.
2. The child ends in its own rows. Died before the parent recorded that: its end is
   found there and adopted.
3. An abort of the parent, or a timeout around the child, becomes an abort of the child.
   The parent waits until the child has gone back, and meets its own then.
4. A child that stops without an end stops its parent, which can be resumed; where it
   was begun so, trouble with its account is raised in the parent's flow instead.
"""

from typing import Any, NoReturn

import anyio
import anyio.lowlevel
from attrs import evolve

from esa_flows.engine.codec import digest_of, encode
from esa_flows.engine.failure import encode_error
from esa_flows.engine.family import Birth
from esa_flows.engine.journal import Kind
from esa_flows.engine.observe import Happening, Observer, tell
from esa_flows.engine.recall import settled
from esa_flows.engine.state import Event
from esa_flows.engine.strand import Strand
from esa_flows.engine.work import Identity
from esa_flows.errors import AccountBlocked, JournalUnavailable, Paused, RunError

__all__ = ["child"]


async def child(strand: Strand, identity: Identity, birth: Birth) -> Any:
    """Do a flow as a run of its own.

    Args:
        strand: The line of the flow's work that waits for it.
        identity: What the child is called in its parent.
        birth: What to run; its id is given here.

    Returns:
        What its flow returned.

    Raises:
        EsaFlowsError: What ended it.
    """
    await anyio.lowlevel.checkpoint_if_cancelled()
    name = strand.claim(identity)
    digest = digest_of(birth.value)
    strand.refuse_version(name, birth.flow.version)
    strand.refuse_input(name, digest)
    past = strand.past(name)
    if past.outcome is not None and not strand.precedes(past.seq):
        return settled(past, birth.flow.output)

    async with strand.run.stopping():
        is_recalled = bool(past.child)
        id_ = await _id_of(strand, name, birth, digest)
        named = evolve(birth, id=id_, is_recalled=is_recalled)
        end = await _brought_up(strand, named)
        if not isinstance(end, AccountBlocked):
            body = {"v": birth.flow.version, "in": digest, **_told(named, end)}
            await strand.run.record(Kind.OUTCOME, body, step=name)

    if isinstance(end, AccountBlocked):
        raise end

    strand.meet(name)
    return settled(strand.past(name), birth.flow.output)


async def _id_of(strand: Strand, name: str, birth: Birth, digest: str) -> str:
    """Give the child's recorded id; record one where there is none."""
    past, run = strand.past(name), strand.run
    if past.child:
        return past.child

    strand.deliver()
    id_ = run.name_child()
    told = {"v": birth.flow.version, "in": digest, "input": encode(birth.value)}
    await run.record(Kind.INTENT, told | {"child": id_}, step=name, attempt=1)
    return id_


async def _brought_up(strand: Strand, birth: Birth) -> dict[str, Any] | AccountBlocked:
    """Drive the child to its end; without one, stop here, unless that is not wanted."""
    run = strand.run
    if strand.is_interrupted:
        await run.family.abort_child(birth.id, parent=run.id)

    end: dict[str, Any] | None = None
    error: Exception = JournalUnavailable(f"Run {birth.id} could not record its end.")
    async with anyio.create_task_group() as tasks:
        listed = anyio.Event()
        tasks.start_soon(_pass_on, strand, birth.id, listed)
        try:
            end = await run.family.bring_up(
                birth, parent=run.id, observer=_noting(listed, run.observer)
            )
        except Exception as raised:  # noqa: BLE001  it stops the parent
            error = raised

        tasks.cancel_scope.cancel()

    if end is not None:
        return end

    if birth.stops or not isinstance(error, AccountBlocked):
        await _stop(strand, birth, error)

    return error


async def _stop(strand: Strand, birth: Birth, error: Exception) -> NoReturn:
    """Stop the parent of a child that was left without an end."""
    if isinstance(error, Paused):
        await strand.run.record_event(Event.PAUSE, by=f"run {birth.id}", why=str(error))

    await strand.run.stop(error)


async def _pass_on(strand: Strand, child: str, listed: anyio.Event) -> None:
    """Ask the child to abort as soon as something interrupts its parent."""
    try:
        await listed.wait()
        with strand.interruptible():
            if not strand.is_interrupted:
                await anyio.sleep_forever()

        await strand.run.family.abort_child(child, parent=strand.run.id)
    except Exception as error:  # noqa: BLE001  the run's end says why
        strand.run.halt(error)


def _noting(listed: anyio.Event, observer: Observer | None) -> Observer:
    """Note when the child has begun to tell what it does; tell the observer."""

    def note(happening: Happening) -> None:
        listed.set()
        tell(observer, happening)

    return note


def _told(birth: Birth, end: dict[str, Any]) -> dict[str, Any]:
    """Give what the parent's row says of the child's end: pure.

    That somebody aborted a child is no request to abort its parent.
    """
    if "error" not in end:
        return {"value": end.get("value")}

    if end["error"].get("type") != "Aborted":
        return {"error": end["error"]}

    return {"error": encode_error(RunError(f"Run {birth.id} was aborted."))}
