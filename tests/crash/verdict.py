"""What must hold of everything that happened: pure, and nothing of it is ours to reuse.

It is written from the promises, not from the release: it knows operations of the
provider, rows of the journal and versions, and imports no step, flow or plan. The
letters are those of the promises' names.

=== =============================================================================
A   no call changes anything before its intent is durable
B   after an unknown outcome nobody repeats before somebody looked
C   production gets only code that was read back, after staging had it
D   production moves along the plan, or back to what served before
E   what serves, or served when it began, is not deleted; what is, is saved
F   no version is left over, none is there twice
G   it ends where it ends undisturbed
H   a failure leaves what served before
I   the journal is whole: dense, fenced, one end, no secret
J   the cloud's own judge saw no broken promise, and no second above the cap
K   nobody deploys to production without a look right before
L   nobody replaces what he saw that somebody else deployed meanwhile
=== =============================================================================
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from esa_flows.engine.journal import Kind, Row
from esa_flows.localcloud import Report
from esa_flows.testing.witness import Act

Shares = tuple[tuple[str, int], ...]

CAP = 100
GONE = "gone"
"""Stands for the content of a version that is not there; the judge saw what it was."""

LOOKS = {
    "CommitRoutineStagingCode": {"ListRoutineCodeVersions"},
    "CreateRoutineCodeDeployment": {"GetRoutine"},
    "DeleteRoutineCodeVersion": {"ListRoutineCodeVersions", "GetRoutine"},
    "CreateRoutineWithAssetsCodeVersion": {"ListRoutineCodeVersions"},
    "PublishRoutineCodeRevision": {"DescribeRoutine"},
    "DeleteRoutineCodeRevision": {"DescribeRoutine"},
    "UploadRoutineCode": {"DescribeRoutine"},
}
"""Calls that may not be repeated blindly, and the looks that open one's eyes."""

DEPLOYS = {"CreateRoutineCodeDeployment", "PublishRoutineCodeRevision"}
STALE = 30.0
"""Seconds after which what was seen counts for nothing."""

SEES_SPLIT = {"GetRoutine", "DescribeRoutine"}
READS_CODE = {"GetRoutineCodeVersion", "DescribeRoutineCodeRevision"}
CHANGES = {*LOOKS, "PostObject", "CreateRoutine"}
"""Calls that need an intent."""

FAILED = {"failed", "rolled back", "aborted"}
"""Ends that leave what served before."""


@frozen(kw_only=True)
class Stand:
    """What stands at the provider at one moment.

    Attributes:
        versions: Digest of the content and description, by id.
        splits: Shares by environment.
    """

    versions: Mapping[str, tuple[str, str]]
    splits: Mapping[str, Shares]

    def told(self, env: str) -> Mapping[str, int]:
        """Say without ids what an environment serves: shares by digest."""
        counts: Counter[str] = Counter()
        for version, share in self.splits.get(env, ()):
            counts[self.versions.get(version, (GONE, ""))[0]] += share

        return dict(counts)

    @property
    def live(self) -> frozenset[str]:
        """Every version that serves anywhere."""
        return frozenset(v for split in self.splits.values() for v, _ in split)

    @property
    def tags(self) -> Mapping[str, str]:
        """Versions with our tag: the content, run and environment it names."""
        return {
            version: " ".join(w for w in text.split() if w[:2] in {"s=", "r=", "e="})
            for version, (_, text) in self.versions.items()
            if text.startswith("ef1 ")
        }


@frozen(kw_only=True)
class Case:
    """What is judged, told without the means that were used.

    Attributes:
        wanted: Digests that production may get.
        shares: Shares of them that it may pass through.
        right: Where it ends undisturbed; None where nothing is promised about that.
        outcome: How that ends.
        is_exact: Whether it must end just there, in so many versions.
        goes_back: Whether it brings a version that served before.
        ends_canary: Whether somebody's canary is ended first, and stays ended.
        is_alone: Whether nobody else touches the routine meanwhile.
    """

    wanted: frozenset[str]
    shares: frozenset[int]
    right: Stand | None = None
    outcome: str = ""
    is_exact: bool = False
    goes_back: bool = False
    ends_canary: bool = False
    is_alone: bool = True


