"""Find the provider's cap by being refused, which is the only way to find it.

Meanwhile others who use the account may be refused too. So there are three bursts of
harmless reads and no more, each ends with its first refusal, and each is followed by
rest. Nothing else of this library ever sends faster than its cap.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import anyio
from attrs import define, frozen

from esa_flows.api.cloud import Op
from esa_flows.api.esa import API_VERSION
from esa_flows.errors import CallError, Throttled
from esa_flows.survey.bench import Bench
from esa_flows.survey.ear import Ear
from esa_flows.survey.finding import Open, Seen, Setting
from esa_flows.wire.call import Call, Caller

__all__ = ["MOST_CALLS", "Burst", "Signs", "ask_cap", "signs_say"]

MOST_CALLS = 300
"""Calls of one burst at most."""

_AT_ONCE = 16
_SECOND = 1.0
_LOOKS = 12
_LOOK = 0.1
_REST = 2.5
_SHORTLY = 0.001
_FEW = 10
_STATUSES = (400, 429, 503)
_WHOLE_SECOND = 0.95
_AT_ONCE_AGAIN = 0.25
_TOO_SLOW = 0.6
_STANDARD = {"Throttling.User", "Throttling.Api"}
_ONE = ("GetRoutine",)
_TWO = ("GetRoutine", "ListRoutineCodeVersions")


@frozen(kw_only=True)
class Burst:
    """What became of one burst.

    Attributes:
        passed: Calls that were answered.
        seconds: How long it took.
        code: The provider's code of the first refusal; empty where there was none.
        status: Its HTTP status.
        tells_wait: Whether it told how long to wait.
        back: Seconds from the first call until one passed again; 0 where none did.
    """

    passed: int
    seconds: float
    code: str = ""
    status: int = 0
    tells_wait: bool = False
    back: float = 0.0


@frozen(kw_only=True)
class Signs:
    """What three bursts say together.

    Attributes:
        first: Of one operation.
        second: The same, begun half a second into what would be a calendar second.
        mixed: Of two operations in turn, each below the cap of the first burst.
    """

    first: Burst
    second: Burst
    mixed: Burst


async def ask_cap(bench: Bench) -> Seen:
    """Send reads in three bursts until each is refused."""
    await bench.quiet()
    first = await _burst(bench, _ONE, MOST_CALLS, looks=True)
    if not first.code:
        raise Open(
            f"{first.passed} calls in {first.seconds:.1f} s were all answered:"
            " no cap was met."
        )

    await anyio.sleep(_REST)
    second = await _burst(bench, _ONE, MOST_CALLS, looks=True)
    await anyio.sleep(_REST)
    most = math.ceil(first.passed * 1.5)
    mixed = await _burst(bench, _TWO, most, looks=False)
    await anyio.sleep(_REST)
    return signs_say(Signs(first=first, second=second, mixed=mixed))


def signs_say(signs: Signs) -> Seen:
    """Say what cap there is: pure.

    Args:
        signs: What was seen.
    """
    first, second = signs.first, signs.second
    window = _window(signs)
    cap = min(first.passed, second.passed) if second.code else first.passed
    if window == "bucket":
        cap = round(cap / (1 + first.seconds))

    settings: dict[str, Setting] = {
        "cap": cap,
        "retry_after": first.tells_wait,
        "throttle_code": "" if first.code in _STANDARD else first.code,
    }
    if first.status in _STATUSES:
        settings["throttle_status"] = first.status

    if window:
        settings["cap_window"] = window

    scope = _scope(signs)
    if scope:
        settings["cap_scope"] = scope

    counted = " and ".join(scope) or "account, and perhaps operation"
    return Seen(
        answer=f"{cap} calls a second, by {counted}; refused with {first.code},"
        f" HTTP status {first.status}; window: {window or 'unknown'}",
        settings=settings,
    )


def _window(signs: Signs) -> str:
    bursts = (signs.first, signs.second)
    # A small bucket fills as slowly as a window passes, and so it is where the burst
    # itself took nearly a second.
    if any(not each.back or each.seconds > _TOO_SLOW for each in bursts):
        return ""

    if signs.first.passed < _FEW:
        return ""

    if all(each.back - each.seconds <= _AT_ONCE_AGAIN for each in bursts):
        return "bucket"

    slow = all(each.back >= _WHOLE_SECOND for each in bursts)
    return "sliding" if slow else "fixed"


def _scope(signs: Signs) -> tuple[str, ...]:
    if not signs.mixed.code:
        return ("operation",)

    if signs.first.code == "Throttling.Api":
        return ("account", "operation")

    return ("account",) if signs.first.code == "Throttling.User" else ()


@define(kw_only=True)
class _Sending:
    """One burst under way."""

    caller: Caller
    ear: Ear
    calls: Iterator[Call]
    began: float
    passed: int = 0
    refusal: CallError | None = None

    @property
    def goes_on(self) -> bool:
        """Whether one more call may be sent."""
        in_time = anyio.current_time() - self.began < _SECOND
        return self.refusal is None and in_time

    async def work(self) -> None:
        """Send one call after the other until the burst is over."""
        while self.goes_on:
            call = next(self.calls, None)
            if call is None:
                return

            await self.send(call)

    async def send(self, call: Call) -> None:
        """Send one call and count it."""
        try:
            await self.caller.call(call)
        except Throttled as error:
            self.refusal = self.refusal or error
        except CallError:
            return  # neither let pass nor refused for its number
        else:
            self.passed += 1


async def _burst(
    bench: Bench, operations: tuple[str, ...], most: int, *, looks: bool
) -> Burst:
    caller, ear = bench.unpaced(most + _LOOKS)
    calls = (_call(name, bench) for name in itertools.cycle(operations))
    began = anyio.current_time()
    sending = _Sending(
        caller=caller, ear=ear, calls=itertools.islice(calls, most), began=began
    )
    async with anyio.create_task_group() as group:
        for _ in range(_AT_ONCE):
            group.start_soon(sending.work)

    seconds = anyio.current_time() - began
    refusal, response = sending.refusal, ear.refusal
    if refusal is None or response is None:
        return Burst(passed=sending.passed, seconds=seconds)

    return Burst(
        passed=sending.passed,
        seconds=seconds,
        code=refusal.code or "none",
        status=response.status,
        tells_wait="x-acs-retry-after" in response.headers,
        back=await _back(sending, _call(operations[0], bench)) if looks else 0.0,
    )


async def _back(sending: _Sending, call: Call) -> float:
    """Look every tenth of a second until a call passes again."""
    passed = sending.passed
    sofar = int((anyio.current_time() - sending.began) / _LOOK)
    for look in range(sofar + 1, sofar + _LOOKS + 1):
        due = sending.began + look * _LOOK + _SHORTLY
        await anyio.sleep(max(due - anyio.current_time(), 0.0))
        late = anyio.current_time() - sending.began
        await sending.send(call)
        if sending.passed > passed:
            # What passes now is no part of the burst.
            sending.passed = passed
            return late

    return 0.0


def _call(operation: str, bench: Bench) -> Call:
    pages = {"PageNumber": "1", "PageSize": "1"}
    return Call(
        operation=operation,
        version=API_VERSION,
        verb=Op.OBSERVE,
        parameters={"Name": bench.name, **(pages if operation != _ONE[0] else {})},
    )
