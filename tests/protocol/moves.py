"""The protocol: everything that can happen next. One relation, for worlds and traces.

A run is a set of rules, not a list of steps: whatever no rule forbids may be done. So
what is found out here holds for every order of steps that keeps the rules.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.protocol.provider import executed, harm_of, with_news, wrong_code
from tests.protocol.rules import (
    achieved,
    ends,
    look,
    may_read,
    own,
    read,
    seen_list,
    wants,
)
from tests.protocol.world import (
    Call,
    Move,
    Op,
    Run,
    Setting,
    Version,
    World,
    whole,
)

FAULTS = frozenset({"crash", "lost", "freeze", "back", "foreign", "throttle"})
"""Moves that are not needed to come to an end."""


def moves(world: World, setting: Setting) -> Iterator[Move]:
    """Give every move of a world."""
    for who, run in enumerate(world.runs):
        if not run.ended:
            yield from _of_run(world, who, run, setting)

        yield from _zombie(world, who, run, setting)

    for place, call in enumerate(world.wire):
        yield from _on_the_wire(world, place, call, setting)

    yield from _foreign(world, setting)


def _of_run(world: World, who: int, run: Run, setting: Setting) -> Iterator[Move]:
    if not run.is_alive:
        yield _resumed(world, who, run, setting)
        return

    yield from _crash(world, who, run)
    yield from _freeze(world, who, run)
    if run.answer:
        yield from _heard(world, who, run)
        yield from _lost(world, who, run)
    elif run.call is not None:
        yield from _under_way(world, who, run, setting)
        yield from _lost(world, who, run)
    else:
        yield from _idle(world, who, run, setting)


# --- what goes wrong ----------------------------------------------------------------


def _down(world: World, who: int, run: Run) -> World:
    """Let a process be gone: what is under way still is."""
    wire = world.wire
    if run.call is not None and not run.answer:
        wire = (*wire, run.call)

    return world._replace(wire=wire).run(
        who,
        is_alive=False,
        eyes=None,
        in_doubt=False,
        call=None,
        answer="",
    )


def _crash(world: World, who: int, run: Run) -> Iterator[Move]:
    spent = world.spend("crash")
    if spent is None:
        return

    yield Move(who, "crash", None, _down(spent, who, run))
    if run.intent is None and not run.version and not run.tries:
        lost = _down(spent, who, run).run(who, base=None, home=None)
        yield Move(who, "crash", None, lost)  # what was seen was not recorded yet


def _resumed(world: World, who: int, run: Run, setting: Setting) -> Move:
    """Let another process take a run over: an open intent is in doubt."""
    if "write ahead" not in setting.defences:
        run = run._replace(intent=None)

    after = world.run(
        who,
        is_alive=True,
        intent=run.intent,
        in_doubt=run.intent is not None,
    )
    return Move(who, "resume", None, after)


def _freeze(world: World, who: int, run: Run) -> Iterator[Move]:
    """Stop a process for longer than its lease, before, in or after a call."""
    spent = world.spend("freeze")
    if spent is None or run.intent is None or run.in_doubt:
        return

    if run.call is None:
        call = Call(who, run.intent, run.expected, is_sure=False)
        after = _down(spent, who, run).run(who, zombie=call)
        yield Move(who, "freeze", None, after)
        return

    if run.answer:
        call = run.call._replace(late="heard")
        yield Move(who, "freeze", None, _down(spent, who, run).run(who, zombie=call))
        return

    passed = run._replace(call=run.call._replace(late="passed"))
    yield Move(who, "freeze", None, _down(spent, who, passed))


def _zombie(world: World, who: int, run: Run, setting: Setting) -> Iterator[Move]:
    """Let a process that was frozen go on: it holds no lease any more."""
    call = run.zombie
    if call is None or not run.is_alive:
        return

    after = world.run(who, zombie=None)
    if call.late == "heard":
        if "fence" not in setting.defences and not run.ended:
            after = after.run(who, intent=None, in_doubt=False)
    elif "permit" not in setting.defences:
        after = after._replace(wire=(*after.wire, call._replace(late="zombie")))

    yield Move(who, "thaw", None, after)


def _foreign(world: World, setting: Setting) -> Iterator[Move]:
    """Let somebody at the console deploy, delete or upload."""
    spent = world.spend("foreign")
    if spent is None:
        return

    for version in world.versions:
        if whole(version.id) != world.production:
            after = with_news(spent._replace(production=whole(version.id)))
            yield Move(-1, "foreign", Op("expose", whole(version.id)), after)

        if version.id not in world.live:
            kept = tuple(v for v in world.versions if v != version)
            op = Op("delete", (), version.id)
            yield Move(-1, "foreign", op, spent._replace(versions=kept))

    yield Move(-1, "foreign", Op("post"), spent._replace(slot="foreign"))
    if len(world.versions) < setting.cap:
        made = Version(world.born + 1, "foreign")
        more = spent._replace(versions=(*world.versions, made), born=made.id)
        yield Move(-1, "foreign", Op("commit"), more)


# --- calls --------------------------------------------------------------------------


def _on_the_wire(
    world: World, place: int, call: Call, setting: Setting
) -> Iterator[Move]:
    """Let a call arrive whose sender is gone, or never arrive."""
    rest = world._replace(wire=(*world.wire[:place], *world.wire[place + 1 :]))
    yield Move(call.run, "vanish", call.op, rest)
    yield _arrived(rest, call, setting, "arrive")


def _arrived(world: World, call: Call, setting: Setting, what: str) -> Move:
    after, is_done = executed(world, call, setting)
    if is_done and call.op.kind == "expose":
        after = with_news(after)

    harm = (*harm_of(world, call, setting), *wrong_code(world, call))
    return Move(call.run, what, call.op, after, harm)


def _under_way(world: World, who: int, run: Run, setting: Setting) -> Iterator[Move]:
    """Let the provider execute a call, or refuse it for now."""
    call = run.call
    if call is None:
        return

    _, is_done = executed(world, call, setting)
    move = _arrived(world, call, setting, "done" if is_done else "refuse")
    answered = move.world.run(who, answer="ok" if is_done else "no")
    if setting.is_brief:
        for heard in _heard(answered, who, answered.runs[who]):
            yield move._replace(world=heard.world)
    else:
        yield move._replace(world=answered)

    spent = world.spend("trouble")
    if is_done and spent is not None:
        yield Move(who, "throttle", call.op, spent.run(who, answer="no"))


def _lost(world: World, who: int, run: Run) -> Iterator[Move]:
    """Let nobody hear what came of a call; where it did not arrive, it still may."""
    spent = world.spend("lost")
    if spent is None or run.call is None:
        return

    if not run.answer:
        spent = spent._replace(wire=(*spent.wire, run.call))

    after = spent.run(who, call=None, answer="", in_doubt=True)
    yield Move(who, "lost", run.call.op, after)


def _heard(world: World, who: int, run: Run) -> Iterator[Move]:
    """Record what came of a call."""
    call = run.call
    if call is None:
        return

    if run.answer == "ok":
        after = world.run(who, call=None, answer="")
        yield Move(who, "hear", call.op, achieved(after, who, call.op))
        return

    again = world.run(who, call=None, answer="")
    if call.op.kind != "commit":
        yield Move(who, "hear", call.op, again)  # tried again

    yield Move(who, "hear", call.op, again.run(who, intent=None))
    given_up = again.run(who, intent=None, back=2 if run.back else 1)
    yield Move(who, "hear", call.op, given_up)


# --- a process ----------------------------------------------------------------------


def _idle(world: World, who: int, run: Run, setting: Setting) -> Iterator[Move]:
    """Let a process that waits for nothing look, go back, or do the next thing."""
    for after in look(world, who, setting):
        yield Move(who, "look", (world.staging, world.production), after)

    for after in seen_list(world, who, setting):
        yield Move(who, "list", None, after)

    yield from _turned_back(world, who, run, setting)
    if run.in_doubt:
        yield from _dared(world, who, setting)
    elif run.intent is not None:
        yield from _sends(world, who, run, setting)
    else:
        yield from _free(world, who, run, setting)


def _dared(world: World, who: int, setting: Setting) -> Iterator[Move]:
    """Do again what may have been done, where no rule forbids that."""
    if "look first" not in setting.defences:
        yield Move(who, "dare", None, world.run(who, intent=None, in_doubt=False))


def _free(world: World, who: int, run: Run, setting: Setting) -> Iterator[Move]:
    """Let a process do the next thing, or end its run."""
    for version in may_read(world, run, setting):
        yield Move(who, "read", version, read(world, who, version))

    if _may_post(world, run, setting):
        after = world._replace(slot=run.code).run(who, has_posted=True)
        yield Move(who, "post", None, after)

    if run.version and not world.code(run.version) and not run.back:
        yield Move(who, "missing", run.version, world.run(who, back=1))

    yield from _intends(world, who, run, setting)
    for how, harm in ends(world, who, setting):
        yield Move(who, "end", how, _ended(world, who, how), harm)


def _intends(world: World, who: int, run: Run, setting: Setting) -> Iterator[Move]:
    for op in wants(world, who, setting):
        intended = _intended(world, who, run, op)
        if setting.is_brief and op.kind != "sweep":
            yield from _sends(intended, who, intended.runs[who], setting)
        else:
            yield Move(who, "intend", op, intended)


def _may_post(world: World, run: Run, setting: Setting) -> bool:
    if run.goal != "release" or run.back or run.base is None:
        return False

    if run.version and not setting.is_free:
        return False

    return not run.has_posted or world.slot != run.code


def _intended(world: World, who: int, run: Run, op: Op) -> World:
    tries = run.tries + (op.kind == "commit")
    return world.run(who, intent=op, tries=tries)


def _sends(world: World, who: int, run: Run, setting: Setting) -> Iterator[Move]:
    """Send what was intended; a sweep sends its deletes, then is done."""
    if run.intent is None:
        return

    if run.intent.kind == "commit":
        ops = [run.intent] if run.has_posted else []
    elif run.intent.kind != "sweep":
        ops = [op for op in wants(world, who, setting) if op == run.intent]
    else:
        ops = [op for op in wants(world, who, setting) if op.kind == "delete"]
        if all(version == run.version for version in own(world, who, setting)):
            yield Move(who, "close", None, world.run(who, intent=None, tries=1))

    if run.eyes is not None and not ops and run.intent.kind in {"expose", "delete"}:
        yield Move(who, "give up", run.intent, world.run(who, intent=None))

    for op in ops:
        is_sure = run.eyes is not None and _knew(run, op)
        call = Call(who, op, run.expected, is_sure=is_sure)
        yield Move(who, "send", op, world.run(who, call=call, eyes=None))


def _knew(run: Run, op: Op) -> bool:
    """Whether a process saw, since it last did anything, that a change is harmless."""
    if run.eyes is None or op.kind == "commit":
        return False

    staging, production = run.eyes
    if op.kind == "delete":
        return op.version not in {v for v, _ in (*staging, *production)}

    return production in {run.expected, *(run.asked if run.back else ())}


def _turned_back(world: World, who: int, run: Run, setting: Setting) -> Iterator[Move]:
    """Let a gate fail or a person abort; who is in doubt finds out first."""
    spent = world.spend("trouble")
    if spent is None or run.back or run.base is None:
        return

    if run.in_doubt and "find out first" in setting.defences:
        return

    op, asked = run.intent, run.asked
    if op is not None and op.kind == "expose" and run.in_doubt:
        asked = (*asked, op.split)

    after = spent.run(who, back=1, intent=None, in_doubt=False, asked=asked)
    yield Move(who, "back", None, after)


def _ended(world: World, who: int, how: str) -> World:
    """End a run: only what it released is of any interest any more."""
    run = world.runs[who]
    over = Run(code=run.code, plan=run.plan, goal=run.goal, ended=how)
    return world.run(who, **over._asdict()).run(
        who, version=run.version, base=run.base, zombie=run.zombie
    )
