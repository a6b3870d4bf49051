"""What must hold of a rollout beside what holds of each of its routines: pure.

It knows production's splits by routine, and rows of the journal; no plan, no budget.

=== =============================================================================
N   no routine of a wave is exposed before those of the former waves are through
O   where none may fail, one at a time is exposed and unproven
P   once one has failed, no other one is begun
Q   who ends leaves no run behind that has not
=== =============================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from esa_flows.engine.journal import Kind, Row
from esa_flows.testing.witness import Act

__all__ = ["waves_verdict"]

Journal = Mapping[str, tuple[Row, ...]]

EXPOSES = re.compile(r"(?:ship|expose)\[[^]]*]#\d+$")
"""Steps of a rollout after which visitors see something of a routine."""

FAILED = {"failed", "rolled back", "conflict", "stuck"}


def waves_verdict(
    waves: Sequence[Sequence[str]],
    acts: Sequence[Act],
    journal: Journal,
    about: Mapping[str, str],
) -> Iterator[str]:
    """Name what is broken of a rollout in which none may fail.

    Args:
        waves: The routines of each.
        acts: Everything that happened.
        journal: The rows of every run.
        about: The routine of every run of one.
    """
    yield from _in_order(waves, acts)
    yield from _one_at_a_time(acts, about)
    for run, rows in journal.items():
        yield from _none_after(run, rows)

    yield from _nothing_left(journal)


def _in_order(waves: Sequence[Sequence[str]], acts: Sequence[Act]) -> Iterator[str]:
    """Hold each exposure to what the routines of the waves before it serve."""
    place = {name: number for number, wave in enumerate(waves) for name in wave}
    half: set[str] = set()
    begun: set[str] = set()
    for name, split in _exposures(acts):
        begun.add(name)
        (half.add if len(split) > 1 else half.discard)(name)
        former = {each for each in place if place[each] < place[name]}
        if half & former or not former <= begun:
            yield f"N: {name} is exposed before those of the wave before"


def _one_at_a_time(acts: Sequence[Act], about: Mapping[str, str]) -> Iterator[str]:
    """Hold exposures to the ends of the runs that prove the others.

    A run that begins anew, as its journal is lost, knows of none before its own.
    """
    unproven: set[str] = set()
    whole = ""
    for act in acts:
        if act.record is not None:
            run, before = act.record.run, whole
            whole = run.rpartition(".")[0] or run
            unproven -= unproven if before != whole else _proven(act, about[run])

        shares = [split for _, split in _exposures([act])]
        if any(len(split) > 1 for split in shares):
            unproven.add(act.routine)

        if shares and len(unproven) > 1:
            yield f"O: {sorted(unproven)} are exposed at once, none of them proven"


def _proven(act: Act, routine: str) -> set[str]:
    return {routine} if act.verb == Kind.ENDED else set()


def _exposures(
    acts: Sequence[Act],
) -> Iterator[tuple[str, tuple[tuple[str, int], ...]]]:
    for act in acts:
        for env, split in act.effect.deployed:
            if env == "production":
                yield act.routine, split


def _none_after(run: str, rows: Sequence[Row]) -> Iterator[str]:
    has_failed = False
    for row in rows:
        if row.record.kind is Kind.OUTCOME:
            has_failed = has_failed or _tells_failure(row)

        begins = row.record.kind is Kind.INTENT and EXPOSES.search(row.record.step)
        if begins and has_failed:
            yield f"P: {run} begins {row.record.step} though one has failed"


def _tells_failure(row: Row) -> bool:
    value = row.data.get("value")
    report = value.get("report") if isinstance(value, dict) else None
    return isinstance(report, dict) and report.get("outcome") in FAILED


def _nothing_left(journal: Journal) -> Iterator[str]:
    ended = {run for run, rows in journal.items() if _has_ended(rows)}
    for run in journal:
        if run not in ended and run.rpartition(".")[0] in ended:
            yield f"Q: {run} has not ended, but what began it has"


def _has_ended(rows: Sequence[Row]) -> bool:
    return bool(rows) and rows[-1].record.kind is Kind.ENDED
