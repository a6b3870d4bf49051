"""What a run may do next, by what it knows: each rule is one defence.

A rule that is left out of `Setting.defences` is not kept; then harm must be found.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.protocol.provider import majority
from tests.protocol.world import Op, Run, Setting, Split, World, whole

# --- looking ------------------------------------------------------------------------


def is_settled(world: World, who: int, setting: Setting) -> bool:
    """Whether nothing a run sent can still take effect, as far as anybody can wait."""
    if "settle" not in setting.defences:
        return True

    return not any(call.run == who and not call.late for call in world.wire)


def look(world: World, who: int, setting: Setting) -> Iterator[World]:
    """See what serves; know then whether a deployment in doubt happened."""
    run = world.runs[who]
    seen = (world.staging, world.production)
    if run.base is None:
        world = world.run(who, base=world.production, home=world.staging)

    op = run.intent
    if op is None or not run.in_doubt or op.kind not in {"stage", "expose"}:
        yield _saw(world, who)
        return

    now = seen[op.kind == "expose"]
    if now == op.split and _is_ours(run, op):
        yield _saw(found(world, who, op), who)
    elif is_settled(world, who, setting):
        yield _saw(world.run(who, intent=None, in_doubt=False), who)
    else:
        yield world


def _saw(world: World, who: int) -> World:
    seen = (world.staging, world.production)
    return world.run(who, eyes=seen, seen=world.production, has_news=False)


def _is_ours(run: Run, op: Op) -> bool:
    """Whether what serves, and was wanted, did not serve before: by split or by id."""
    if op.kind == "stage":
        return run.is_staged or run.home != op.split

    return run.seen != op.split or run.has_news


def found(world: World, who: int, op: Op) -> World:
    """Adopt a deployment that was in doubt."""
    return achieved(left_behind(world, who), who, op)


def achieved(world: World, who: int, op: Op) -> World:
    """Record that an operation was done."""
    run = world.runs[who]
    if op.kind == "delete":
        kept = run.intent if run.intent and run.intent.kind == "sweep" else None
        return world.run(who, intent=kept, in_doubt=False)

    done = world.run(who, intent=None, in_doubt=False)
    if op.kind == "commit":
        mine = [v.id for v in world.versions if v.by == who]
        return done.run(who, version=max(mine, default=0), has_posted=False)

    if op.kind == "stage":
        return done.run(who, is_staged=op.split == run.target and not run.back)

    return done.run(who, asked=(*run.asked, op.split))


def is_known(run: Run, production: Split) -> bool:
    """Whether a run knows what production serves: going back, all it asked for."""
    if run.back:
        return production in {run.base or (), *run.asked}

    return production == run.expected


def seen_list(world: World, who: int, setting: Setting) -> Iterator[World]:
    """See the versions; know then whether a commit or a delete in doubt happened."""
    run = world.runs[who]
    op = run.intent
    if op is None or not run.in_doubt or op.kind in {"stage", "expose"}:
        yield world
        return

    sure = world.run(who, intent=None, in_doubt=False)
    if op.kind == "commit":
        mine = own(world, who, setting)
        if mine:
            yield left_behind(sure, who).run(who, version=mine[0], has_posted=False)
            return

    is_gone = op.kind == "delete" and not world.code(op.version)
    if is_gone or op.kind == "sweep" or is_settled(world, who, setting):
        yield sure


def left_behind(world: World, who: int) -> World:
    """Wait no more for what a run sent and what still is under way.

    It found what it wanted: where a process that was frozen did that, its own is late.
    """
    wire = tuple(
        call._replace(late=call.late or "left") if call.run == who else call
        for call in world.wire
    )
    return world._replace(wire=wire)


def own(world: World, who: int, setting: Setting) -> list[int]:
    """Give the versions that a run knows for its own, lowest id first."""
    if "tag" not in setting.defences:
        return []

    run = world.runs[who]
    known = run.wrong | (run.right if setting.is_free else frozenset())
    return sorted(v.id for v in world.versions if v.by == who and v.id not in known)


def may_read(world: World, run: Run, setting: Setting) -> Iterator[int]:
    """Give the versions whose code a run may want to see."""
    if run.goal != "release":
        return

    if run.version:
        if run.version not in run.right and world.code(run.version):
            yield run.version

        return

    for version in world.versions if not run.tries else ():
        if version.code == run.code:
            yield version.id


def read(world: World, who: int, version: int) -> World:
    """See a version's code: use it, or know that it must go."""
    run = world.runs[who]
    if world.code(version) == run.code:
        return world.run(who, version=version, right=run.right | {version})

    return world.run(who, version=0, wrong=run.wrong | {version})


