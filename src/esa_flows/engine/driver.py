"""Doing what a flow asks for: once, recorded, and in the same order on every replay.

An outcome in the journal is given back; version and input must be what they were.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, TypeVar

import anyio
import anyio.lowlevel
from attrs import define

from esa_flows import trace
from esa_flows.engine.approve import Approval, approve
from esa_flows.engine.attempts import Attempts
from esa_flows.engine.cause import STOPPING
from esa_flows.engine.child import child
from esa_flows.engine.codec import Ephemeral, digest_of
from esa_flows.engine.context import Branch, Context, Names
from esa_flows.engine.family import Birth
from esa_flows.engine.flow import Flow
from esa_flows.engine.gather import gather
from esa_flows.engine.history import Past
from esa_flows.engine.journal import SignalVerb
from esa_flows.engine.limit import Limit, limited, until_deadline
from esa_flows.engine.observe import Moment
from esa_flows.engine.recall import recalled
from esa_flows.engine.run import Run
from esa_flows.engine.sleep import sleep
from esa_flows.engine.step import Chain, Step
from esa_flows.engine.strand import Strand
from esa_flows.engine.work import Identity, Work
from esa_flows.errors import EsaFlowsError, Misuse
from esa_flows.model import Duration

__all__ = ["RunDriver"]

I = TypeVar("I")  # noqa: E741  the field's letter for an input type
O = TypeVar("O")  # noqa: E741  the field's letter for an output type


@define
class RunDriver:
    """Serves a flow's primitives from the journal, or does them and records them."""

    _strand: Strand

    @classmethod
    def of(cls, run: Run) -> "RunDriver":
        """Make the driver of a run's flow."""
        return cls(Strand.first(run))

    async def do(
        self,
        work: Work[I, O],
        value: I,
        *,
        path: tuple[str, ...],
        key: str,
        round_: int,
    ) -> O:
        """Do a piece of work once, or give its recorded outcome."""
        found: O
        await anyio.lowlevel.checkpoint_if_cancelled()  # a stopped run begins nothing
        if isinstance(work, Flow):
            inner = self._strand.claim(Identity((), work.name, key, round_), path)
            found = await work.body(self.context((*path, inner)), value)
        elif isinstance(work, Chain):
            identities = [
                self._strand.claim(Identity(path, step.name, key, round_))
                for step in work.steps
            ]
            found = await self._chain(work, identities, value)
        elif isinstance(work, Step):
            identity = self._strand.claim(Identity(path, work.name, key, round_))
            digest = digest_of(value, self._strand.run.place(identity))
            found = await self._step(work, identity, value, digest)
        else:
            raise Misuse(f"{work!r} is no step, chain or flow.")

        return found

    async def sleep(
        self, duration: Duration, *, path: tuple[str, ...], key: str
    ) -> None:
        """Wait until a recorded time."""
        await sleep(self._strand, Identity(path, "sleep", key), duration)

    async def approve(self, what: str, *, path: tuple[str, ...], key: str) -> Approval:
        """Wait until a person decides."""
        return await approve(self._strand, Identity(path, "approve", key), what)

    def timeout(
        self, duration: Duration, *, path: tuple[str, ...], key: str
    ) -> AbstractAsyncContextManager[Limit]:
        """Bound what is done inside by a recorded time."""
        return limited(self._strand, Identity(path, "timeout", key), duration)

    async def gather(
        self,
        names: Names,
        branch: Callable[[str], Branch[O]],
        *,
        path: tuple[str, ...],
        key: str,
        limit: int | None,
    ) -> list[O]:
        """Do several things side by side; what waits for its turn is not made yet."""
        await anyio.lowlevel.checkpoint_if_cancelled()
        inner = self._strand.claim(Identity((), "gather", key), path)

        def begin(strand: Strand, name: str) -> Awaitable[O]:
            """Begin one branch when its turn comes."""
            return branch(name)(RunDriver(strand).context((*path, inner, name)))

        return await gather(self._strand, names, begin, limit=limit)

    async def run(
        self,
        flow: Work[I, O],
        value: I,
        *,
        path: tuple[str, ...],
        key: str,
        about: tuple[str, str],
        place: str,
        stops: bool,
    ) -> O:
        """Do a flow as a run of its own."""
        if not isinstance(flow, Flow):
            raise Misuse(f"{flow!r} is no flow, so it cannot be a run of its own.")

        subject, content = about
        own = self._strand.run.history.started.get("place", "")
        birth = Birth(
            flow=flow,
            value=value,
            subject=subject,
            content=content,
            place=place or own,
            stops=stops,
        )
        found: O = await child(self._strand, Identity(path, flow.name, key), birth)
        return found

    def begun(self, flow: Work[I, O]) -> Mapping[str, str]:
        """Give the runs of its own that were ever begun of a flow: ids by key."""
        named = re.compile(rf"(?:.*/)?{re.escape(flow.name)}(?:\[([^\]]*)\])?#\d+")
        steps = self._strand.run.history.steps.items()
        found = ((named.fullmatch(name), past.child) for name, past in steps)
        return {match[1] or "": child for match, child in found if match and child}

    def agreed(self) -> Mapping[str, str]:
        """Give who agreed to what was ever asked: their names, by key."""
        answers = (
            (Identity.read(name), past.answer)
            for name, past in self._strand.run.history.steps.items()
            if past.answer.get("event") == SignalVerb.APPROVE
        )
        return {asked.key: answer["by"] for asked, answer in answers if asked}

    def given(self, flow: Work[I, O], *, path: tuple[str, ...], key: str) -> O | None:
        """Give what a run of its own returned, where that is recorded."""
        past = self._past(str(Identity(path, flow.name, key)))
        if past.outcome is None or not isinstance(flow, Flow):
            return None

        found: O = recalled(past, flow.output)
        return found

    def deadline(self) -> AbstractAsyncContextManager[object]:
        """Bound the whole flow by the time that its run was given, if any."""
        told = self._strand.run.history.started.get("deadline")
        return until_deadline(self._strand, told) if told else nullcontext()

    def context(self, path: tuple[str, ...] = ()) -> Context:
        """Give a flow its context."""
        run = self._strand.run
        return Context(
            run_id=run.id,
            now=run.now,
            driver=self,
            path=path,
        )

    async def _chain(self, chain: Chain[I, O], identities: list[str], value: I) -> O:
        """Go on behind the last step whose value is recorded."""
        self._strand.refuse_input(identities[0], digest_of(value))
        for step, name in zip(chain.steps, identities, strict=True):
            self._strand.refuse_version(name, step.version)

        begin = max(
            (p for p, name in enumerate(identities) if self._past(name).is_recalled),
            default=0,
        )
        current: Any = value
        for place in range(begin, len(identities)):
            name = identities[place]
            skipped_to = place == begin > 0
            digest = self._past(name).input if skipped_to else digest_of(current)
            current = await self._step(chain.steps[place], name, current, digest)

        found: O = current
        return found

    async def _step(self, step: Step[I, O], identity: str, value: I, digest: str) -> O:
        past = self._past(identity)
        if past.input:
            self._strand.refuse_version(identity, step.version)
            self._strand.refuse_input(identity, digest)

        try:
            if past.is_recalled and not self._strand.precedes(past.seq):
                self._strand.run.tell(Moment.STEP_REPLAYED, identity)
                found: O = recalled(past, step.output)
                return found

            # What an ephemeral step was done before, it is done before again; what is
            # in doubt is found out first, see `attempts`.
            in_doubt = step.reconcile is not None and past.is_open
            is_later = past.outcome is None or self._strand.precedes(past.seq)
            if is_later and not in_doubt:
                self._strand.deliver()

            return await self._perform(step, identity, value, digest)
        except STOPPING as error:
            await self._strand.run.stop(error)

    async def _perform(
        self, step: Step[I, O], identity: str, value: I, digest: str
    ) -> O:
        run = self._strand.run
        if run.observer is not None:
            run.tell(Moment.STEP_STARTED, identity, effect=step.effect.value)

        attempts = Attempts(
            step=step,
            identity=identity,
            value=value,
            digest=digest,
            strand=self._strand,
        )
        run.steps.append(identity)
        try:
            output = await (_traced(attempts) if run.traced else attempts.perform())
        except EsaFlowsError:
            self._strand.meet(identity)
            raise
        finally:
            run.steps.remove(identity)
            run.performed += 1

        if run.observer is not None:
            _tell_done(run, attempts, output)

        self._strand.meet(identity)
        return output

    def _past(self, identity: str) -> Past:
        return self._strand.past(identity)


async def _traced(attempts: Attempts[I, O]) -> O:
    step, identity = attempts.step, attempts.identity
    with trace.step_span(step.name, identity=identity, effect=step.effect.value):
        return await attempts.perform()


def _tell_done(run: Run, attempts: Attempts[I, O], output: O) -> None:
    run.tell(
        Moment.STEP_DONE,
        attempts.identity,
        value=output.facts() if isinstance(output, Ephemeral) else output,
        seconds=anyio.current_time() - attempts.began,
        **attempts.counted(),
    )
