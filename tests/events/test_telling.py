"""Happenings become events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.reports import NEW, OLD, canary, happening, report, whole
from tests.house import BROKEN, House
from tests.house import NEW as CODE

from esa_flows.engine.codec import encode
from esa_flows.engine.observe import Happening, Moment
from esa_flows.engine.retold import retold
from esa_flows.errors import ReleaseFailed
from esa_flows.events import Event, Kind, Teller
from esa_flows.gates.verdict import Reading, Verdict
from esa_flows.model import Cloud, Digest, Routine, RoutineName
from esa_flows.release.report import Outcome
from esa_flows.steps.commit import Committed
from esa_flows.steps.prune import Pruned
from esa_flows.steps.verify import Verified

DIGEST = Digest("ab" * 32)
SHOP = Routine(name=RoutineName("shop"), production=canary(), staging=whole(NEW))
DOCS = Path(__file__).parents[2] / "docs" / "reference" / "events.md"


def _event(moment: Moment, step: str = "", **facts: Any) -> Event:
    return Teller().event(happening(moment, step, **facts))


@pytest.mark.parametrize(
    ("step", "value", "kind", "data"),
    [
        ("commit#1", Committed(version=NEW), "version.committed", {"version": NEW}),
        (
            "verify[uploaded]#1",
            Verified(version=NEW, digest=DIGEST),
            "version.verified",
            {"version": NEW, "sha256": DIGEST},
        ),
        (
            "prune[room]#1",
            Pruned(version=OLD, backup=DIGEST),
            "version.pruned",
            {"version": OLD, "saved": DIGEST},
        ),
        (
            "deploy[production:10]#1",
            canary(),
            "split.asked",
            {"environment": "production", "serves": [[NEW, 10], [OLD, 90]]},
        ),
        (
            "read_back[production:10]#1",
            SHOP,
            "split.seen",
            {"environment": "production", "serves": [[NEW, 10], [OLD, 90]]},
        ),
        (
            "read_back[staging:back]#1",
            SHOP,
            "rollback.done",
            {"environment": "staging", "serves": [[NEW, 100]]},
        ),
        (
            "ask_staging#1",
            Reading(verdict=Verdict.PASS, reason="It did.", facts={"elapsed": 1 / 3}),
            "gate.read",
            {"verdict": "pass", "reason": "It did.", "facts": {"elapsed": 0.333333}},
        ),
        (
            "read_gate[production:10:health:3]#1",
            Reading(verdict=Verdict.FAIL, reason="It did not.", facts={"value": 2}),
            "gate.read",
            {
                "gate": "health",
                "stage": "production:10",
                "reading": 3,
                "verdict": "fail",
                "reason": "It did not.",
                "facts": {"value": 2},
            },
        ),
        (
            "read_gate#1",
            Reading(verdict=Verdict.PASS, reason="Somebody's own step."),
            "step.done",
            {},
        ),
        ("sleep[production:10]#1", None, "bake.ended", {}),
        ("observe#1", None, "step.done", {}),
        ("gather#1/a/commit#1", Committed(version=NEW), "version.committed", None),
        ("commit#1", "my own", "step.done", {}),
        ("verify#1", {"ok": True}, "step.done", {}),
    ],
)
def test_a_step_that_is_done(
    step: str, value: object, kind: str, data: dict[str, Any] | None
) -> None:
    """Live values and recorded ones say the same, in the most telling word."""
    live = _event(Moment.STEP_DONE, step, value=value, seconds=0.25)
    later = _event(Moment.STEP_DONE, step, value=encode(value), seconds=0.25)

    assert kind == live.kind.value
    assert live == later
    assert data is None or {"seconds": 0.25, **data} == dict(live.data)


def test_areas_that_serve_are_told() -> None:
    """On a cloud that has areas."""
    areas = Routine(name=RoutineName("shop"), areas={"Zhejiang": NEW})
    event = _event(Moment.STEP_DONE, "read_back[production:Zhejiang]#1", value=areas)

    assert {"environment": "production", "serves": [], "areas": {"Zhejiang": NEW}} == (
        dict(event.data)
    )


@pytest.mark.parametrize(
    ("moment", "step", "facts", "kind", "data"),
    [
        (
            Moment.STEP_STARTED,
            "deploy[production:back:again]#1",
            {"effect": "guarded"},
            "rollback.started",
            {"effect": "guarded"},
        ),
        (Moment.STEP_STARTED, "deploy[production:25]#1", {}, "step.started", {}),
        (
            Moment.STEP_FAILED,
            "observe#1",
            {"why": "No.", "error": "Refused", "calls": {"READ_CODE": 2, "MY_OWN": 1}},
            "step.failed",
            {"why": "No.", "error": "Refused", "calls": {"read code": 2, "my_own": 1}},
        ),
        (
            Moment.STEP_FAILED,
            "deploy[production:25]#1",
            {"why": "Theirs.", "error": "Conflict"},
            "conflict",
            {"why": "Theirs.", "error": "Conflict"},
        ),
        (
            Moment.STEP_WAITING,
            "commit#1",
            {"seconds": 0.12345, "why": "Too many."},
            "step.waiting",
            {"seconds": 0.123, "why": "Too many."},
        ),
        (Moment.ASKING, "approve#1", {"what": "Go?"}, "approval.asked", None),
        (
            Moment.ASKING,
            "gather#1/2/approve[frozen:20260309T000000Z]#1",
            {"what": "Frozen until then."},
            "window.met",
            {"what": "Frozen until then."},
        ),
        (
            Moment.STEP_FAILED,
            "gather#1/2/timeout[frozen:20260309T000000Z]#1",
            {"why": "The time ran out."},
            "window.ended",
            {},
        ),
        (Moment.SIGNALLED, "", {"event": "abort", "by": "ann"}, "run.asked", None),
        (
            Moment.SIGNALLED,
            "approve#1",
            {"event": "approve", "by": "ann"},
            "approval.given",
            {"by": "ann"},
        ),
        (
            Moment.SIGNALLED,
            "approve#1",
            {"event": "deny", "by": "ann"},
            "approval.denied",
            {"by": "ann"},
        ),
        (
            Moment.RUN_STOPPED,
            "",
            {"by": "host", "why": "Later.", "error": {"type": "Paused"}},
            "run.paused",
            {"by": "host", "why": "Later."},
        ),
        (
            Moment.RUN_ENDED,
            "",
            {"event": "fail", "error": {"type": "Refused", "message": "No."}},
            "run.finished",
            {"state": "fail", "error": "Refused", "why": "No."},
        ),
        (
            Moment.RUN_ENDED,
            "",
            {"event": "succeed", "value": [1]},
            "run.finished",
            {"state": "succeed"},
        ),
        (
            Moment.RUN_ENDED,
            "",
            {"event": "succeed", "value": encode(report(Outcome.RELEASED))},
            "run.finished",
            {"state": "succeed", "outcome": "released"},
        ),
    ],
)
def test_what_else_happens(
    moment: Moment, step: str, facts: dict[str, Any], kind: str, data: Any
) -> None:
    """Each moment has its kind, and gives no more than it says."""
    event = _event(moment, step, **facts)

    assert kind == event.kind.value
    assert data is None or data == dict(event.data)


def test_a_rollout_is_about_no_single_routine() -> None:
    """Its subject is its name; how it ended is its outcome."""
    teller = Teller()
    begun = teller.event(
        happening(Moment.RUN_STARTED, flow="rollout", subject="spring")
    )
    value = {"ended": "done with failures", "routines": []}
    ended = teller.event(happening(Moment.RUN_ENDED, event="succeed", value=value))

    assert ("", "spring") == (begun.routine, begun.data["subject"])
    assert {"state": "succeed", "outcome": "done with failures"} == dict(ended.data)


def test_every_moment_has_a_kind() -> None:
    """None is left out of the stream."""
    facts = {"event": "abort", "why": "", "seconds": 0.0, "value": None}
    told = {_event(moment, "observe#1", **facts).kind for moment in Moment}

    assert len(Moment) == len(told)


def test_a_stream_is_numbered_and_knows_what_each_run_is_about() -> None:
    """Runs of other clouds too, and flows about something that is no routine."""
    teller = Teller()
    about = {"one": "shop", "two": "dcdn/cart", "three": "mars/x", "four": ""}
    for run, subject in about.items():
        begun = happening(Moment.RUN_STARTED, flow="release", subject=subject)
        teller.event(_of(begun, run))

    events = [teller.event(_of(happening(Moment.SLEEPING), run)) for run in about]

    assert [5, 6, 7, 8] == [event.seq for event in events]
    assert ["shop", "cart", "", ""] == [event.routine for event in events]
    assert Cloud.DCDN is events[1].cloud
    assert "<Teller, 8 told>" == repr(teller)


def _of(told: Happening, run: str) -> Happening:
    return Happening(
        moment=told.moment, run=run, at=told.at, step=told.step, facts=told.facts
    )


async def test_a_release_and_its_rows_tell_the_same_story() -> None:
    """What programs follow live is what the journal tells later, canary and failure."""
    with House() as house:
        house.live()
        told: list[Happening] = []
        async with house.client() as client:
            await client.release(
                "shop",
                CODE,
                canary="10:5s,100",
                run_id="mine0001",
                observer=told.append,
            )
            with pytest.raises(ReleaseFailed):
                await client.release(
                    "shop", BROKEN, run_id="mine0002", observer=told.append
                )

        first = await house.journal.rows("mine0001")
        then = await house.journal.rows("mine0002")

    live = [event.kind for event in map(Teller().event, told)]
    later = [
        event.kind for event in map(Teller().event, (*retold(first), *retold(then)))
    ]

    assert {Kind.VERSION_VERIFIED, Kind.BAKE_ENDED, Kind.ROLLBACK_DONE} <= set(live)
    assert _but_begins(live) == _but_begins(later)


def _but_begins(kinds: list[Kind]) -> list[Kind]:
    """Leave out that steps began: of reads that is not recorded."""
    return [kind for kind in kinds if kind is not Kind.STEP_STARTED]


async def test_no_event_holds_a_secret() -> None:
    """Neither the key's secret nor an upload form, though all of it is JSON."""
    with House() as house:
        house.live_bound()
        told: list[Happening] = []
        async with house.client() as client:
            await client.release("shop", CODE, observer=told.append)

    text = "\n".join(map(Event.to_json, map(Teller().event, told)))

    assert all(json.loads(line)["v"] == 1 for line in text.splitlines())
    for word in ("LocalCloudSecret", "old-staging", "old-production", "policy"):
        assert word not in text


_AREAS = {kind.value.partition(".")[0] for kind in Kind}


def test_every_kind_is_documented() -> None:
    """The reference names each kind, and none that is not there."""
    listed = {
        line.split("`")[1]
        for line in DOCS.read_text(encoding="utf-8").splitlines()
        if line.startswith(("| `conflict", *(f"| `{word}." for word in _AREAS)))
    }

    assert {kind.value for kind in Kind} == listed