# --- changing -----------------------------------------------------------------------


def wants(world: World, who: int, setting: Setting) -> Iterator[Op]:
    """Give every change that the rules let a run make now."""
    run = world.runs[who]
    if run.base is None:
        return

    if run.goal == "rollback":
        yield from _rolls_back(world, run, setting)
        return

    if len(run.base) > 1:
        return

    if run.back:
        yield from _way_back(run, setting)
        return

    yield from _deletes(world, who, run, setting)
    may_commit = run.has_posted and run.tries < setting.commits
    if may_commit and not _bad(world, run) and (not run.version or setting.is_free):
        yield Op("commit")

    if run.version in run.right or ("verify" not in setting.defences and run.version):
        yield from _sweep(world, who, run, setting)
        yield from _forward(run, setting)


def _rolls_back(world: World, run: Run, setting: Setting) -> Iterator[Op]:
    """Put any version in force, whole, once: it served before."""
    if not run.asked and may_expose(run, setting):
        for version in world.versions:
            yield Op("expose", whole(version.id))


def _bad(world: World, run: Run) -> list[int]:
    return [version for version in sorted(run.wrong) if world.code(version)]


def _forward(run: Run, setting: Setting) -> Iterator[Op]:
    """Stage, then expose share by share; nothing where production serves it already."""
    if run.base == run.target:
        return

    fitting = {run.target, *map(whole, run.right)}
    is_staged = run.is_staged or (run.eyes is not None and run.eyes[0] in fitting)
    if not run.is_staged:
        yield Op("stage", run.target)

    if not is_staged and "staging first" in setting.defences:
        return

    if may_expose(run, setting):
        plan = run.plan if run.base else run.plan[-1:]
        for share in plan[len(run.asked) : len(run.asked) + 1]:
            yield Op("expose", shared(run, share))


def may_expose(run: Run, setting: Setting) -> bool:
    """Whether a run may change production: it looked, and nobody else deployed."""
    if run.eyes is None:
        return "guard" not in setting.defences

    return is_known(run, run.eyes[1]) or "conflict" not in setting.defences


def shared(run: Run, share: int) -> Split:
    """Split production between the new version and what serves most of it."""
    stable = majority(run.base or ())
    if share == 100 or not stable:
        return whole(run.version)

    return tuple(sorted(((run.version, share), (stable, 100 - share))))


def _way_back(run: Run, setting: Setting) -> Iterator[Op]:
    """Restore production where it was asked for anything, then staging."""
    if run.asked and run.asked[-1] != run.base:
        if run.base and may_expose(run, setting):
            yield Op("expose", run.base)

        return

    if run.is_staged and run.home:
        yield Op("stage", run.home)


def _deletes(world: World, who: int, run: Run, setting: Setting) -> Iterator[Op]:
    """Delete what is wrong or double of one's own; for room, what nobody needs."""
    mine = [v for v in own(world, who, setting) if v != run.version]
    doubles = mine if run.version in run.right else []
    spare = [] if run.version else _spare(world, run, setting)
    for version in dict.fromkeys([*_bad(world, run), *doubles, *spare]):
        if may_delete(run, version, setting):
            yield Op("delete", (), version)


