"""Whether what happened in a rehearsal is a behaviour of the model.

What was called and recorded is told to the model move by move; all states that fit so
far are kept. Where none is left, something was done that no rule allows.

An intent counts where its call is sent, an answer where it is recorded; an unheard
call that had no effect never arrives. Who dies is seen when somebody else goes on. The
way back is asked for even where it serves already: that is told as nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import define, field, frozen
from tests.crash.verdict import Shares, Stand
from tests.protocol.moves import moves
from tests.protocol.world import Left, Op, Run, Setting, Split, Version, World

from esa_flows.engine.journal import Kind
from esa_flows.testing.witness import Act

ENDLESS = Left(*[10**6] * 5)
HIDDEN = frozenset({"back", "missing", "give up"})
"""Moves that nobody sees."""

CALLS = {
    "CommitRoutineStagingCode": "commit",
    "CreateRoutineCodeDeployment": "deploy",
    "DeleteRoutineCodeVersion": "delete",
}
BACK = {"failed", "rolled back", "aborted"}
GOOD = {"released", "unchanged"}


@frozen
class Seen:
    """One move as it was seen.

    Attributes:
        who: Place of the run.
        what: Names of the move; any of them.
        about: What it is about; None where that is not compared.
        is_sure: Whether the model must have it.
    """

    who: int
    what: tuple[str, ...]
    about: object = None
    is_sure: bool = True


@frozen(kw_only=True)
class Plot:
    """What a trace is told as.

    Attributes:
        code: Digest of what is released.
        plan: Shares production goes through.
        goal: Kind of the runs.
        setting: What does not change.
    """

    code: str
    plan: tuple[int, ...]
    goal: str = "release"
    setting: Setting = field(factory=Setting)


def stray(
    plot: Plot, before: Stand, acts: Iterable[Act], firsts: Iterable[World] = ()
) -> str:
    """Name the first act that no behaviour of the model has; empty where all fit.

    Args:
        plot: What was to be done.
        before: What stood at the provider first.
        acts: What happened.
        firsts: States it may have begun in; by default nothing was begun.
    """
    acts = tuple(acts)
    runs = runs_of(acts)
    reader = _Reader(
        runs=runs,
        numbers=_numbers(before),
        serves={env: tuple(split) for env, split in before.splits.items()},
        good=GOOD | ({"rolled back"} if plot.goal == "rollback" else set()),
    )
    states = set(firsts) or {_first(plot, before, len(set(runs.values())))}
    for place, act in enumerate(acts):
        for seen in reader.read(place, act):
            after = _follow(states, seen, plot.setting)
            if not after and seen.is_sure:
                return f"{act} is no {'/'.join(seen.what)} of the model {seen.about}"

            states = after or states

    return ""


def _follow(states: set[World], seen: Seen, setting: Setting) -> set[World]:
    """Give the states after a move; before it something nobody sees may happen."""
    after = _after(states, seen, setting)
    for _ in range(2):
        if after or not seen.is_sure:
            break

        states = {
            move.world
            for world in states
            for move in moves(world, setting)
            if move.who == seen.who and move.what in HIDDEN
        }
        after = _after(states, seen, setting)

    return after


def _after(states: set[World], seen: Seen, setting: Setting) -> set[World]:
    return {
        move.world._replace(left=ENDLESS)
        for world in states
        for move in moves(world, setting)
        if move.who == seen.who
        and move.what in seen.what
        and (seen.about is None or move.about == seen.about)
    }


def runs_of(acts: tuple[Act, ...]) -> Mapping[int, int]:
    """Give the run of each act, by place: that of its process's next record."""
    runs: dict[str, int] = {}
    latest: dict[str, int] = {}
    found: dict[int, int] = {}
    for act in acts:
        if act.record is not None:
            runs.setdefault(act.record.run, len(runs))

    for place in reversed(range(len(acts))):
        record = acts[place].record
        if record is not None:
            latest[acts[place].actor] = runs[record.run]

        found[place] = latest.get(acts[place].actor, -1)

    for place, act in enumerate(acts):  # after its last record: that one's
        if act.record is not None:
            latest[act.actor] = found[place]
        elif found[place] < 0:
            found[place] = latest.get(act.actor, 0)

    return found


