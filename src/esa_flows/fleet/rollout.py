"""The run of a rollout: wave by wave, within the failure budget, and back if need be.

    for each wave: make ready at full speed, expose under the budget → bake → a person
                   (inside a freeze window nothing new is exposed)
    too many failed, or an abort → what is under way goes back → production of all that
      has to → their staging

Each routine's legs are runs of their own, of which only as many live as are worked on.
Trouble with the account stops the run where it is: it is met once, not a thousand
times, and a resume goes on. Where there are several accounts, what is under way in the
others comes to its end first, and nothing new is begun in any of them.
"""

from collections.abc import Awaitable
from functools import partial
from typing import Any, Protocol

from attrs import define, frozen

from esa_flows.engine.context import Branch, Context
from esa_flows.engine.flow import Flow, flow
from esa_flows.errors import Aborted, Denied
from esa_flows.fleet.call_back import CallBack, call_back
from esa_flows.fleet.children import run_leg
from esa_flows.fleet.course import Course
from esa_flows.fleet.order import Order, OrderedWave, Task
from esa_flows.fleet.report import RolloutReport
from esa_flows.fleet.retreat import retreat
from esa_flows.fleet.shutter import ignored, let_go, wait
from esa_flows.fleet.spec import OnExhausted
from esa_flows.fleet.traffic import Traffic
from esa_flows.release.legs import Exposing, Leg, expose, prepare, ship

__all__ = ["rollout"]


@flow
async def rollout(ctx: Context, wanted: Order) -> RolloutReport:
    """Release many routines, wave by wave.

    Args:
        ctx: The flow's context.
        wanted: The waves, and how many may fail.

    Returns:
        How it ended.
    """
    course = Course(run=ctx.run_id, order=wanted)
    if wanted.override is not None:
        course.notes.append(ignored(wanted.override.by, wanted.override.reason))

    try:
        await _forward(ctx, course)
    except Aborted:
        course.was_aborted = True

    if course.is_over or not course.blocked:
        await retreat(ctx, course)

    course.refuse_blocked()
    for freeze in course.shutter.freezes[:1]:
        course.notes += let_go(ctx, freeze.timezone)

    return course.report()


async def _forward(ctx: Context, course: Course) -> None:
    """Release wave after wave, until one is the last or nothing more may begin."""
    waves = course.order.waves
    for wave in waves:
        if wave is not waves[0]:
            await _settle(ctx, course)

        await _release(ctx, course, wave)
        if course.is_held:
            return

        await _watch(ctx, course, wave)
        if wave.approve and wave is not waves[-1]:
            await _ask(ctx, course, wave)


async def _settle(ctx: Context, course: Course) -> None:
    """Let appear what was under way when the journal was lost; once is enough.

    Who was released in the first wave has waited for it.
    """
    if course.order.settle.seconds and not course.has_settled:
        await ctx.sleep(course.order.settle, key="settled")
        course.was_settled = True


async def _release(ctx: Context, course: Course, wave: OrderedWave) -> None:
    """Release the routines of a wave."""
    began, key = ctx.now(), f"wave:{wave.number}"
    doing = _Doing(
        course=course,
        wave=wave,
        traffic=Traffic.of(
            course,
            wave,
            prepared=ctx.begun(prepare),
            exposed=ctx.begun(expose if wave.prepares else ship),
            now=ctx.now,
        ),
    )
    try:
        await _through(ctx, doing, key)
    finally:
        course.seconds[wave.number] = (ctx.now() - began).total_seconds()


async def _through(ctx: Context, doing: "_Doing", key: str) -> None:
    """Release the routines of a wave, in one go or made ready first."""
    branches: list[Branch[None]] = [partial(_exposing, doing=doing)]
    if doing.wave.prepares:
        branches.insert(0, partial(_each, doing=doing, one=_prepared, key="prepare"))

    if doing.course.shutter.freezes:
        branches.append(partial(_thawing, doing=doing))

    if len(branches) == 1:
        await _each(ctx, doing=doing, one=_shipped, key=key)
    else:
        await ctx.gather(*branches, key=key)


async def _watch(ctx: Context, course: Course, wave: OrderedWave) -> None:
    """Let a wave that is released show what it is worth."""
    if wave.bake.seconds:
        await ctx.sleep(wave.bake, key=f"wave:{wave.number}")
        course.seconds[wave.number] += wave.bake.seconds