def may_delete(run: Run, version: int, setting: Setting) -> bool:
    """Whether a run saw, since it last did anything, that a version serves nowhere."""
    if "look before delete" not in setting.defences:
        return True

    if run.eyes is None:
        return False

    return version not in {v for split in run.eyes for v, _ in split}


def _spare(world: World, run: Run, setting: Setting) -> list[int]:
    """Give the versions that may go when there is no room."""
    if len(world.versions) + setting.room <= setting.cap:
        return []

    kept = set[int]()
    if "keep the way back" in setting.defences:
        live = {v for split in run.eyes or () for v, _ in split}
        kept = {v for v, _ in (*(run.base or ()), *(run.home or ()))}
        kept |= {v.previous for v in world.versions if v.id in live}

    return [v.id for v in world.versions if v.id not in kept]


def _sweep(world: World, who: int, run: Run, setting: Setting) -> Iterator[Op]:
    if run.tries > 1 and "sweep" in setting.defences:
        yield Op("sweep")


# --- ending -------------------------------------------------------------------------


def ends(
    world: World, who: int, setting: Setting
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the ends that the rules let a run come to now, with the harm they do."""
    run = world.runs[who]
    if run.base is None:
        return

    seen = {v for split in run.eyes or () for v, _ in split}
    is_served = bool(seen.intersection(_bad(world, run)))
    if is_served or (run.eyes is not None and not is_known(run, run.eyes[1])):
        yield "conflict", ()

    if run.goal != "release":
        if not run.asked or run.seen == run.expected:
            yield "released", ()

        return

    if len(run.base) > 1:
        yield "conflict", ()
        return

    if run.back:
        yield from _ends_back(run)
    else:
        yield from _ends_forward(world, who, run, setting)


def _ends_forward(
    world: World, who: int, run: Run, setting: Setting
) -> Iterator[tuple[str, tuple[str, ...]]]:
    is_swept = run.tries < 2 + setting.is_free or "sweep" not in setting.defences
    if run.version and is_swept and _is_released(run, setting):
        yield "released", tuple(_harm_of_end(world, who, run))

    if not run.version and not _bad(world, run) and _is_hopeless(world, run, setting):
        yield "failed", ()


def _is_released(run: Run, setting: Setting) -> bool:
    """Whether production, read back, serves the version, whole."""
    if run.base == run.target:
        return run.version in run.right

    if not run.plan:
        return run.is_staged or bool(run.eyes and run.eyes[0] == run.target)

    if run.expected != run.target:
        return False

    if "read back" not in setting.defences:
        return True

    return run.seen == run.target


def _is_hopeless(world: World, run: Run, setting: Setting) -> bool:
    """Whether a run may commit no more, or nothing may be deleted to make room."""
    if run.tries >= setting.commits:
        return True

    is_full = len(world.versions) + setting.room > setting.cap
    return is_full and run.eyes is not None and not _spare(world, run, setting)


def _ends_back(run: Run) -> Iterator[tuple[str, tuple[str, ...]]]:
    if run.back > 1 or (run.asked and not run.base):
        yield "stuck", ()

    was_asked = bool(run.asked) and run.asked[-1] == run.base
    if was_asked and run.eyes is not None and run.seen != run.base:
        yield "conflict", ()  # what was under way came after the way back

    is_home = not run.asked or (run.asked[-1] == run.base == run.seen)
    if is_home and not (run.is_staged and run.home):
        yield "failed", ()


def _harm_of_end(world: World, who: int, run: Run) -> Iterator[str]:
    if run.asked and run.target not in (run.seen, world.production):
        yield "I6: called released while something else serves"

    left = [v for v in world.versions if v.by == who and v.id != run.version]
    if left:
        excuse = "~" if all(v.is_late for v in left) else ""
        yield f"{excuse}I4: versions are left over"