@frozen(kw_only=True)
class World:
    """What happened at the provider.

    Attributes:
        before: How things stood first.
        failed: How they stood, and how it ended, where it ended otherwise first.
        after: How they stood last.
        outcome: How it ended last; empty where it did not.
        acts: Everything anybody did, in order.
        saved: Digests of contents that were kept.
    """

    before: Stand
    after: Stand
    acts: tuple[Act, ...]
    saved: frozenset[str]
    outcome: str = ""
    failed: tuple[Stand, str] | None = None

    def digest(self, version: str) -> str:
        """Say what a version holds, or held."""
        for stand in (self.after, self.before, *(self.failed or ())[:1]):
            if isinstance(stand, Stand) and version in stand.versions:
                return stand.versions[version][0]

        return GONE


def verdict(
    case: Case,
    world: World,
    journal: Mapping[str, tuple[Row, ...]],
    judge: Report,
    secrets: Iterable[str] = (),
) -> tuple[str, ...]:
    """Name every broken promise.

    Args:
        case: What was to be done.
        world: What happened at the provider.
        journal: The rows of every run.
        judge: What the cloud itself saw.
        secrets: Texts that may stand nowhere.
    """
    found = (
        *_intent_first(world),
        *_looked_first(world),
        *_right_code(case, world),
        *_along_the_plan(case, world),
        *_nothing_needed_deleted(case, world),
        *_no_orphans(world, journal),
        *_same_end(case, world),
        *_harmless_failure(case, world),
        *_whole(journal, tuple(secrets)),
        *_judged(case, judge),
        *_not_overwritten(world),
        *_not_knowingly(world),
    )
    return tuple(dict.fromkeys(found))


def _calls(world: World) -> Iterator[Act]:
    for act in world.acts:
        if act.is_call and act.actor != "console":
            yield act


def _intent_first(world: World) -> Iterator[str]:
    latest: dict[str, Act] = {}
    for act in world.acts:
        if act.record is not None and act.verb != Kind.SIGNALLED:
            latest[act.actor] = act

        if act.record is None and act.verb in CHANGES:
            known = latest.get(act.actor)
            if known is None or known.verb != Kind.INTENT:
                yield f"A: {act.verb} by {act.actor} without an intent before it"


def _looked_first(world: World) -> Iterator[str]:
    doubts: dict[tuple[str, str, str], str] = {}
    for run, act in _by_run(world):
        key = (act.verb, _target(act), run)
        if key in doubts:
            yield f"B: {act.verb} again by {act.actor}, after {doubts[key]}, unseen"

        if act.verb in LOOKS and act.answer == "unknown":
            doubts[key] = f"an unknown outcome of {act.actor}"
        elif act.answer == "ok":
            for doubt in [d for d in doubts if _opens(act.verb, d, run)]:
                del doubts[doubt]


def _opens(verb: str, doubt: tuple[str, str, str], run: str) -> bool:
    """Tell whether a look of a run ends a doubt of the same run."""
    return verb in LOOKS[doubt[0]] and doubt[2] == run


def _target(act: Act) -> str:
    given = act.given if act.verb in LOOKS else {}
    names = ("Env", "Envs", "CodeVersion", "SelectCodeRevision", "CodeDescription")
    return " ".join(given[name] for name in names if name in given)


def _right_code(case: Case, world: World) -> Iterator[str]:
    read: set[str] = set()
    staged = {v for v, _ in world.before.splits.get("staging", ())}
    known = set(world.before.live)
    for act in world.acts:
        by_env = {env: {v for v, _ in split} for env, split in act.effect.deployed}
        if act.actor == "console":
            known = known.union(*by_env.values())
            continue

        if act.verb in READS_CODE and act.answer == "ok":
            read.add(act.given.get("CodeVersion") or act.given["SelectCodeRevision"])

        staged |= by_env.get("staging", set())
        for version in by_env.get("production", set()) - known:
            why = _wrong(
                case,
                world.digest(version),
                is_read=version in read,
                is_staged=world.digest(version) in map(world.digest, staged),
            )
            if why:
                yield f"C: production got {version}, which {why}"


