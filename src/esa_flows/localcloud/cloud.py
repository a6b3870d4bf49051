"""The local cloud: API, OSS and edge behind one synchronous function.

``handle`` is deterministic: it reads the injected clocks and dice, does no I/O and
never sleeps. What must take time or break is told to the carrier in the reply.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path

from attrs import evolve

from .caps import Lane, scopes_of
from .console import Console
from .edge import OPERATION as EDGE
from .edge import Edge
from .faults import Fault, FaultScript
from .forms import OSS_PREFIX, routine_named
from .gateway import Gateway
from .judge import Judge, Violation, cap_violations, orphans
from .mishap import strike
from .oss import OPERATION as POST_OBJECT
from .oss import oss_refusal, post_object
from .refusal import CloudError
from .report import Report
from .routine import DcdnRoutine, Serving
from .seed import ACCOUNT, KEY, SITE, add_samples
from .seedfile import SeedRoutine, sow
from .snapshot import dump_state, load_state
from .state import State
from .switches import Switches
from .throttle import Tally
from .values import Dice, Reply, Request
from .world import World

_MOST_API_BYTES = 8 * 1024 * 1024
_FORM_BYTES = 16 * 1024 * 1024  # fields and boundaries around a file


class LocalCloud:
    """ESA, OSS and the edge on this machine.

    Args:
        switches: how undocumented things behave.
        now: the wall clock; must return an aware datetime.
        monotonic: seconds on a clock that only moves forward; stamps arrivals.
        random: the dice for ids, secrets, latency and the edge's split.
        state: start from this memory; None starts with the seeded key only.

    Attributes:
        world: state, switches, dice and base URL.
        faults: the faults still to come.
        judge: watches the client.
        console: changes routines behind the client's back.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        random: Dice,
        switches: Switches | None = None,
        state: State | None = None,
    ) -> None:
        self._now = now
        self._monotonic = monotonic
        self.world = World(
            state=state or State(keys={KEY.id: KEY}),
            switches=switches or Switches(),
            dice=random,
            secret=f"{random.getrandbits(128):032x}",
        )
        self._begin()

    def _begin(self) -> None:
        """Count, judge and fail from scratch."""
        self.faults = FaultScript()
        self.judge = Judge()
        self.console = Console(self.world, self._now, ACCOUNT)
        self._edge = Edge(self.world)
        self._uploads = 0
        self._gateway = Gateway(world=self.world, faults=self.faults, judge=self.judge)

    def __repr__(self) -> str:
        """Show how much there is and how much was asked."""
        calls = sum(self._gateway.calls.values())
        count = len(self.state.routines) + len(self.state.functions)
        return f"<LocalCloud: {count} routines, {calls} calls>"

    @property
    def state(self) -> State:
        """The cloud's memory."""
        return self.world.state

    @property
    def switches(self) -> Switches:
        """How undocumented things behave."""
        return self.world.switches

    def switch(self, switches: Switches) -> None:
        """Behave otherwise from the next call on; gates of the cap stay as they are."""
        self.world.switches = switches

    def handle(self, request: Request, *, arrived: float | None = None) -> Reply:
        """Answer one request.

        Args:
            request: what arrived, at whichever listener.
            arrived: when, on the monotonic clock; None reads the clock.

        Returns:
            The answer, with what the carrier must do to the connection.
        """
        now = self._now()
        if request.listener.startswith("edge"):
            return self._visit(request, now)

        if _is_upload(request):
            return self._upload(request, now)

        at = self._monotonic() if arrived is None else arrived
        return self._gateway.answer(request, now, at)

    def most_bytes(self, request: Request) -> int:
        """Return how long a request's body may be, whatever it says."""
        if _is_upload(request):
            return self.switches.package_max_size + _FORM_BYTES

        return _MOST_API_BYTES

    def refuse(self, request: Request, error: CloudError) -> Reply:
        """Refuse a request that could not be read, in its door's own shape."""
        now = self._now()
        if request.listener.startswith("edge"):
            return Reply(status=error.status, body=error.message.encode())

        if _is_upload(request):
            return oss_refusal(error, request, self.world, now)

        return self._gateway.refuse(request, now, error)

    def _upload(self, request: Request, now: datetime) -> Reply:
        self._uploads += 1
        named = routine_named(request.body) if self.faults.faults else ""
        fault = self.faults.next(POST_OBJECT, named)
        kind = fault.kind if fault and fault.inside else ""

        def execute() -> Reply:
            reply = post_object(request, self.world, now, kind)
            return evolve(reply, delay=self.world.span(self.switches.latency))

        if fault is None or fault.inside:
            return execute()

        return strike(
            fault,
            execute,
            lambda error: oss_refusal(error, request, self.world, now),
            self.switches,
        )

    def _visit(self, request: Request, now: datetime) -> Reply:
        routine = self._edge.routine(request)
        env = request.listener.removeprefix("edge-")
        fault = self.faults.next(EDGE, routine.name if routine else "", (env,))
        if fault is None or fault.inside:
            return self._edge.visit(request, now)

        return strike(
            fault,
            lambda: self._edge.visit(request, now),
            lambda error: Reply(status=error.status, body=error.message.encode()),
            self.switches,
        )

    def inject(self, *faults: Fault) -> None:
        """Add faults."""
        self.faults.add(*faults)

    def seed(self, *, empty: bool = False) -> None:
        """Add the sample routines, unless ``empty``; key and site are always there."""
        self.console.add_key(KEY)
        self.console.add_site(SITE)
        if not empty:
            add_samples(self.console)

    def reset(self, *, empty: bool = False) -> None:
        """Forget everything, faults and counts included, and seed again."""
        self.world.state = State()
        self._begin()
        self.seed(empty=empty)

    def save(self, path: Path) -> None:
        """Write the state to a JSON file."""
        path.write_text(self.snapshot(), encoding="utf-8")

    def load(self, path: Path) -> None:
        """Replace the state by a saved one; counts and faults stay.

        Raises:
            ValueError: the file is no saved state.
        """
        self.restore(path.read_text(encoding="utf-8"))

    def snapshot(self) -> str:
        """Give the state as JSON text, as ``save`` writes it."""
        return dump_state(self.state)

    def restore(self, text: str) -> None:
        """Replace the state by a saved one; counts and faults stay.

        Raises:
            ValueError: the text is no saved state.
        """
        self.world.state = load_state(text)

    def sow(self, *seeds: SeedRoutine) -> None:
        """Add routines with their versions, and make them live."""
        sow(self.console, seeds)

    def report(self, kept: Collection[str] = ()) -> Report:
        """Tell what was seen.

        Args:
            kept: version ids that somebody knows about; they are no orphans.
        """
        tallies = self._gateway.caps.tallies
        whole = [tally for (_, _, name), tally in tallies.items() if not name]
        uploads = {POST_OBJECT: self._uploads} if self._uploads else {}
        routines: list[Serving] = list(self.state.routines.values())
        routines += self.state.functions.values()
        return Report(
            calls={**self._gateway.calls, **uploads},
            codes=dict(self._gateway.codes),
            peak_window=max((tally.peak_sliding for tally in whole), default=0),
            peak_fixed=max((tally.peak_fixed for tally in whole), default=0),
            peak_by_operation=_peaks(tallies),
            throttled=self._gateway.caps.throttled,
            violations=(*self.judge.violations, *self._over_cap()),
            orphans=tuple(orphans(routines, kept)),
            versions={_label(held): tuple(held.versions) for held in routines},
            splits={_label(held): held.splits() for held in routines},
            visits={"/".join(key): n for key, n in self._edge.served.items()},
        )

    def _over_cap(self) -> tuple[Violation, ...]:
        cap = self.switches.cap
        if cap is None:
            return ()

        wanted = {
            key: tally
            for key, tally in self._gateway.caps.tallies.items()
            if ("operation" if key[2] else "account")
            in scopes_of(key[1], self.switches)
        }
        return tuple(cap_violations(wanted, cap))


def _is_upload(request: Request) -> bool:
    """Whether a request, not one of a visitor, is for OSS."""
    return request.listener == "oss" or request.path.startswith(OSS_PREFIX)


def _peaks(tallies: Mapping[Lane, Tally]) -> dict[str, int]:
    """Return the fullest second of each operation, over all keys."""
    peaks: dict[str, int] = {}
    for (_, _, name), tally in tallies.items():
        if name:
            peaks[name] = max(peaks.get(name, 0), tally.peak_sliding)

    return peaks


def _label(routine: Serving) -> str:
    """Return a routine's name; DCDN's and those of other accounts say so before it."""
    cloud = "dcdn/" if isinstance(routine, DcdnRoutine) else ""
    account = "" if routine.account == ACCOUNT else f"{routine.account}/"
    return f"{cloud}{account}{routine.name}"