def _numbers(before: Stand) -> dict[str, int]:
    return {v: n for n, v in enumerate(sorted(before.versions, key=int), 1)}


def _first(plot: Plot, before: Stand, runs: int) -> World:
    numbers = _numbers(before)
    versions = tuple(
        Version(numbers[v], before.versions[v][0], -1, _previous(before, v, numbers))
        for v in numbers
    )
    splits = {env: split_of(split, numbers) for env, split in before.splits.items()}
    staged = {v for v, _ in before.splits.get("staging", ())}
    return World(
        versions=versions,
        staging=splits.get("staging", ()),
        production=splits.get("production", ()),
        runs=(Run(plot.code, plot.plan, plot.goal),) * max(runs, 1),
        left=ENDLESS,
        staged=frozenset(before.versions[v][0] for v in staged),
        born=len(versions),
    )


def _previous(before: Stand, version: str, numbers: Mapping[str, int]) -> int:
    words = before.versions[version][1].split()
    named = [word[2:] for word in words if word.startswith("p=")]
    return numbers.get(named[0], 0) if named else 0


def split_of(split: Iterable[tuple[str, int]], numbers: Mapping[str, int]) -> Split:
    """Tell a split by numbers."""
    return tuple(sorted((numbers.get(v, 0), share) for v, share in split))


