"""What goes back, where to and at what cost, known before anything is sent; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from attrs import evolve, field, frozen

from esa_flows.api.cloud import Op
from esa_flows.fleet.account import Account
from esa_flows.fleet.makespan import Pace, under_caps
from esa_flows.fleet.report import RoutineReport
from esa_flows.fleet.undo import Undo
from esa_flows.model import Duration, Environment, RoutineId, Split
from esa_flows.release.legs import Leg

__all__ = ["STEPS", "Return", "WayBack", "pace_in", "returns_of", "way_back_of"]

STEPS = (Op.OBSERVE, Op.DEPLOY, Op.OBSERVE)
"""What takes one environment of a routine back: a look, a deployment, a look at it."""


@frozen(kw_only=True)
class Return:
    """The way back of one routine.

    Attributes:
        routine: Which one.
        wave: The number of its wave; 0 where there are none.
        serves: What production served when it was last seen.
        to: What it shall serve; None where only staging goes back.
        calls: Calls that it takes.
        first: Those of them that take production back.
    """

    routine: RoutineId
    wave: int = 0
    serves: Split | None = None
    to: Split | None = None
    calls: int
    first: int = 0


@frozen(kw_only=True)
class WayBack:
    """The way back of many routines.

    Attributes:
        name: What goes back, in a word or two.
        run: The rollout that is taken back; empty where it is none.
        returns: What goes back, in the order of the waves.
        stays: What does not, and why.
        joins: The unfinished run that does just this; empty where there is none.
        unfinished: Runs of its routines that are aborted first, which takes them back.
        pace: How fast calls go.
        accounts: How the further accounts of its routines are reached, by name.
    """

    name: str
    run: str = ""
    returns: tuple[Return, ...]
    stays: tuple[RoutineReport, ...] = ()
    joins: str = ""
    unfinished: tuple[str, ...] = ()
    pace: Pace
    accounts: Mapping[str, Account] = field(factory=dict, hash=False)

    @property
    def going(self) -> frozenset[RoutineId]:
        """Which routines go back."""
        return frozenset(each.routine for each in self.returns)

    @property
    def meant(self) -> frozenset[RoutineId]:
        """Which routines were asked for, whether they go back or not."""
        return self.going | {each.routine for each in self.stays}

    @property
    def calls(self) -> int:
        """Calls that it takes; none of them is an upload."""
        return sum(each.calls for each in self.returns)

    @property
    def production_time(self) -> Duration:
        """The least time until production of all of them is back."""
        return self._time([(each.routine, each.first) for each in self.returns])

    @property
    def minimum_time(self) -> Duration:
        """The least time until everything is back, staging too."""
        return self._time([(each.routine, each.calls) for each in self.returns])

    def _time(self, calls: Sequence[tuple[RoutineId, int]]) -> Duration:
        """Give the time under the caps, or that of calls one after the other."""
        of_accounts: Counter[str] = Counter()
        for routine, count in calls:
            of_accounts[routine.account] += count

        chain = max((count for _, count in calls), default=0) * self.pace.latency
        return Duration(max(chain, under_caps(+of_accounts, self.pace)))


def way_back_of(wanted: Undo, pace: Pace) -> WayBack:
    """Give the way back of a rollout.

    Args:
        wanted: What is to be taken back.
        pace: How fast calls go, in accounts of which it says nothing.
    """
    return WayBack(
        name=wanted.order.name or wanted.run,
        run=wanted.run,
        returns=tuple(returns_of(wanted)),
        stays=wanted.order.others,
        pace=pace_in(wanted.order.accounts, pace),
        accounts=wanted.order.accounts,
    )


def pace_in(accounts: Mapping[str, Account], own: Pace) -> Pace:
    """Give how fast calls go in each of several accounts.

    Args:
        accounts: The further ones, by name.
        own: How fast they go in the client's own, and where nothing else is said.
    """
    others = {
        name: evolve(own, calls=each.calls_per_second or own.calls)
        for name, each in accounts.items()
    }
    return evolve(own, others=others)


def returns_of(wanted: Undo) -> Iterable[Return]:
    """Give the way back of each routine of a rollout.

    Args:
        wanted: What is to be taken back.
    """
    legs = {leg.report.id: leg for leg in wanted.legs}
    for wave in wanted.order.waves:
        for task in wave.tasks:
            yield _return(legs[task.name], wave.number)


def _return(leg: Leg, wave: int) -> Return:
    production = leg.before.production
    places = [place for place in Environment if leg.asked.get(place)]
    before = leg.back.get(Environment.PRODUCTION) or (
        production.split if production else None
    )
    now = leg.report.production
    is_exposed = Environment.PRODUCTION in places
    return Return(
        routine=leg.report.id,
        wave=wave,
        serves=now.split if now else None,
        to=before if is_exposed else None,
        calls=len(STEPS) * len(places),
        first=len(STEPS) * is_exposed,
    )
