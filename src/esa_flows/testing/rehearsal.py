"""A flow played against a local cloud of its own, disturbed, and gone on with.

A `Rehearsal` has a cloud, a journal and as many processes as one wants, in the virtual
time of the loop it is used in. What goes wrong is its `fate`, what happens is noted by
its `witness`; the local cloud's judge watches as always.
"""

from __future__ import annotations

import datetime as dt
import pickle
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from random import Random  # noqa: TID251  the edge: a rehearsal's dice have a seed
from typing import Any

import anyio
from attrs import define, evolve, field, frozen

from esa_flows.client import Client
from esa_flows.connection import Parts
from esa_flows.engine.flow import Flow
from esa_flows.engine.journal import Owner
from esa_flows.engine.process import Life
from esa_flows.errors import EsaFlowsError
from esa_flows.files import MemoryBlobs
from esa_flows.localcloud import KEY, LocalCloud, Switches
from esa_flows.settings import Settings
from esa_flows.testing.fate import Fate
from esa_flows.testing.mortal import (
    Door,
    Killed,
    MortalJournal,
    MortalTransport,
    Process,
)
from esa_flows.testing.transport import Latency, ProcessTransport
from esa_flows.testing.witness import Act, Sight, Witness
from esa_flows.wire.credentials import Credentials, Static

__all__ = ["BASE", "Ended", "Rehearsal", "Saved", "go_on"]

BASE = "http://127.0.0.1:8080"
_STAGING = "http://127.0.0.1:8082"
_PRODUCTION = "http://127.0.0.1:8081"
_BEGIN = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


@frozen(kw_only=True)
class Ended:
    """How one life of a process ended.

    Attributes:
        value: What its work gave; None where it gave nothing.
        error: What it raised.
        was_stopped: Whether it was killed, or its task cancelled.
    """

    value: Any = None
    error: EsaFlowsError | None = None
    was_stopped: bool = False


@frozen(kw_only=True)
class Saved:
    """A prepared world, to be played in again and again.

    Attributes:
        content: The cloud's state, the journal and the blobs.
        seconds: How long the preparation took.
        processes: How many there were.
    """

    content: bytes = field(repr=False)
    seconds: float
    processes: int