async def _ask(ctx: Context, course: Course, wave: OrderedWave) -> None:
    """Ask a person before the next wave."""
    failed = f", {course.failures} failed so far" if course.failures else ""
    what = f"Wave {wave.number} is through{failed}. Go on with the next one?"
    try:
        agreed = await ctx.approve(what=what, key=f"wave:{wave.number}")
    except Denied as error:
        course.denied = error.message
    else:
        course.approved[wave.number] = agreed.by


class _One(Protocol):
    """What is done for one routine of a wave."""

    def __call__(
        self, ctx: Context, /, *, doing: "_Doing", task: Task
    ) -> Awaitable[None]: ...


@define(kw_only=True)
class _Doing:
    """A wave while it is released."""

    course: Course
    wave: OrderedWave
    traffic: Traffic
    _has_called: bool = False

    async def leg(
        self, ctx: Context, leg: Flow[Any, Leg], value: Any, task: Task
    ) -> None:
        """Run a leg of a routine; call the others back if that passes the budget."""
        take = partial(self.course.take, task.name)
        release = task.setting.release
        await run_leg(
            ctx,
            leg,
            value,
            release,
            key=task.name.key,
            course=self.course,
            take=take,
        )
        if self.course.passed and not self._has_called:
            self._has_called = True
            await ctx.do(call_back, self._others())

    def _others(self) -> CallBack:
        """Say whom to ask: who is not exposed yet, and others if they have to go back.

        Those that are asked meet an abort, and tell so by themselves.
        """
        stays = self.course.order.on_exhausted is OnExhausted.STOP
        flows = (prepare,) if stays else (prepare, expose, ship)
        return CallBack(wave=self.wave.number, flows=tuple(f.name for f in flows))


@frozen(repr=False)
class _Turn:
    """What one routine of a wave waits to do; small, as a fleet has thousands."""

    _doing: _Doing
    _one: _One
    _task: Task

    def __call__(self, ctx: Context) -> Awaitable[None]:
        return self._one(ctx, doing=self._doing, task=self._task)


async def _each(ctx: Context, *, doing: _Doing, one: _One, key: str) -> None:
    """Do the same for every routine of a wave, as many at once as it may."""
    turns = [_Turn(doing, one, task) for task in doing.wave.tasks]
    await ctx.gather(*turns, key=key, limit=doing.wave.limits.concurrency)


async def _exposing(ctx: Context, *, doing: _Doing) -> None:
    """Expose the routines of a wave."""
    try:
        one = _exposed if doing.wave.prepares else _shipped
        await _each(ctx, doing=doing, one=one, key="expose")
    finally:
        doing.traffic.finish()


async def _thawing(ctx: Context, *, doing: _Doing) -> None:
    """Wait for freeze windows to end, whenever that is all the wave waits for."""
    course, traffic = doing.course, doing.traffic
    try:
        while (window := await traffic.frozen()) is not None:
            zone = course.shutter.freezes[0].timezone
            course.notes += filter(None, [await wait(ctx, window, zone)])
            course.shutter.lift(window)
            traffic.thaw()
    except Denied as no:
        course.denied = no.message
    finally:
        traffic.stop()


async def _prepared(ctx: Context, /, *, doing: _Doing, task: Task) -> None:
    """Make a routine ready, without a visitor noticing."""
    try:
        if doing.traffic.may_prepare(task):
            await doing.leg(ctx, prepare, task.setting, task)
    finally:
        doing.traffic.ready(task)


async def _exposed(ctx: Context, /, *, doing: _Doing, task: Task) -> None:
    """Expose a routine once it is ready and the budget allows it."""
    leg = await doing.traffic.leg_of(task)
    version = leg.report.version if leg else None
    if leg is None or version is None or not await doing.traffic.enter(task):
        return

    value = Exposing(release=task.setting.release, leg=leg, version=version)
    try:
        await doing.leg(ctx, expose, value, task)
    finally:
        doing.traffic.leave(task)


async def _shipped(ctx: Context, /, *, doing: _Doing, task: Task) -> None:
    """Release a routine in one go, once the budget allows it."""
    if not await doing.traffic.enter(task):
        return

    try:
        await doing.leg(ctx, ship, task.setting, task)
    finally:
        doing.traffic.leave(task)