@define
class _Reader:
    """Turns acts into moves, one after the other."""

    runs: Mapping[int, int]
    numbers: dict[str, int]
    serves: dict[str, Shares]
    good: set[str]
    drivers: dict[int, str] = field(factory=dict)
    intents: dict[str, Op] = field(factory=dict)
    answered: dict[str, bool] = field(factory=dict)
    idle: set[int] = field(factory=set)

    def read(self, place: int, act: Act) -> Iterator[Seen]:
        """Give the moves an act is."""
        who = self.runs[place]
        if act.actor == "console":
            yield from self._foreign(act)
            return

        yield from self._driven(who, act)
        self.serves.update(act.effect.deployed)
        if act.record is not None:
            yield from self._recorded(who, act, act.record.data)
        elif act.verb in CALLS and who not in self.idle:
            yield from self._called(who, act)
        elif act.answer == "ok":
            yield from self._looked(who, act)

    def _driven(self, who: int, act: Act) -> Iterator[Seen]:
        driver = self.drivers.setdefault(who, act.actor)
        if driver == act.actor:
            return

        self.drivers[who] = act.actor
        yield Seen(who, ("crash",), is_sure=False)
        yield Seen(who, ("resume",), is_sure=False)

    def _recorded(self, who: int, act: Act, data: Mapping[str, Any]) -> Iterator[Seen]:
        if act.verb == Kind.INTENT:
            op = self._op(act.subject, data["input"])
            self.answered[act.actor] = False
            if op is not None:
                self.intents[act.actor] = op

            self._idles(who, act.subject, data["input"])
        elif act.verb == Kind.OUTCOME and act.subject.startswith("sweep"):
            yield Seen(who, ("intend",), Op("sweep"), is_sure=False)
            yield Seen(who, ("close",), is_sure=False)
        elif act.verb == Kind.OUTCOME and who in self.idle:
            self.idle.discard(who)
        elif act.verb == Kind.OUTCOME and self.answered.pop(act.actor, False):
            yield Seen(who, ("hear",))
        elif act.verb == Kind.ENDED:
            yield from _ended(who, data, self.good)

    def _idles(self, who: int, step: str, given: Any) -> None:
        """Note whether a run asks for what serves already, on its way back."""
        self.idle.discard(who)
        if step.startswith("deploy[") and ":back" in step:
            rows = given["split"]["shares"]
            split = tuple((r["version"], r["percentage"]) for r in rows)
            held = self.serves.get(given["environment"], ())
            if sorted(split) == sorted(held):
                self.idle.add(who)

    def _op(self, step: str, given: Any) -> Op | None:
        name = step.partition("#")[0].partition("[")[0]
        if name in {"commit", "sweep"}:
            return Op(name)

        if name == "prune":
            return Op("delete", (), self.numbers.get(given["saved"]["version"], 0))

        if name != "deploy":
            return None

        rows = [(r["version"], r["percentage"]) for r in given["split"]["shares"]]
        kind = "stage" if given["environment"] == "staging" else "expose"
        return Op(kind, split_of(rows, self.numbers))

    def _called(self, who: int, act: Act) -> Iterator[Seen]:
        op = self._sent(act)
        intent = self.intents.pop(act.actor, None)
        if intent is not None:
            yield Seen(who, ("intend",), intent)

        yield Seen(who, ("send",), op)
        if act.effect:
            yield Seen(who, ("done",))
            for made in act.effect.made:
                self.numbers[made] = len(self.numbers) + 1

        yield from self._answered(who, act, is_sweep=intent == Op("sweep"))

    def _answered(self, who: int, act: Act, *, is_sweep: bool) -> Iterator[Seen]:
        if act.answer == "unknown":
            yield Seen(who, ("lost",))
            yield Seen(who, ("vanish",), is_sure=not act.effect)
        elif act.answer == "refused":
            yield Seen(who, ("refuse", "throttle"))
            yield Seen(who, ("hear",))
        elif is_sweep:
            yield Seen(who, ("hear",))
        else:
            self.answered[act.actor] = True

    def _sent(self, act: Act) -> Op:
        kind, given = CALLS[act.verb], act.given
        if kind == "commit":
            return Op("commit")

        if kind == "delete":
            return Op("delete", (), self.numbers.get(given["CodeVersion"], 0))

        rows = json.loads(given["CodeVersions"])
        split = [(str(row["CodeVersion"]), row["Percentage"]) for row in rows]
        env = "stage" if given["Env"] == "staging" else "expose"
        return Op(env, split_of(split, self.numbers))

    def _looked(self, who: int, act: Act) -> Iterator[Seen]:
        if act.verb == "GetRoutine":
            told = self._told(act)
            yield Seen(who, ("look",), told, is_sure=bool(act.told.get("Envs")))
        elif act.verb == "ListRoutineCodeVersions":
            yield Seen(who, ("list",))
        elif act.verb == "PostObject":
            yield Seen(who, ("post",), is_sure=False)
        elif act.verb == "GetRoutineCodeVersion":
            number = self.numbers.get(act.given["CodeVersion"], 0)
            yield Seen(who, ("read",), number, is_sure=False)

    def _told(self, act: Act) -> tuple[Split, Split]:
        splits = {}
        for env in act.told.get("Envs", ()):
            deploy = env.get("CodeDeploy") or {}
            rows = deploy.get("CodeVersions") or ()
            found = [(str(row["CodeVersion"]), row["Percentage"]) for row in rows]
            splits[env["Env"]] = split_of(found, self.numbers)

        return splits.get("staging", ()), splits.get("production", ())

    def _foreign(self, act: Act) -> Iterator[Seen]:
        for env, split in act.effect.deployed:
            kind = "stage" if env == "staging" else "expose"
            yield Seen(-1, ("foreign",), Op(kind, split_of(split, self.numbers)))

        for gone in act.effect.gone:
            yield Seen(-1, ("foreign",), Op("delete", (), self.numbers[gone]))


def _ended(who: int, data: Mapping[str, Any], good: set[str]) -> Iterator[Seen]:
    value = data.get("value")
    told = value.get("report", value) if isinstance(value, dict) else {}
    outcome = told.get("outcome", "")
    if outcome == "prepared":
        return  # a leg of a run that goes on

    if outcome in good:
        yield Seen(who, ("end",), "released")
    elif outcome in BACK:
        yield Seen(who, ("end",), "failed")
    elif outcome == "conflict":
        yield Seen(who, ("end",), "conflict")
    else:
        yield Seen(who, ("end",), is_sure=False)