def _wrong(case: Case, digest: str, *, is_read: bool, is_staged: bool) -> str:
    """Say why production may not get a version; empty where it may."""
    if digest not in {*case.wanted, GONE}:
        return "nobody wanted"

    if case.goes_back:
        return ""  # it was read back when it served first

    if not is_read:
        return "was never read back"

    return "" if is_staged else "staging never had"


def _along_the_plan(case: Case, world: World) -> Iterator[str]:
    if not case.is_alone:
        return

    home = _home(world)
    last = 0
    for act in _calls(world):
        for env, split in act.effect.deployed:
            if env != "production" or dict(split) == home.get("production"):
                last = last if env != "production" else 0
                continue

            share = sum(s for v, s in split if world.digest(v) in case.wanted)
            if share not in case.shares or share < last:
                yield f"D: production went from {last} % to {dict(split)}"

            last = share


def _home(world: World) -> dict[str, dict[str, int]]:
    """Give the split production began with."""
    held = world.before.splits.get("production")
    return {"production": dict(held)} if held else {}


def _nothing_needed_deleted(case: Case, world: World) -> Iterator[str]:
    ours = {v for act in world.acts if act.actor != "console" for v in act.effect.made}
    for act in _calls(world):
        for version in act.effect.gone:
            if version in world.before.live and case.is_alone:
                yield f"E: {version} served when it began, and is deleted"

            if version in ours or version not in world.before.versions:
                continue

            if (
                version not in world.before.tags
                and world.before.versions.get(version, ("",))[0] not in world.saved
            ):
                yield f"E: {version} was deleted and not saved"


def _no_orphans(world: World, journal: Mapping[str, tuple[Row, ...]]) -> Iterator[str]:
    if not world.outcome:
        return

    made = {v for act in world.acts if act.actor != "console" for v in act.effect.made}
    left = made & world.after.versions.keys()
    rows = [row for run in journal.values() for row in run]
    bodies = [row.record.body for row in rows if row.record.kind is Kind.OUTCOME]
    for version in sorted(left - world.after.live):
        if not any(version in body for body in bodies):
            yield f"F: {version} serves nowhere and no record names it"

    tags = world.after.tags
    for tag, count in Counter(tags[v] for v in left if v in tags).items():
        if count > 1:
            yield f"F: {count} versions of {tag}"


def _same_end(case: Case, world: World) -> Iterator[str]:
    right = case.right
    if right is None:
        return

    if case.is_exact and world.outcome != case.outcome:
        yield f"G: it ended {world.outcome or 'nowhere'}, not {case.outcome}"

    for env in ("production", "staging"):
        if right.told(env) != world.after.told(env):
            yield f"G: {env} serves {world.after.splits.get(env)}"

    ways = (
        ("tagged", len(right.tags), len(world.after.tags)),
        ("versions", len(right.versions), len(world.after.versions)),
    )
    for what, wanted, there in ways:
        if case.is_exact and wanted != there:
            yield f"G: {there} {what}, not {wanted}"


def _harmless_failure(case: Case, world: World) -> Iterator[str]:
    ends = [(world.after, world.outcome), *([world.failed] if world.failed else [])]
    for stand, outcome in ends:
        if outcome not in FAILED or case.goes_back or not case.is_alone:
            continue

        now, first = stand.told("production"), world.before.told("production")
        is_ended = case.ends_canary and len(now) == 1 and set(now) < set(first)
        if now != first and not is_ended:
            yield f"H: {outcome}, but production serves {stand.splits}"


