"""Asking a person and waiting, for days if need be, until one decides.

The question is a row, the answer another one. Whoever may write to the journal answers
through the run's inbox; the process that drives the run turns that into a row, for the
question that has been open longest. An answer given before a question was asked is no
answer to it: two people who approve the same question have not approved the next one.

Dying in between costs nothing: the next process asks the same question again, and finds
the answer where one was given meanwhile.
"""

import datetime as dt
from typing import Any

import anyio
import anyio.lowlevel
from attrs import frozen

from esa_flows.engine.codec import digest_of, encode
from esa_flows.engine.failure import encode_error
from esa_flows.engine.journal import Kind, SignalVerb
from esa_flows.engine.observe import Moment
from esa_flows.engine.recall import recalled
from esa_flows.engine.strand import Strand
from esa_flows.engine.work import Identity
from esa_flows.errors import Denied, EsaFlowsError

__all__ = ["Approval", "approve"]


@frozen(kw_only=True)
class Approval:
    """That a person agreed.

    Attributes:
        by: Who.
        at: When they said so, UTC.
    """

    by: str
    at: dt.datetime


async def approve(strand: Strand, identity: Identity, what: str) -> Approval:
    """Ask a person and wait for the decision.

    Args:
        strand: The line of the flow's work that waits.
        identity: What the question is called.
        what: What a person is to agree to, in a sentence.

    Returns:
        Who agreed, and when.

    Raises:
        Denied: A person said no.
        StepChanged: Another question was asked under this name.
    """
    await anyio.lowlevel.checkpoint_if_cancelled()
    name = strand.claim(identity)
    digest = digest_of(what)
    strand.refuse_input(name, digest)
    past = strand.past(name)
    found: Approval
    if past.outcome is not None and not strand.precedes(past.seq):
        found = recalled(past, Approval)
        return found

    async with strand.run.stopping():
        try:
            answer = await _answer(strand, name, what, digest)
        except EsaFlowsError as error:
            await _withdraw(strand, name, digest, error)
            raise

        found = await _decided(strand, name, what, digest, answer)

    return found


async def _answer(strand: Strand, name: str, what: str, digest: str) -> dict[str, Any]:
    """Ask, unless it is asked already, and wait."""
    run = strand.run
    strand.deliver()
    began = anyio.current_time()
    if not strand.past(name).input:
        after = await run.inbox_end()
        body = {"v": 1, "in": digest, "what": what, "after": after}
        await run.record(Kind.ASKED, body, step=name)

    run.tell(Moment.ASKING, name, what=what)
    with strand.interruptible():
        await run.answered(name)

    strand.deliver()
    return {**strand.past(name).answer, "seconds": anyio.current_time() - began}


async def _decided(
    strand: Strand, name: str, what: str, digest: str, answer: dict[str, Any]
) -> Approval:
    """Record what the decision means for the flow."""
    run = strand.run
    given = Approval(by=answer["by"], at=dt.datetime.fromisoformat(answer["given"]))
    agreed = answer["event"] == SignalVerb.APPROVE.value
    denied = Denied(f"{given.by} said no to {name} of run {run.id}: {what}")
    value = {"value": encode(given)} if agreed else {"error": encode_error(denied)}
    body = {"v": 1, "in": digest, "seconds": round(answer["seconds"], 6)} | value
    await run.record(Kind.OUTCOME, body, step=name)
    strand.meet(name)
    if not agreed:
        run.tell(Moment.STEP_FAILED, name, why=str(denied))
        raise denied

    run.tell(Moment.STEP_DONE, name, value=given, seconds=answer["seconds"])
    return given


async def _withdraw(
    strand: Strand, name: str, digest: str, error: EsaFlowsError
) -> None:
    """Close a question that nobody waits for any more."""
    if strand.has_met(error) and name in strand.run.history.questions:
        body = {"v": 1, "in": digest, "value": None, "withdrawn": True}
        await strand.run.record(Kind.OUTCOME, body, step=name)