@define(kw_only=True, eq=False)
class Rehearsal:
    """A world made to order, and the processes that act in it.

    Attributes:
        fate: What goes wrong.
        switches: How the local cloud behaves where nobody knows.
        seed: Of all randomness.
        saved: A world to begin with; None for an empty one.
        flows: Flows of one's own.
        settings: Attributes of every client's `Settings`.
        more: Gives further `Parts` of a client that sends by this transport.
        latency: How long the way to the cloud takes; for each request anew.
        cloud: The provider.
        journal: What every process shares that is not given another one.
        blobs: The same.
        witness: Notes what happens.
        processes: How many there were.
    """

    fate: Fate = field(factory=Fate)
    switches: Switches = field(factory=Switches)
    seed: int = 1
    saved: Saved | None = None
    flows: tuple[Flow[Any, Any], ...] = ()
    settings: Mapping[str, Any] = field(factory=dict)
    more: Callable[[Rehearsal, MortalTransport], Mapping[str, Any]] = field(
        default=lambda _, __: {}
    )
    latency: Callable[[Random], Latency] = field(default=lambda _: Latency())
    cloud: LocalCloud = field(init=False)
    journal: MortalJournal = field(init=False, factory=MortalJournal)
    blobs: MemoryBlobs = field(init=False, factory=MemoryBlobs)
    witness: Witness = field(init=False, factory=Witness)
    processes: int = field(init=False, default=0)
    _alive: set[str] = field(init=False, factory=set)
    _zero: float = field(init=False, factory=anyio.current_time)
    _dice: Random = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._dice = Random(self.seed)  # noqa: S311  rehearsed, not secret
        state = None
        if self.saved is not None:
            state, self.journal, self.blobs = pickle.loads(self.saved.content)  # noqa: S301  our own bytes
            self._zero -= self.saved.seconds
            self.processes = self.saved.processes

        self.cloud = LocalCloud(
            switches=self.switches,
            state=state,
            now=self.now,
            monotonic=self.clock,
            random=Random(self.seed),  # noqa: S311  rehearsed, not secret
        )
        if state is None:
            self.cloud.seed(empty=True)

    def __repr__(self) -> str:
        return f"<Rehearsal [processes: {self.processes} | {self.witness!r}]>"

    def clock(self) -> float:
        """Give the seconds since this world began."""
        return anyio.current_time() - self._zero

    def now(self) -> dt.datetime:
        """Give the world's wall clock."""
        return _BEGIN + dt.timedelta(seconds=self.clock())

    def save(self) -> Saved:
        """Keep this world as it is; nobody may be alive in it."""
        content = pickle.dumps((self.cloud.state, self.journal, self.blobs))
        return Saved(content=content, seconds=self.clock(), processes=self.processes)

    async def live(
        self,
        work: Callable[[Client], Awaitable[Any]],
        *,
        name: str = "",
        journal: MortalJournal | None = None,
        blobs: MemoryBlobs | None = None,
    ) -> Ended:
        """Let a process of its own do something, until it is done or dies.

        Args:
            work: What it does with its client.
            name: Who it is; a number where empty.
            journal: A journal it shares with nobody.
            blobs: The store that goes with that.

        Returns:
            What it gave, or what stopped it.
        """
        self.processes += 1
        process = Process(name or str(self.processes))
        journal = journal or self.journal
        journal.attend(process, self.fate, self.witness)
        ended: Ended = Ended(was_stopped=True)
        self._alive.add(process.name)
        try:
            with process.scope:
                async with self._client(process, journal, blobs) as client:
                    ended = Ended(value=await work(client))
        except EsaFlowsError as error:
            ended = Ended(error=error)
        except (Killed, BaseExceptionGroup):
            if not process.is_dead:
                raise
        finally:
            self._alive.discard(process.name)

        return ended

    async def through(
        self,
        act: Callable[[Client], Awaitable[Any]],
        *,
        lives: int = 6,
        since: frozenset[object] | None = None,
    ) -> Ended:
        """Act, and let process after process go on until no run is unfinished.

        Args:
            act: Begins the run; done again where a process died before that.
            lives: Processes at most.
            since: What `marks` gave before the act; by default what it gives now.

        Returns:
            How the last of them ended.
        """
        before = await self.marks() if since is None else since
        ended: Ended = Ended(was_stopped=True)
        for _ in range(lives):
            is_begun = await self.marks() != before
            ended = await self.live(go_on if is_begun else act)
            if await self._is_over(ended, before, was_begun=is_begun):
                break

        return ended

    async def marks(self) -> frozenset[object]:
        """Give what tells whether anything was begun since; not what did nothing."""
        marks: set[object] = set()
        for row in await self.journal.list():
            rows = await self.journal.rows(row.run.id)
            asked = await self.journal.signals(row.run.id, after=0)
            if not rows or rows[0].data["v"] > 0:
                marks.add((row.run.id, len(rows), len(asked)))

        return frozenset(marks)

    def console(self, verb: str, act: Callable[[LocalCloud], Any]) -> Any:
        """Let somebody do something behind everybody's back.

        Args:
            verb: What it is called in the trace.
            act: Does it; with `cloud.console`, as a rule.
        """
        before = Sight.of(self.cloud)
        found = act(self.cloud)
        effect = before.until(Sight.of(self.cloud))
        at = anyio.current_time()
        self.witness.note(Act(at=at, actor="console", verb=verb, effect=effect))
        return found

    async def _is_over(
        self, ended: Ended, before: frozenset[object], *, was_begun: bool
    ) -> bool:
        """Tell whether nothing is left to do: a run that did nothing is none."""
        if ended.was_stopped or await self.journal.list(unfinished=True):
            return False

        has_done = await self.marks() != before
        return has_done or (ended.error is None and not was_begun)

    def _client(
        self, process: Process, journal: MortalJournal, blobs: MemoryBlobs | None
    ) -> Client:
        door = Door(
            process=process, cloud=self.cloud, fate=self.fate, witness=self.witness
        )
        inner = ProcessTransport(
            door, base_url=BASE, latency=lambda _: self.latency(self._dice)
        )
        transport = MortalTransport(door, inner)
        parts = Parts(
            credentials=_KEY,
            transport=transport,
            journal=journal,
            blobs=blobs or self.blobs,
            flows=self.flows,
            environ={},
            home=Path("/nowhere"),
            now=self.now,
            clock=anyio.current_time,
            random=Random(self.seed * 1000 + self.processes),  # noqa: S311  as above
            owner=Owner("boot", self.processes, "0", process.name),
            life=self._life,
        )
        given = {
            "endpoint": BASE,
            "staging_edge": _STAGING,
            "production_edge": _PRODUCTION,
            "cap_sharing": "process",  # a file's clock is not this world's
            **self.settings,
        }
        return Client(Settings(**given), evolve(parts, **self.more(self, transport)))

    def _life(self, owner: Owner) -> Life:
        return Life.ALIVE if owner.token in self._alive else Life.DEAD


_KEY = Static(
    Credentials(
        access_key_id=KEY.id,
        access_key_secret=KEY.secret,
        security_token=KEY.token,
    )
)


async def go_on(client: Client) -> Any:
    """Resume what is unfinished, or tell how the latest run ended.

    A run below another one, such as a routine's below its rollout's, goes on with that.

    Args:
        client: A client on the journal of that run.
    """
    ends: dict[str, Any] = {}
    unfinished = [row.run.id for row in await client.runs.unfinished("")]
    for run in unfinished:
        if run.rpartition(".")[0] in unfinished:
            continue

        try:
            ends[run] = await client.resume(run, check=False)
        except EsaFlowsError as error:
            ends[run] = error

    latest = await _latest(client)
    if latest not in ends:
        return await client.resume(latest, check=False)

    if isinstance(ends[latest], EsaFlowsError):
        raise ends[latest]

    return ends[latest]


async def _latest(client: Client) -> str:
    """Give the newest run that did anything, else the newest."""
    views = await client.runs.list()
    begun = [view for view in views if view.history.started.get("v")]
    return (begun or list(views))[0].run.id