def _whole(
    journal: Mapping[str, tuple[Row, ...]], secrets: tuple[str, ...]
) -> Iterator[str]:
    for run, rows in journal.items():
        fences = [row.fence for row in rows]
        if fences != sorted(fences) or [r.seq for r in rows] != [
            *range(1, len(rows) + 1)
        ]:
            yield f"I: the rows of {run} are out of order"

        ends = [row.seq for row in rows if row.record.kind is Kind.ENDED]
        if ends and ends != [len(rows)]:
            yield f"I: run {run} goes on behind its end"

        for secret in secrets:
            if any(secret in row.record.body for row in rows):
                yield f"I: a secret stands in the journal of {run}"


def _judged(case: Case, judge: Report) -> Iterator[str]:
    """Repeat the judge; what the cloud refused counts only where nobody interferes."""
    for violation in judge.violations:
        if case.is_alone or violation.executed:
            yield f"J: {violation.rule} {violation.message}"

    if judge.peak_window > CAP:
        yield f"J: {judge.peak_window} calls in one second"


def _not_overwritten(world: World) -> Iterator[str]:
    """Hold every deployment to production to a look right before it.

    The provider compares nothing, so this is all that keeps one from deploying over
    somebody else's deployment; what is left open is the way from the look to it.
    """
    looked: dict[str, float] = {}
    for act in _calls(world):
        if act.verb in SEES_SPLIT and act.answer == "ok":
            looked[act.actor] = act.at
            continue

        is_production = "production" in act.given.get("Env", act.given.get("Envs", ""))
        if act.verb in DEPLOYS and is_production:
            since = act.at - looked.get(act.actor, -STALE - 1)
            if since > STALE:
                yield f"K: {act.actor} deployed without a look right before"

        if act.verb in CHANGES and act.answer != "refused":
            looked.pop(act.actor, None)


def _not_knowingly(world: World) -> Iterator[str]:
    """Hold every run to what it was told last: what somebody else deployed stays.

    What a run asked for itself is nobody else's, nor is what it found: what it was told
    before it recorded anything. Who begins during a canary was told to supersede or to
    end it: that somebody else ends it, for its larger share, is what he wants, too.
    """
    known: dict[str, set[Shares]] = {}
    is_foreign: dict[str, bool] = {}
    recorded: set[str] = set()
    for who, act in _by_run(world):
        if act.verb == Kind.OUTCOME:
            recorded.add(who)

        if act.verb == "GetRoutine" and act.answer == "ok":
            told = _production_told(act)
            if who not in recorded:
                known[who] = {told, _ended(told)}

            is_foreign[who] = told not in known.setdefault(who, {told})

        if act.verb != "CreateRoutineCodeDeployment":
            continue

        if act.given["Env"] == "production":
            known.setdefault(who, set()).add(_split_of(act.given["CodeVersions"]))
            if act.effect and is_foreign.get(who):
                yield f"L: {act.actor} replaced what it saw that another one deployed"


def _ended(split: Shares) -> Shares:
    """Say what a canary leaves when it is ended: all to the larger share."""
    stable = max(split, key=lambda row: row[1], default=None)
    return ((stable[0], 100),) if stable else ()


def _split_of(text: str) -> Shares:
    """Read a split as it is sent."""
    rows = json.loads(text)
    return tuple(sorted((str(row["CodeVersion"]), row["Percentage"]) for row in rows))


def _production_told(act: Act) -> Shares:
    """Read from an answer what production serves."""
    deploys = [
        env.get("CodeDeploy") or {}
        for env in act.told.get("Envs", ())
        if env["Env"] == "production"
    ]
    rows = [row for deploy in deploys for row in deploy.get("CodeVersions", ())]
    return tuple(sorted((str(row["CodeVersion"]), row["Percentage"]) for row in rows))


def _by_run(world: World) -> Iterator[tuple[str, Act]]:
    """Give every act with the run it belongs to: several processes may work at one."""
    runs: dict[str, str] = {}
    for act in world.acts:
        if act.record is not None:
            runs[act.actor] = act.record.run

        yield runs.get(act.actor, act.actor), act
